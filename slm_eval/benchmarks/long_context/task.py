"""What the long-context Tasks share: lengths, fitted prompts, decoding and the score."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from slm_eval.benchmarks.long_context.rows import FittedPrompt, GeneratedRows, complete
from slm_eval.cases.case import Decoding
from slm_eval.errors import ConfigError, EngineError
from slm_eval.scoring.context_length import recalled
from slm_eval.task import Task

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from slm_eval.cases.case import Response, Row
    from slm_eval.runs.handle import CaseHandle

LENGTHS = tuple(2**power for power in range(9, 18))
SHORT = 1024
"""Where no lengths are named, the default subset is drawn from those up to this one."""


def long_context_task(
    name: str,
    rows: Iterable[dict[str, Any]],
    *,
    cost_s: float,
    budget_s: float,
    stop: tuple[str, ...] = (),
) -> Task:
    """Return the Task of generated rows."""
    return Task(
        name=name,
        rows=GeneratedRows(name, tuple(complete(row) for row in rows)),
        prompt=FittedPrompt(),
        input="kind",
        cluster="length",
        decoding=lambda row: _decoding(row, stop),
        in_default=lambda row: bool(row["default"]),
        case_metrics=("context_tokens", "depth"),
        cost_s=cost_s,
        budget_s=budget_s,
    )


def score(case: CaseHandle, response: Response) -> None:
    """Record the share of expected texts that the answer holds, with `context_tokens` and `depth`.

    Raises `EngineError` when the prompt was cut: what was asked for may have been cut off.
    """
    if response.truncated:
        raise EngineError(
            f"{case.id}: the prompt was cut to {response.prompt_tokens} tokens, so the answer says "
            "nothing about this length; ask for a shorter one"
        )
    answer = (response.answer or "").strip()
    where: dict[str, Any] = {"context_tokens": float(case.row["length"])}
    if "depth" in case.row:
        where["depth"] = float(case.row["depth"])
    case.check(recalled(answer, case.expected), extracted=bool(answer), **where)


def check_lengths(lengths: Sequence[int], samples: int, least: int) -> None:
    """Raise `ConfigError` for no lengths, one named twice or below `least`, or no samples."""
    if not lengths or len(set(lengths)) < len(lengths) or samples < 1 or min(lengths) < least:
        raise ConfigError(
            f"lengths={tuple(lengths)}, samples={samples}: give different lengths of at "
            f"least {least} tokens, and at least one sample of each"
        )


def _decoding(row: Row, stop: tuple[str, ...]) -> Decoding:
    return Decoding(max_new_tokens=int(row["max_new_tokens"]), stop=stop)
