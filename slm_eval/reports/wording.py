"""How numbers and samples are worded, the same in the terminal and in Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from slm_eval.runs.results import SuiteResult


def number(value: Any) -> str:
    """Return a number in at most four significant digits, a dash for none.

    Whole numbers are given in full below ten million: a length of 131,072 is no 1.311e+05.
    """
    if value is None:
        return "-"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "see summary.json"
    if abs(value) < 10:
        return f"{value:.3f}"
    return f"{value:.0f}" if abs(value) < 1e7 and value == int(value) else f"{value:.4g}"


def valued(metric: Mapping[str, Any]) -> str:
    """Return the value of an entry of a suite's metrics, saying so where it may be greater."""
    return ("at least " if metric.get("at_least") else "") + number(metric.get("value"))


def interval(low: Any, high: Any) -> str:
    """Return ``[low, high]``, empty where there is none."""
    return "" if low is None or high is None else f"[{number(low)}, {number(high)}]"


def headline(metrics: dict[str, dict[str, Any]]) -> str | None:
    """Return the metric that stands for the suite where no gate names one."""
    return "score" if "score" in metrics else next(iter(metrics), None)


def sample(result: SuiteResult) -> str:
    """Return how many cases were scored, and of how many rows where not of all."""
    rows = result.log.info["rows"]
    return str(result.scored) if rows in {None, result.scored} else f"{result.scored} of {rows}"


def left_out_line(suite: str, model: str, count: int) -> str:
    """Return how many cases of a suite were left out for their length."""
    cases = "case is" if count == 1 else "cases are"
    return f"left out: {model} {suite}: {count} {cases} longer than the model or the machine holds"


def shown_anyway(metrics: Mapping[str, Any]) -> list[str]:
    """Return the metrics that a table shows although nothing gates them: prompts that were cut."""
    return ["truncated"] if "truncated" in metrics else []
