"""PIQA, validation split, 0-shot: which of two solutions reaches a goal of everyday physics.

Prompt and metrics are those of lm-evaluation-harness 0.4.13 (`lm_eval/tasks/piqa/piqa.yaml`).
"""

from __future__ import annotations

from slm_eval.benchmarks.datasets.commonsense import PIQA
from slm_eval.benchmarks.multiple_choice import choices, score
from slm_eval.task import Task

__all__ = ["piqa", "score"]


def piqa() -> Task:
    """Return PIQA: 1,838 goals with two solutions each."""
    return Task(
        name="piqa",
        rows=PIQA,
        prompt="Question: {goal}\nAnswer:",
        choices=choices,
        input="goal",
        expected="answer",
        case_metrics=("acc_norm", "loss"),
        cost_s=0.08,
        budget_s=5,
    )
