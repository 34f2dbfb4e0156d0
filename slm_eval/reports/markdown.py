"""`summary.md`: the run as a page that a pull request can show."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from slm_eval.reports.published import published_rows
from slm_eval.reports.wording import interval, left_out_line, number, valued

if TYPE_CHECKING:
    from collections.abc import Callable
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
                f"| {suite['model']} | {suite['suite']} | {name} | {valued(metric)} "
                f"| {interval(metric['ci_low'], metric['ci_high'])} | {metric['n']} "
                f"| {suite['rows'] or '-'} |"
            )
    lines += _asking(summary["suites"])
    lines += ["", "| model | suite | gate | verdict | why |", "|---|---|---|---|---|"]
    for suite in summary["suites"]:
        for gate in suite["gates"]:
            lines.append(
                f"| {suite['model']} | {suite['suite']} | {gate_words(gate)} "
                f"| {gate['verdict'].replace('_', ' ')}{'' if gate['required'] else ' (optional)'} "
                f"| {_cell(gate['why'])} |"
            )
    lines += _published(summary)
    for suite in summary["suites"]:
        of_suite = f"{suite['suite']} ({suite['model']})"
        for name, (title, write) in _DETAILS.items():
            value = suite["metrics"].get(name, {}).get("value")
            if value and isinstance(value, dict):
                lines += ["", f"{title} of {of_suite}:", "", *write(value)]
    return "\n".join(lines) + "\n"


def _asking(suites: list[dict[str, Any]]) -> list[str]:
    """Return which suites were asked through the chat template, and what was too long to ask."""
    lines = [
        f"- chat template on: {suite['model']} {suite['suite']}{_turn(suite['chat'])}"
        for suite in suites
        if suite.get("chat")
    ]
    lines += [
        f"- {left_out_line(suite['suite'], suite['model'], suite['left_out'])}"
        for suite in suites
        if suite.get("left_out")
    ]
    return ["", *lines] if lines else []


def _turn(chat: dict[str, Any]) -> str:
    said = ["a system prompt"] if chat["system"] is not None else []
    if chat["thinking"] is not None:
        said.append(f"thinking {'on' if chat['thinking'] else 'off'}")
    return f" ({', '.join(said)})" if said else ""


def _published(summary: dict[str, Any]) -> list[str]:
    """Return the table of measured beside published, empty where nothing was published."""
    rows = [
        row
        for suite in summary["suites"]
        for row in published_rows(suite["suite"], suite["model"], suite.get("published", ()))
    ]
    if not rows:
        return []
    return [
        "",
        "Beside published figures (~: approximate):",
        "",
        "| model | suite | metric | measured | 95 % interval | published | place | source |",
        "|---|---|---|--:|---|--:|---|---|",
        *("| " + " | ".join(_cell(cell) for cell in row) + " |" for row in rows),
    ]


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


def _grid(scores: dict[str, dict[str, float]]) -> list[str]:
    columns = list(dict.fromkeys(column for row in scores.values() for column in row))
    lines = ["| depth \\ tokens | " + " | ".join(columns) + " |", "|--:|" + "--:|" * len(columns)]
    for depth, row in scores.items():
        lines.append(f"| {depth} | " + " | ".join(number(row.get(c)) for c in columns) + " |")
    return lines


def _flips(notes: dict[str, str]) -> list[str]:
    return [f"- {_cell(note)}" for note in notes.values()]


_DETAILS: dict[str, tuple[str, Callable[[dict[str, Any]], list[str]]]] = {
    "confusion_matrix": ("Confusion matrix", _confusion),
    "depth_by_length": ("Score by depth and length", _grid),
    "smallest_flips": ("Smallest flips", _flips),
}
"""Suite metrics that are no number, by name: their heading, and how they are written."""


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
