"""MBPP's test rows, each after its worked examples."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from slm_eval.benchmarks.datasets.code import MBPP, MBPP_PROMPT
from slm_eval.benchmarks.datasets.packaged import packaged
from slm_eval.cases.datasets import DatasetContext

if TYPE_CHECKING:
    from slm_eval.cases.case import Row
    from slm_eval.cases.datasets import LoadedRows


@dataclass(frozen=True)
class WorkedRows:
    """The test rows, and the worked examples that stand before each."""

    shots: int
    own_examples: bool
    name: str = MBPP.name
    _worked: list[dict[str, Any]] = field(default_factory=list, compare=False, repr=False)

    def load(self, context: DatasetContext) -> LoadedRows:
        """Return the test rows; the worked examples are read here, where mirrors are known."""
        loaded = MBPP.load(context)
        if self.own_examples:
            self._worked[:] = packaged("mbpp_examples.jsonl")
        elif self.shots:
            self._worked[:] = MBPP_PROMPT.load(context).rows
        return loaded

    def prompt(self, row: Row) -> str:
        """Return the worked examples and the task, as the harness asks it."""
        if self.shots and not self._worked:
            self.load(DatasetContext())
        worked = self._worked[: self.shots]
        return "".join(f"{question(w)}{w['code']}\n[DONE]\n\n" for w in worked) + question(row)


def question(row: Row) -> str:
    """Return one task with its assertions, up to ``[BEGIN]``."""
    asked = "You are an expert Python programmer, and here is your task: "
    tests = "\n".join(row["test_list"][:3])
    return f"{asked}{row['text']} Your code should pass these tests:\n\n{tests}\n[BEGIN]\n"
