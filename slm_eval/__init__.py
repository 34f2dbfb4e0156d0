"""slm_eval: pytest-native evaluation of small language models.

The public names, loaded when first used, so that the plugin costs a session without suites nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from slm_eval.api import benchmark_slm_for_custom_task as benchmark_slm_for_custom_task
    from slm_eval.cases.case import Chat as Chat
    from slm_eval.cases.case import Decoding as Decoding
    from slm_eval.cases.case import Response as Response
    from slm_eval.cases.datasets import jsonl as jsonl
    from slm_eval.cases.datasets import rows as rows
    from slm_eval.errors import Miss as Miss
    from slm_eval.errors import SlmEvalError as SlmEvalError
    from slm_eval.models.fit import check_model_fits_vram as check_model_fits_vram
    from slm_eval.runs.load import load_run as load_run
    from slm_eval.scoring.aggregate import accuracy as accuracy
    from slm_eval.scoring.aggregate import confusion_matrix as confusion_matrix
    from slm_eval.scoring.aggregate import macro_f1 as macro_f1
    from slm_eval.scoring.text import contains as contains
    from slm_eval.scoring.text import exact_match as exact_match
    from slm_eval.task import Task as Task
    from slm_eval.task import suite as suite
    from slm_eval.verdicts.gate import Gate as Gate

__version__ = "0.1.0"

_HOME = {
    "Chat": "slm_eval.cases.case",
    "Decoding": "slm_eval.cases.case",
    "Gate": "slm_eval.verdicts.gate",
    "Miss": "slm_eval.errors",
    "Response": "slm_eval.cases.case",
    "SlmEvalError": "slm_eval.errors",
    "Task": "slm_eval.task",
    "accuracy": "slm_eval.scoring.aggregate",
    "benchmark_slm_for_custom_task": "slm_eval.api",
    "check_model_fits_vram": "slm_eval.models.fit",
    "confusion_matrix": "slm_eval.scoring.aggregate",
    "contains": "slm_eval.scoring.text",
    "exact_match": "slm_eval.scoring.text",
    "jsonl": "slm_eval.cases.datasets",
    "load_run": "slm_eval.runs.load",
    "macro_f1": "slm_eval.scoring.aggregate",
    "rows": "slm_eval.cases.datasets",
    "suite": "slm_eval.task",
}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'slm_eval' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
