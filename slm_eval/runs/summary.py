"""`summary.json`: the run in one page, for machines. `reports.markdown` makes it one for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from slm_eval.runs.manifest import model_entry, versions, write_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from slm_eval.models.resolve import ModelRef
    from slm_eval.runs.finish import Conclusion
    from slm_eval.runs.results import SuiteResult
    from slm_eval.runs.settings import Settings

SUMMARY_SCHEMA = "slm-eval/summary/1"


def write_summary(
    folder: Path, settings: Settings, models: Sequence[ModelRef], conclusion: Conclusion
) -> None:
    """Write `summary.json` into the run's folder."""
    summary = summary_dict(folder.name, settings, models, conclusion)
    write_json(folder / "summary.json", summary)


def summary_dict(
    run_id: str, settings: Settings, models: Sequence[ModelRef], conclusion: Conclusion
) -> dict[str, Any]:
    """Return the content of `summary.json`; its form is in `runs/schemas/`."""
    from slm_eval.models.machine import machine_summary

    return {
        "schema": SUMMARY_SCHEMA,
        "run_id": run_id,
        "smoke": settings.smoke,
        "verdict": _overall(conclusion),
        "exit_code": conclusion.exit_code,
        "seconds": conclusion.seconds,
        "models": [_model(model, conclusion) for model in models],
        "suites": [_suite(result) for result in conclusion.results],
        "machine": machine_summary(),
        "versions": versions(),
        "datasets": _datasets(conclusion),
    }


def _overall(conclusion: Conclusion) -> str:
    names = {verdict.name for verdict in conclusion.verdicts.values()}
    for name in ("REJECTED", "UNDECIDED"):
        if name in names:
            return name
    return "ACCEPTED" if names else "UNDECIDED"


def _model(model: ModelRef, conclusion: Conclusion) -> dict[str, Any]:
    engines = [r.log.engine for r in conclusion.results if r.log.key.model == model.alias]
    engine = next((engine for engine in engines if engine), {})
    verdict = conclusion.verdicts.get(model.alias)
    return {
        **model_entry(model),
        "fingerprint": engine.get("fingerprint"),
        "weights_bytes": engine.get("weights_bytes"),
        "dtype": engine.get("dtype"),
        "device": engine.get("device"),
        "parameters": engine.get("parameters"),
        "verdict": verdict.name if verdict else "UNDECIDED",
        "verdict_line": verdict.line if verdict else "UNDECIDED (nothing evaluated)",
    }


def _suite(result: SuiteResult) -> dict[str, Any]:
    log, info = result.log, result.log.info
    latencies = [r["latency_s"] for r in log.records if r.get("latency_s") is not None]
    tokens = [
        (r.get("prompt_tokens") or 0) + (r.get("output_tokens") or 0)
        for r in log.records
        if r.get("latency_s") is not None
    ]
    seconds = sum(latencies) if latencies else None
    return {
        "suite": info["suite"],
        "version": info["version"],
        "model": log.key.model,
        "engine": log.engine.get("engine"),
        "n": result.scored,
        "selected": info["selected"],
        "declared": info["declared"],
        "left_out": result.left_out,
        "rows": info["rows"],
        "shots": info["shots"],
        "threshold": info["threshold"],
        "chat": info["chat"],
        "chat_template_sha256": log.engine.get("chat_template_sha256") if info["chat"] else None,
        "batch": log.engine.get("batch"),
        "seed": info["seed"],
        "metrics": result.metrics,
        "gates": [line.result.as_dict() for line in result.gates],
        "published": result.published,
        "extraction_failures": sum(r["extracted"] is False for r in log.records),
        "ties": sum(bool(r.get("tie_offsets")) for r in log.records),
        "errors": result.errored,
        "misses": sum(r["outcome"] == "miss" for r in log.records),
        "why": log.unusable,
        "seconds": seconds,
        "tokens_per_second": sum(tokens) / seconds if seconds else None,
    }


def _datasets(conclusion: Conclusion) -> list[dict[str, Any]]:
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for result in conclusion.results:
        dataset = result.log.info["dataset"]
        if dataset is not None:
            found[dataset["name"], dataset["sha256"]] = dataset
    return list(found.values())
