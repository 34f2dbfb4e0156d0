"""The `sandbox` fixture: programs run behind walls, or are skipped, or on the user's own word."""

from __future__ import annotations

import pytest

from slm_eval.sandbox import LevelReport, SandboxLevel, sandbox_level
from slm_eval.sandbox import runner as runner_module

SUITE = """
from slm_eval import Gate, rows, suite
from slm_eval.sandbox import Program

@suite(rows([{"id": "r0", "input": "q0", "expected": "yes"}]), prompt="Q {input}",
       gates=[Gate("score", at_least=1.0)])
def test_code(case, sandbox, response):
    source = f"def f(): return {response.text!r}"
    verdict = sandbox.check(Program(source, "assert f() == 'yes'", ("f",)))
    case.check(float(verdict.judged().passed), note=verdict.why)
"""
SAMPLES = """
from slm_eval import Gate, rows, suite
from slm_eval.scoring import pass_at_k

ROWS = [{"id": f"p{i // 2}/s{i % 2}", "input": f"q{i}", "expected": "yes", "cluster": f"p{i // 2}"}
        for i in range(12)]

@suite(rows(ROWS), prompt="Q {input}", metrics=[pass_at_k(1), pass_at_k(2)],
       gates=[Gate("pass_at_2", at_least=0.5), Gate("pass_at_1", at_least=0.1, confidence=0.9)])
def test_samples(case, response):
    case.check(response.text == case.expected)
"""


def nothing_isolates():
    return LevelReport(SandboxLevel.NONE, {"namespaces": "not permitted"})


@pytest.mark.parametrize("workers", [[], ["-n", "2"]])
def test_a_program_runs_and_the_walls_are_named(project, workers):
    if not sandbox_level().isolates:
        pytest.skip("nothing isolates a program on this machine")
    project.write("test_code.py", SUITE)
    project.engine()
    run = project.run(*workers)
    assert run.code == 0, run.text
    assert run.text.count(f"sandbox: {sandbox_level().word}: ") == 1


def test_without_walls_the_suite_is_skipped_and_nothing_is_accepted(project, monkeypatch):
    monkeypatch.setattr(runner_module, "sandbox_report", nothing_isolates)
    project.write("test_code.py", SUITE)
    project.engine()
    run = project.run("-rs")
    assert run.code == 1
    assert "--slm-allow-unsafe-code" in run.text
    assert run.summary["models"][0]["verdict"] == "UNDECIDED"
    assert [gate["verdict"] for gate in run.summary["suites"][0]["gates"]] == ["not_evaluated"]


def test_unsafe_code_runs_when_it_is_asked_for(project, monkeypatch):
    monkeypatch.setattr(runner_module, "sandbox_report", nothing_isolates)
    project.write("test_code.py", SUITE)
    project.engine()
    run = project.run("--slm-allow-unsafe-code")
    assert run.code == 0, run.text
    assert "sandbox: none: no isolation" in run.text


def test_pass_at_k_has_an_interval_over_whole_problems(project):
    project.write("test_sampled_programs.py", SAMPLES)
    project.engine(0, 2, 3, 5, 6, 7)
    run = project.run()
    assert run.code == 0, run.text
    metrics = run.summary["suites"][0]["metrics"]
    # Of six problems two have no right sample, two have one and two have both.
    assert metrics["pass_at_1"]["value"] == pytest.approx(6 / 12)
    assert metrics["pass_at_2"]["value"] == pytest.approx(4 / 6)
    assert metrics["pass_at_2"]["ci_low"] < 4 / 6 < metrics["pass_at_2"]["ci_high"]
