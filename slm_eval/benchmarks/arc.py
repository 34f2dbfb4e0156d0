"""ARC, validation split, 0-shot cloze: the text of each answer is scored after the question.

Prompt and metrics are those of lm-evaluation-harness 0.4.13 (`lm_eval/tasks/arc/arc_easy.yaml`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from slm_eval.benchmarks.datasets import ARC_CHALLENGE, ARC_EASY
from slm_eval.scoring.choices import acc, acc_norm, choice_loss
from slm_eval.task import Task

if TYPE_CHECKING:
    from slm_eval.cases.case import Response, Row
    from slm_eval.cases.datasets import RowSource
    from slm_eval.runs.handle import CaseHandle


def arc_easy() -> Task:
    """Return ARC-Easy: 570 grade-school science questions that a retriever could answer."""
    return _arc("arc_easy", ARC_EASY, cost_s=0.09, budget_s=26)


def arc_challenge() -> Task:
    """Return ARC-Challenge: the 299 questions that retrieval and co-occurrence got wrong."""
    return _arc("arc_challenge", ARC_CHALLENGE, cost_s=0.11, budget_s=17)


def prompt(row: Row) -> str:
    """Return the question as the harness asks it."""
    return f"Question: {row['question']}\nAnswer:"


def choices(row: Row) -> list[str]:
    """Return the continuations: each answer's text behind one space."""
    return [f" {text}" for text in row["choices"]]


def score(case: CaseHandle, response: Response) -> None:
    """Record `acc` as the score, `acc_norm` and `loss` (nats on the right answer) beside it."""
    gold = case.expected
    case.check(
        acc(response, gold), acc_norm=acc_norm(response, gold), loss=choice_loss(response, gold)
    )


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
