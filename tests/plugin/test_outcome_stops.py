"""Runs that end before their last test: what ran stands, nothing else is claimed."""

from __future__ import annotations

import pytest

LATENCY = """
from slm_eval import Gate, rows, suite
ROWS = [{"id": "r0", "input": "q0", "expected": ""}]

@suite(rows(ROWS), prompt="{input}", gates=[Gate("prefill_ms", at_most=9)], exclusive=True)
def test_latency(case):
    case.check(1, prefill_ms=5)
"""


def test_x_leaves_gates_not_evaluated(project):
    project.suite(body="case.check(1 / 0 if case.id == 'r1' else 1)")
    project.suite("b")
    run = project.run("-x")
    assert run.code == 1
    assert run.outcomes == {"r0": "hit", "r1": "failed"}
    assert run.gate("a")["verdict"] == run.gate("b")["verdict"] == "not_evaluated"
    assert run.gate("b")["why"] == "4 of 4 did not run"
    assert run.verdicts == {"m": "REJECTED (1 error)"}
    run.result.stdout.fnmatch_lines(["m: REJECTED (1 error)"])


def test_x_after_the_last_case_of_a_suite_keeps_its_verdict(project):
    project.suite()
    project.write("test_b.py", "def test_b():\n    assert False\n")
    project.suite("c")
    run = project.run("-x")
    assert run.gate("a")["verdict"] == "passed"
    assert run.gate("c")["verdict"] == "not_evaluated"
    assert run.verdicts == {"m": "UNDECIDED (1 not evaluated)"}


def test_x_stops_on_the_first_miss_only_where_a_miss_is_a_failure(project):
    project.engine(0, 1)
    project.suite()
    assert project.run("-x").outcomes == {"r0": "miss", "r1": "miss", "r2": "hit", "r3": "hit"}
    project.suite(gates="")
    assert project.run("-x").outcomes == {"r0": "miss"}


INTERRUPTED = {
    "body": "if case.id == 'r2': raise KeyboardInterrupt",
    "engine": "raise KeyboardInterrupt",
    # Only when the tests of the first suite are over: the main thread then waits for an answer, as
    # it does when a person loses patience.
    "signal": "if 'q0' in request.prompt: time.sleep(0.8); os.kill(os.getpid(), signal.SIGINT)\n"
    "        time.sleep(0.3)",
}


@pytest.mark.parametrize("where", INTERRUPTED)
def test_ctrl_c_keeps_what_ran(project, where):
    in_body = where == "body"
    project.suite("a", n=3)
    body = (INTERRUPTED[where] + "\n    " if in_body else "") + "case.check(1)"
    path = project.suite("b", body=body, gates="Gate('score', at_least=0.9)")
    if not in_body:
        path.write_text(path.read_text().replace("Question", "later"))
        project.engine(
            source="import os, signal, time\n"
            "def respond(request):\n"
            "    if 'later' in request.prompt:\n"
            f"        {INTERRUPTED[where]}\n"
            "    return 'yes'\n"
        )
    # A shell that runs the tests in the background has its children ignore the signal.
    project.write(
        "conftest.py",
        "import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n",
    )
    run = project.run("test_a.py", "test_b.py", own_process=True)
    assert run.code == 2
    by_suite = {
        name: [case["outcome"] for case in run.cases if case["suite"] == name] for name in "ab"
    }
    assert by_suite["b"] == (["hit", "hit"] if in_body else [])
    assert by_suite["a"] == ["hit"] * 3
    assert run.gate("a")["verdict"] == "passed"
    assert run.gate("b")["verdict"] == "not_evaluated"
    assert run.verdicts["m"].startswith("UNDECIDED")
    assert run.summary["exit_code"] == 2
    assert "KeyboardInterrupt" in run.text


def test_crashed_worker_is_reported_once_and_the_rest_runs(project):
    project.suite(
        n=5,
        top="import os",
        body="if case.id == 'r2': os._exit(3)\n    case.check(response.text == case.expected)",
    )
    project.suite("b", n=2)
    run = project.run("-n", "2")
    assert run.code == 1
    outcomes = [(case["suite"], case["case_id"], case["outcome"]) for case in run.cases]
    assert sorted(outcomes) == [
        ("a", "r0", "hit"),
        ("a", "r1", "hit"),
        ("a", "r2", "error"),
        ("a", "r3", "hit"),
        ("a", "r4", "hit"),
        ("b", "r0", "hit"),
        ("b", "r1", "hit"),
    ]
    run.result.assert_outcomes(failed=1, passed=7, skipped=1)
    assert run.gate("a")["verdict"] == "not_evaluated"
    assert run.gate("b")["verdict"] == "passed"
    assert run.verdicts == {"m": "REJECTED (1 error)"}


def test_measuring_suites_are_skipped_under_n_with_the_command(project):
    project.write("test_latency.py", LATENCY)
    project.suite()
    run = project.run("-n", "2", "-rs")
    assert run.code == 1
    assert run.shown["test_latency[m:r0]"] == "SKIPPED"
    assert "pytest test_latency.py::test_latency --slm-model m -n 0" in run.text
    assert run.gate("latency")["verdict"] == "not_evaluated"
    assert run.gate("a")["verdict"] == "passed"
    assert run.verdicts == {"m": "UNDECIDED (1 not evaluated)"}
    project.write(
        "acceptance.toml",
        'version = 1\n[[model]]\nmatch = "*"\n[model.suites.latency]\nrequired = false\n',
    )
    alone = project.run("-n", "0", "test_latency.py")
    assert alone.gate("latency")["verdict"] == "passed"
    assert alone.gate("latency")["required"] is False
