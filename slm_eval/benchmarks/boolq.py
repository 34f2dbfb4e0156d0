"""BoolQ, validation split, 0-shot: a yes/no question about a passage.

Prompt and metric are those of lm-evaluation-harness 0.4.13
(`lm_eval/tasks/super_glue/boolq/default.yaml`). The rows are BoolQ's own: SuperGLUE's copy, which
the harness asks by default, puts the article's title and two hyphens before each passage.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from slm_eval.benchmarks.datasets.commonsense import BOOLQ
from slm_eval.benchmarks.multiple_choice import score_acc as score
from slm_eval.task import Task

if TYPE_CHECKING:
    from slm_eval.cases.case import Row

__all__ = ["boolq", "score"]


def boolq() -> Task:
    """Return BoolQ: 3,270 questions, of which 62 % are to be answered with yes."""
    return Task(
        name="boolq",
        rows=BOOLQ,
        prompt="{passage}\nQuestion: {question}?\nAnswer:",
        choices=choices,
        input="question",
        expected=lambda row: int(row["answer"]),
        case_metrics=("loss",),
        cost_s=0.25,
        budget_s=6,
    )


def choices(_row: Row) -> list[str]:
    """Return the continuations: no, then yes."""
    return [" no", " yes"]
