"""A session without suites notices nothing, and no run imports torch before it must."""

from __future__ import annotations

import sys

PLAIN = """
import pytest

@pytest.mark.parametrize("value", ["m:1", "gate:x"], ids=["m:1", "other:gate:x"])
def test_colon(value):
    pass

def test_plain():
    pass

@pytest.mark.skip(reason="theirs")
def test_skipped():
    pass
"""
HEAVY = """
import sys

def pytest_unconfigure(config):
    found = sorted({"torch", "transformers", "pandas", "pyarrow"} & set(sys.modules))
    print("HEAVY", found, file=sys.stderr)
"""


def test_session_without_suites(project):
    project.write("test_plain.py", PLAIN)
    run = project.run(models=(), engine=None)
    assert run.code == 0
    assert "slm_eval" not in run.text
    assert "ACCEPTED" not in run.text
    assert not (project.root / "reports").exists()
    run.result.assert_outcomes(passed=3, skipped=1)


def test_beside_tests_whose_ids_look_like_ours(project):
    project.write("test_plain.py", PLAIN)
    project.suite()
    run = project.run()
    assert run.code == 0
    assert run.shown["test_colon[m:1]"] == "PASSED"
    assert run.shown["test_colon[other:gate:x]"] == "PASSED"
    assert [suite["suite"] for suite in run.summary["suites"]] == ["a"]
    assert run.verdicts == {"m": "ACCEPTED"}


def test_failing_plain_test_fails_the_run_but_not_the_model(project):
    project.write("test_plain.py", "def test_plain():\n    assert False\n")
    project.suite()
    run = project.run()
    assert run.code == 1
    assert run.verdicts == {"m": "ACCEPTED"}
    assert run.summary["exit_code"] == 1


def test_nothing_heavy_is_imported_before_it_must(project):
    project.write("conftest.py", HEAVY)
    project.suite()
    run = project.run(own_process=True)
    assert run.code == 0
    first = run.latest.resolve()
    for arguments, engine in (
        (["--collect-only", "-q"], None),
        (["--help"], None),
        ([], "replay:reports/latest"),
    ):
        run = project.run(
            *arguments, models=("smollm2-135m-q4_1",), engine=engine, own_process=True
        )
        assert run.code == 0, run.text
        assert "HEAVY []" in run.text, arguments
    assert run.latest.resolve() != first
    assert run.verdicts == {"smollm2-135m-q4_1": "ACCEPTED"}
    assert all(case["cached"] for case in run.cases)


def test_replay_lacking_a_prompt_is_an_error_of_that_case(project):
    project.suite(n=3)
    project.run()
    project.suite(n=4)
    run = project.run(engine="replay:reports/latest")
    assert run.code == 1
    assert run.outcomes["r3"] == "error"
    assert "record it again" in run.cases[3]["why"]


def test_help_names_every_option_once(project):
    run = project.run("--help", own_process=True)
    assert "--slm-examples" in run.text
    assert "--slm-model=NAME" in run.text or "--slm-model NAME" in run.text


def test_runs_without_plugins_that_others_may_block(project):
    project.suite()
    for blocked in ("no:cacheprovider", "no:junitxml", "no:benchmark"):
        assert project.run("-p", blocked).code == 0, blocked


def test_latest_points_at_the_newest_run_and_old_runs_stay(project):
    project.suite(n=1)
    runs = [project.run().latest.resolve() for _ in range(2)]
    assert runs[0] != runs[1]
    assert all((run / "manifest.json").is_file() for run in runs)
    latest = project.root / "reports" / "latest"
    assert latest.is_symlink()
    assert not latest.readlink().is_absolute()
    assert sys.version.split()[0] in (runs[0] / "manifest.json").read_text()
