"""A gate: what one metric of a suite must reach. One signature for quality, speed and memory.

Every gate has a key that does not hold its number, so that a node id stays the same when a policy
changes the number: ``accuracy.at_least``, ``ttft_ms.p95.at_most``,
``prefill_ms.p50.no_worse_than``.
"""

from __future__ import annotations

import re
import sys
from dataclasses import KW_ONLY, dataclass
from decimal import Decimal
from typing import Literal, get_args

from slm_eval.errors import ConfigError, closest

Bound = Literal["at_least", "at_most", "no_worse_than"]
BOUNDS: tuple[Bound, ...] = get_args(Bound)

KEY_FORMS = (
    "METRIC.at_least, METRIC.at_most or METRIC.no_worse_than, with .p95 before it for a quantile"
)

_METRIC = re.compile(r"[A-Za-z_][\w@-]*")
_KEY = re.compile(r"(?P<metric>[^.]+)(?:\.p(?P<percent>\d+(?:\.\d+)?))?\.(?P<bound>[a-z_]+)")

_LOWER_UNITS = re.compile(r"(.*_)?(s|[mun]s|seconds|bytes|[kmg]i?b|m?j|k?wh|m?w|bits)")
_LOWER_NAMES = re.compile(
    r"extraction_failure(s|_rate)|truncated|truncation_rate|errors|loss|perplexity"
    r"|(word|character)_error_rate|brier|ece"
)

# A score such as 0.8 - 0.05 is 0.75 only to the last bit; a gate must not turn on that bit.
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Gate:
    """What a suite's `metric` must reach: exactly one of `at_least`, `at_most`, `no_worse_than`.

    confidence: decide by the two-sided interval of this confidence, not by the point estimate: a
        bound inside the interval is then inconclusive.
    quantile: gate this quantile of the per-case values (0.95 is the 95th percentile), not the mean.
    no_worse_than: name of the baseline whose value is the bound; `margin`, in the metric's own
        unit, is how much worse is still accepted. `lower_is_better` says which side is worse.

    Raises ConfigError for anything else. Numbers are kept as built-in floats.
    """

    metric: str
    _: KW_ONLY
    at_least: float | None = None
    at_most: float | None = None
    confidence: float | None = None
    quantile: float | None = None
    no_worse_than: str | None = None
    margin: float = 0

    def __post_init__(self) -> None:
        _check_metric(self.metric)
        name = f"Gate({self.metric!r})"
        for field in ("at_least", "at_most", "confidence", "quantile", "margin"):
            object.__setattr__(self, field, _number(name, field, getattr(self, field)))
        self._validate(name)

    def _validate(self, name: str) -> None:
        given = [bound for bound in BOUNDS if getattr(self, bound) is not None]
        if len(given) != 1:
            got = " and ".join(given) or "none"
            raise ConfigError(f"{name} needs exactly one of {', '.join(BOUNDS)}; got {got}")
        for field in ("quantile", "confidence"):
            share: float | None = getattr(self, field)
            if share is not None and not 0 < share < 1:
                raise ConfigError(
                    f"{name}: {field}={share:g} must lie between 0 and 1, such as {field}=0.95"
                )
        baseline: object = self.no_worse_than
        if baseline is not None and not (isinstance(baseline, str) and baseline.strip()):
            raise ConfigError(
                f"{name}: no_worse_than={baseline!r} must name a baseline; "
                "use at_least or at_most for a number"
            )
        if self.margin < 0 or (self.margin and self.no_worse_than is None):
            raise ConfigError(
                f"{name}: margin={self.margin:g} must be 0 or more and goes with no_worse_than only"
            )

    @property
    def bound(self) -> Bound:
        """Which of the three bounds is set."""
        return next(bound for bound in BOUNDS if getattr(self, bound) is not None)

    @property
    def key(self) -> str:
        """The gate's name without its number: ``accuracy.at_least``, ``ttft_ms.p95.at_most``."""
        return f"{self.statistic}.{self.bound}"

    @property
    def statistic(self) -> str:
        """What is gated: ``accuracy`` for a mean, ``ttft_ms.p95`` for a quantile."""
        if self.quantile is None:
            return self.metric
        percent = (Decimal(repr(self.quantile)) * 100).normalize()
        return f"{self.metric}.p{percent:f}"

    @property
    def wants_high(self) -> bool:
        """True when a larger value passes more easily."""
        if self.no_worse_than is not None:
            return not lower_is_better(self.metric)
        return self.at_least is not None

    def limit(self, baseline: float | None = None) -> float | None:
        """The number to reach, in the metric's unit; None while a needed baseline is unknown."""
        if self.no_worse_than is None:
            return self.at_least if self.at_least is not None else self.at_most
        if baseline is None:
            return None
        return baseline - self.margin if self.wants_high else baseline + self.margin

    def meets(self, value: float, limit: float) -> bool:
        """Whether `value` is on the right side of `limit`; reaching it exactly is enough."""
        slack = _ROUNDING * max(1.0, abs(limit))
        return value >= limit - slack if self.wants_high else value <= limit + slack


def lower_is_better(metric: str) -> bool:
    """Whether less of `metric` is better, by its name: times, memory, energy, failures, loss.

    It is for ``prefill_ms``, ``peak_gib`` and ``energy_j_per_token``; not for ``tokens_per_s``.
    """
    quantity = metric.lower().split("_per_")[0]
    return any(names.fullmatch(quantity) for names in (_LOWER_NAMES, _LOWER_UNITS))


def parse_key(key: str) -> tuple[str, float | None, Bound]:
    """Split a gate key into metric, quantile and bound: the inverse of `Gate.key`.

    ``"prefill_ms.p95.at_most"`` gives ``("prefill_ms", 0.95, "at_most")``. Raises ConfigError.
    """
    match = _KEY.fullmatch(key)
    if match is None or _METRIC.fullmatch(match["metric"]) is None:
        raise ConfigError(f"gate key {key!r} is not of the form {KEY_FORMS}")
    bound = next((known for known in BOUNDS if known == match["bound"]), None)
    if bound is None:
        raise ConfigError(
            f"gate key {key!r} must end in one of {', '.join(BOUNDS)}"
            f"{closest(match['bound'], BOUNDS)}"
        )
    percent = match["percent"]
    quantile = None if percent is None else float(Decimal(percent) / 100)
    if quantile is not None and not 0 < quantile < 1:
        raise ConfigError(f"gate key {key!r}: p{percent} must lie between p0 and p100, such as p95")
    return match["metric"], quantile, bound


def _check_metric(metric: object) -> None:
    if not isinstance(metric, str) or _METRIC.fullmatch(metric) is None:
        raise ConfigError(
            f"Gate({metric!r}): a metric is a name of letters, digits, '_', '-' or '@', "
            'such as Gate("accuracy", at_least=0.8)'
        )


def finite_float(value: object) -> float | None:
    """Return `value` as a built-in float, or None unless it is a finite int or float (no bool)."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if abs(value) <= sys.float_info.max else None


def _number(name: str, field: str, value: object) -> float | None:
    number = finite_float(value)
    if number is None and value is not None:
        raise ConfigError(f"{name}: {field}={value!r} must be a finite number")
    return number
