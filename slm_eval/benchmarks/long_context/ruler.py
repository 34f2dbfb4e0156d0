"""RULER: the kinds that can be generated, at a list of lengths (Hsieh et al. 2024)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from slm_eval.benchmarks.long_context.rows import (
    NEEDLES,
    NEW_TOKENS,
    RULER_KINDS,
    least_tokens,
)
from slm_eval.benchmarks.long_context.task import LENGTHS, check_lengths, long_context_task
from slm_eval.errors import ConfigError, closest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from slm_eval.task import Task


DEFAULT_KINDS = ("niah_multikey_1", "niah_multikey_3", "vt", "fwe")
"""Single needles are asked by the grid of `needle`; each of the rest takes as long as all these."""


def ruler(
    lengths: Sequence[int] | None = None,
    kinds: Sequence[str] = RULER_KINDS,
    *,
    samples: int = 1,
    seed: int = 0,
) -> Task:
    """Return RULER's kinds that can be generated, at each of `lengths` (tokens) that holds them.

    Without `lengths` they are the powers of two from 512 to 131,072, and a default run asks
    `DEFAULT_KINDS` at their first. Raises `ConfigError` for an unknown kind or arguments out of
    range.
    """
    named, lengths = lengths is not None, LENGTHS if lengths is None else lengths
    for kind in kinds:
        if kind not in RULER_KINDS:
            raise ConfigError(f"RULER has no kind {kind!r}{closest(kind, RULER_KINDS)}")
    check_lengths(lengths, samples, min(map(least_tokens, kinds), default=0))
    rows = [
        {
            "id": f"{kind}-{length}-{sample}",
            "kind": kind,
            "length": length,
            "max_new_tokens": NEW_TOKENS.get(kind) or NEEDLES[kind].max_new_tokens,
            "default": named or (kind in DEFAULT_KINDS and length == least_tokens(kind)),
            "seed": f"{kind}/{length}/{sample}/{seed}",
        }
        for length in lengths
        for kind in kinds
        if length >= least_tokens(kind)
        for sample in range(samples)
    ]
    return long_context_task("ruler", rows, cost_s=1.2, budget_s=13)
