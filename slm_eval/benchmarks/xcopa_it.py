"""XCOPA in Italian, test split, 0-shot: which of two sentences is the cause, or the effect.

Prompt and metric are those of lm-evaluation-harness 0.4.13 (`lm_eval/tasks/xcopa/default_it.yaml`
and `utils.py`): the premise without its full stop goes on with "perché" or "quindi".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from slm_eval.benchmarks.datasets.italian import XCOPA_IT
from slm_eval.benchmarks.multiple_choice import score_acc as score
from slm_eval.task import Task

if TYPE_CHECKING:
    from slm_eval.cases.case import Row

__all__ = ["score", "xcopa_it"]

CONNECTORS = {"cause": "perché", "effect": "quindi"}


def xcopa_it() -> Task:
    """Return XCOPA-it: 500 premises with two alternatives each."""
    return Task(
        name="xcopa_it",
        rows=XCOPA_IT,
        prompt=prompt,
        choices=choices,
        cluster="question",
        input="premise",
        expected="answer",
        case_metrics=("loss",),
        cost_s=0.06,
        budget_s=3,
    )


def prompt(row: Row) -> str:
    """Return the premise, its last character dropped, and the connector."""
    return f"{row['premise'].strip()[:-1]} {CONNECTORS[row['question']]}"


def choices(row: Row) -> list[str]:
    """Return the continuations: each sentence, begun in lower case, behind one space."""
    return [f" {text[0].lower()}{text[1:]}" for text in row["choices"]]
