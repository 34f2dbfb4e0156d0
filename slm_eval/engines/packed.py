"""Runs a prefix plan: one packed row for each pass, logits only where something is scored."""

from __future__ import annotations

import math
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from slm_eval.engines.forward import to_device
from slm_eval.engines.memory import free_device_memory, out_of_memory, run_halving
from slm_eval.engines.plain import rows_of
from slm_eval.engines.prefix_plan import TRUNK_TOKENS, Drop, Pass, plan, split
from slm_eval.engines.tree_layout import TreeLayout

if TYPE_CHECKING:
    from collections.abc import Sequence

    from slm_eval.engines.budget import Limits
    from slm_eval.engines.forward import Halves
    from slm_eval.engines.plain import PlainScorer, Row
    from slm_eval.engines.scoreboard import Leaf, ScoreBoard
    from slm_eval.engines.tree_attention import TreeAttention

ALONE_TOKENS = 1024
"""From this length on a row that shares nothing is cheaper on the plain path, whose attention need
not gather what precedes each group (bench/RESULTS.md)."""

States = dict[int, tuple[Any, Any]]
"""Keys and values by layer, each [1, key heads, tokens, size]."""


class TreePattern:
    """One pass as an attention pattern: own tree, kept trunk, and a record of new states."""

    def __init__(self, layout: TreeLayout, trunk: States | None, record: States | None) -> None:
        """trunk: states before every token. record: where to note the states of this pass."""
        self.layout = layout
        self.trunk = trunk
        self.record = record

    def attend(
        self,
        query: Any,
        key: Any,
        value: Any,
        layer: int,
        scale: float,
        window: int | None,
        softcap: float | None,
    ) -> Any:
        """See `Pattern.attend`."""
        trunk = self.trunk[layer] if self.trunk else None
        if self.record is not None:
            self.record[layer] = (key, value)
        return self.layout.attend(query, key, value, trunk, scale, window, softcap)


def lengthened(trunk: States | None, new: States) -> States:
    """Return the states of a trunk with those of a further piece of trunk behind them."""
    import torch

    if trunk is None:
        return new
    return {
        layer: (torch.cat((trunk[layer][0], key), 2), torch.cat((trunk[layer][1], value), 2))
        for layer, (key, value) in new.items()
    }


@dataclass
class _Sum:
    """What is known of one leaf: positions still to come, the sum so far, all greedy so far."""

    missing: int
    total: float = 0.0
    greedy: bool = True
    seconds: float = 0.0


class PackedScorer:
    """Scores leaves by a prefix plan; what it cannot hold in memory goes the plain path."""

    def __init__(
        self,
        halves: Halves,
        attention: TreeAttention,
        device: str,
        tokens: int,
        fallback: PlainScorer,
    ) -> None:
        """tokens: tokens in a pass at most. fallback: for a trunk that does not fit in memory."""
        self.halves = halves
        self.attention = attention
        self.device = device
        self.tokens = tokens
        self.fallback = fallback
        self.computed_tokens = 0
        self.plain_tokens = 0

    def limit(self, limits: Limits) -> None:
        """Take the limits of the block that comes."""
        self.tokens = limits.pass_tokens
        self.fallback.limit(limits)

    def score(self, leaves: Sequence[Leaf], board: ScoreBoard) -> None:
        """Score every leaf on `board`."""
        rows, alone = by_cost(rows_of(leaves))
        self.fallback.score([leaf for row in alone for leaf in row.leaves], board)
        if not rows:
            return
        run = _Run(self, rows, board)
        if out_of_memory(run.all) is not None:
            run.trunks.clear()
            free_device_memory()
            self.tokens = max(1, self.tokens // 2)
            run.settle()
            self.fallback.score(run.unscored(), board)
        self.fallback.score(run.doubtful, board)

    def hidden(self, step: Pass, trunk: States | None, record: States | None) -> Any:
        """Return the hidden states [tokens, hidden] of one pass."""
        layout = TreeLayout(step, self.device, self.halves.model.dtype)
        with self.attention.using(TreePattern(layout, trunk, record)):
            return self.halves.hidden(
                to_device([step.tokens], self.device),
                position_ids=to_device([step.positions], self.device),
            )[0]


def by_cost(rows: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """Return the rows that a plan makes cheaper, and long ones that have nothing to share."""
    starts = Counter(row.inputs[:TRUNK_TOKENS] for row in rows)
    planned: list[Row] = []
    alone: list[Row] = []
    for row in rows:
        shares = starts[row.inputs[:TRUNK_TOKENS]] > 1
        (planned if shares or len(row.inputs) < ALONE_TOKENS else alone).append(row)
    return planned, alone


class _Run:
    """One block on its way: trunks kept, sums that wait for more positions."""

    def __init__(self, scorer: PackedScorer, rows: Sequence[Row], board: ScoreBoard) -> None:
        self.scorer = scorer
        self.rows = rows
        self.board = board
        self.scored = [max(len(leaf.tokens.targets) for leaf in row.leaves) for row in rows]
        self.trunks: list[States] = []
        self.doubtful: list[Leaf] = []
        self.pending: tuple[list[Leaf], Any] | None = None
        self.settled_s = time.perf_counter()
        self.sums = {
            (leaf.request, leaf.choice): _Sum(len(leaf.tokens.targets))
            for row in rows
            for leaf in row.leaves
        }

    def all(self) -> None:
        """Run every step of the plan."""
        made = plan([row.inputs for row in self.rows], self.scored, self.scorer.tokens)
        self.scorer.computed_tokens += made.tokens
        self.scorer.plain_tokens += made.plain_tokens
        for step in made.steps:
            if isinstance(step, Drop):
                self.trunks.pop()
            elif step.keep:
                record: States = {}
                self.run(step, record)
                self.trunks.append(lengthened(self.trunks[-1] if self.trunks else None, record))
            else:
                self.run_or_split(step)
        self.settle()

    def run_or_split(self, step: Pass) -> None:
        """Run a pass; when memory runs out run smaller ones, and plan smaller ones from now on."""
        rows = [row.inputs for row in self.rows]

        def halved(_size: int) -> None:
            self.scorer.tokens = max(1, self.scorer.tokens // 2)

        def run(part: Sequence[int]) -> None:
            whole = len(part) == len(step.rows)
            self.run(step if whole else split(step, rows, self.scored, part), None)

        def give_up(_row: int, reason: BaseException) -> None:
            raise reason

        run_halving(step.rows, run, give_up, halved)

    def run(self, step: Pass, record: States | None) -> None:
        """Run one pass and add its scores to the leaves'."""
        import torch

        trunk = self.trunks[-1] if self.trunks else None
        with torch.inference_mode():
            hidden = self.scorer.hidden(step, trunk, record)
            places, targets, owners = self.asked(step)
            scores = self.scorer.halves.score_at(hidden, places, targets)
        self.settle()
        self.pending = (owners, scores)
        if self.scorer.device == "cpu":
            self.settle()

    def settle(self) -> None:
        """Add the scores of a pass: an accelerator has the next one under way by then."""
        if self.pending is None:
            return
        owners, scores = self.pending
        self.pending = None
        values, greedy = scores.tolist()
        now = time.perf_counter()
        share = (now - self.settled_s) / max(1, len(owners))
        self.settled_s = now
        self.add(owners, values, greedy, share)

    def asked(self, step: Pass) -> tuple[list[int], list[int], list[Leaf]]:
        """Return packed index, target and leaf of everything that this pass scores."""
        places: list[int] = []
        targets: list[int] = []
        owners: list[Leaf] = []
        for row, first, indices in step.spots:
            inputs = self.rows[row].inputs
            for leaf in self.rows[row].leaves:
                start = len(inputs) - len(leaf.tokens.targets)
                skip = max(0, start - first)
                for position, index in enumerate(indices[skip:], first + skip):
                    places.append(index)
                    targets.append(leaf.tokens.targets[position - start])
                    owners.append(leaf)
        return places, targets, owners

    def add(
        self,
        owners: Sequence[Leaf],
        values: Sequence[float],
        greedy: Sequence[float],
        seconds: float,
    ) -> None:
        """Add token scores to their leaves; a leaf without missing positions goes to the board."""
        for leaf, value, best in zip(owners, values, greedy, strict=True):
            entry = self.sums[leaf.request, leaf.choice]
            entry.missing -= 1
            entry.total += value
            entry.greedy &= bool(best)
            entry.seconds += seconds
            if entry.missing == 0:
                self.finish(leaf, entry)

    def finish(self, leaf: Leaf, entry: _Sum) -> None:
        """Hand a leaf's score over, or set the leaf aside if it is NaN."""
        if math.isnan(entry.total):
            # A NaN spreads to the rows that were packed beside it: the plain path tells them apart.
            self.doubtful.append(leaf)
        else:
            self.board.score(leaf, entry.total, entry.greedy, entry.seconds)

    def unscored(self) -> list[Leaf]:
        """Return the leaves that still wait for positions."""
        return [
            leaf
            for row in self.rows
            for leaf in row.leaves
            if self.sums[leaf.request, leaf.choice].missing
        ]
