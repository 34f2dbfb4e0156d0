"""What gates come to: inconclusive, not evaluated, decided early, recorded, on a subset."""

from __future__ import annotations

import json


def test_gate_with_confidence_can_be_inconclusive(project):
    project.engine(1)
    project.suite(n=10, gates="Gate('score', at_least=0.8, confidence=0.95)")
    run = project.run()
    assert run.code == 1
    assert run.shown["test_a[m:gate:score.at_least]"] == "SKIPPED"
    assert run.gate()["verdict"] == "inconclusive"
    assert run.verdicts == {"m": "UNDECIDED (1 inconclusive)"}
    run.result.stdout.fnmatch_lines(["inconclusive: a score.at_least: 0.8 lies inside the 0.95*"])
    assert project.run("--slm-allow-unevaluated").code == 1


def test_allow_unevaluated_lets_want_of_evaluation_pass(project):
    project.suite(body="import pytest; pytest.skip('no time today')")
    run = project.run()
    assert run.code == 1
    assert run.gate()["why"] == "no time today"
    assert run.verdicts == {"m": "UNDECIDED (1 not evaluated)"}
    run = project.run("--slm-allow-unevaluated")
    assert run.code == 0
    assert run.verdicts == {"m": "UNDECIDED (1 not evaluated)"}
    assert run.summary["verdict"] == "UNDECIDED"


def test_one_skip_by_the_user_keeps_gates_from_being_evaluated(project):
    body = "import pytest; case.id == 'r1' and pytest.skip('picture missing'); case.check(1)"
    project.suite(body=body)
    run = project.run()
    assert run.code == 1
    assert run.outcomes["r1"] == "skipped"
    assert run.gate()["verdict"] == "not_evaluated"
    assert run.gate()["why"] == "picture missing"


def test_early_stop_decides_and_skips_the_rest(project):
    project.engine(*range(60, 80))
    project.suite(n=80)
    run = project.run("--slm-early-stop", "-rs")
    assert run.code == 0
    outcomes = list(run.outcomes.values())
    assert outcomes == ["hit"] * 40 + ["skipped"] * 40
    assert "decided after 40 of 80" in run.text
    assert run.gate()["verdict"] == "passed"
    assert run.gate()["why"] == "decided after 40 of 80"
    assert run.verdicts == {"m": "ACCEPTED"}
    assert run.cases[-1]["prompt_sha256"] is None  # never asked: only two chunks of 32 were


def test_early_stop_can_reject(project):
    project.engine(*range(10))
    project.suite(n=10)
    run = project.run("--slm-early-stop")
    assert run.code == 1
    assert list(run.outcomes.values()) == ["miss"] * 6 + ["skipped"] * 4
    assert run.gate()["verdict"] == "failed"


def test_early_stop_waits_for_gates_that_cannot_be_decided_early(project):
    project.suite(n=8, gates="Gate('score', at_least=0.1, confidence=0.9)")
    run = project.run("--slm-early-stop")
    assert list(run.outcomes.values()) == ["hit"] * 8


def test_first_run_records_a_baseline_and_later_runs_are_held_against_it(project):
    project.suite(
        gates="Gate('score', at_least=0.1), Gate('score', no_worse_than='nightly', margin=0.1)"
    )
    run = project.run()
    assert run.code == 1
    assert run.gate(index=1)["verdict"] == "not_evaluated"
    assert run.shown["test_a[m:gate:score.no_worse_than]"] == "SKIPPED"
    run.result.stdout.fnmatch_lines(["recorded score = 1 in *nightly.json"])
    (recorded,) = (project.root / "reports" / "baselines").rglob("nightly.json")
    assert json.loads(recorded.read_text()) == {"a": {"score": 1.0}}
    assert recorded.parent.name == "m-fake-none-none"

    run = project.run()
    assert run.code == 0
    assert run.gate(index=1)["verdict"] == "passed"

    project.engine(1)
    run = project.run()
    assert run.code == 1
    assert run.gate(index=1)["verdict"] == "failed"
    assert run.gate(index=1)["why"] == "0.75 < 0.9 (nightly: 1 - 0.1)"
    assert json.loads(recorded.read_text()) == {"a": {"score": 1.0}}


def test_run_that_errors_records_no_baseline(project):
    project.suite(gates="Gate('score', no_worse_than='x')", body="case.check(1); 1 / 0")
    assert project.run().code == 1
    assert not (project.root / "reports" / "baselines").exists()


def test_selected_part_records_no_baseline(project):
    project.suite(gates="Gate('score', no_worse_than='x')")
    project.run("-k", "r1")
    assert not (project.root / "reports" / "baselines").exists()


def test_unreadable_baseline_is_told(project):
    project.suite(gates="Gate('score', no_worse_than='x')")
    project.run()
    (recorded,) = (project.root / "reports" / "baselines").rglob("x.json")
    recorded.write_text("{")
    run = project.run()
    assert run.code == 1
    assert run.gate()["verdict"] == "not_evaluated"
    assert "delete it to record a new one" in run.text
    assert recorded.read_text() == "{"


def test_examples_declare_a_smoke_subset(project):
    project.suite(n=14)
    run = project.run("--slm-examples", "4")
    assert run.code == 0
    assert len(run.cases) == 4
    assert run.gate()["verdict"] == "passed"
    assert run.summary["smoke"] is True
    assert run.summary["suites"][0]["rows"] == 14
    run.result.stdout.fnmatch_lines(["m *a *4 of 14 *passed", "m: ACCEPTED smoke: 4 of 14"])
    assert "smoke" in (run.latest / "summary.md").read_text()


def test_budget_sizes_the_default_subset_and_all_means_all(project):
    project.suite(n=24, more="cost_s=1.0, budget_s=12.0")
    assert len(project.run().cases) == 12
    run = project.run("--slm-examples", "all")
    assert len(run.cases) == 24
    assert run.summary["smoke"] is False
    assert "smoke" not in run.text
    assert len(project.run("--slm-examples", "99").cases) == 24
