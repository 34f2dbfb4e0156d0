"""ARC: the harness' prompt, continuations and metrics, literally."""

from math import exp, log

import pytest

from slm_eval.benchmarks.arc import arc_challenge, arc_easy, score
from slm_eval.cases.case import Choice, LogLikelihoods, Response
from slm_eval.errors import Miss
from slm_eval.runs.handle import CaseHandle
from slm_eval.task import Suite

ROW = {
    "id": "Own_1",
    "question": "Which of these freezes at 0 °C?",
    "choices": ["water", "iron", "air"],
    "labels": ["1", "2", "3"],
    "answer": 0,
}


@pytest.mark.parametrize("task", [arc_easy(), arc_challenge()], ids=lambda task: task.name)
def test_request(task):
    case = task.case(ROW, 0)
    assert (case.id, case.expected, case.input) == ("Own_1", 0, ROW["question"])
    assert task.request(case) == LogLikelihoods(
        "Question: Which of these freezes at 0 °C?\nAnswer:", (" water", " iron", " air")
    )


def test_score_is_acc_with_acc_norm_beside_it():
    handle = CaseHandle(Suite("arc_easy", arc_easy(), 1.0), "m", ROW, 0, 1.0)
    # Per character: water -0.6, iron -0.5, air -1.
    lls = (-3.0, -2.0, -3.0)
    response = Response(
        choices=tuple(Choice(f" {t}", ll, 1) for t, ll in zip(ROW["choices"], lls, strict=True))
    )
    with pytest.raises(Miss):
        score(handle, response)
    metrics = handle.checked.metrics
    assert (handle.checked.score, metrics["acc_norm"]) == (0.0, 0.0)
    shares = [exp(ll) for ll in lls]
    assert metrics["loss"] == pytest.approx(-log(shares[ROW["answer"]] / sum(shares)))


def test_every_metric_that_is_recorded_is_declared():
    handle = CaseHandle(Suite("arc_easy", arc_easy(), 1.0), "m", ROW, 0, 1.0)
    score(handle, Response(choices=(Choice(" water", -1.0, 1), Choice(" iron", -2.0, 1))))
    assert handle.checked.score == 1.0
    assert set(handle.checked.metrics) == set(arc_easy().case_metrics)
