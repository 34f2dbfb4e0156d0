"""Disks that take no more, and stores that may not be written, in whole runs."""

from __future__ import annotations

import json
import os
import sys

import pytest

resource = pytest.importorskip("resource", reason="needs POSIX file-size limits")

# A file-size limit fails writes as a full disk does, from the operating system.
LIMITED = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
"""

# Root passes by permissions until it gives up CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH.
OBEDIENT = """
import ctypes, os
if os.geteuid() == 0:
    libc = ctypes.CDLL(None, use_errno=True)
    header, held = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    assert libc.capget(header, held) == 0
    held[0] &= ~0b110
    assert libc.capset(header, held) == 0
"""

LONG = """
def respond(request):
    return "yes" + " and so on" * 60
"""

# The first answer finds the disk full for the files that the run has still to write.
FULL_AT_THE_FIRST_ANSWER = """
from pathlib import Path

def respond(request):
    for folder in Path("reports").iterdir():
        for name in {names!r}:
            (folder / name).unlink(missing_ok=True)
            (folder / name).symlink_to("/dev/full")
    return "yes"
"""
FULL = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")  # noqa: PTH110


@pytest.fixture(autouse=True)
def _no_compiled_files(monkeypatch):
    """Python writes a compiled module short under a file-size limit, and breaks later imports."""
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")


def problems(run):
    return [line for line in run.result.outlines if "cannot be written" in line]


def whole_lines(run):
    text = (run.latest / "cases.jsonl").read_text(encoding="utf-8")
    assert text.endswith("\n") or not text
    return [json.loads(line) for line in text.splitlines()]


def test_a_disk_that_fills_up_ends_the_lines_and_not_the_verdict(project):
    project.engine(source=LONG)
    project.suite(n=60, body="case.check(response.text.startswith('yes'))")
    project.write("conftest.py", LIMITED.format(limit=20_000))
    run = project.run("-q", own_process=True)
    assert run.code == 1
    assert "INTERNALERROR" not in run.text
    (line,) = problems(run)
    assert "cases.jsonl cannot be written (File too large)" in line
    assert "--slm-report-dir" in line
    assert run.verdicts == {"m": "ACCEPTED"}
    assert "m: ACCEPTED" in run.text
    assert run.summary["exit_code"] == 1
    assert run.summary["suites"][0]["n"] == 60
    assert 5 < len(whole_lines(run)) < 60


@FULL
@pytest.mark.parametrize(
    "names", [("cases.jsonl", "summary.json", "summary.md"), ("summary.json",), ("summary.md",)]
)
def test_every_file_of_a_run_may_find_the_disk_full(project, names):
    project.engine(source=FULL_AT_THE_FIRST_ANSWER.format(names=names))
    project.suite(n=5, gates="Gate('score', at_least=0.5), Gate('score', at_most=0.5)")
    run = project.run(own_process=True)
    assert run.code == 1
    assert "INTERNALERROR" not in run.text
    (line,) = problems(run)
    assert f"{names[0]} cannot be written (No space left on device)" in line
    assert run.shown["test_a[m:gate:score.at_least]"] == "PASSED"
    assert run.shown["test_a[m:gate:score.at_most]"] == "FAILED"
    assert "m: REJECTED" in run.text


@FULL
def test_an_accepted_model_without_its_files_is_no_success(project):
    project.engine(source=FULL_AT_THE_FIRST_ANSWER.format(names=("summary.json",)))
    project.suite(n=5)
    run = project.run(own_process=True)
    assert run.code == 1
    assert "m: ACCEPTED" in run.text
    assert len(problems(run)) == 1


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_a_disk_that_is_full_from_the_start_ends_the_run_in_a_line(project, workers):
    project.suite(n=5)
    project.write("conftest.py", LIMITED.format(limit=1000))
    run = project.run(*workers, own_process=True)
    assert run.code == 4
    assert "INTERNALERROR" not in run.text
    assert "(File too large); make room or name another folder" in run.text


def test_a_report_folder_that_may_not_be_made_ends_a_run_of_workers_in_a_line(project):
    project.suite(n=5)
    project.write("reports", "a file")
    run = project.run("-n", "2", own_process=True)
    assert run.code == 4
    assert "INTERNALERROR" not in run.text
    assert "cannot write a run folder in" in run.text


def test_a_run_with_its_store_on_a_full_disk_says_so_and_loses_nothing(project):
    project.suite(n=40)
    project.write("conftest.py", LIMITED.format(limit=40_000))
    plain = project.run("-q", own_process=True)
    run = project.run("-q", "--slm-store", "store.sqlite", own_process=True)
    assert (run.code, run.verdicts) == (plain.code, plain.verdicts) == (0, {"m": "ACCEPTED"})
    (line,) = problems(run)
    assert "response store" in line
    assert "store.sqlite" in line
    assert len(whole_lines(run)) == 40
    assert run.outcomes == plain.outcomes


@pytest.mark.skipif(
    sys.platform != "linux" and os.geteuid() == 0, reason="permissions bind no root"
)
def test_a_run_with_a_read_only_store_says_so_and_loses_nothing(project):
    project.suite(n=5)
    folder = project.root / "kept"
    store = ("--slm-store", "kept/store.sqlite")
    first = project.run("-q", *store, own_process=True)
    before = (folder / "store.sqlite").read_bytes()
    project.write("conftest.py", OBEDIENT)
    project.suite(n=8)
    for path in (*folder.rglob("*"), folder):
        path.chmod(0o555)
    try:
        run = project.run("-q", *store, own_process=True)
    finally:
        folder.chmod(0o755)
    assert (run.code, run.verdicts) == (first.code, first.verdicts) == (0, {"m": "ACCEPTED"})
    (line,) = [line for line in run.result.outlines if "response store" in line]
    assert "store.sqlite cannot be" in line
    assert run.outcomes == {f"r{number}": "hit" for number in range(8)}
    assert (folder / "store.sqlite").read_bytes() == before
