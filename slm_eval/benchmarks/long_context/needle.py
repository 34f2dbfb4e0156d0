"""A needle in a haystack: a value hidden at each depth of contexts of each length.

The grid is Kamradt's ("Needle In A Haystack", 2023), its several needles included; wording and
haystack are those of RULER's `niah_single_2` and `niah_multivalue`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from slm_eval.benchmarks.long_context.rows import least_tokens
from slm_eval.benchmarks.long_context.task import (
    LENGTHS,
    SHORT,
    check_lengths,
    long_context_task,
)
from slm_eval.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from slm_eval.task import Task

DEPTHS = (0.0, 0.25, 0.5, 0.75, 1.0)


def needle(
    lengths: Sequence[int] | None = None,
    depths: Sequence[float] = DEPTHS,
    *,
    needles: int = 1,
    samples: int = 1,
    seed: int = 0,
) -> Task:
    """Return the grid of lengths (tokens) by depths (0 to 1) of the first of `needles` needles.

    Without `lengths` they are the powers of two from 512 to 131,072, and a default run asks the
    first two at three depths.
    Further needles hold further values of the same key, spread evenly behind the first; all are
    asked for. Raises `ConfigError` for arguments out of range.
    """
    named, lengths = lengths is not None, LENGTHS if lengths is None else lengths
    check_lengths(lengths, samples, least_tokens("needle"))
    if not depths or not all(0 <= depth <= 1 for depth in depths) or not 1 <= needles <= 20:
        raise ConfigError(
            f"needle(depths={tuple(depths)}, needles={needles}): depths lie between 0 and 1, "
            "needles between 1 and 20"
        )
    middle = depths[len(depths) // 2]
    rows = [
        {
            "id": f"{length}-depth{round(100 * depth):03d}-{sample}",
            "kind": "needle",
            "length": length,
            "depth": float(depth),
            "depths": [depth + (1 - depth) * at / needles for at in range(needles)],
            "needles": needles,
            "default": named or (length <= SHORT and depth in (depths[0], middle, depths[-1])),
            "max_new_tokens": 16 + 16 * needles,
            "seed": f"needle-{needles}/{length}/{depth:g}/{sample}/{seed}",
        }
        for length in lengths
        for depth in depths
        for sample in range(samples)
    ]
    name = "needle" if needles == 1 else "needles"
    return long_context_task(name, rows, cost_s=0.8, budget_s=12, stop=("\n",))
