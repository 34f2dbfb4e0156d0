"""From a block's records to its metrics, its gates' verdicts and the model's: numbers only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from slm_eval.verdicts.curtail import curtailed
from slm_eval.verdicts.estimate import Estimate, estimate
from slm_eval.verdicts.gate import Gate
from slm_eval.verdicts.verdict import GateResult, ModelVerdict, evaluate_gate, model_verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from slm_eval.runs.ledger import BlockLog
    from slm_eval.runs.record import Record


EFFECTIVE = "effective_context_tokens"
"""The suite metric that can say no more than "at least": nothing longer was asked."""


@dataclass
class GateLine:
    """A gate's verdict with the test id under which it is reported."""

    nodeid: str
    location: tuple[str, int | None, str]
    selected: bool
    result: GateResult


@dataclass
class SuiteResult:
    """What one suite came to for one model."""

    log: BlockLog
    metrics: dict[str, dict[str, Any]] = field(default_factory=dict)
    gates: list[GateLine] = field(default_factory=list)
    scored: int = 0
    errored: int = 0
    """Cases that raised anything but a Miss, and metrics that raised."""
    failing_misses: int = 0
    """Misses that no gate takes up: shown as failures, and they reject."""
    broken_metrics: list[str] = field(default_factory=list)
    """Suite-level metrics that raised, each with what it raised."""
    blocked: str | None = None
    """Why no gate of the suite can be evaluated, whatever its metric."""
    published: list[dict[str, Any]] = field(default_factory=list)
    """Figures that others published for the same model and metric, with where the measured lies."""

    @property
    def left_out(self) -> int:
        """How many cases were skipped because model or machine does not hold their length."""
        return sum(map(self._is_left_out, self.log.records))

    def _is_left_out(self, record: Record) -> bool:
        too_long = self.log.info.get("too_long", ())
        return record["outcome"] == "skipped" and record["case_id"] in too_long

    @property
    def complete(self) -> bool:
        """True when every declared case ran and nothing is in the way of a verdict."""
        declared = self.log.info.get("declared", 0)
        return self.blocked is None and len(self.log.records) >= declared

    @property
    def partial(self) -> bool:
        """True when only a part of the declared cases was selected: no verdict is claimed."""
        return not self.log.info.get("whole", False) and self.log.unusable is None


def metric_value(record: Record, metric: str) -> float | None:
    """Return one case's value of a metric: its score, a further one, or one that every suite has.

    Those are failed extractions and prompts that were cut; None where a case has no value.
    """
    if metric == "score":
        return record["score"]  # type: ignore[no-any-return]
    if metric == "extraction_failures":
        return None if record["extracted"] is None else float(not record["extracted"])
    if metric == "truncated":
        return None if record["truncated"] is None else float(record["truncated"])
    value = record["metrics"].get(metric)
    return None if value is None else float(value)


def suite_result(log: BlockLog, baselines: dict[str, float] | None = None) -> SuiteResult:
    """Judge one block. `baselines` holds what each `no_worse_than` gate names, by statistic."""
    scored = [record for record in log.records if record["score"] is not None]
    result = SuiteResult(log, scored=len(scored))
    result.broken_metrics = [
        f"{name} raised {value['error']}"
        for name, value in log.aggregates.items()
        if "error" in value and "@" not in name
    ]
    result.errored = (
        sum(record["outcome"] in {"failed", "error"} for record in log.records)
        + len(result.broken_metrics)
        + log.broken_teardowns
        + int(log.unusable_failed)
    )
    result.failing_misses = 0 if result.partial else log.failing_misses
    result.metrics = _metrics(log, scored)
    result.blocked = _blocked(result)
    for entry in log.info.get("gates", ()):
        gate = _gate(entry)
        result.gates.append(
            GateLine(
                entry["nodeid"],
                tuple(entry["location"]),
                entry["nodeid"] in log.info["selected_gates"],
                _judge(result, gate, scored, (baselines or {}).get(gate.statistic)),
            )
        )
    return result


def model_result(results: Iterable[SuiteResult]) -> ModelVerdict:
    """Decide on one model from all its suites."""
    results = list(results)
    return model_verdict(
        [line.result for result in results for line in result.gates],
        sum(result.errored for result in results),
        cases=sum(result.scored for result in results if not result.partial),
        failed_cases=sum(result.failing_misses for result in results),
    )


def _gate(entry: dict[str, Any]) -> Gate:
    fields = ("at_least", "at_most", "confidence", "quantile", "no_worse_than", "margin")
    return Gate(entry["metric"], **{name: entry[name] for name in fields})


def _metrics(log: BlockLog, scored: list[Record]) -> dict[str, dict[str, Any]]:
    names = ["score", "extraction_failures"]
    # Hardly any suite cuts a prompt: a line of zeros in every table would hide the one that does.
    names += ["truncated"] if any(record["truncated"] for record in scored) else []
    names += sorted({name for record in scored for name in record["metrics"]})
    clustered = bool(log.info.get("clustered"))
    metrics = {}
    for name in names:
        found = _estimate(scored, name, Gate(name, at_least=0), clustered=clustered)
        if found is not None:
            metrics[name] = _as_dict(found)
    metrics |= {
        name: value
        for name, value in log.aggregates.items()
        if "error" not in value and "@" not in name
    }
    asked = [record["metrics"].get("context_tokens", 0) for record in scored]
    if EFFECTIVE in metrics and asked and metrics[EFFECTIVE]["value"] == max(asked):
        metrics[EFFECTIVE] = metrics[EFFECTIVE] | {"at_least": True}
    return metrics


def _estimate(scored: list[Record], name: str, gate: Gate, *, clustered: bool) -> Estimate | None:
    pairs = [(metric_value(record, name), record["cluster"]) for record in scored]
    values = [value for value, _ in pairs if value is not None]
    if not values:
        return None
    clusters = [cluster for value, cluster in pairs if value is not None]
    # Only a task whose clusters are a sample of groups says so; clusters with one case each, or
    # none at all, leave the plain interval.
    shared = clustered and None not in clusters and 1 < len(set(clusters)) < len(clusters)
    return estimate(
        values,
        clusters=clusters if shared else None,
        quantile=gate.quantile,
        confidence=gate.confidence or 0.95,
    )


def _as_dict(found: Estimate) -> dict[str, Any]:
    return {"value": found.value, "ci_low": found.ci_low, "ci_high": found.ci_high, "n": found.n}


def _judge(
    result: SuiteResult, gate: Gate, scored: list[Record], baseline: float | None
) -> GateResult:
    log, blocked = result.log, result.blocked
    name = gate.metric if gate.confidence is None else f"{gate.metric}@{gate.confidence}"
    aggregated = log.aggregates.get(name)
    clustered = bool(log.info.get("clustered"))
    found = _estimate(scored, gate.metric, gate, clustered=clustered)
    if found is None and aggregated is not None:
        if "error" in aggregated:
            blocked = blocked or f"{gate.metric} raised {aggregated['error']}"
        elif isinstance(aggregated["value"], float):
            found = Estimate(**aggregated, method="bootstrap", confidence=gate.confidence or 0.95)
    whole = gate.metric not in log.info.get("partial_metrics", ()) and aggregated is None
    if blocked is None and found is not None and whole and found.n < len(scored):
        blocked = f"{gate.metric} was recorded by {found.n} of {len(scored)} cases"
    required = bool(log.info.get("required", True))
    because = str(log.info.get("because") or "")
    asked = log.info.get("declared", 0) - result.left_out
    decided = None if blocked is not None else _decided_early(asked, gate, scored)
    if decided is not None:
        why = f"decided after {len(scored)} of {asked}"
        why += f"; {because}" if because else ""
        value = found.value if found else None
        return GateResult(gate, value, found, decided, required, why, gate.limit())
    if blocked is None and len(log.records) < log.info.get("declared", 0):
        blocked = f"{log.info['declared'] - len(log.records)} of {log.info['declared']} did not run"
    return evaluate_gate(
        gate, found, required=required, baseline=baseline, blocked=blocked, because=because
    )


def _decided_early(declared: int, gate: Gate, scored: list[Record]) -> Any:
    """Return the verdict that the cases not run cannot change, where some were not."""
    values = [metric_value(record, gate.metric) for record in scored]
    known = [value for value in values if value is not None]
    bounded = len(known) == len(values) and all(0 <= value <= 1 for value in known)
    if not scored or len(scored) >= declared or not bounded:
        return None
    return curtailed(gate, sum(known), len(scored), declared)


def _blocked(result: SuiteResult) -> str | None:
    """Return why the gates of a suite cannot be evaluated, None when nothing is in the way.

    Lengths that model or machine does not hold are not, as long as any case was scored.
    """
    log = result.log
    if log.unusable is not None:
        return log.unusable.splitlines()[0]
    errored = result.errored - len(result.broken_metrics)
    if result.broken_metrics and not errored:
        return result.broken_metrics[0]
    if errored:
        return f"{errored} of {len(log.records)} cases errored"
    if result.partial:
        selected, declared = log.info.get("selected", 0), log.info.get("declared", "?")
        return f"{selected} of {declared} cases were selected"
    for record in log.records:
        skipped_early = str(record["why"] or "").startswith("decided after")
        left_out = result.scored > 0 and result._is_left_out(record)
        if record["outcome"] == "skipped" and not skipped_early and not left_out:
            return str(record["why"])
    return None
