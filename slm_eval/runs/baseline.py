"""Baselines of `no_worse_than` gates: a small JSON file per machine class, model and name.

The first run on a machine class records what it measured; later runs are held against it. Delete
the file, or name another folder with `--slm-baseline`, to start anew.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any

from slm_eval.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from slm_eval.runs.ledger import BlockLog
    from slm_eval.runs.results import SuiteResult
    from slm_eval.runs.settings import Settings
    from slm_eval.verdicts.gate import Gate

Values = dict[str, dict[str, float]]
"""By suite name, then by statistic (``prefill_ms.p50``)."""


class Baselines:
    """Reads and records baselines for one run."""

    def __init__(self, settings: Settings) -> None:
        self._smoke = settings.smoke
        self._folder = settings.baseline or settings.report_dir / "baselines"

    @cached_property
    def _machine(self) -> str:
        from slm_eval.models.machine import machine_class

        return machine_class()

    def values(self, log: BlockLog) -> dict[str, float]:
        """Return the value of each baseline that the block's gates name, by statistic.

        One that cannot be read is left out; `record` says so.
        """
        names = {entry["no_worse_than"] for entry in log.info["gates"] if entry["no_worse_than"]}
        found: dict[str, float] = {}
        for name in names:
            with suppress(ConfigError):
                found.update(self._read(log, name).get(log.info["suite"], {}))
        return found

    def record(self, results: Sequence[SuiteResult]) -> list[str]:
        """Write the value of every gate that had no baseline yet; return a line for each.

        Only a suite that ran whole, without errors and in no smoke run is worth comparing with.
        """
        lines: list[str] = []
        if self._smoke:
            return lines
        for result in results:
            for line in result.gates:
                gate, value = line.result.gate, line.result.value
                lacking = line.result.verdict == "not_evaluated" and line.result.bound is None
                if gate.no_worse_than and lacking and value is not None and result.complete:
                    lines.append(self._record(result, gate, value))
        return lines

    def _record(self, result: SuiteResult, gate: Gate, value: float) -> str:
        try:
            path = self._add(result, gate, value)
        except (ConfigError, OSError) as error:
            return f"not recorded: {error}"
        return f"recorded {gate.statistic} = {value:.4g} in {path}"

    def _path(self, log: BlockLog, name: str) -> Path:
        """One file per machine class and model as loaded: another dtype takes another time."""
        engine = log.engine
        loaded = (engine.get("engine"), engine.get("device"), engine.get("dtype"))
        folder = "-".join(str(part).replace(":", "") for part in (log.key.model, *loaded))
        return self._folder / self._machine / folder / f"{name}.json"

    def _read(self, log: BlockLog, name: str) -> Values:
        path = self._path(log, name)
        try:
            loaded: Any = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise ConfigError(
                f"baseline {path} cannot be read ({error}); delete it to record a new one"
            ) from error
        if not isinstance(loaded, dict) or not all(isinstance(v, dict) for v in loaded.values()):
            raise ConfigError(f"baseline {path} is no baseline file; delete it to record a new one")
        return loaded

    def _add(self, result: SuiteResult, gate: Gate, value: float) -> Path:
        assert gate.no_worse_than is not None
        path = self._path(result.log, gate.no_worse_than)
        values = self._read(result.log, gate.no_worse_than)
        values.setdefault(result.log.info["suite"], {})[gate.statistic] = value
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(f".{os.getpid()}.tmp")
        temporary.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")
        temporary.replace(path)
        return path
