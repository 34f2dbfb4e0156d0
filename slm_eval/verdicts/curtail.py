"""Exact early stopping (curtailment): stop a suite once the rest of it cannot change the gate.

No statistics: the verdict is the one that the whole suite would have given, whatever the cases
that were left out would have scored.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

from slm_eval.verdicts.gate import lower_is_better

if TYPE_CHECKING:
    from slm_eval.verdicts.gate import Gate


SHARES = frozenset({"extraction_failures", "truncated"})
"""Metrics of which less is better that are shares of the cases, within [0, 1]."""


def can_curtail(gate: Gate) -> bool:
    """Whether `gate` decides by the plain mean of a share against a fixed number in [0, 1].

    A metric of which less is better by its name, such as a loss or a time, has no upper bound that
    the values seen so far could tell; only `SHARES` have.
    """
    limit = gate.limit()
    unbounded = lower_is_better(gate.metric) and gate.metric not in SHARES
    plain_mean = gate.quantile is None and gate.confidence is None and gate.no_worse_than is None
    return plain_mean and not unbounded and limit is not None and 0 <= limit <= 1


def curtailed(
    gate: Gate, total_so_far: float, seen: int, total: int
) -> Literal["passed", "failed"] | None:
    """Return the gate's final verdict once it is certain, else None.

    total_so_far: sum of the metric, which must lie in [0, 1] per case, over `seen` of `total`
        cases. Raises ValueError for a sum that such cases cannot have.
    """
    limit = gate.limit()
    if not can_curtail(gate) or limit is None:
        return None
    if not 0 <= seen <= total:
        raise ValueError(f"{seen} cases seen of {total}")
    # Adding floats may pass the exact bound by a few last bits.
    if not -1e-9 <= total_so_far <= seen + 1e-9 or math.isnan(total_so_far):
        raise ValueError(f"a sum of {total_so_far} over {seen} cases is not of values in [0, 1]")
    if total == 0:
        return None
    lowest = total_so_far / total
    highest = (total_so_far + (total - seen)) / total
    worst, best = (lowest, highest) if gate.wants_high else (highest, lowest)
    if gate.meets(worst, limit):
        return "passed"
    if not gate.meets(best, limit):
        return "failed"
    return None
