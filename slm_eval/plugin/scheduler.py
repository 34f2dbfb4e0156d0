"""xdist: a block runs once, whole, on one worker; a worker keeps its model as long as it can."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xdist.scheduler import LoadScopeScheduling

from slm_eval.runs.plan import parse

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import pytest
    from xdist.workermanage import WorkerController


class BlockScheduling(LoadScopeScheduling):  # type: ignore[misc]
    """`LoadScopeScheduling` whose scopes are our blocks; any other test is a scope of its own.

    Invariants: the tests of a block never leave the worker that started it, unless that worker
    dies; then the test that it died in is not run again, and the rest goes to another worker.
    """

    def __init__(self, config: pytest.Config, log: Any, models: Collection[str]) -> None:
        super().__init__(config, log)
        self._slm_models = models
        self._slm_last: dict[WorkerController, str] = {}
        self._slm_index: dict[WorkerController, dict[str, int]] = {}

    def _split_scope(self, nodeid: str) -> str:
        parsed = parse(nodeid, self._slm_models)
        if parsed is None:
            return self._slm_foreign_scope(nodeid)
        key, _ = parsed
        return f"{key.suite}[{key.model}:"

    def _slm_foreign_scope(self, nodeid: str) -> str:
        """Group a test that is not ours as the `--dist` asked for would."""
        dist = self.config.getoption("dist")
        if dist == "loadscope":
            return str(super()._split_scope(nodeid))
        if dist == "loadfile":
            return nodeid.split("::", 1)[0]
        if dist == "loadgroup" and "@" in nodeid.rpartition("]")[2]:
            return nodeid.rpartition("@")[2]
        return nodeid

    def add_node_collection(self, node: WorkerController, collection: Sequence[str]) -> None:
        super().add_node_collection(node, collection)
        self._slm_index[node] = {nodeid: index for index, nodeid in enumerate(collection)}

    def remove_node(self, node: WorkerController) -> str | None:
        """Requeue what a dead worker left, without the test that it died in."""
        workload = self.assigned_work.get(node, {})
        crashed = next(
            (
                (unit, nodeid)
                for unit in workload.values()
                for nodeid, completed in unit.items()
                if not completed
            ),
            None,
        )
        if crashed is None:
            super().remove_node(node)
            return None
        unit, nodeid = crashed
        unit[nodeid] = True
        super().remove_node(node)
        return str(nodeid)

    def _assign_work_unit(self, node: WorkerController) -> None:
        """Give `node` a block of the model that it holds, else of one that no other holds."""
        scope = self._slm_choose(node)
        work_unit = self.workqueue.pop(scope)
        self._slm_last[node] = self._slm_model(scope)
        self.assigned_work.setdefault(node, {})[scope] = work_unit
        index = self._slm_index[node]
        node.send_runtest_some(
            [index[nodeid] for nodeid, completed in work_unit.items() if not completed]
        )

    def _slm_choose(self, node: WorkerController) -> str:
        held = self._slm_last.get(node)
        others = {model for other, model in self._slm_last.items() if other is not node}
        fallback = None
        for scope in self.workqueue:
            model = self._slm_model(scope)
            if model == held:
                return str(scope)
            if fallback is None and model not in others:
                fallback = scope
        return str(next(iter(self.workqueue)) if fallback is None else fallback)

    def _slm_model(self, scope: str) -> str:
        return str(scope.rpartition("[")[2].removesuffix(":") if scope.endswith(":") else "")
