"""Which tests belong together: a pure function of test ids.

A block is every selected case of one suite and one model, with the suite's gates. Its cases are
answered together; under xdist a block runs whole on one worker. The plan is computed from ids
alone, so that an xdist controller, which never collects, computes the same one as its workers.

The one grammar of ids: ``path::test_mmlu[MODEL:CASE]`` and
``path::test_mmlu[MODEL:gate:accuracy.at_least]``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

GATE = "gate:"


class BlockKey(NamedTuple):
    """A suite's test function (``path::test_mmlu``) and a model's alias."""

    suite: str
    model: str


@dataclass
class Block:
    """The selected tests of one suite and model, in running order."""

    key: BlockKey
    cases: list[str] = field(default_factory=list)
    gates: list[str] = field(default_factory=list)


@dataclass
class Plan:
    """Blocks in the order of their first test, and the block of each test id."""

    blocks: dict[BlockKey, Block] = field(default_factory=dict)
    block_of: dict[str, BlockKey] = field(default_factory=dict)


def parse(nodeid: str, models: Collection[str]) -> tuple[BlockKey, str] | None:
    """Split a test id into its block and what follows MODEL; None when it is no test of ours."""
    # A folder's name may hold brackets; the parameters begin at the first one after the path.
    path, colons, tail = nodeid.partition("::")
    name, bracket, parameters = tail.partition("[")
    model, colon, rest = parameters.removesuffix("]").partition(":")
    if not bracket or not colon or model not in models:
        return None
    return BlockKey(f"{path}{colons}{name}", model), rest


def plan(nodeids: Iterable[str], models: Collection[str]) -> Plan:
    """Group test ids into blocks; ids that are not ours are left out."""
    result = Plan()
    for nodeid in nodeids:
        parsed = parse(nodeid, models)
        if parsed is None:
            continue
        key, rest = parsed
        block = result.blocks.get(key)
        if block is None:
            block = result.blocks[key] = Block(key)
        (block.gates if rest.startswith(GATE) else block.cases).append(nodeid)
        result.block_of[nodeid] = key
    return result
