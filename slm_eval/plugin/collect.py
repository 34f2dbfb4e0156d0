"""Collection: a suite's function becomes one test per case and model, and one per gate and model.

Rows are loaded here and prompts are not rendered; weights are never touched. A suite whose rows
are malformed or out of reach becomes one test that says so, and never breaks the others.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from slm_eval.cases.subset import stratified_subset
from slm_eval.errors import DataError, SlmEvalError, SourceUnavailable
from slm_eval.plugin.items import GateItem, UnusableSuiteItem
from slm_eval.runs.handle import CaseHandle
from slm_eval.runs.plan import GATE
from slm_eval.task import SUITE_ATTRIBUTE, Suite

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

    from slm_eval.cases.datasets import LoadedRows
    from slm_eval.models.resolve import ModelRef
    from slm_eval.plugin.state import State
    from slm_eval.verdicts.policy import SuitePolicy

SUBSET_SEED = 0


@dataclass
class CollectedSuite:
    """A suite as it was collected: its rows, the declared ones, and each model's policy."""

    key: str
    suite: Suite
    policies: dict[str, SuitePolicy] = field(default_factory=dict)
    loaded: LoadedRows | None = None
    declared: list[int] = field(default_factory=list)
    error: SlmEvalError | None = None
    gate_items: dict[str, list[GateItem]] = field(default_factory=dict)
    """By model alias."""
    location: tuple[str, int | None, str] = ("", None, "")


def prepare(state: State, collector: Any, name: str, suite: Suite) -> CollectedSuite:
    """Load a suite's rows and choose the declared ones; errors are kept, not raised."""
    collected = CollectedSuite(f"{collector.nodeid}::{name}", suite)
    state.suites[collected.key] = collected
    for model in state.models:
        collected.policies[model.alias] = state.policy.for_suite(
            _names(model), state.machine_names, suite.name, suite.gates, suite.threshold
        )
    try:
        collected.loaded = _load(state, collector, suite)
        collected.suite = replace(suite, task=suite.task.when_loaded(collected.loaded))
        collected.declared = _declare(state, collected.suite, collected.loaded.rows)
    except SlmEvalError as error:
        collected.error = error
    return collected


def _names(model: ModelRef) -> list[str]:
    """Return everything that a policy pattern may call a model."""
    names = [model.alias, model.name, model.hub_id, model.card.name if model.card else None]
    return [name for name in names if name]


def _load(state: State, collector: Any, suite: Suite) -> LoadedRows:
    from slm_eval.cases.datasets import DatasetContext
    from slm_eval.sources import SourceContext

    context = DatasetContext(
        base_dirs=(collector.path.parent, collector.config.rootpath, Path.cwd()),
        sources=SourceContext(mirror=state.settings.mirror),
    )
    loaded = suite.task.rows.load(context)
    suite.task.check_rows(loaded.rows)
    return loaded


def _declare(state: State, suite: Suite, rows: Sequence[dict[str, Any]]) -> list[int]:
    """Return the indices of the declared cases: all, `--slm-examples N`, or the suite's budget."""
    examples = state.settings.examples
    wanted = suite.task.default_examples() if examples is None else examples
    narrowed = suite.task.in_default if wanted >= 0 else None
    among = [index for index, row in enumerate(rows) if narrowed is None or narrowed(row)]
    if examples is not None and len(among) < examples:
        among = list(range(len(rows)))
    if wanted < 0 or wanted >= len(among):
        return among
    clusters = [suite.task.cluster_of(rows[index]) or "" for index in among]
    ids = [suite.task.id_of(rows[index], index) for index in among]
    return [among[at] for at in stratified_subset(ids, clusters, wanted, SUBSET_SEED)]


def case_handles(collected: CollectedSuite, model: str) -> list[CaseHandle]:
    """Return a model's cases; raises `DataError` for two with the same id."""
    assert collected.loaded is not None
    threshold = collected.policies[model].threshold
    rows = collected.loaded.rows
    handles = [
        CaseHandle(collected.suite, model, rows[index], index, threshold)
        for index in collected.declared
    ]
    seen: dict[str, int] = {}
    for handle in handles:
        if handle.id.startswith(GATE):
            raise DataError(
                f"{collected.suite.task.rows.name}: row {handle.index + 1} has the id "
                f"{handle.id!r}; {GATE!r} is how the ids of gates begin"
            )
        if handle.id in seen:
            raise DataError(
                f"{collected.suite.task.rows.name}: rows {seen[handle.id] + 1} and "
                f"{handle.index + 1} have the same id {handle.id!r}; ids must be unique"
            )
        seen[handle.id] = handle.index
    return handles


def generate_tests(state: State, metafunc: pytest.Metafunc) -> None:
    """Parametrise a suite's function over models and cases, or a plain one over models."""
    collected = state.suites.get(metafunc.definition.nodeid)
    if collected is None:
        _parametrise_model(state, metafunc)
        return
    if collected.error is not None:
        return
    try:
        pairs = [
            (model, handle) for model in state.aliases for handle in case_handles(collected, model)
        ]
    except SlmEvalError as error:
        collected.error = error
        return
    ids = [f"{model}:{handle.id}" for model, handle in pairs]
    if "case" not in metafunc.fixturenames:
        collected.error = DataError(
            f"{collected.key} is a suite, so it needs the argument `case` (and `response`)"
        )
    elif "model" in metafunc.fixturenames:
        # One call, so that ids stay `MODEL:CASE`; `model` keeps its session scope because its
        # cached value is keyed by the parameter.
        metafunc.parametrize(("model", "case"), pairs, ids=ids, indirect=["model"])
    else:
        metafunc.parametrize("case", [handle for _, handle in pairs], ids=ids)


def _parametrise_model(state: State, metafunc: pytest.Metafunc) -> None:
    marks = metafunc.definition.iter_markers("parametrize")
    if not _is_our_model(metafunc):
        return
    if not any("model" in str(m.args[:1]) for m in marks):
        metafunc.parametrize("model", state.aliases, indirect=True, scope="session")


def finish_suite(
    state: State, collector: Any, name: str, collected: CollectedSuite, items: list[Any]
) -> list[Any]:
    """Return a suite's items: its cases, or one that says why there are none, then its gates."""
    obj = getattr(collector.obj, name)
    if collected.error is not None:
        items = [
            UnusableSuiteItem.from_parent(
                collector,
                name=f"{name}[{model}:rows]",
                function=obj,
                error=collected.error,
                unreachable=isinstance(collected.error, SourceUnavailable),
            )
            for model in state.aliases
        ]
    for model in state.aliases:
        gates = [
            GateItem.from_parent(
                collector, name=f"{name}[{model}:{GATE}{gate.key}]", function=obj, gate=gate
            )
            for gate in collected.policies[model].gates
        ]
        collected.gate_items[model] = gates
        items = [*items, *gates]
    if items:
        collected.location = items[0].location
    return items


def _is_our_model(metafunc: pytest.Metafunc) -> bool:
    """Return whether `model` is the fixture of this plugin, not one of the user's own."""
    found = metafunc._arg2fixturedefs.get("model") or None
    return found is not None and found[-1].func.__module__.startswith("slm_eval.plugin")


def suite_of(function: object) -> Suite | None:
    """Return the suite that a test function was bound to, if any."""
    # Module-level proxies, such as flask's `request`, raise whatever they are asked.
    try:
        found = getattr(function, SUITE_ATTRIBUTE, None)
    except Exception:
        return None
    return found if isinstance(found, Suite) else None


def order_by_model(state: State, items: list[pytest.Item]) -> None:
    """Keep one model's tests together, so that each is loaded once; stable otherwise."""
    if len(state.aliases) < 2:
        return
    rank = {alias: index for index, alias in enumerate(state.aliases)}

    def model_rank(item: pytest.Item) -> int:
        parameter = item.name.partition("[")[2].removesuffix("]").partition(":")[0]
        return rank.get(parameter, -1)

    items.sort(key=model_rank)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def check_policy(state: State) -> None:
    """Raise `ConfigError` when the policy names a suite or metric that does not exist.

    Suites that exist but were not collected this time are known by their test functions' names;
    the metrics of one whose rows could not be had may be known by those rows alone.
    """
    names = {suite.suite.name for suite in state.suites.values()}
    collected = {
        suite.suite.name: suite.suite.metric_names()
        for suite in state.suites.values()
        if suite.error is None
    }
    folders = {(state.config.rootpath / key.partition("::")[0]).parent for key in state.suites}
    if state.settings.policy is not None:
        folders.add(state.settings.policy.parent)
    named = {
        match
        for folder in folders
        for path in (*folder.glob("test_*.py"), *folder.glob("*/test_*.py"))
        for match in re.findall(r"^\s*def test_(\w+)", _text(path), re.MULTILINE)
    }
    state.policy.validate(names | named, collected)
