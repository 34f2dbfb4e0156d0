"""What a test body sees as `case`: the row, and `check` to record its score."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from numbers import Real
from typing import TYPE_CHECKING, Any

from slm_eval.cases.sized import count_words
from slm_eval.errors import Miss, SlmEvalError

if TYPE_CHECKING:
    from slm_eval.cases.case import Case, Request, Row
    from slm_eval.cases.sized import CountTokens
    from slm_eval.runs.runner import Runner
    from slm_eval.task import Suite


class CheckError(SlmEvalError):
    """`case.check` was called twice, not at all, or with something that is no score."""


@dataclass(slots=True)
class Checked:
    """What `case.check` recorded."""

    score: float
    metrics: dict[str, float] = field(default_factory=dict)
    extracted: bool = True
    label: str | None = None
    prediction: str | None = None
    note: str | None = None


class CaseHandle:
    """One case of one suite for one model. Made at collection, so it renders nothing then."""

    __slots__ = ("_case", "checked", "index", "model", "row", "runner", "suite", "threshold")

    def __init__(self, suite: Suite, model: str, row: Row, index: int, threshold: float) -> None:
        self.suite = suite
        self.model = model
        self.row = row
        self.index = index
        self.threshold = threshold
        self.checked: Checked | None = None
        self.runner: Runner | None = None
        """Who answers this case, once it is selected to run."""
        self._case: Case | None = None

    @property
    def case(self) -> Case:
        """The immutable `Case` behind this handle."""
        if self._case is None:
            self._case = self.suite.task.case(self.row, self.index)
        return self._case

    @property
    def id(self) -> str:
        """The case's id, the part after ``MODEL:`` in its test id."""
        return self.case.id

    @property
    def input(self) -> Any:
        """The row's input."""
        return self.case.input

    @property
    def expected(self) -> Any:
        """The row's expected answer."""
        return self.case.expected

    @property
    def cluster(self) -> str | None:
        """The group that the case belongs to, if any."""
        return self.case.cluster

    def request(self, count: CountTokens = count_words) -> Request:
        """Return what the model is asked: renders the prompt, sized by `count` if it is sized."""
        return self.suite.task.request(self.case, count)

    def check(
        self,
        score: float,
        *,
        extracted: bool = True,
        label: str | None = None,
        prediction: str | None = None,
        note: str | None = None,
        **metrics: float,
    ) -> None:
        """Record the score of this case, once, and raise `Miss` when it is below the threshold.

        score: a finite number; True and False count as 1.0 and 0.0.
        extracted: False when no answer could be found in the text (a miss that is counted apart).
        label, prediction: the true and predicted class, for `macro_f1` and `confusion_matrix`.
        note: a line for the reader of the report, shown with a miss (not for protected rows).
        metrics: further finite numbers, averaged over the suite under their own names.
        """
        if self.checked is not None:
            raise CheckError(
                f"case.check was called twice for {self.id}: call it exactly once per case"
            )
        self.checked = Checked(
            _number("score", score),
            {name: _number(name, value) for name, value in metrics.items()},
            bool(extracted),
            None if label is None else str(label),
            None if prediction is None else str(prediction),
            None if note is None else str(note),
        )
        self.enforce()

    def enforce(self) -> None:
        """Raise `Miss` when the recorded score is below the threshold, `CheckError` without one."""
        if self.checked is None:
            raise CheckError(
                f"the test body never called case.check for {self.id}: call it exactly once"
            )
        if self.checked.score < self.threshold:
            extraction = "" if self.checked.extracted else " (no answer could be extracted)"
            raise Miss(f"score {self.checked.score:g} < {self.threshold:g}{extraction}")


_NUMBERS = frozenset({bool, int, float})


def _number(name: str, value: Any) -> float:
    # Asking whether something is a Real costs more than all else that is done for a case here.
    is_number = type(value) in _NUMBERS or isinstance(value, Real) or hasattr(value, "item")
    number = float(value) if is_number else math.nan
    if not math.isfinite(number):
        raise CheckError(f"case.check got {name}={value!r}; a finite number is needed")
    return number
