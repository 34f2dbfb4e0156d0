"""How numbers and samples are worded, the same in the terminal and in Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from slm_eval.runs.results import SuiteResult


def number(value: Any) -> str:
    """Return a number in at most four significant digits, a dash for none."""
    if value is None:
        return "-"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "see summary.json"
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.4g}"


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
