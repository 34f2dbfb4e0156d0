"""GSM8K, test split: grade-school word problems, solved in words after worked examples of our own.

Question format, stop strings, extraction and comparison are those of lm-evaluation-harness 0.4.13
(`lm_eval/tasks/gsm8k/gsm8k.yaml`); its examples are drawn from the train split, ours are fixed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from slm_eval.benchmarks.datasets.mathematics import GSM8K_TEST
from slm_eval.benchmarks.datasets.packaged import packaged
from slm_eval.cases.case import Decoding
from slm_eval.errors import ConfigError
from slm_eval.scoring.numbers import flexible_number, number_match, strict_number
from slm_eval.scoring.thinking import answer_of
from slm_eval.task import Task

if TYPE_CHECKING:
    from slm_eval.cases.case import Response, Row
    from slm_eval.runs.handle import CaseHandle

STOP = ("Question:", "</s>", "<|im_end|>")


def gsm8k(shots: int = 5) -> Task:
    """Return GSM8K with 0 to 5 worked examples. Raises `ConfigError` for other `shots`."""
    worked = worked_examples()
    if not 0 <= shots <= len(worked):
        raise ConfigError(f"gsm8k(shots={shots}): there are {len(worked)} examples, give 0 to 5")
    header = "".join(f"{question(row)} {row['answer']}\n\n" for row in worked[:shots])
    return Task(
        name="gsm8k",
        rows=GSM8K_TEST,
        prompt=lambda row: header + question(row),
        input="question",
        expected="target",
        decoding=Decoding(max_new_tokens=256, stop=STOP),
        shots=shots,
        case_metrics=("flexible",),
        cost_s=3.0,
        budget_s=36,
    )


def question(row: Row) -> str:
    """Return the question as the harness asks it."""
    return f"Question: {row['question']}\nAnswer:"


def worked_examples() -> list[dict[str, Any]]:
    """Return the five worked examples: `question`, and `answer` that ends in ``#### N``."""
    return packaged("gsm8k_examples.jsonl")


def score(case: CaseHandle, response: Response) -> None:
    """Record the strict match as the score, the flexible one beside it.

    `extracted` is False when there is no ``#### N`` in the answer: the strict reading failed.
    """
    answer = answer_of(response) or ""
    strict = strict_number(answer)
    case.check(
        number_match(strict, case.expected),
        extracted=strict.found,
        flexible=number_match(flexible_number(answer), case.expected),
    )
