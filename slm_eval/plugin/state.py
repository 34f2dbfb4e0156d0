"""What the plugin knows during one pytest session: one object, in the config's stash.

Settings are read when pytest is configured; models, policy and runner only when a suite is
collected, so that a session without suites pays nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pytest

from slm_eval.runs.plan import BlockKey, Plan
from slm_eval.runs.runner import Runner

if TYPE_CHECKING:
    from slm_eval.models.resolve import ModelRef
    from slm_eval.plugin.collect import CollectedSuite
    from slm_eval.runs.handle import CaseHandle
    from slm_eval.runs.record import Record
    from slm_eval.runs.settings import Settings
    from slm_eval.runs.store import ResponseStore
    from slm_eval.verdicts.policy import Policy


@dataclass
class LiveBlock:
    """A block in the process that runs it: what its records were, and which tests still wait."""

    key: BlockKey
    suite: CollectedSuite
    waiting: set[str]
    whole: bool
    """True when every declared case was selected, so that a verdict may be claimed."""
    selected: int
    records: list[Record] = field(default_factory=list)
    failing: int = 0
    summed: int = 0
    """Records that `scored` and `sums` (of the gates' metrics) cover, for stopping early."""
    scored: int = 0
    sums: dict[str, float] = field(default_factory=dict)
    engine_announced: bool = False
    stopped_early: bool = False


@dataclass
class State:
    """The plugin's memory of one session."""

    config: pytest.Config
    settings: Settings
    plan: Plan = field(default_factory=Plan)
    suites: dict[str, CollectedSuite] = field(default_factory=dict)
    """By the test function's id, ``path::test_mmlu``."""
    live: dict[BlockKey, LiveBlock] = field(default_factory=dict)
    handles: dict[str, CaseHandle] = field(default_factory=dict)
    """By test id, for the selected cases."""
    picked: bool = False
    """True when `--lf` picked failures of an earlier run: each miss is then shown in full."""
    announced: bool = False
    """True once the blocks' own words were sent to the controlling process."""
    notices: list[str] = field(default_factory=list)
    """Lines that the run must not keep to itself, such as a response store set aside."""

    @cached_property
    def models(self) -> list[ModelRef]:
        """The models asked for; raises `ConfigError` for an unknown one."""
        from slm_eval.models.resolve import resolve_models

        return resolve_models(self.settings.models, weightless=self.settings.weightless)

    @cached_property
    def aliases(self) -> tuple[str, ...]:
        """The short names of the models, as they stand in test ids."""
        return tuple(model.alias for model in self.models)

    @cached_property
    def policy(self) -> Policy:
        """The acceptance policy; an empty one where there is no file."""
        from slm_eval.verdicts.policy import Policy, load_policy

        return load_policy(self.settings.policy) if self.settings.policy else Policy()

    @cached_property
    def machine_names(self) -> list[str]:
        """What a policy may call this run's machine: the named hardware, or this one's class."""
        from slm_eval.models.machine import machine_class

        return [self.settings.hardware] if self.settings.hardware else [machine_class(), "this"]

    @cached_property
    def runner(self) -> Runner:
        """The one runner of this process."""
        from slm_eval.plugin.progress import ProgressLine
        from slm_eval.plugin.workers import take_share

        take_share(self.config)
        # Under xdist every worker collects all blocks, and runs those that it is given.
        own = not self.on_worker
        progress = ProgressLine(self.config)
        return Runner(self.settings, self.models, progress, self._store(), owns_all=own)

    def _store(self) -> ResponseStore | None:
        """The response store; engines without weights keep nothing unless a file is named."""
        if self.settings.weightless and self.settings.store is None:
            return None
        from slm_eval.runs.store import ResponseStore, default_store_path

        path = self.settings.store or default_store_path()
        return ResponseStore(path, refresh=self.settings.refresh, notify=self.notice)

    def notice(self, line: str) -> None:
        """Have the reader told `line`, once."""
        if line not in self.notices:
            self.notices.append(line)

    @property
    def on_worker(self) -> bool:
        """True in an xdist worker."""
        return hasattr(self.config, "workerinput")

    def live_block(self, item: Any) -> LiveBlock | None:
        """Return the block of a test of ours, None for any other test."""
        key = self.plan.block_of.get(item.nodeid)
        return None if key is None else self.live.get(key)


STATE = pytest.StashKey[State]()
