"""Picks the next token of each sequence: greedily, or sampled with a generator of its own.

A sampled answer depends on its own request and seed alone, never on what shares its batch.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from slm_eval.cases.case import Decoding

TIE = 1e-5
"""Two logits tie when they differ by no more than this share of the larger one (at least 1)."""


def generator_for(text: str, decoding: Decoding, run_seed: int) -> Any:
    """Return a torch generator seeded by the run's seed, the request's seed and its text."""
    import torch

    key = f"{run_seed}\0{decoding.seed}\0{text}"
    seed = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") >> 1
    return torch.Generator().manual_seed(seed)


def pick(
    logits: Any, decodings: Sequence[Decoding], generators: Sequence[Any]
) -> tuple[list[int], list[bool]]:
    """Return the next token of each row and whether its greedy choice was a tie.

    logits: float32 [n, vocabulary]. generators: one for each row, None for a greedy one.
    """
    import torch

    best = torch.topk(logits, min(2, logits.shape[1]), dim=1)
    tokens: list[int] = best.indices[:, 0].tolist()
    gaps = best.values[:, 0] - best.values[:, -1]
    ties = (gaps <= TIE * best.values[:, 0].abs().clamp(min=1.0)).tolist()
    for row, (decoding, generator) in enumerate(zip(decodings, generators, strict=True)):
        if generator is not None:
            tokens[row] = sample(logits[row], decoding, generator)
            ties[row] = False
    return tokens, ties


def sample(logits: Any, decoding: Decoding, generator: Any) -> int:
    """Draw one token id from logits [vocabulary] after temperature, top-k and top-p."""
    import torch

    values, ids = torch.sort(logits.double().cpu() / decoding.temperature, descending=True)
    if decoding.top_k > 0:
        values = values[: decoding.top_k]
    weights = torch.softmax(values, dim=0).cumsum(0)
    if decoding.top_p < 1.0:
        # The first token that reaches top_p still belongs to the nucleus.
        kept = int(torch.searchsorted(weights, decoding.top_p)) + 1
        weights = weights[:kept]
    draw = torch.rand((), generator=generator, dtype=torch.float64) * weights[-1]
    return int(ids[min(int(torch.searchsorted(weights, draw, right=True)), len(weights) - 1)])
