"""A number with its uncertainty: the value of a metric over a suite and its confidence interval.

    estimate(values)                      mean: Wilson for 0/1 values, Student's t otherwise
    estimate(values, clusters=subjects)   mean with a cluster-robust standard error
    estimate(values, quantile=0.95)       quantile with an order-statistic interval
    bootstrap(macro_f1, records)          any function of all records, percentile interval

An interval end is None where the data cannot bound it (one value, one cluster, p95 of ten values).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from slm_eval.verdicts.intervals import (
    clustered_error,
    order_statistic_ranks,
    plain_error,
    quantile_of,
    t_critical,
    wilson,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

R = TypeVar("R")
Interval = tuple[float | None, float | None]

MAX_DRAWS = 2_000_000
"""Records drawn by one bootstrap at most: 142 resamples of 14,042 cases instead of 500."""
MIN_RESAMPLES = 100


@dataclass(frozen=True)
class Estimate:
    """`value` with its interval at `confidence`, over `n` cases, and the method in words."""

    value: float
    ci_low: float | None
    ci_high: float | None
    n: int
    method: str
    confidence: float = 0.95


def estimate(
    values: Sequence[float],
    *,
    clusters: Sequence[Hashable] | None = None,
    quantile: float | None = None,
    confidence: float = 0.95,
) -> Estimate:
    """Estimate the mean, or a quantile, of one value per case.

    `clusters` names each case's group and widens the interval of a mean by what the group's cases
    share; a quantile's interval takes the cases as independent. The methods are named in
    `intervals`. Raises ValueError for no values at all, NaN or infinite ones, or as many clusters
    as there are not values: an empty suite never scores 0.0.
    """
    numbers = [float(value) for value in values]
    if not numbers:
        raise ValueError("no values to estimate from: nothing was recorded")
    if not all(map(math.isfinite, numbers)):
        raise ValueError("values hold NaN or infinity, which no estimate may hide")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence {confidence!r} must lie between 0 and 1")
    if clusters is not None and len(clusters) != len(numbers):
        raise ValueError(f"{len(clusters)} cluster names for {len(numbers)} values")
    if quantile is not None:
        return _quantile(numbers, quantile, confidence)
    mean = math.fsum(numbers) / len(numbers)
    if clusters is not None and len(set(clusters)) < len(numbers):
        return _clustered_mean(numbers, clusters, mean, confidence)
    if _all_zero_or_one(numbers):
        low, high = wilson(mean, len(numbers), confidence)
        return Estimate(mean, low, high, len(numbers), "wilson", confidence)
    return _student(numbers, mean, plain_error(numbers, mean), len(numbers), "t", confidence)


def bootstrap(
    fn: Callable[[Sequence[R]], float],
    records: Sequence[R],
    *,
    seed: int = 0,
    resamples: int = 500,
    confidence: float = 0.95,
) -> Estimate:
    """Estimate ``fn(records)`` with a percentile bootstrap interval (Efron 1979).

    Records are drawn whole, with replacement, from a generator seeded by `seed`; at most
    MAX_DRAWS in all, but at least MIN_RESAMPLES resamples where as many are asked for. Resamples on
    which `fn` is NaN are left out; fewer than half leave no interval. The interval is widened to
    hold the value where need be. Raises ValueError for no records or a value that is not finite;
    whatever `fn` raises is passed on.
    """
    import random

    if not records:
        raise ValueError("no records to estimate from: nothing was recorded")
    value = float(fn(records))
    if not math.isfinite(value):
        raise ValueError(f"{getattr(fn, '__name__', fn)} gave {value} for {len(records)} records")
    rounds = min(resamples, max(MIN_RESAMPLES, MAX_DRAWS // len(records)))
    draw = random.Random(seed)
    drawn = (float(fn(draw.choices(records, k=len(records)))) for _ in range(rounds))
    outcomes = sorted(outcome for outcome in drawn if math.isfinite(outcome))
    method = f"bootstrap ({rounds} resamples)"
    if len(records) < 2 or rounds == 0 or len(outcomes) * 2 < rounds:
        return Estimate(value, None, None, len(records), method, confidence)
    tail = (1 - confidence) / 2
    low = min(value, quantile_of(outcomes, tail))
    high = max(value, quantile_of(outcomes, 1 - tail))
    return Estimate(value, low, high, len(records), method, confidence)


def _clustered_mean(
    values: list[float], clusters: Sequence[Hashable], mean: float, confidence: float
) -> Estimate:
    groups = len(set(clusters))
    if groups == 1:
        return Estimate(mean, None, None, len(values), "clustered t", confidence)
    error = clustered_error(values, clusters, mean)
    if error == 0 and _all_zero_or_one(values):
        # Every cluster alike says "no spread seen", not "no doubt": count each cluster once.
        low, high = wilson(mean, groups, confidence)
        return Estimate(mean, low, high, len(values), "wilson over clusters", confidence)
    return _student(values, mean, error, groups, "clustered t", confidence)


def _student(
    values: list[float], mean: float, error: float, units: int, method: str, confidence: float
) -> Estimate:
    """Mean plus and minus t times `error` with ``units - 1`` degrees of freedom."""
    if units < 2:
        return Estimate(mean, None, None, len(values), method, confidence)
    half = t_critical(confidence, units - 1) * error
    low, high = mean - half, mean + half
    if min(values) >= 0 and max(values) <= 1:
        low, high = max(0.0, low), min(1.0, high)
    return Estimate(mean, low, high, len(values), method, confidence)


def _quantile(values: list[float], quantile: float, confidence: float) -> Estimate:
    if not 0 < quantile < 1:
        raise ValueError(f"quantile {quantile!r} must lie between 0 and 1")
    ordered = sorted(values)
    value = quantile_of(ordered, quantile)
    lower, upper = order_statistic_ranks(len(ordered), quantile, confidence)
    low = None if lower is None else min(value, ordered[lower])
    high = None if upper is None else max(value, ordered[upper])
    return Estimate(value, low, high, len(ordered), "order statistics", confidence)


def _all_zero_or_one(values: list[float]) -> bool:
    return all(value in (0.0, 1.0) for value in values)
