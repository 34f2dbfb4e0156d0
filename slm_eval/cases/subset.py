"""A seeded subset that keeps the proportions of its clusters."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence


def stratified_subset(
    ids: Sequence[str], clusters: Sequence[Hashable], n: int, seed: int
) -> list[int]:
    """Return the indices of `n` of `ids`, in their original order.

    Every cluster gets its proportional share, rounded by largest remainder; within a cluster the
    ids with the lowest hash of seed and id are taken, so the choice is the same on every machine
    and Python version, and adding a row elsewhere changes no other choice. `n` at or above the
    number of ids takes them all. Raises `ValueError` for a negative `n` or unequal lengths.
    """
    if n < 0:
        raise ValueError(f"n = {n}: the size of a subset cannot be negative")
    if len(ids) != len(clusters):
        raise ValueError(f"{len(ids)} ids but {len(clusters)} clusters: give one for each id")
    if n >= len(ids):
        return list(range(len(ids)))
    members: dict[Hashable, list[int]] = defaultdict(list)
    for index, cluster in enumerate(clusters):
        members[cluster].append(index)
    shares = _shares(Counter(clusters), n, seed)
    chosen: list[int] = []
    for cluster, indices in members.items():
        ranked = sorted(indices, key=lambda index: _rank(seed, ids[index], index))
        chosen += ranked[: shares[cluster]]
    return sorted(chosen)


def _shares(sizes: Counter[Hashable], n: int, seed: int) -> dict[Hashable, int]:
    total = sizes.total()
    shares = {cluster: n * size // total for cluster, size in sizes.items()}
    # Equal remainders go by hash, not by name: otherwise the last of the alphabet loses every time.
    by_remainder = sorted(
        sizes, key=lambda cluster: (-(n * sizes[cluster] % total), _rank(seed, str(cluster), 0))
    )
    for cluster in by_remainder[: n - sum(shares.values())]:
        shares[cluster] += 1
    return shares


def _rank(seed: int, text: str, index: int) -> tuple[bytes, int]:
    return hashlib.sha256(f"{seed}\0{text}".encode()).digest(), index
