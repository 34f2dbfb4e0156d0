"""The end of a run: every suite judged, every model decided."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from slm_eval.models.published import beside
from slm_eval.runs.baseline import Baselines
from slm_eval.runs.results import GateLine, SuiteResult, model_result, suite_result
from slm_eval.verdicts.verdict import ModelVerdict, exit_code

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from slm_eval.models.resolve import ModelRef
    from slm_eval.runs.ledger import Ledger
    from slm_eval.runs.settings import Settings

INTERRUPTED_EXIT_CODE = 2


@dataclass
class Conclusion:
    """What the run came to: a result per suite and model, a verdict per model, an exit code."""

    results: list[SuiteResult]
    verdicts: dict[str, ModelVerdict]
    exit_code: int
    seconds: float
    recorded_baselines: list[str] = field(default_factory=list)

    @property
    def gate_lines(self) -> list[GateLine]:
        """Every gate of every suite."""
        return [line for result in self.results for line in result.gates]

    @property
    def misses_of_failed_gates(self) -> list[str]:
        """Test ids of the misses in suites with a failed gate."""
        return [
            record["nodeid"]
            for result in self.results
            if any(line.result.verdict == "failed" for line in result.gates)
            for record in result.log.records
            if record["outcome"] == "miss"
        ]


def conclude(
    settings: Settings,
    models: Sequence[ModelRef],
    ledger: Ledger,
    *,
    started_s: float,
    failed_tests: int,
    interrupted: bool,
) -> Conclusion:
    """Judge all blocks and decide on every model."""
    baselines = Baselines(settings)
    results = [
        suite_result(log, baselines.values(log)) for log in ledger.blocks.values() if log.info
    ]
    for result in results:
        result.published = _published(result, models)
    verdicts = {
        model.alias: model_result([r for r in results if r.log.key.model == model.alias])
        for model in models
    }
    code = exit_code(verdicts.values(), allow_unevaluated=settings.allow_unevaluated)
    if interrupted:
        code = INTERRUPTED_EXIT_CODE
    elif failed_tests:
        code = 1
    seconds = time.time() - started_s
    recorded = baselines.record(results)
    return Conclusion(results, verdicts, code, seconds, recorded)


def _published(result: SuiteResult, models: Sequence[ModelRef]) -> list[dict[str, Any]]:
    """Return what was published for a suite's model; of a part of its cases nothing is claimed."""
    log = result.log
    card = next((model.card for model in models if model.alias == log.key.model), None)
    dataset = log.info.get("dataset")
    if card is None or dataset is None or result.partial:
        return []
    found = beside(card.name, log.info["task"], dataset["name"], log.info["shots"], result.metrics)
    return [each.as_dict() for each in found]
