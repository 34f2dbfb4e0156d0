"""Suite-level metrics: functions over all recorded cases of a suite."""

from __future__ import annotations

import pytest

METRICS = """
from slm_eval import Gate, rows, suite
ROWS = [{"id": f"r{i}", "input": f"q{i}", "expected": "yes" if i % 2 else "no"} for i in range(6)]

def share_of_yes(records):
    '''Share of predictions that say yes.'''
    assert {"score", "metrics", "label", "prediction", "cluster", "extracted"} <= set(records[0])
    return sum(r["prediction"] == "yes" for r in records) / len(records)

def table(records):
    return {"yes": {"no": len(records)}}

def broken(records):
    raise ValueError("no such label")
"""
DECORATOR = """
@suite(rows(ROWS), prompt="Q {{input}}", gates=[{gates}], metrics=[{metrics}])
def test_m(case, response):
    case.check(response.text == case.expected, label=case.expected, prediction=response.text)
"""


def test_metrics_are_computed_gated_and_reported(project):
    gates = "Gate('share_of_yes', at_least=0.5), Gate('share_of_yes', at_most=0.9)"
    text = METRICS + DECORATOR.format(gates=gates, metrics="share_of_yes, table")
    project.write("test_m.py", text)
    project.engine(0)
    run = project.run()
    assert run.code == 0
    metrics = run.summary["suites"][0]["metrics"]
    share = metrics["share_of_yes"]
    assert share["value"] == pytest.approx(5 / 6)
    assert share["ci_low"] < share["value"] <= share["ci_high"]
    assert share["n"] == 6
    assert metrics["table"]["value"] == {"yes": {"no": 6}}
    assert [gate["verdict"] for gate in run.summary["suites"][0]["gates"]] == ["passed"] * 2
    assert "share_of_yes" in run.text


def test_metric_that_raises_rejects_and_does_not_crash(project):
    text = METRICS + DECORATOR.format(
        gates="Gate('broken', at_least=0.5)", metrics="broken, share_of_yes"
    )
    project.write("test_m.py", text)
    run = project.run()
    assert run.code == 1
    assert run.verdicts == {"m": "REJECTED (1 error)"}
    assert run.gate("m")["verdict"] == "not_evaluated"
    assert "no such label" in run.text
    assert run.summary["suites"][0]["metrics"]["share_of_yes"]["value"] == 1.0


def test_gate_on_a_metric_that_nobody_recorded_is_not_evaluated(project):
    project.suite(gates="Gate('accuracy', at_least=0.5)")
    run = project.run()
    assert run.code == 1
    assert run.gate()["why"] == "no value of accuracy was recorded"
    assert run.verdicts == {"m": "UNDECIDED (1 not evaluated)"}


def test_quantile_gates_read_the_quantile(project):
    body = "case.check(1, ttft_ms=float(case.id[1:]))"
    project.suite(
        n=11,
        body=body,
        gates="Gate('ttft_ms', at_most=9.5, quantile=0.95), Gate('ttft_ms', at_most=5)",
    )
    run = project.run()
    assert run.gate(index=0)["value"] == pytest.approx(9.5)
    assert run.gate(index=1)["value"] == pytest.approx(5.0)
    assert run.code == 0
    assert "test_a[m:gate:ttft_ms.p95.at_most]" in run.shown
