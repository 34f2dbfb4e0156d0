"""MMLU's rows by subject, each question after worked ones of its own subject."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from slm_eval.benchmarks.datasets.knowledge import MMLU_DEV, MMLU_TEST
from slm_eval.cases.datasets import DatasetContext, rows_sha256
from slm_eval.errors import ConfigError, DataError, closest

if TYPE_CHECKING:
    from collections.abc import Callable

    from slm_eval.cases.case import Row
    from slm_eval.cases.datasets import LoadedRows, RowSource


@dataclass(frozen=True)
class Form:
    """One way to ask: the words before the topic, a question, and the continuations scored."""

    task: str
    description: str
    question: Callable[[Row], str]
    choices: Callable[[Row], list[str]]
    case_metrics: tuple[str, ...]


@dataclass(frozen=True)
class SubjectRows:
    """The test rows, all or of some subjects, and the dev rows that stand before each question."""

    form: Form
    shots: int
    subjects: tuple[str, ...] | None = None
    test: RowSource = MMLU_TEST
    dev: RowSource = MMLU_DEV
    _worked: dict[str, list[dict[str, Any]]] = field(
        default_factory=dict, compare=False, repr=False
    )
    _headers: dict[str, str] = field(default_factory=dict, compare=False, repr=False)

    @property
    def name(self) -> str:
        """The name of the test rows."""
        return self.test.name

    def load(self, context: DatasetContext) -> LoadedRows:
        """Return the test rows of the subjects asked for.

        The dev rows are read here too: only here are the mirror folders known, and dev rows that
        cannot be had are then a reason to skip the suite, not an error of every case.
        """
        loaded = self.test.load(context)
        if self.shots:
            self._read_worked(context)
        if self.subjects is None:
            return loaded
        known = {row["subject"] for row in loaded.rows}
        for subject in self.subjects:
            if subject not in known:
                raise ConfigError(f"MMLU has no subject {subject!r}{closest(subject, known)}")
        rows = [row for row in loaded.rows if row["subject"] in self.subjects]
        return replace(loaded, rows=rows, sha256=rows_sha256(rows))

    def prompt(self, row: Row) -> str:
        """Return the subject's description, its worked questions, and the question of `row`.

        Raises `DataError` when dev has fewer rows of the subject than there are shots.
        """
        if self.shots and not self._worked:
            self._read_worked(DatasetContext())
        subject = row["subject"]
        if subject not in self._headers:
            self._headers[subject] = self._header(subject)
        return self._headers[subject] + self.form.question(row)

    def _header(self, subject: str) -> str:
        worked = self._worked.get(subject, [])[: self.shots]
        if len(worked) < self.shots:
            raise DataError(
                f"{self.dev.name} has {len(worked)} rows of {subject!r}; {self.shots} are needed"
            )
        lines = [
            f"{self.form.question(row)}{self.form.choices(row)[row['answer']]}\n\n"
            for row in worked
        ]
        return f"{self.form.description} {subject.replace('_', ' ')}.\n\n{''.join(lines)}"

    def _read_worked(self, context: DatasetContext) -> None:
        examples: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in self.dev.load(context).rows:
            examples[row["subject"]].append(row)
        self._worked.update(examples)
