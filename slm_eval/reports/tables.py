"""The tables of `slm-eval`: a model's fit, the registry, a run's summary, the response store."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from slm_eval.models.fit_result import gb_text
from slm_eval.reports.published import published_cell, published_lines
from slm_eval.reports.wording import (
    headline,
    interval,
    left_out_line,
    number,
    shown_anyway,
    valued,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.table import Table

    from slm_eval.models.fit_result import FitResult
    from slm_eval.models.registry import ModelCard
    from slm_eval.runs.store import StoreStats

MIB = 2**20


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, right: str = "") -> Table:
    """Return a table of plain cells; `right` names the columns of numbers, between blanks."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in columns:
        made.add_column(column, justify="right" if column in right.split() else "left")
    for row in rows:
        # Text, not str: rich would read what stands in square brackets as its markup.
        made.add_row(*map(Text, row))
    return made


def fit_table(fit: FitResult) -> Table:
    """Return every term of the arithmetic, its sum and the budget, in GB of 10^9 bytes."""
    count = f"{fit.parameters:,} parameters" if fit.parameters else "parameters not known"
    shape = f"context {fit.context_length or '?'}, batch {fit.batch_size}"
    rows = [
        ("weights", gb_text(fit.weights_gb), f"{count}, {fit.quantization}"),
        ("KV cache", gb_text(fit.kv_cache_gb), shape),
        ("logits", gb_text(fit.logits_gb), ""),
        ("activations", gb_text(fit.activations_gb), ""),
        ("overhead", gb_text(fit.overhead_gb), ""),
        ("needed", gb_text(fit.total_with_overhead_gb), "the sum"),
        ("memory", gb_text(fit.total_device_gb), f"{fit.hardware} ({fit.device})"),
        (
            "available",
            gb_text(fit.available_gb),
            f"memory x usable share {fit.usable_share:g} x safety margin {fit.safety_margin:g}",
        ),
    ]
    if fit.free_gb is not None:
        rows.append(("free now", gb_text(fit.free_gb), "not part of the verdict"))
    return table(("term", "GB", "from"), rows, right="GB")


def models_table(cards: Iterable[ModelCard]) -> Table:
    """Return the registry, a model a row."""
    columns = ("name", "hub id", "parameters", "licence", "context", "variant")
    rows = (
        (
            card.name,
            card.hub_id or (f"PyPI {card.wheel.package}" if card.wheel else "-"),
            _parameters(card.parameters),
            card.licence,
            str(card.architecture.context_length),
            card.variant,
        )
        for card in cards
    )
    return table(columns, rows, right="parameters context")


def summary_table(summary: dict[str, Any]) -> Table:
    """Return a row for each suite's headline metric and each of its gates."""
    columns = ["model", "suite", "metric", "value", "95 % interval", "n", "gate", "verdict"]
    if any(suite.get("published") for suite in summary["suites"]):
        columns.append("published")
    rows = (row[: len(columns)] for suite in summary["suites"] for row in _suite_rows(suite))
    return table(columns, rows, right="value n")


def summary_lines(summary: dict[str, Any]) -> list[str]:
    """Return why gates did not pass, then a verdict for each model."""
    lines = [
        f"{gate['verdict'].replace('_', ' ')}: {suite['suite']} {gate['metric']}"
        f"{'' if gate['required'] else ' (optional)'}: {gate['why']}"
        for suite in summary["suites"]
        for gate in suite["gates"]
        if gate["verdict"] != "passed"
    ]
    for suite in summary["suites"]:
        if suite.get("left_out"):
            lines.append(left_out_line(suite["suite"], suite["model"], suite["left_out"]))
        lines += published_lines(suite["suite"], suite["model"], suite.get("published", ()))
    smoke = " (smoke: a declared subset)" if summary["smoke"] else ""
    verdicts = [f"{model['name']}: {model['verdict_line']}{smoke}" for model in summary["models"]]
    return [*lines, *verdicts]


def store_table(stats: StoreStats) -> Table:
    """Return what the response store holds."""
    rows = [
        ("file", str(stats.path)),
        ("responses", f"{stats.responses:,}"),
        ("size", f"{stats.file_bytes / MIB:.1f} of {stats.max_bytes / MIB:.0f} MiB"),
        ("oldest use", _moment(stats.oldest_use_s)),
        ("newest use", _moment(stats.newest_use_s)),
    ]
    rows += [("damaged, set aside", str(path)) for path in stats.damaged_files]
    return table(("store", ""), rows)


def _suite_rows(suite: dict[str, Any]) -> list[tuple[str, ...]]:
    from slm_eval.reports.markdown import gate_words

    first = headline(suite["metrics"])
    lines: list[tuple[str, dict[str, Any] | None]] = [
        (gate["metric"], gate) for gate in suite["gates"]
    ]
    if first not in [name for name, _ in lines]:
        lines.insert(0, (first or "", None))
    published = suite.get("published", ())
    shown = {name for name, _ in lines}
    others = [*shown_anyway(suite["metrics"]), *(entry["metric"] for entry in published)]
    lines += [(name, None) for name in dict.fromkeys(others) if name not in shown]
    rows: list[tuple[str, ...]] = []
    for index, (name, gate) in enumerate(lines):
        metric = suite["metrics"].get(name, {})
        of_quantile = gate is not None and gate["quantile"] is not None
        of_gate = gate is not None and gate["value"] is not None and (of_quantile or not metric)
        rows.append(
            (
                suite["model"] if index == 0 else "",
                suite["suite"] if index == 0 else "",
                name,
                number(gate["value"]) if gate is not None and of_gate else valued(metric),
                "" if of_quantile else interval(metric.get("ci_low"), metric.get("ci_high")),
                str(suite["n"]) if index == 0 else "",
                gate_words(gate) if gate else "",
                gate["verdict"].replace("_", " ") if gate else "",
                published_cell(published, name),
            )
        )
    return rows


def _parameters(count: int) -> str:
    return f"{count / 1e9:.1f} B" if count >= 9.995e8 else f"{count / 1e6:.0f} M"


def _moment(seconds: int | None) -> str:
    if seconds is None:
        return "-"
    return datetime.fromtimestamp(seconds).astimezone().isoformat(" ", "minutes")
