"""`kill -9` at random instants: nothing finished is computed twice, lost, or written twice."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from importlib.metadata import entry_points
from pathlib import Path

from slm_eval.runs.runner import DELIVER_EVERY_S

KILLS = 20
CASES = 300
ANSWER_S = 0.02
TIMEOUT_S = 60

FAKE = """
import time

def respond(request):
    time.sleep({seconds})
    with open("computed.log", "a") as log:
        log.write("r" + request.prompt.split("q")[-1] + "\\n")
    return "yes"
"""
QUICK = FAKE.format(seconds=0.004)


def start(folder: Path) -> subprocess.Popen:
    plugin = (
        [] if "slm_eval.plugin" in entry_points(group="pytest11").names else ["slm_eval.plugin"]
    )
    extra = [part for name in plugin for part in ("-p", name)]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *extra]
    command += [
        "--slm-model",
        "m",
        "--slm-engine",
        "fake:fake.py",
        "--slm-store",
        "store.sqlite",
        "--slm-examples",
        "all",
    ]
    quiet = subprocess.DEVNULL
    # Compiled modules make twenty starts bearable where the environment forbids writing them.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return subprocess.Popen(command, cwd=folder, stdout=quiet, stderr=quiet, env=environment)


def computed(folder: Path) -> list[str]:
    """The ids of all cases that were ever computed, in order."""
    return (folder / "computed.log").read_text().split()


def wait_for_cases(folder: Path, count: float, run: subprocess.Popen) -> None:
    """Wait until so many different cases were computed, by this run and those before it."""
    deadline = time.monotonic() + TIMEOUT_S
    while len(set(computed(folder))) < count and run.poll() is None:
        assert time.monotonic() < deadline, "the run computes nothing"
        time.sleep(0.005)


def run_folders(folder: Path) -> set[Path]:
    return {path for path in folder.glob("reports/2*") if not path.is_symlink()}


def lines_of(run_folder: Path) -> list[dict]:
    """Every whole line of a run's cases.jsonl: a kill may cut the last one."""
    path = run_folder / "cases.jsonl"
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return [json.loads(line) for line in text.split("\n")[:-1]]


def finished(folder: Path) -> set[str]:
    """The ids of all cases that any run has finished: their line is on disk."""
    return {line["case_id"] for path in run_folders(folder) for line in lines_of(path)}


def test_twenty_kills_cost_nothing_that_was_finished(project):
    """Kills are spread over the length of a run: each waits until a share of it, drawn at random,
    is computed, and falls into whatever the run does then; every fifth falls at a random second
    after the start, so into starting and serving stored answers as well."""
    root = project.root
    project.engine(source=FAKE.format(seconds=ANSWER_S))
    project.suite(n=CASES)
    (root / "computed.log").touch()
    draw = random.Random(0)
    progress, killed = [], 0
    for number, share in enumerate(sorted(draw.uniform(0, 0.9) for _ in range(KILLS))):
        done, mark, folders = finished(root), len(computed(root)), run_folders(root)
        run = start(root)
        if number % 5 == 0:
            time.sleep(draw.uniform(0, 1.2))
        else:
            wait_for_cases(root, share * CASES, run)
            time.sleep(draw.uniform(0, 0.3))
        os.kill(run.pid, signal.SIGKILL)
        killed += run.wait(TIMEOUT_S) == -signal.SIGKILL
        progress.append(len(done))
        assert not done & set(computed(root)[mark:]), "a finished case was computed again"
        assert len(run_folders(root) - folders) <= 1, "a run has one folder, its own"
        assert folders <= run_folders(root)
    done, mark, folders = finished(root), len(computed(root)), run_folders(root)
    assert start(root).wait(TIMEOUT_S) == 0

    assert killed >= KILLS - 2, "on a busy machine a kill may come too late, no more than that"
    partial = [count for count in progress if 0 < count < CASES]
    assert len(partial) >= KILLS // 2, "too few kills found a part done to prove anything"
    assert len(set(partial)) >= KILLS // 4, "the kills all fell at one stage of the run"
    assert not done & set(computed(root)[mark:])
    (last,) = run_folders(root) - folders
    for folder in run_folders(root):
        ids = [line["case_id"] for line in lines_of(folder)]
        assert len(ids) == len(set(ids)), "a case stands twice in a run's cases.jsonl"
    lines = lines_of(last)
    assert {line["case_id"] for line in lines} == {f"r{number}" for number in range(CASES)}
    assert all(line["cached"] for line in lines if line["case_id"] in done)
    # Answers become durable every 0.2 s: a kill costs those of its last 0.2 s and no others.
    lost = len(computed(root)) - CASES
    assert lost <= KILLS * (DELIVER_EVERY_S / ANSWER_S + 2)


def test_a_second_run_computes_nothing_and_refresh_everything(project):
    project.engine(source=QUICK)
    project.suite(n=5)
    for extra, count in ((), 5), ((), 5), (("--slm-refresh",), 10):
        run = project.run("--slm-store", "store.sqlite", *extra, own_process=True)
        assert run.code == 0
        assert len(computed(project.root)) == count
    assert {case["cached"] for case in run.cases} == {False}


def test_a_changed_scorer_or_threshold_computes_nothing(project):
    project.engine(source=QUICK)
    project.suite(n=5)
    assert project.run("--slm-store", "store.sqlite", own_process=True).code == 0
    project.suite(n=5, body="case.check(response.text == 'no')", gates="Gate('score', at_most=0.1)")
    run = project.run("--slm-store", "store.sqlite", own_process=True)
    assert run.code == 0
    assert {case["cached"] for case in run.cases} == {True}
    assert len(computed(project.root)) == 5


def test_a_damaged_store_is_set_aside_and_the_run_goes_on(project):
    project.engine()
    project.suite(n=5)
    (project.root / "store.sqlite").write_bytes(os.urandom(20_000))
    run = project.run("--slm-store", "store.sqlite", own_process=True)
    assert run.code == 0
    assert "set aside" in run.text or "damaged" in run.text


def test_two_runs_at_once_on_one_store(project):
    root = project.root
    project.engine(source=QUICK)
    project.suite(n=60)
    runs = [start(root), start(root)]
    assert [run.wait(TIMEOUT_S) for run in runs] == [0, 0]
    folders = run_folders(root)
    assert len(folders) == 2
    for folder in folders:
        ids = sorted(line["case_id"] for line in lines_of(folder))
        assert ids == sorted(f"r{number}" for number in range(60))
    count = len(computed(root))
    assert start(root).wait(TIMEOUT_S) == 0
    assert len(computed(root)) == count


def test_a_store_of_a_newer_version_is_left_alone_and_the_run_goes_on(project):
    project.engine()
    project.suite(n=5)
    assert project.run("--slm-store", "store.sqlite", own_process=True).code == 0
    with sqlite3.connect(project.root / "store.sqlite") as newer:
        newer.execute("PRAGMA user_version = 99")
    run = project.run("--slm-store", "store.sqlite", own_process=True)
    assert run.code == 0
    assert "newer" in run.text
    assert {case["cached"] for case in run.cases} == {False}
