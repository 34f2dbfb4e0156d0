"""Blocks in the process that runs them: planned over the selected tests, then followed."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from slm_eval.cases.sized import is_sized
from slm_eval.errors import ModelDoesNotFit
from slm_eval.plugin.state import LiveBlock, State
from slm_eval.runs.fitting import check_length
from slm_eval.runs.plan import BlockKey, plan
from slm_eval.runs.record import plain
from slm_eval.runs.results import metric_value
from slm_eval.verdicts.curtail import can_curtail, curtailed

if TYPE_CHECKING:
    import pytest

    from slm_eval.models.resolve import ModelRef
    from slm_eval.runs.record import Record
    from slm_eval.runs.settings import Settings


def plan_blocks(state: State, items: list[pytest.Item]) -> None:
    """Plan the *selected* tests into blocks and tell the runner which cases to expect."""
    if not state.suites:
        return
    last_failed = state.config.pluginmanager.get_plugin("lfplugin")
    state.picked = bool(
        state.config.getoption("lf", False) and getattr(last_failed, "lastfailed", None)
    )
    by_id = {item.nodeid: item for item in items}
    state.plan = plan(by_id, state.aliases)
    for key, block in state.plan.blocks.items():
        suite = state.suites.get(key.suite)
        if suite is None:
            continue
        handles = {}
        for nodeid in block.cases:
            callspec = getattr(by_id[nodeid], "callspec", None)
            if callspec is not None and "case" in callspec.params:
                handles[nodeid] = callspec.params["case"]
        state.handles.update(handles)
        state.live[key] = LiveBlock(
            key,
            suite,
            waiting=set(handles),
            whole=suite.error is None and len(handles) == len(suite.declared),
            selected=len(handles),
        )
        if handles:
            state.runner.expect(key, list(handles.values()))


def announce_all(state: State) -> list[dict[str, Any]]:
    """Return what every block says of itself: sent once per process, with its first report."""
    state.announced = True
    return [announce(state, key) for key in state.live]


def announce(state: State, key: BlockKey) -> dict[str, Any]:
    """Return what a block says of itself to the controlling process, as plain builtins."""
    block = state.live[key]
    suite = block.suite
    policy = suite.policies[key.model]
    task = suite.suite.task
    chat = state.settings.chat_for(task)
    info = {
        "key": list(key),
        "suite": suite.suite.name,
        "task": task.name,
        "version": task.version,
        "shots": task.shots,
        "chat": None if chat is None else asdict(chat),
        "threshold": policy.threshold,
        "required": policy.required,
        "because": policy.because,
        "rows": len(suite.loaded.rows) if suite.loaded else None,
        "declared": len(suite.declared),
        "selected": block.selected,
        "whole": block.whole,
        "too_long": _too_long(state, key),
        "location": list(suite.location),
        "seed": None if callable(task.decoding) else task.decoding.seed,
        "clustered": task.clustered,
        "partial_metrics": list(task.partial_metrics),
        "dataset": suite.loaded.entry() if suite.loaded else None,
        "gates": [
            {**asdict(item.gate), "nodeid": item.nodeid, "location": list(item.location)}
            for item in suite.gate_items[key.model]
        ],
        "selected_gates": sorted(state.plan.blocks[key].gates),
        "suites_collected": len(state.suites),
    }
    return plain(info)  # type: ignore[no-any-return]


def _too_long(state: State, key: BlockKey) -> list[str]:
    """Return the ids of the selected cases whose length the model or the machine does not hold."""
    prompt = state.live[key].suite.suite.task.prompt
    if not is_sized(prompt):
        return []
    model = next(model for model in state.models if model.alias == key.model)
    held: dict[int, bool] = {}
    names = []
    for nodeid in state.plan.blocks[key].cases:
        # What else is wrong with a row is said by its own case.
        with suppress(Exception):
            handle = state.handles[nodeid]
            tokens = prompt.tokens(handle.row)
            if tokens not in held:
                held[tokens] = _holds(model, state.settings, tokens)
            if not held[tokens]:
                names.append(handle.id)
    return names


def _holds(model: ModelRef, settings: Settings, tokens: int) -> bool:
    try:
        check_length(model, settings, tokens)
    except ModelDoesNotFit:
        return False
    return True


def aggregate(block: LiveBlock) -> dict[str, Any]:
    """Return the suite-level metrics over the block's records: value and interval, or the error.

    They are computed where the block ran, because only there the functions are imported. A gate
    with a confidence of its own finds its interval under ``METRIC@CONFIDENCE``.
    """
    scored = [record for record in block.records if record["score"] is not None]
    if not scored:
        return {}
    gates = block.suite.policies[block.key.model].gates
    found = {}
    for metric in block.suite.suite.all_metrics:
        name = metric.__name__
        found[name] = _suite_metric(metric, scored, 0.95)
        for gate in gates:
            if gate.metric == name and gate.confidence is not None:
                own = _suite_metric(metric, scored, gate.confidence)
                found[f"{name}@{gate.confidence}"] = own
    return found


def _suite_metric(metric: Any, records: list[Record], confidence: float) -> dict[str, Any]:
    from slm_eval.verdicts.estimate import bootstrap

    try:
        value = plain(metric(records))
        if isinstance(value, bool) or not isinstance(value, int | float):
            return {"value": value, "ci_low": None, "ci_high": None, "n": len(records)}
        units, of_units = _drawn_whole(metric, records)
        estimate = bootstrap(of_units, units, confidence=confidence)
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}
    return {
        "value": float(estimate.value),
        "ci_low": estimate.ci_low,
        "ci_high": estimate.ci_high,
        "n": len(records),
    }


def _drawn_whole(metric: Any, records: list[Record]) -> tuple[list[Any], Any]:
    """Return what a bootstrap draws, and the metric of a draw: records, or whole clusters.

    A metric with `whole_clusters`, such as pass@k, is undefined on a part of a cluster; one that is
    drawn twice counts as two.
    """
    if not getattr(metric, "whole_clusters", False):
        return records, metric
    clusters: dict[Any, list[Record]] = {}
    for record in records:
        clusters.setdefault(record["cluster"] or record["case_id"], []).append(record)

    def of_clusters(drawn: list[list[Record]]) -> Any:
        return metric(
            [
                {**record, "cluster": f"{number}"}
                for number, members in enumerate(drawn)
                for record in members
            ]
        )

    return list(clusters.values()), of_clusters


def decided(block: LiveBlock) -> int | None:
    """Return after how many cases every gate of the suite is certain, None while one is not."""
    gates = block.suite.policies[block.key.model].gates
    for record in block.records[block.summed :]:
        _add_up(block, record, {gate.metric for gate in gates})
    if not gates or not block.whole or not block.scored or block.failing:
        return None
    for gate in gates:
        total = block.sums[gate.metric]
        if math.isnan(total) or not can_curtail(gate):
            return None
        if curtailed(gate, total, block.scored, len(block.suite.declared)) is None:
            return None
    return block.scored


def _add_up(block: LiveBlock, record: Record, metrics: set[str]) -> None:
    """Add one case to the running sums; a metric outside [0, 1] has no sum any more."""
    block.summed += 1
    if record["score"] is None:
        return
    block.scored += 1
    for metric in metrics:
        value = metric_value(record, metric)
        bounded = value is not None and 0 <= value <= 1
        added = value if bounded and value is not None else math.nan
        block.sums[metric] = block.sums.get(metric, 0.0) + added
