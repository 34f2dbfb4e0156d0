"""IFEval: 541 prompts with instructions that code can check, of 25 kinds (Zhou et al. 2023).

Prompt, decoding and the four figures are those of lm-evaluation-harness 0.4.13
(`lm_eval/tasks/ifeval`); what differs stands in `ifeval_checks`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from slm_eval.benchmarks import ifeval_checks as checks
from slm_eval.benchmarks.datasets.trust import IFEVAL
from slm_eval.cases.case import Decoding
from slm_eval.errors import DataError
from slm_eval.scoring.thinking import answer_of
from slm_eval.task import Task

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from slm_eval.cases.case import Response, Row
    from slm_eval.runs.handle import CaseHandle

MAX_NEW_TOKENS = 1280


def ifeval(max_new_tokens: int = MAX_NEW_TOKENS) -> Task:
    """Return IFEval, 0-shot: the prompt is all the model sees.

    max_new_tokens: 1,280 is what published figures allow an answer.
    """
    return Task(
        name="ifeval",
        rows=IFEVAL,
        # No template: `{` in a prompt is text.
        prompt=lambda row: str(row["prompt"]),
        input="prompt",
        expected="instruction_id_list",
        decoding=Decoding(max_new_tokens=max_new_tokens),
        validate=validate,
        case_metrics=("prompt_loose", "instructions", "followed", "followed_loose"),
        cost_s=2.5,
        budget_s=25,
    )


def validate(row: Row) -> None:
    """Raise `DataError` for a row with an instruction that cannot be checked.

    Raises `ConfigError` where a library that the checks need is not installed.
    """
    checks.require_libraries()
    place, names, arguments = row["id"], row["instruction_id_list"], row["kwargs"]
    if not names or len(names) != len(arguments):
        raise DataError(
            f"{place}: {len(names)} instructions and arguments for {len(arguments)}; "
            "one or more are needed, with arguments for each"
        )
    for name, given in zip(names, arguments, strict=True):
        checks.check_instruction(place, name, given)


def score(case: CaseHandle, response: Response) -> None:
    """Record whether every instruction was followed, strictly, and loosely beside it.

    `followed` and `followed_loose` count instructions, of `instructions` in all. An unfinished
    thought or an empty answer follows none and is not extracted.
    """
    answer = answer_of(response) or ""
    pairs = list(zip(case.row["instruction_id_list"], case.row["kwargs"], strict=True))
    strict = sum(checks.follows(answer, name, given) for name, given in pairs)
    loose = sum(checks.follows_loosely(answer, name, given) for name, given in pairs)
    case.check(
        strict == len(pairs),
        extracted=bool(answer.strip()),
        prompt_loose=loose == len(pairs),
        instructions=len(pairs),
        followed=strict,
        followed_loose=loose,
    )


def instruction_strict(records: Sequence[Mapping[str, Any]]) -> float:
    """Return the share of all instructions that were followed: a prompt with three counts thrice.

    Raises `ValueError` for no records.
    """
    return _share(records, "followed")


def instruction_loose(records: Sequence[Mapping[str, Any]]) -> float:
    """Return the share of all instructions that an answer or a variant of it followed."""
    return _share(records, "followed_loose")


def _share(records: Sequence[Mapping[str, Any]], name: str) -> float:
    if not records:
        raise ValueError("no records: the share of instructions followed is undefined")
    asked = sum(record["metrics"]["instructions"] for record in records)
    return float(sum(record["metrics"][name] for record in records) / asked)
