"""SciQ, validation split, 0-shot: science exam questions, most with a supporting passage.

Prompt and metrics are those of lm-evaluation-harness 0.4.13 (`lm_eval/tasks/sciq/sciq.yaml`), which
asks the test split by default. As there, the right answer is always the last choice: its place is
never shown to the model, but a tie is won by a wrong one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from slm_eval.benchmarks.datasets.knowledge import SCIQ
from slm_eval.benchmarks.multiple_choice import choices, score
from slm_eval.task import Task

if TYPE_CHECKING:
    from slm_eval.cases.case import Row

__all__ = ["sciq", "score"]


def sciq() -> Task:
    """Return SciQ: 1,000 questions with four answers each."""
    return Task(
        name="sciq",
        rows=SCIQ,
        prompt=prompt,
        choices=choices,
        input="question",
        expected="answer",
        case_metrics=("acc_norm", "loss"),
        cost_s=0.16,
        budget_s=4,
    )


def prompt(row: Row) -> str:
    """Return the passage, which may be empty, and the question."""
    return f"{row['support'].lstrip()}\nQuestion: {row['question']}\nAnswer:"
