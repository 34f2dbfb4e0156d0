"""What an acceptance policy says, and what holds for one suite, model and machine.

The file format and its reading are in `slm_eval.verdicts.policy`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from slm_eval.errors import ConfigError, closest
from slm_eval.verdicts.gate import BOUNDS, Gate, parse_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

GateValue = float | str | None
"""A number, a baseline's name, or None for a gate that the policy removes."""


@dataclass(frozen=True)
class SuitePolicy:
    """What holds for one suite, model and machine."""

    gates: tuple[Gate, ...]
    threshold: float
    required: bool = True
    because: str = ""


@dataclass(frozen=True)
class SuiteRule:
    """What one entry says about one suite; None leaves what is there."""

    where: str
    """File, entry and suite, for messages."""
    required: bool | None = None
    threshold: float | None = None
    because: str | None = None
    gates: Mapping[str, GateValue] = field(default_factory=dict)

    def over(self, policy: SuitePolicy) -> SuitePolicy:
        """Return `policy` with this rule laid over all of it but its gates."""
        # A reason belongs to the numbers beside it: new numbers without one drop the old reason.
        renumbered = self.gates or self.threshold is not None
        kept = "" if renumbered else policy.because
        return replace(
            policy,
            threshold=policy.threshold if self.threshold is None else self.threshold,
            required=policy.required if self.required is None else self.required,
            because=kept if self.because is None else self.because,
        )


@dataclass(frozen=True)
class Entry:
    """One ``[[model]]`` table: patterns over models and hardware, and a rule per suite."""

    match: tuple[str, ...]
    hardware: tuple[str, ...]
    suites: Mapping[str, SuiteRule]

    def applies(self, models: Sequence[str], hardware: Sequence[str]) -> bool:
        """Whether any model name and any hardware name matches."""
        return _matches(self.match, models) and _matches(self.hardware, hardware)


@dataclass(frozen=True)
class Policy:
    """All entries in file order. `Policy()` says nothing: the code's own defaults hold."""

    entries: tuple[Entry, ...] = ()
    path: str = ""

    def for_suite(
        self,
        model_names: Sequence[str],
        hardware: Sequence[str],
        suite: str,
        gates: Sequence[Gate],
        threshold: float,
    ) -> SuitePolicy:
        """Lay every matching entry, in file order, over the code's `gates` and `threshold`.

        model_names: all names of the model (alias, registry name, hub id); any may match.
        hardware: all names of the machine (class, GPU name); may be empty.
        """
        chosen = {gate.key: gate for gate in gates}
        policy = SuitePolicy((), threshold)
        for entry in self.entries:
            rule = entry.suites.get(suite)
            if rule is None or not entry.applies(model_names, hardware):
                continue
            policy = rule.over(policy)
            for key, value in rule.gates.items():
                if value is None:
                    chosen.pop(key, None)
                else:
                    chosen[key] = _with_bound(chosen.get(key), key, value)
        return replace(policy, gates=tuple(chosen.values()))

    def validate(
        self, known_suites: Iterable[str], known_metrics: Mapping[str, Iterable[str]]
    ) -> None:
        """Check every suite and gated metric against those that exist.

        Give all suites of the project, not the collected ones, or a run of one file would refuse
        the others' entries. A suite that `known_metrics` lacks is not checked for its metrics.
        Raises ConfigError naming file, entry and the closest known names.
        """
        suites = list(known_suites)
        for entry in self.entries:
            for suite, rule in entry.suites.items():
                if suite not in suites:
                    raise ConfigError(f"{rule.where}: no such suite{closest(suite, suites)}")
                metrics = known_metrics.get(suite)
                for key in rule.gates if metrics is not None else ():
                    _check_metric(rule.where, key, list(metrics or ()))


def _check_metric(where: str, key: str, metrics: list[str]) -> None:
    metric = parse_key(key)[0]
    if metric not in metrics:
        nearest = closest(metric, metrics) or f"; it has {', '.join(sorted(metrics)) or 'none'}"
        raise ConfigError(f"{where}: gate {key!r}: the suite has no metric {metric!r}{nearest}")


def gate_from_key(key: str, value: float | str) -> Gate:
    """Build a gate from its key and bound: ``("acc.at_least", 0.4)``. Raises ConfigError."""
    return _with_bound(None, key, value)


def _with_bound(gate: Gate | None, key: str, value: float | str) -> Gate:
    metric, quantile, bound = parse_key(key)
    base = gate or Gate(metric, at_least=0, quantile=quantile)
    cleared: dict[str, Any] = dict.fromkeys(BOUNDS)
    return replace(base, **{**cleared, bound: value})


def _matches(patterns: Sequence[str], names: Sequence[str]) -> bool:
    lowered = [name.lower() for name in names]
    return any(
        pattern == "*" or any(fnmatchcase(name, pattern.lower()) for name in lowered)
        for pattern in patterns
    )
