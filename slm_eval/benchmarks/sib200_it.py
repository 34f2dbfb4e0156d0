"""SIB-200 in Italian, test split, 0-shot: the topic of a sentence, as the likeliest of seven names.

Rows and classes are those of SIB-200 (Adelani et al. 2024). lm-evaluation-harness 0.4.13 has it for
African languages only (`lm_eval/tasks/afrobench/sib`), scoring the class names as continuations;
the Italian instruction and class names are our own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from slm_eval.benchmarks.datasets.italian import SIB200_IT
from slm_eval.errors import DataError, closest
from slm_eval.scoring.choices import best_choice, choice_loss
from slm_eval.task import Task

if TYPE_CHECKING:
    from slm_eval.cases.case import Response, Row
    from slm_eval.runs.handle import CaseHandle

TOPICS = {
    "science/technology": "scienza e tecnologia",
    "travel": "viaggi",
    "politics": "politica",
    "sports": "sport",
    "health": "salute",
    "entertainment": "intrattenimento",
    "geography": "geografia",
}
NAMES = tuple(TOPICS.values())
PROMPT = """\
Indica l'argomento della frase: scienza e tecnologia, viaggi, politica, sport, salute, \
intrattenimento o geografia.

Frase: {text}
Argomento:"""


def sib200_it() -> Task:
    """Return SIB-200 ita: 204 sentences, a quarter of them on science and technology."""
    return Task(
        name="sib200_it",
        rows=SIB200_IT,
        prompt=PROMPT,
        choices=choices,
        validate=validate,
        cluster="category",
        input="text",
        expected=lambda row: TOPICS[row["category"]],
        case_metrics=("loss",),
        cost_s=0.11,
        budget_s=3,
    )


def choices(_row: Row) -> list[str]:
    """Return the continuations: the seven topics in Italian, each behind one space."""
    return [f" {name}" for name in NAMES]


def validate(row: Row) -> None:
    """Raise `DataError` for a topic that is none of the seven."""
    if row["category"] not in TOPICS:
        raise DataError(
            f"sib200 row {row['id']} has the topic {row['category']!r}; one of "
            f"{', '.join(TOPICS)} is needed{closest(row['category'], TOPICS)}"
        )


def score(case: CaseHandle, response: Response) -> None:
    """Record whether the likeliest topic is the right one, with both for `macro_f1`, and `loss`."""
    predicted = NAMES[best_choice(response)]
    loss = choice_loss(response, NAMES.index(case.expected))
    case.check(predicted == case.expected, label=case.expected, prediction=predicted, loss=loss)
