"""MMLU, test split: 57 subjects, worked questions from the subject's dev rows, a letter to choose.

Prompt and metric are those of lm-evaluation-harness 0.4.13
(`lm_eval/tasks/mmlu/default/_default_template_yaml` and the description of each subject's task).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from slm_eval.benchmarks.datasets import MMLU_DEV, MMLU_TEST
from slm_eval.cases.datasets import DatasetContext, rows_sha256
from slm_eval.errors import ConfigError, DataError, closest
from slm_eval.scoring.choices import acc, choice_loss
from slm_eval.task import Task

if TYPE_CHECKING:
    from collections.abc import Sequence

    from slm_eval.cases.case import Response, Row
    from slm_eval.cases.datasets import LoadedRows, RowSource
    from slm_eval.runs.handle import CaseHandle

LETTERS = ("A", "B", "C", "D")
DEV_ROWS = 5
"""Dev rows of each subject: the most shots there can be."""


def mmlu(shots: int = 5, subjects: Sequence[str] | None = None) -> Task:
    """Return MMLU with 0 to 5 `shots`, over all 57 subjects or those named (as ``anatomy``).

    Raises `ConfigError` for other shots; an unknown subject is one when the rows are loaded.
    """
    if not 0 <= shots <= DEV_ROWS:
        raise ConfigError(f"mmlu(shots={shots}): dev has {DEV_ROWS} rows a subject, give 0 to 5")
    rows = SubjectRows(shots, None if subjects is None else tuple(subjects))
    return Task(
        name="mmlu",
        rows=rows,
        prompt=rows.prompt,
        choices=choices,
        cluster="subject",
        clustered=True,
        input="question",
        expected="answer",
        shots=shots,
        case_metrics=("loss",),
        cost_s=1.6,
        budget_s=92,
    )


def question(row: Row) -> str:
    """Return one question with its lettered choices, up to ``Answer:``."""
    lettered = zip(LETTERS, row["choices"], strict=True)
    lines = "".join(f"{letter}. {choice}\n" for letter, choice in lettered)
    return f"{row['question'].strip()}\n{lines}Answer:"


def choices(_row: Row) -> list[str]:
    """Return the continuations: the four letters, each behind one space."""
    return [f" {letter}" for letter in LETTERS]


def score(case: CaseHandle, response: Response) -> None:
    """Record `acc` as the score, with `loss` beside it: the nats lost on the right letter."""
    case.check(acc(response, case.expected), loss=choice_loss(response, case.expected))


@dataclass(frozen=True)
class SubjectRows:
    """The test rows, all or of some subjects, and the dev rows that stand before each question."""

    shots: int
    subjects: tuple[str, ...] | None = None
    test: RowSource = MMLU_TEST
    dev: RowSource = MMLU_DEV
    _worked: dict[str, list[dict[str, Any]]] = field(
        default_factory=dict, compare=False, repr=False
    )

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
        worked = self._worked.get(subject, [])[: self.shots]
        if len(worked) < self.shots:
            raise DataError(
                f"{self.dev.name} has {len(worked)} rows of {subject!r}; {self.shots} are needed"
            )
        return _header(subject, worked) + question(row)

    def _read_worked(self, context: DatasetContext) -> None:
        examples: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in self.dev.load(context).rows:
            examples[row["subject"]].append(row)
        self._worked.update(examples)


def _header(subject: str, worked: Sequence[Row]) -> str:
    topic = subject.replace("_", " ")
    description = f"The following are multiple choice questions (with answers) about {topic}.\n\n"
    return description + "".join(f"{question(row)} {LETTERS[row['answer']]}\n\n" for row in worked)
