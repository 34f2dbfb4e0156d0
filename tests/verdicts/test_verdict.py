import json

import pytest

from slm_eval.verdicts.estimate import Estimate, estimate
from slm_eval.verdicts.gate import Gate
from slm_eval.verdicts.verdict import evaluate_gate, exit_code, model_verdict

GATE = Gate("accuracy", at_least=0.8)


def point(value, low=None, high=None, confidence=0.95):
    return Estimate(value, low, high, 100, "t", confidence)


def result(verdict, required=True):
    estimates = {
        "passed": (GATE, point(0.9)),
        "failed": (GATE, point(0.1)),
        "inconclusive": (Gate("accuracy", at_least=0.8, confidence=0.95), point(0.8, 0.7, 0.9)),
        "not_evaluated": (GATE, None),
    }
    gate, found = estimates[verdict]
    made = evaluate_gate(gate, found, required=required)
    assert made.verdict == verdict
    return made


# gates (a trailing ? marks an optional suite), errored cases, evaluated cases -> line, exit codes
GOLDEN = [
    ("passed passed", 0, 9, "ACCEPTED", 0, 0),
    ("", 0, 9, "ACCEPTED", 0, 0),
    ("", 0, 0, "UNDECIDED (nothing evaluated)", 1, 0),
    ("not_evaluated?", 0, 0, "UNDECIDED (nothing evaluated)", 1, 0),
    ("not_evaluated", 0, 0, "UNDECIDED (1 not evaluated)", 1, 0),
    ("passed not_evaluated", 0, 9, "UNDECIDED (1 not evaluated)", 1, 0),
    ("passed not_evaluated?", 0, 9, "ACCEPTED", 0, 0),
    ("passed inconclusive?", 0, 9, "ACCEPTED", 0, 0),
    ("inconclusive", 0, 9, "UNDECIDED (1 inconclusive)", 1, 1),
    (
        "inconclusive not_evaluated not_evaluated",
        0,
        9,
        "UNDECIDED (1 inconclusive, 2 not evaluated)",
        1,
        1,
    ),
    ("failed passed", 0, 9, "REJECTED (1 gate)", 1, 1),
    ("failed failed", 0, 9, "REJECTED (2 gates)", 1, 1),
    ("failed? passed", 0, 9, "REJECTED (1 gate)", 1, 1),
    ("failed not_evaluated", 3, 9, "REJECTED (1 gate, 3 errors)", 1, 1),
    ("passed", 1, 9, "REJECTED (1 error)", 1, 1),
    ("not_evaluated", 2, 0, "REJECTED (2 errors)", 1, 1),
]


@pytest.mark.parametrize(("gates", "errors", "cases", "line", "code", "allowed"), GOLDEN)
def test_verdict_lines(gates, errors, cases, line, code, allowed):
    results = [result(name.rstrip("?"), not name.endswith("?")) for name in gates.split()]
    verdict = model_verdict(results, errors, cases=cases)
    assert verdict.line == line
    assert exit_code([verdict]) == code
    assert exit_code([verdict], allow_unevaluated=True) == allowed


def test_a_miss_that_no_gate_takes_up_rejects():
    assert model_verdict([], cases=3, failed_cases=2).line == "REJECTED (2 failed cases)"


def test_every_model_must_be_accepted():
    good, bad = model_verdict([result("passed")]), model_verdict([result("failed")])
    assert exit_code([good, good]) == 0
    assert exit_code([good, bad]) == 1
    assert exit_code([]) == 0


@pytest.mark.parametrize(
    ("gate", "value", "baseline", "verdict", "why"),
    [
        (GATE, 0.8, None, "passed", "0.8 >= 0.8"),
        (GATE, 0.79999, None, "failed", "0.79999 < 0.8"),
        (Gate("ttft_ms", at_most=250), 250, None, "passed", "250 <= 250"),
        (Gate("ttft_ms", at_most=250), 1250.4, None, "failed", "1250 > 250"),
        (
            Gate("prefill_ms", no_worse_than="main", margin=10),
            111,
            100,
            "failed",
            "111 > 110 (main: 100 + 10)",
        ),
        (Gate("acc", no_worse_than="main"), 0.5, 0.5, "passed", "0.5 >= 0.5 (main: 0.5)"),
        (
            Gate("acc", no_worse_than="main"),
            0.5,
            None,
            "not_evaluated",
            "no baseline main of acc to compare with",
        ),
    ],
)
def test_point_estimate_decides(gate, value, baseline, verdict, why):
    found = evaluate_gate(gate, point(value), required=True, baseline=baseline)
    assert (found.verdict, found.why) == (verdict, why)


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.8, 0.9, "passed"),
        (0.79, 0.81, "inconclusive"),
        (0.7, 0.79, "failed"),
        (None, None, "inconclusive"),
        (None, 0.7, "failed"),
    ],
)
def test_confidence_decides_by_the_interval(low, high, verdict):
    gate = Gate("acc", at_least=0.8, confidence=0.9)
    assert evaluate_gate(gate, point(0.8, low, high, 0.9), required=True).verdict == verdict
    mirrored = Gate("err", at_most=-0.8, confidence=0.9)
    ends = (None if high is None else -high), (None if low is None else -low)
    assert evaluate_gate(mirrored, point(-0.8, *ends, 0.9), required=True).verdict == verdict


def test_an_interval_of_another_confidence_decides_nothing():
    gate = Gate("acc", at_least=0.1, confidence=0.99)
    found = evaluate_gate(gate, estimate([1, 1, 1, 0] * 50), required=True)
    assert found.verdict == "not_evaluated"
    assert "0.99" in found.why


def test_blocked_keeps_the_value_but_decides_nothing():
    found = evaluate_gate(GATE, point(0.1), required=True, blocked="3 of 9 cases")
    assert (found.verdict, found.value, found.why) == (
        "not_evaluated",
        0.1,
        "3 of 9 cases",
    )


def test_as_dict_is_the_summary_entry_in_plain_builtins():
    found = evaluate_gate(GATE, point(0.9), required=False, because="measured 0.91")
    assert json.loads(json.dumps(found.as_dict())) == {
        "metric": "accuracy",
        "at_least": 0.8,
        "at_most": None,
        "quantile": None,
        "confidence": None,
        "value": 0.9,
        "verdict": "passed",
        "required": False,
        "why": "0.9 >= 0.8; measured 0.91",
    }
