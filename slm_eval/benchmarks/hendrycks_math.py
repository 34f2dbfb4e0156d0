"""Hendrycks MATH, test split: 5,000 competition problems in seven subjects and five levels.

Asked and scored as MATH-500, which is a part of it (`slm_eval/benchmarks/math500.py`). The tasks of
lm-evaluation-harness 0.4.13 are `lm_eval/tasks/minerva_math/minerva_math_*.yaml`, one per subject.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from slm_eval.benchmarks.datasets.mathematics import HENDRYCKS_MATH
from slm_eval.benchmarks.math500 import math_task, score

if TYPE_CHECKING:
    from slm_eval.task import Task

__all__ = ["hendrycks_math", "score"]


def hendrycks_math(shots: int = 4, max_new_tokens: int = 512) -> Task:
    """Return MATH with 0 to 4 worked solutions. Raises `ConfigError` for other `shots`."""
    return math_task(
        "hendrycks_math", HENDRYCKS_MATH, shots, max_new_tokens, cluster="subject", budget_s=16
    )
