"""The formulas behind an interval, each with its source. Plain numbers in and out."""

from __future__ import annotations

import math
from collections import defaultdict
from statistics import NormalDist
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence


def wilson(p: float, n: float, confidence: float) -> tuple[float, float]:
    """Return the Wilson score interval of a proportion `p` seen in `n` independent cases.

    With z the normal quantile: ``(p + z^2/2n +- z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n)``
    (Wilson 1927; Brown, Cai & DasGupta 2001 recommend it). Equal to
    ``scipy.stats.binomtest(k, n).proportion_ci(method="wilson")`` without importing scipy.stats.
    """
    z2 = NormalDist().inv_cdf((1 + confidence) / 2) ** 2
    centre = p + z2 / (2 * n)
    half = math.sqrt(z2 * (p * (1 - p) / n + z2 / (4 * n * n)))
    scale = 1 + z2 / n
    low, high = (centre - half) / scale, (centre + half) / scale
    # Rounding alone must not push an end past the point, or out of the unit interval.
    return max(0.0, min(low, p)), min(1.0, max(high, p))


def plain_error(values: Sequence[float], mean: float) -> float:
    """Return the standard error of the mean, ``s / sqrt(n)`` with ``n - 1`` in s; 0.0 for n = 1."""
    n = len(values)
    if n < 2:
        return 0.0
    squares = math.fsum((value - mean) ** 2 for value in values)
    return math.sqrt(squares / (n - 1) / n)


def clustered_error(values: Sequence[float], clusters: Sequence[Hashable], mean: float) -> float:
    """Return the cluster-robust standard error of the mean of `values`.

    ``sqrt(G/(G-1) * sum_g (sum_{i in g} (x_i - mean))^2) / n`` for G >= 2 clusters: Miller 2024,
    "Adding Error Bars to Evals", equation 4, times the small-sample factor G/(G-1) of Cameron &
    Miller 2015; used with Student's t of G - 1 degrees of freedom. Clusters of one case each give
    `plain_error`.
    """
    residuals: defaultdict[Hashable, list[float]] = defaultdict(list)
    for value, cluster in zip(values, clusters, strict=True):
        residuals[cluster].append(value - mean)
    groups = len(residuals)
    squares = math.fsum(math.fsum(group) ** 2 for group in residuals.values())
    return math.sqrt(squares * groups / (groups - 1)) / len(values)


def t_critical(confidence: float, freedom: int) -> float:
    """Return the two-sided critical value of Student's t with `freedom` degrees of freedom."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, (1 + confidence) / 2))


def quantile_of(ordered: Sequence[float], quantile: float) -> float:
    """Return the quantile of sorted values by linear interpolation (type 7, as numpy's default)."""
    position = (len(ordered) - 1) * quantile
    below = math.floor(position)
    above = min(below + 1, len(ordered) - 1)
    share = position - below
    if share == 0 or ordered[below] == ordered[above]:
        return ordered[below]
    return ordered[below] * (1 - share) + ordered[above] * share


def order_statistic_ranks(
    n: int, quantile: float, confidence: float
) -> tuple[int | None, int | None]:
    """Return 0-based ranks of the order statistics that enclose a quantile of the population.

    The count of values below the quantile is binomial(n, quantile): each end leaves at most half
    of ``1 - confidence`` outside (Conover 1999, section 3.2; no assumption on the distribution
    but independence). None where no observed value is far enough out.
    """
    import numpy as np
    from scipy.special import bdtr

    tail = (1 - confidence) / 2
    # The population's quantile lies below ordered[rank] with probability below[rank].
    below = bdtr(np.arange(n, dtype=float), n, quantile)
    lower = int(np.searchsorted(below, tail, side="right")) - 1
    upper = int(np.searchsorted(below, 1 - tail, side="left"))
    return (lower if lower >= 0 else None), (upper if upper < n else None)
