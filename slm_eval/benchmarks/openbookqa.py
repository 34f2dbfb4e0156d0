"""OpenBookQA, validation split, 0-shot: elementary science, the fact itself not shown.

Prompt and metrics are those of lm-evaluation-harness 0.4.13
(`lm_eval/tasks/openbookqa/openbookqa.yaml`), which asks the test split by default.
"""

from __future__ import annotations

from slm_eval.benchmarks.datasets.knowledge import OPENBOOKQA
from slm_eval.benchmarks.multiple_choice import choices, score
from slm_eval.task import Task

__all__ = ["openbookqa", "score"]


def openbookqa() -> Task:
    """Return OpenBookQA: 500 sentences to complete with one of four endings."""
    return Task(
        name="openbookqa",
        rows=OPENBOOKQA,
        prompt="{question}",
        choices=choices,
        input="question",
        expected="answer",
        case_metrics=("acc_norm", "loss"),
        cost_s=0.05,
        budget_s=4,
    )
