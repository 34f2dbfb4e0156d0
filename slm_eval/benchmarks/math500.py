r"""MATH-500: 500 of the competition problems of MATH, the final answer in ``\boxed{}``.

Format, separators and stop string are those of lm-evaluation-harness 0.4.13
(`lm_eval/tasks/minerva_math/minerva_math500.yaml`); its four worked solutions are rows of MATH's
train split, ours are our own. Without any a model is asked, as makers of reasoning models do, to
put the answer into a box. The metric ``flexible`` is the harness' ``math_verify``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from slm_eval.benchmarks.datasets.mathematics import MATH500
from slm_eval.benchmarks.datasets.packaged import packaged
from slm_eval.cases.case import Decoding
from slm_eval.errors import ConfigError, DataError
from slm_eval.scoring.math import gold_fault, last_boxed, math_match, solution_match
from slm_eval.scoring.math_process import require_math_verify
from slm_eval.scoring.thinking import answer_of
from slm_eval.task import Task

if TYPE_CHECKING:
    from slm_eval.cases.case import Response, Row
    from slm_eval.cases.datasets import RowSource
    from slm_eval.runs.handle import CaseHandle

INSTRUCTION = "Please reason step by step, and put your final answer within \\boxed{}."


def math500(shots: int = 4, max_new_tokens: int = 512) -> Task:
    """Return MATH-500 with 0 to 4 worked solutions. Raises `ConfigError` for other `shots`.

    A model that thinks before it answers needs thousands of `max_new_tokens`.
    """
    return math_task("math500", MATH500, shots, max_new_tokens, cluster="level", budget_s=16)


def math_task(
    name: str, rows: RowSource, shots: int, max_new_tokens: int, *, cluster: str, budget_s: float
) -> Task:
    """Return a task over rows with `problem`, `solution` and `answer`, as `math500` asks them."""
    worked = worked_examples()
    if not 0 <= shots <= len(worked):
        raise ConfigError(f"{name}(shots={shots}): there are {len(worked)} examples, give 0 to 4")
    header = "".join(f"{question(row)} {row['solution']}\n\n" for row in worked[:shots])
    return Task(
        name=name,
        rows=rows,
        prompt=(lambda row: header + question(row)) if shots else boxed_question,
        input="problem",
        expected="answer",
        cluster=cluster,
        validate=check_gold,
        decoding=Decoding(max_new_tokens=max_new_tokens, stop=("Problem:",)),
        shots=shots,
        case_metrics=("flexible",),
        cost_s=1.6,
        budget_s=budget_s,
    )


def question(row: Row) -> str:
    """Return the problem as the harness asks it."""
    return f"Problem:\n{row['problem']}\n\nSolution:"


def boxed_question(row: Row) -> str:
    """Return the problem with the request to box its answer."""
    return f"{row['problem']}\n\n{INSTRUCTION}"


def worked_examples() -> list[dict[str, Any]]:
    """Return the four worked examples: `problem`, and `solution` that ends as the harness' do."""
    return packaged("math_examples.jsonl")


def check_gold(row: Row) -> None:
    """Raise `DataError` for a row whose gold answer is not the sound content of its last box.

    Raises `ConfigError` with the remedy where math-verify is missing: known before a model runs.
    """
    require_math_verify()
    wrong = gold_fault(row["answer"] or "", row["solution"])
    if wrong is not None:
        raise DataError(f"row {row['id']}: the gold answer {row['answer']!r} {wrong}; mend the row")


def score(case: CaseHandle, response: Response) -> None:
    """Record whether the boxed answer is equivalent to the gold, beside it the flexible reading.

    `extracted` is False when the answer has no closed box, or a thought was never finished.
    """
    answer = answer_of(response) or ""
    boxed = last_boxed(answer)
    case.check(
        math_match(boxed, case.expected),
        extracted=boxed.found,
        flexible=solution_match(case.row["solution"], answer),
    )
