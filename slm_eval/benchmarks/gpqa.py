"""GPQA Diamond, zero-shot chain of thought: 198 graduate questions that a search does not answer.

Prompt, preprocessing, extraction and comparison are those of lm-evaluation-harness 0.4.13
(`lm_eval/tasks/gpqa/cot_zeroshot/_gpqa_cot_zeroshot_yaml` and `utils.py`), with two differences:
the choices of a row are always in the same order here (the harness shuffles them anew in every
run), and an answer may be longer than its default of 256 tokens, which cuts most thoughts off.

The rows are gated on the Hub and protected: their authors ask that no example be published, so no
file, report or message of a run shows them.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from slm_eval.benchmarks.datasets.knowledge import GPQA_DIAMOND
from slm_eval.cases.case import Decoding
from slm_eval.errors import DataError
from slm_eval.scoring.letters import flexible_letter, letter_match, strict_letter
from slm_eval.task import Task

if TYPE_CHECKING:
    from slm_eval.cases.case import Response, Row
    from slm_eval.runs.handle import CaseHandle

STOP = ("</s>",)


def gpqa_diamond(max_new_tokens: int = 1024) -> Task:
    """Return GPQA Diamond with thoughts of at most `max_new_tokens`."""
    return Task(
        name="gpqa_diamond",
        rows=GPQA_DIAMOND,
        prompt=prompt,
        validate=validate,
        cluster="domain",
        input="question",
        expected=expected,
        decoding=Decoding(max_new_tokens=max_new_tokens, stop=STOP),
        case_metrics=("strict",),
        cost_s=3.0,
        budget_s=30,
    )


def prompt(row: Row) -> str:
    """Return the question with its lettered choices, as the harness asks it."""
    lettered = zip("ABCD", shuffled(row), strict=True)
    lines = "".join(f"({letter}) {choice}\n" for letter, choice in lettered)
    return (
        f"What is the correct answer to this question:{row['question']}\nChoices:\n{lines}"
        "Let's think step by step: "
    )


def shuffled(row: Row) -> list[str]:
    """Return the four choices, cleaned, in an order that depends on the row's id alone."""
    raw = [*row["incorrect"], row["correct"]]
    order = sorted(range(len(raw)), key=lambda place: _rank(row["id"], place))
    return [cleaned(raw[place]) for place in order]


def expected(row: Row) -> str:
    """Return the letter of the right choice, as ``(B)``."""
    return f"({'ABCD'[shuffled(row).index(cleaned(row['correct']))]})"


def cleaned(text: str | None) -> str:
    """Return a choice's text as the harness cleans it; a missing one is a space."""
    if not text:
        return " "
    return text.strip().replace(" [title]", ". ").replace("  ", " ")


def validate(row: Row) -> None:
    """Raise `DataError`, showing no text, for a row that has no question or no right answer."""
    if not row["question"] or not row["correct"] or len(row["incorrect"]) != 3:
        raise DataError(f"gpqa row {row['id']} lacks its question, its answer or a wrong choice")


def score(case: CaseHandle, response: Response) -> None:
    """Record the flexible reading of the answer as the score, the strict one beside it.

    The prompt asks for no form of answer, and few models write ``The answer is (B).`` unasked.
    """
    if response.answer is None:
        case.check(0.0, extracted=False, strict=0.0)
        return
    found = flexible_letter(response.answer, shuffled(case.row))
    strict = letter_match(strict_letter(response.answer), case.expected)
    case.check(letter_match(found, case.expected), extracted=found.found, strict=strict)


def _rank(row_id: str, place: int) -> str:
    return hashlib.sha256(f"{row_id}\0{place}".encode()).hexdigest()
