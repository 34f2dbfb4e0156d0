"""WinoGrande XL, validation split, 0-shot: which of two names fits the blank of a sentence.

Partial evaluation as in lm-evaluation-harness 0.4.13 (`lm_eval/tasks/winogrande/default.yaml` and
`preprocess_winogrande.py`): each name is put into the blank, and what is scored is the same rest of
the sentence after either. There is no `acc_norm`, both continuations being the same text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from slm_eval.benchmarks.datasets.commonsense import WINOGRANDE
from slm_eval.benchmarks.multiple_choice import score_acc as score
from slm_eval.errors import DataError
from slm_eval.task import Task

if TYPE_CHECKING:
    from slm_eval.cases.case import Row

__all__ = ["score", "winogrande"]

BLANK = "_"


def winogrande() -> Task:
    """Return WinoGrande: 1,267 sentences. The `prompt` is for readers: `contexts` are asked."""
    return Task(
        name="winogrande",
        rows=WINOGRANDE,
        prompt="{sentence}",
        contexts=contexts,
        choices=choices,
        validate=validate,
        input="sentence",
        expected="answer",
        case_metrics=("loss",),
        cost_s=0.05,
        budget_s=5,
    )


def contexts(row: Row) -> list[str]:
    """Return the sentence up to its blank, with either name in it."""
    before = row["sentence"].partition(BLANK)[0]
    return [before + name for name in row["choices"]]


def choices(row: Row) -> list[str]:
    """Return the rest of the sentence behind one space, once for each name."""
    rest = f" {row['sentence'].partition(BLANK)[2].strip()}"
    return [rest] * len(row["choices"])


def validate(row: Row) -> None:
    """Raise `DataError` for a sentence without a blank."""
    if BLANK not in row["sentence"]:
        raise DataError(f"winogrande row {row['id']} has no blank ({BLANK!r}): {row['sentence']!r}")
