"""What the code benchmarks share: several samples of a problem, sound rows, and the score."""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from slm_eval.cases.case import Decoding
from slm_eval.cases.datasets import rows_sha256
from slm_eval.errors import ConfigError, DataError
from slm_eval.scoring.pass_at_k import pass_at_k
from slm_eval.scoring.thinking import answer_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from slm_eval.cases.case import Response, Row
    from slm_eval.cases.datasets import DatasetContext, LoadedRows, RowSource
    from slm_eval.runs.handle import CaseHandle
    from slm_eval.sandbox import Program, Sandbox
    from slm_eval.task import Task

KS = (1, 2, 5, 8, 10, 16, 25, 32, 50, 64, 100)
"""The k of pass@k that a task of several samples reports, as far as its samples go."""


@dataclass(frozen=True)
class SampledRows:
    """Each row several times, as ``humaneval-000/s0``; ``problem`` is the row's own id."""

    rows: RowSource
    samples: int

    @property
    def name(self) -> str:
        """The name of the rows."""
        return self.rows.name

    def load(self, context: DatasetContext) -> LoadedRows:
        """Return `samples` copies of each row, one problem after another."""
        loaded = self.rows.load(context)
        rows = [
            {**row, "id": f"{row['id']}/s{sample}", "problem": row["id"], "sample": sample}
            for row in loaded.rows
            for sample in range(self.samples)
        ]
        return replace(loaded, rows=rows, sha256=rows_sha256(rows))


def sampled(task: Task, samples: int, temperature: float, top_p: float, seed: int) -> Task:
    """Return `task` with `samples` answers to each problem, or itself for a single greedy one.

    Sample i is drawn with the seed ``seed + i``. The task then reports pass@k over whole problems,
    so its default subset is every row. Raises `ConfigError` for several greedy samples.
    """
    if samples < 1 or temperature < 0:
        raise ConfigError(f"samples={samples}, temperature={temperature}: at least 1 and 0")
    decoding = task.decoding
    assert isinstance(decoding, Decoding)
    warm = replace(decoding, temperature=temperature, top_p=top_p, seed=seed)
    if samples == 1:
        return replace(task, decoding=warm if temperature else decoding)
    if temperature == 0:
        raise ConfigError(f"samples={samples} of greedy decoding are alike: give temperature=0.8")
    return replace(
        task,
        rows=SampledRows(task.rows, samples),
        decoding=lambda row: replace(warm, seed=seed + row["sample"]),
        cluster="problem",
        clustered=True,
        suite_metrics=tuple(pass_at_k(k) for k in KS if k <= samples),
        in_default=None,
        budget_s=float("1e9"),
    )


def score_program(
    case: CaseHandle,
    response: Response,
    sandbox: Sandbox,
    program: Callable[[Row, str], Program],
) -> None:
    """Record whether the program made of row and answer passes its tests.

    `extracted` is False for an unfinished thought, an empty answer, and what is no program at all.
    """
    answer = answer_of(response)
    if answer is None or not answer.strip():
        note = "the thought was never finished" if answer is None else "the answer is empty"
        case.check(0.0, extracted=False, note=note)
        return
    verdict = sandbox.check(program(case.row, answer)).judged()
    note = f"{verdict.outcome}: {verdict.why}" if verdict.why else verdict.outcome
    case.check(float(verdict.passed), extracted=verdict.readable, note=note)


def parsed(source: str, name: str) -> ast.Module:
    """Return the syntax tree of trusted Python. Raises `DataError` naming the row."""
    try:
        with warnings.catch_warnings():
            # Escapes such as "\d" in others' rows are no concern of the reader.
            warnings.simplefilter("ignore")
            return ast.parse(source)
    except (SyntaxError, ValueError) as error:
        raise DataError(f"row {name} is not Python that runs: {error}; mend the row") from error
