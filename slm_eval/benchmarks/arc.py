"""ARC, validation split, 0-shot cloze: the text of each answer is scored after the question.

Prompt and metrics are those of lm-evaluation-harness 0.4.13 (`lm_eval/tasks/arc/arc_easy.yaml`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from slm_eval.benchmarks.datasets.knowledge import ARC_CHALLENGE, ARC_EASY
from slm_eval.benchmarks.multiple_choice import choices, score
from slm_eval.task import Task

if TYPE_CHECKING:
    from slm_eval.cases.case import Row
    from slm_eval.cases.datasets import RowSource

__all__ = ["arc_challenge", "arc_easy", "score"]


def arc_easy() -> Task:
    """Return ARC-Easy: 570 grade-school science questions that a retriever could answer."""
    return _arc("arc_easy", ARC_EASY, cost_s=0.09, budget_s=26)


def arc_challenge() -> Task:
    """Return ARC-Challenge: the 299 questions that retrieval and co-occurrence got wrong."""
    return _arc("arc_challenge", ARC_CHALLENGE, cost_s=0.11, budget_s=17)


def prompt(row: Row) -> str:
    """Return the question as the harness asks it."""
    return f"Question: {row['question']}\nAnswer:"


def _arc(name: str, rows: RowSource, *, cost_s: float, budget_s: float) -> Task:
    return Task(
        name=name,
        rows=rows,
        prompt=prompt,
        choices=choices,
        input="question",
        expected="answer",
        case_metrics=("acc_norm", "loss"),
        cost_s=cost_s,
        budget_s=budget_s,
    )
