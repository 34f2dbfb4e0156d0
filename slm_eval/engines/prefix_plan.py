"""What to compute for a set of token sequences so that nothing is computed twice. No torch.

The sequences of a block, sorted, form a tree: the few-shot block of a subject is its trunk, each
question a branch, each choice a twig. The plan walks that tree and cuts it into forward passes:

    Pass(keep=True)    a trunk too good to repeat: its keys and values stay in memory
    Pass               branches packed into one row; each token knows which tokens precede it
    Drop               the last kept trunk is forgotten

Inside a pass tokens lie in tree order, so the tokens below token k are exactly those with packed
indices in ``[k, ends[k])``: token q may attend to token k when ``k <= q < ends[k]``. That one rule
is the whole attention mask.

A trunk is kept when it is shared by more than fits in one pass and is at least `TRUNK_TOKENS` long;
a shorter one is cheaper to compute again in each pass that needs it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

TRUNK_TOKENS = 32
"""An estimate, not tuned: an extra pass reads all weights once more, as some tokens' work would."""


@dataclass
class Pass:
    """Tokens of one forward pass in tree order.

    depth: tokens of kept trunk that stand before every token here.
    tokens, positions, ends: id, place in its own sequence, and end of its subtree, per token.
    spots: (row, first scored position, packed index of each scored position of that row here).
    rows: the rows whose last token is computed here.
    """

    depth: int
    keep: bool = False
    tokens: list[int] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    spots: list[tuple[int, int, list[int]]] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Drop:
    """Forget the trunk that was kept last."""


@dataclass
class Plan:
    """Steps to run in order, and their cost in tokens against computing every row whole."""

    steps: list[Pass | Drop]
    plain_tokens: int

    @property
    def tokens(self) -> int:
        """Tokens that the plan computes."""
        return sum(len(step.tokens) for step in self.steps if isinstance(step, Pass))


def plan(
    rows: Sequence[Sequence[int]],
    scored: Sequence[int],
    budget: int,
    trunk_tokens: int = TRUNK_TOKENS,
) -> Plan:
    """Return the plan for `rows`, token ids of distinct, non-empty sequences.

    scored: for each row, how many of its last positions are scored (at least 1).
    budget: tokens in a pass at most; a single longer row gets a pass of its own.
    """
    planner = _Planner(rows, scored, budget, trunk_tokens)
    planner.cut(0, len(rows), 0)
    return Plan(planner.steps, sum(len(row) for row in rows))


def common(a: Sequence[int], b: Sequence[int]) -> int:
    """Return how many leading tokens two sequences share."""
    low, high = 0, min(len(a), len(b))
    # Comparing slices runs in C; halving finds the border in a few comparisons.
    while low < high:
        middle = (low + high + 1) // 2
        if a[low:middle] == b[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


class _Planner:
    """Cuts sorted rows into passes; `shared[i]` is what row i shares with row i - 1."""

    def __init__(
        self, rows: Sequence[Sequence[int]], scored: Sequence[int], budget: int, trunk: int
    ) -> None:
        self.order = sorted(range(len(rows)), key=lambda i: tuple(rows[i]))
        self.rows = [tuple(rows[i]) for i in self.order]
        self.scored = [scored[i] for i in self.order]
        self.budget = budget
        self.trunk = trunk
        pairs = zip(self.rows, self.rows[1:], strict=False)
        self.shared = [0, *(common(a, b) for a, b in pairs)]
        self.steps: list[Pass | Drop] = []

    def size(self, low: int, high: int, depth: int) -> int:
        """Tokens of the tree of rows [low, high) below `depth`."""
        return (
            len(self.rows[low])
            - depth
            + sum(len(self.rows[i]) - max(depth, self.shared[i]) for i in range(low + 1, high))
        )

    def cut(self, low: int, high: int, depth: int) -> None:
        """Emit the passes of rows [low, high), which all continue the kept first `depth` tokens."""
        if low >= high:
            return
        if self.size(low, high, depth) <= self.budget or high - low == 1:
            self.emit(low, high, depth)
            return
        fork = min(min(self.shared[low + 1 : high]), len(self.rows[low]))
        if fork - depth >= self.trunk:
            self.steps.append(self.trunk_pass(low, high, depth, fork))
            # A row that ends at the fork is computed already: it sorts first.
            ended = int(len(self.rows[low]) == fork)
            self.cut(low + ended, high, fork)
            self.steps.append(Drop())
            return
        self.gather(low, high, depth, fork)

    def gather(self, low: int, high: int, depth: int, fork: int) -> None:
        """Fill passes with the branches below `fork`; a branch too big for one is cut itself."""
        start = low
        for first, last in self.branches(low, high, fork):
            if self.size(first, last, depth) > self.budget:
                self.emit(start, first, depth)
                self.cut(first, last, depth)
                start = last
            elif self.size(start, last, depth) > self.budget:
                self.emit(start, first, depth)
                start = first
        self.emit(start, high, depth)

    def branches(self, low: int, high: int, fork: int) -> Iterator[tuple[int, int]]:
        """Yield the ranges of rows that part at `fork`."""
        start = low
        for i in range(low + 1, high):
            if self.shared[i] <= fork:
                yield start, i
                start = i
        yield start, high

    def trunk_pass(self, low: int, high: int, depth: int, fork: int) -> Pass:
        """Return the pass that computes and keeps tokens [depth, fork) of rows [low, high)."""
        length = fork - depth
        step = Pass(depth, keep=True)
        step.tokens = list(self.rows[low][depth:fork])
        step.positions = list(range(depth, fork))
        step.ends = [length] * length
        for i in range(low, high):
            first = max(depth, len(self.rows[i]) - self.scored[i])
            if first < fork:
                spot = list(range(first - depth, min(fork, len(self.rows[i])) - depth))
                step.spots.append((self.order[i], first, spot))
        if len(self.rows[low]) == fork:
            step.rows.append(self.order[low])
        return step

    def emit(self, low: int, high: int, depth: int) -> None:
        """Emit one pass with the tree of rows [low, high) below `depth`, in tree order."""
        if low >= high:
            return
        step = Pass(depth)
        path: list[int] = []
        for i in range(low, high):
            row = self.rows[i]
            kept = 0 if i == low else max(self.shared[i], depth) - depth
            _close(step.ends, path[kept:], len(step.tokens))
            path = path[:kept] + list(
                range(len(step.tokens), len(step.tokens) + len(row) - depth - kept)
            )
            step.tokens += row[depth + kept :]
            step.positions += range(depth + kept, len(row))
            step.ends += [0] * (len(row) - depth - kept)
            first = max(depth, len(row) - self.scored[i])
            step.spots.append((self.order[i], first, path[first - depth :]))
            step.rows.append(self.order[i])
        _close(step.ends, path, len(step.tokens))
        self.steps.append(step)


def split(
    step: Pass, rows: Sequence[Sequence[int]], scored: Sequence[int], part: Sequence[int]
) -> Pass:
    """Return the pass that computes only the rows `part` of `step`, below the same kept trunk."""
    planner = _Planner([rows[i] for i in part], [scored[i] for i in part], 0, 0)
    planner.order = [part[i] for i in planner.order]
    planner.emit(0, len(part), step.depth)
    (made,) = planner.steps
    assert isinstance(made, Pass)
    return made


def _close(ends: list[int], closed: Sequence[int], at: int) -> None:
    for index in closed:
        ends[index] = at


@dataclass(frozen=True)
class Group:
    """A run of packed tokens [start, stop) that attends together, and what precedes it.

    before: packed indices of the tokens above the run, in order.
    """

    start: int
    stop: int
    before: tuple[int, ...]


def groups(ends: Sequence[int], cap: int) -> list[Group]:
    """Cut a pass into attention groups of at most `cap` tokens.

    Small neighbouring subtrees share a group, a longer chain is cut into several; every token's
    ancestors are in its group or in `before`.
    """
    found: list[Group] = []
    _group_range(ends, 0, len(ends), (), cap, found)
    return found


def _group_range(
    ends: Sequence[int], start: int, stop: int, before: tuple[int, ...], cap: int, out: list[Group]
) -> None:
    """Cut the sibling subtrees in [start, stop), all below `before`."""
    pending = start
    at = start
    while at < stop:
        end = ends[at]
        if end - at > cap:
            if pending < at:
                out.append(Group(pending, at, before))
            _group_chain(ends, at, end, before, cap, out)
            pending = end
        elif end - pending > cap:
            out.append(Group(pending, at, before))
            pending = at
        at = end
    if pending < stop:
        out.append(Group(pending, stop, before))


def _group_chain(
    ends: Sequence[int], start: int, stop: int, before: tuple[int, ...], cap: int, out: list[Group]
) -> None:
    """Cut one subtree that is too big: its unbranched start in pieces, then what is below."""
    chain = start
    while chain < stop and ends[chain] == stop:
        chain += 1
    for piece in range(start, chain, cap):
        last = min(piece + cap, chain)
        out.append(Group(piece, last, before + tuple(range(start, piece))))
    _group_range(ends, chain, stop, before + tuple(range(start, chain)), cap, out)
