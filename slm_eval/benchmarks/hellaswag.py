"""HellaSwag, validation split, 0-shot: which of four endings goes on with a scene.

Prompt, preprocessing and metrics are those of lm-evaluation-harness 0.4.13
(`lm_eval/tasks/hellaswag/hellaswag.yaml` and `utils.py`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from slm_eval.benchmarks.datasets.commonsense import HELLASWAG
from slm_eval.benchmarks.multiple_choice import score
from slm_eval.task import Task

if TYPE_CHECKING:
    from slm_eval.cases.case import Row

__all__ = ["hellaswag", "score"]

_BRACKETED = re.compile(r"\[.*?\]")


def hellaswag() -> Task:
    """Return HellaSwag: 10,042 scenes of videos and of how-to articles."""
    return Task(
        name="hellaswag",
        rows=HELLASWAG,
        prompt=prompt,
        choices=choices,
        input="ctx",
        expected="answer",
        case_metrics=("acc_norm", "loss"),
        cost_s=0.2,
        budget_s=10,
    )


def prompt(row: Row) -> str:
    """Return the scene: its activity, and its context with the second half capitalised."""
    context = f"{row['ctx_a']} {row['ctx_b'].capitalize()}"
    return cleaned(f"{row['activity_label']}: {context}")


def choices(row: Row) -> list[str]:
    """Return the continuations: each ending, cleaned, behind one space."""
    return [f" {cleaned(ending)}" for ending in row["choices"]]


def cleaned(text: str) -> str:
    """Return `text` without the marks that WikiHow's markup left in it."""
    text = text.strip().replace(" [title]", ". ")
    return _BRACKETED.sub("", text).replace("  ", " ")
