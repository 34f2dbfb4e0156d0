"""HumanEval: 164 functions to complete from signature and docstring, judged by hidden tests.

Prompt, stop strings and program are those of lm-evaluation-harness 0.4.13
(`lm_eval/tasks/humaneval/humaneval.yaml` and `utils.py`). The tests run in another process than
the program, and a program may use the standard library alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from slm_eval.benchmarks.code_rows import parsed, sampled, score_program
from slm_eval.benchmarks.datasets.code import HUMANEVAL
from slm_eval.cases.case import Decoding
from slm_eval.errors import DataError
from slm_eval.sandbox import Program
from slm_eval.task import Task

if TYPE_CHECKING:
    from slm_eval.cases.case import Response, Row
    from slm_eval.runs.handle import CaseHandle
    from slm_eval.sandbox import Sandbox

STOP = ("\nclass", "\ndef", "\n#", "\nif", "\nprint")


def humaneval(
    *,
    samples: int = 1,
    temperature: float = 0.0,
    top_p: float = 0.95,
    seed: int = 0,
    max_new_tokens: int = 1024,
) -> Task:
    """Return HumanEval: one greedy answer a problem, or `samples` of them and pass@k."""
    task = Task(
        name="humaneval",
        rows=HUMANEVAL,
        prompt="{prompt}",
        input="entry_point",
        expected="canonical_solution",
        decoding=Decoding(max_new_tokens=max_new_tokens, stop=STOP),
        validate=check_row,
        cost_s=1.0,
        budget_s=16,
    )
    return sampled(task, samples, temperature, top_p, seed)


def program(row: Row, answer: str) -> Program:
    """Return the prompt with its completion, and the row's tests.

    Helpers that the prompt defines, and the tests call, are the prompt's own and not the answer's.
    """
    entry_point = row["entry_point"]
    return Program(
        source=row["prompt"] + answer,
        tests=f"{row['test']}\ncheck({entry_point})",
        remote=(entry_point,),
        setup=row["prompt"],
    )


def check_row(row: Row) -> None:
    """Raise `DataError` for a row whose solution or tests are not Python."""
    parsed(row["prompt"] + row["canonical_solution"], row["id"])
    parsed(row["test"], row["id"])
    if f"def {row['entry_point']}(" not in row["prompt"]:
        raise DataError(f"row {row['id']}: the prompt defines no {row['entry_point']!r}")


def score(case: CaseHandle, response: Response, sandbox: Sandbox) -> None:
    """Record pass@1 of this answer: 1.0 if every test holds."""
    score_program(case, response, sandbox, program)
