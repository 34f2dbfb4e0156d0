"""`summary.md`: the run as a page that a pull request can show."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from slm_eval.reports.wording import interval, number

if TYPE_CHECKING:
    from pathlib import Path


def write_markdown(folder: Path) -> None:
    """Write `summary.md` beside the `summary.json` of a run's folder."""
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    (folder / "summary.md").write_text(summary_markdown(summary), encoding="utf-8")


def summary_markdown(summary: dict[str, Any]) -> str:
    """Return the page for the content of `summary.json`."""
    lines = [f"# slm_eval: {summary['verdict']}", ""]
    for model in summary["models"]:
        facts = [model["source"], model["dtype"], model["device"]]
        known = ", ".join(str(fact) for fact in facts if fact)
        lines.append(f"- **{model['name']}** ({known}): {model['verdict_line']}")
    smoke = ", a declared subset (smoke)" if summary["smoke"] else ""
    lines += ["", f"Run `{summary['run_id']}`, {summary['seconds']:.0f} s{smoke}.", ""]
    lines += [
        "| model | suite | metric | value | 95 % interval | n | rows |",
        "|---|---|---|--:|---|--:|--:|",
    ]
    for suite in summary["suites"]:
        for name, metric in suite["metrics"].items():
            lines.append(
                f"| {suite['model']} | {suite['suite']} | {name} | {number(metric['value'])} "
                f"| {interval(metric['ci_low'], metric['ci_high'])} | {metric['n']} "
                f"| {suite['rows'] or '-'} |"
            )
    lines += ["", "| model | suite | gate | verdict | why |", "|---|---|---|---|---|"]
    for suite in summary["suites"]:
        for gate in suite["gates"]:
            lines.append(
                f"| {suite['model']} | {suite['suite']} | {gate_words(gate)} "
                f"| {gate['verdict'].replace('_', ' ')}{'' if gate['required'] else ' (optional)'} "
                f"| {_cell(gate['why'])} |"
            )
    for suite in summary["suites"]:
        confusion = suite["metrics"].get("confusion_matrix")
        if confusion is not None and isinstance(confusion["value"], dict):
            lines += ["", f"Confusion matrix of {suite['suite']} ({suite['model']}):", ""]
            lines += _confusion(confusion["value"])
    return "\n".join(lines) + "\n"


def gate_words(gate: dict[str, Any]) -> str:
    """Return a gate in words: ``acc >= 0.45``."""
    name = gate["metric"]
    if gate["quantile"] is not None:
        name += f" p{gate['quantile'] * 100:g}"
    if gate["at_least"] is not None:
        return f"{name} >= {number(gate['at_least'])}"
    if gate["at_most"] is not None:
        return f"{name} <= {number(gate['at_most'])}"
    return f"{name} no worse than its baseline"


def _confusion(matrix: dict[str, dict[str, int]]) -> list[str]:
    columns = sorted({column for row in matrix.values() for column in row})
    lines = ["| true \\ predicted | " + " | ".join(columns) + " |", "|---|" + "--:|" * len(columns)]
    for label, row in matrix.items():
        lines.append(f"| {label} | " + " | ".join(str(row.get(c, 0)) for c in columns) + " |")
    return lines


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
