"""The terminal's table: a line per suite and model, and under it each gate with its verdict."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from slm_eval.reports.published import published_cell, published_lines
from slm_eval.reports.wording import (
    headline,
    interval,
    left_out_line,
    number,
    sample,
    shown_anyway,
    valued,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from slm_eval.runs.finish import Conclusion
    from slm_eval.runs.results import SuiteResult
    from slm_eval.verdicts.verdict import GateResult

AT_CHANCE = "at chance"
"""A policy's reason that starts so says that the score is not what is gated, and the table too."""
TABLE_WIDTH = 200
"""Wider than any terminal: a row is never wrapped here, and shrinks to what it holds."""
HEADINGS = (
    "model",
    "suite",
    "metric",
    "value",
    "95 % interval",
    "n",
    "gate",
    "verdict",
    "published",
)
WORDS = {
    "passed": "passed",
    "failed": "FAILED",
    "inconclusive": "inconclusive",
    "not_evaluated": "not evaluated",
}


def suite_lines(results: Sequence[SuiteResult], seconds: float) -> list[str]:
    """Return the table, then a line for each gate that neither passed nor failed, saying why."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    # The last column is there only where something was published.
    last = 9 if any(result.published for result in results) else 8
    for heading in HEADINGS[:last]:
        right = heading in {"value", "n"}
        table.add_column(heading, justify="right" if right else "left", no_wrap=True)
    for result in results:
        for row in _rows(result):
            table.add_row(*row[:last])
    text = io.StringIO()
    Console(file=text, width=TABLE_WIDTH, color_system=None).print(table)
    lines = [line.rstrip() for line in text.getvalue().splitlines()]
    outside = [
        line
        for result in results
        for line in published_lines(
            result.log.info["suite"], result.log.key.model, result.published
        )
    ]
    left_out = [
        left_out_line(result.log.info["suite"], result.log.key.model, result.left_out)
        for result in results
        if result.left_out
    ]
    return [*lines, *_reasons(results), *left_out, *outside, f"in {seconds:.1f} s"]


def _reasons(results: Sequence[SuiteResult]) -> list[str]:
    several = len({result.log.key.model for result in results}) > 1
    return [
        f"{WORDS[line.result.verdict]}: {result.log.key.model + ' ' if several else ''}"
        f"{result.log.info['suite']} {line.result.gate.key}"
        f"{'' if line.result.required else ' (optional)'}: {line.result.why}"
        for result in results
        for line in result.gates
        if line.result.verdict in {"inconclusive", "not_evaluated"}
    ]


def _rows(result: SuiteResult) -> list[tuple[str, ...]]:
    """One row for the headline metric, and one for each gate on another one."""
    gates = {line.result.gate.statistic: line.result for line in result.gates}
    names = list(gates)
    first = headline(result.metrics)
    if first is not None and first not in names:
        names.insert(0, first)
    names += [*shown_anyway(result.metrics), *(entry["metric"] for entry in result.published)]
    names = list(dict.fromkeys(names))
    rows: list[tuple[str, ...]] = []
    for index, name in enumerate(names):
        metric = result.metrics.get(name)
        gate = gates.get(name)
        estimate = gate.estimate if gate is not None else None
        value = valued(metric) if metric else number(gate.value if gate else None)
        low = metric["ci_low"] if metric else (estimate.ci_low if estimate else None)
        high = metric["ci_high"] if metric else (estimate.ci_high if estimate else None)
        rows.append(
            (
                result.log.key.model if index == 0 else "",
                result.log.info["suite"] if index == 0 else "",
                name,
                value,
                interval(low, high),
                sample(result) if index == 0 else "",
                _bound(gate) if gate else "",
                _verdict(gate, result) if gate or index == 0 else "",
                published_cell(result.published, name),
            )
        )
    if not rows:
        rows.append(
            (result.log.key.model, result.log.info["suite"], "", "", "", "", "", "no score", "")
        )
    return rows


def _bound(gate: GateResult) -> str:
    sign = ">=" if gate.gate.wants_high else "<="
    return f"{sign} {number(gate.bound)}" if gate.bound is not None else f"{sign} baseline"


def _verdict(gate: GateResult | None, result: SuiteResult) -> str:
    if gate is None:
        return "" if result.gates else "no gate"
    at_chance = str(result.log.info.get("because") or "").startswith(AT_CHANCE)
    return WORDS[gate.verdict] + (f" ({AT_CHANCE})" if at_chance else "")


def verdict_lines(conclusion: Conclusion, *, smoke: bool) -> list[tuple[str, str]]:
    """Return each model's final line, saying so when only a declared subset ran."""
    lines = []
    for name, verdict in conclusion.verdicts.items():
        mine = [result for result in conclusion.results if result.log.key.model == name]
        note = ""
        if smoke:
            n = sum(result.log.info["declared"] for result in mine)
            rows = sum(result.log.info["rows"] or 0 for result in mine)
            note = f" smoke: {n} of {rows}"
        elif any(result.partial for result in mine):
            note = " a part of the cases was selected, so no verdict is claimed for them"
        collected = max((result.log.info["suites_collected"] for result in mine), default=0)
        if len(mine) < collected:
            note += f" ({len(mine)} of {collected} suites were selected)"
        lines.append((name, verdict.line + note))
    return lines
