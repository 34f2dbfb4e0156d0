"""HaluEval, general user queries: does this response hold a hallucination? (Li et al. 2023)

The responses are ChatGPT's, the labels people's. The authors' code asks of questions, dialogues and
summaries; for general queries it has no instruction, so this one has their words for an answer
judge and their layout (`evaluation/evaluate.py` in RUCAIBox/HaluEval), without worked examples. The
judgement is the likelier one of " Yes" and " No". Of 4,507 responses 18 % hold a hallucination: a
model that always says No is right in 82 %, with a macro F1 of 0.45, so gate the latter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from slm_eval.benchmarks.datasets.trust import HALUEVAL
from slm_eval.scoring.choices import best_choice, choice_loss
from slm_eval.task import Task

if TYPE_CHECKING:
    from slm_eval.cases.case import Response, Row
    from slm_eval.runs.handle import CaseHandle

LABELS = ("Yes", "No")

INSTRUCTION = """\
I want you to act as a response judge. Given a user query and a response, your objective is to \
determine if the provided response contains non-factual or hallucinated information. You SHOULD \
give your judgement based on the world knowledge. The answer you give MUST be "Yes" or "No".
"""


def halueval() -> Task:
    """Return HaluEval's general queries, 0-shot."""
    return Task(
        name="halueval",
        rows=HALUEVAL,
        prompt=prompt,
        choices=lambda _row: [f" {label}" for label in LABELS],
        cluster=label,
        input="query",
        expected=label,
        case_metrics=("loss",),
        cost_s=0.25,
        budget_s=8,
    )


def prompt(row: Row) -> str:
    """Return the instruction, the query and the response to be judged."""
    return (
        f"{INSTRUCTION}\n#Query#: {row['query']}\n#Response#: {row['response']}\n#Your Judgement#:"
    )


def label(row: Row) -> str:
    """Return what people said: Yes, the response holds a hallucination, or No."""
    return LABELS[0] if row["answer"] else LABELS[1]


def score(case: CaseHandle, response: Response) -> None:
    """Record whether the judgement is people's, with both as labels, and `loss` (nats)."""
    judged = LABELS[best_choice(response)]
    case.check(
        judged == case.expected,
        label=case.expected,
        prediction=judged,
        loss=choice_loss(response, LABELS.index(case.expected)),
    )
