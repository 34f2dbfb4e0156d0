"""Generation that keeps its batch full: a finished sequence leaves at once, a waiting one enters.

Prompts that begin alike (a few-shot block) share the keys and values of that beginning, which every
decoding step then reads once for all of them. Every sequence has a row of its own otherwise: no
padding on the left, and no step for a sequence that has ended.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from slm_eval.engines.decode_graph import recorded
from slm_eval.engines.forward import to_device
from slm_eval.engines.memory import free_device_memory, out_of_memory
from slm_eval.engines.packed import TreePattern
from slm_eval.engines.plain_generation import sampler
from slm_eval.engines.prefix_plan import TRUNK_TOKENS, Pass, common
from slm_eval.engines.sampling import pick
from slm_eval.engines.slots import DecodePattern, Slots
from slm_eval.engines.stopping import Answer, append, check_stops, to_response
from slm_eval.engines.tree_layout import TreeLayout

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from slm_eval.engines.base import OnAnswer
    from slm_eval.engines.budget import Limits
    from slm_eval.engines.decode_graph import DecodeGraph
    from slm_eval.engines.forward import Halves
    from slm_eval.engines.packed import States
    from slm_eval.engines.plain_generation import PlainGenerator, Prompt
    from slm_eval.engines.tree_attention import TreeAttention


STEP_TOKENS = {"cpu": 8, "cuda": 256}
"""Tokens of a prefill pass that take as long as reading the weights once for a decoding step."""


@dataclass
class Running:
    """A prompt that is being answered."""

    prompt: Prompt
    answer: Answer
    source: Any


class Generator:
    """Answers prompts with a batch that stays full."""

    def __init__(
        self,
        halves: Halves,
        attention: TreeAttention,
        tokenizer: Any,
        device: str,
        ends: Collection[int],
        limits: Limits,
        seed: int,
        fallback: PlainGenerator,
    ) -> None:
        """Set up.

        ends: ids that end an answer. limits: of a prefill pass, of the cache and of the batch.
        fallback: answers a prompt alone whose logits came out NaN.
        """
        self.halves = halves
        self.attention = attention
        self.tokenizer = tokenizer
        self.device = device
        self.ends = ends
        self.seed = seed
        self.fallback = fallback
        self.limit(limits)

    def limit(self, limits: Limits) -> None:
        """Take the limits of the block that comes."""
        self.prefill_tokens = limits.pass_tokens
        self.cache_tokens = limits.cache_tokens
        self.rows = limits.rows
        self.fallback.limit(limits)

    def generate(self, prompts: Sequence[Prompt], on_answer: OnAnswer) -> None:
        """Answer every prompt; when memory runs out go on with half as many at a time."""
        steps = STEP_TOKENS["cpu" if self.device == "cpu" else "cuda"]
        for depth, members in clusters(prompts, self.rows, steps):
            waiting = sorted(members, key=lambda p: (-p.room, p.index))
            while waiting:
                rows = max(1, min(self.rows, self.cache_tokens // max(1, waiting[0].room - depth)))
                run = _Run(self, waiting, depth, min(rows, len(waiting)), on_answer)
                ran_out = out_of_memory(run.all) is not None
                waiting = self._after_memory_ran_out(run) if ran_out else []
                if ran_out and run.rows == 1:
                    # Alone it needs no gathering: transformers' own attention takes less memory.
                    run.doubtful.append(waiting.pop(0))
                for prompt in run.doubtful:
                    self.fallback.generate([prompt], on_answer)

    def _after_memory_ran_out(self, run: _Run) -> list[Prompt]:
        """Return what still has to be answered, with smaller limits set."""
        left = sorted(
            [*(s.prompt for s in run.active), *run.waiting], key=lambda p: (-p.room, p.index)
        )
        run.forget()
        free_device_memory()
        self.rows = max(1, run.rows // 2)
        self.prefill_tokens = max(1, self.prefill_tokens // 2)
        return left


def clusters(
    prompts: Sequence[Prompt], rows: int, step_tokens: int
) -> list[tuple[int, list[Prompt]]]:
    """Group prompts that share a beginning worth keeping; return its length with each group.

    A group is a batch of its own. One that leaves some of the `rows` empty is worth its decoding
    steps, which cost `step_tokens` each, only if it saves as many tokens of prompts.
    """
    by_start: dict[tuple[int, ...], list[Prompt]] = {}
    for prompt in prompts:
        by_start.setdefault(prompt.tokens.inputs[:TRUNK_TOKENS], []).append(prompt)
    alone: list[Prompt] = []
    found: list[tuple[int, list[Prompt]]] = []
    for members in by_start.values():
        ordered = sorted(m.tokens.inputs for m in members)
        # Every prompt keeps a token of its own: its last position predicts the first answer token.
        depth = min(common(ordered[0], ordered[-1]), min(len(each) for each in ordered) - 1)
        saved = (len(members) - 1) * depth
        steps = max(member.request.decoding.max_new_tokens for member in members)
        worth = len(members) >= rows or saved >= step_tokens * steps
        if len(members) > 1 and depth >= TRUNK_TOKENS and worth:
            found.append((depth, members))
        else:
            alone += members
    return [*found, (0, alone)] if alone else found


class _Run:
    """One cluster on its way: who waits, who is active in which row."""

    def __init__(
        self,
        owner: Generator,
        waiting: Sequence[Prompt],
        depth: int,
        rows: int,
        on_answer: OnAnswer,
    ) -> None:
        self.owner = owner
        self.waiting = list(waiting)
        self.depth = depth
        self.rows = rows
        self.on_answer = on_answer
        self.active: list[Running] = []
        self.doubtful: list[Prompt] = []
        self.slots = Slots(rows, None)
        self.graph: DecodeGraph | None = None
        self.steps = 0

    def forget(self) -> None:
        """Let go of all memory."""
        self.graph = None
        self.slots = Slots(1, None)
        self.active = []

    def all(self) -> None:
        """Answer everything."""
        import torch

        with torch.inference_mode():
            if self.depth:
                self.slots = Slots(self.rows, self.trunk())
            while self.waiting or self.active:
                while self.waiting and len(self.active) < self.rows:
                    self.enter()
                if self.active:
                    if self.steps == 0:
                        self.record()
                    self.step()
                    self.steps += 1

    def trunk(self) -> States:
        """Compute and return the states of the shared beginning."""
        tokens = list(self.waiting[0].tokens.inputs[: self.depth])
        record: States = {}
        self.forward(_chain(0, [tokens]), None, record)
        return record

    def forward(self, step: Pass, trunk: States | None, record: States) -> Any:
        """Return hidden states [tokens, hidden] of a prefill pass."""
        layout = TreeLayout(step, self.owner.device, self.owner.halves.model.dtype)
        with self.owner.attention.using(TreePattern(layout, trunk, record)):
            return self.owner.halves.hidden(
                to_device([step.tokens], self.owner.device),
                position_ids=to_device([step.positions], self.owner.device),
            )[0]

    def enter(self) -> None:
        """Prefill as many waiting prompts as there are free rows and tokens in one pass."""
        started = time.perf_counter()
        taken, tokens = 0, 0
        for prompt in self.waiting[: self.rows - len(self.active)]:
            own = len(prompt.tokens.inputs) - self.depth
            if taken and tokens + own > self.owner.prefill_tokens:
                break
            taken, tokens = taken + 1, tokens + own
        prompts = self.waiting[:taken]
        step = _chain(self.depth, [p.tokens.inputs[self.depth :] for p in prompts])
        record: States = {}
        hidden = self.forward(step, self.slots.trunk, record)
        lasts, stop = [], 0
        for prompt in prompts:
            start, stop = stop, stop + len(prompt.tokens.inputs) - self.depth
            self.slots.admit(record, start, stop)
            lasts.append(stop - 1)
        record.clear()
        del self.waiting[:taken]
        entered = [
            Running(p, Answer(p.request.decoding, p.tokens.thinking), sampler(p, self.owner.seed))
            for p in prompts
        ]
        self.active += entered
        logits = self.owner.halves.logits(hidden[to_device(lasts, self.owner.device)])
        self.advance(entered, logits, started)

    def step(self) -> None:
        """Compute one more token of every active sequence."""
        started = time.perf_counter()
        owner = self.owner
        lengths = self.slots.lengths
        last = [s.answer.ids[-1] for s in self.active]
        positions = [self.depth + length for length in lengths]
        if self.graph is not None:
            logits = self.graph.logits(last, positions, lengths)
        else:
            self.slots.reserve(max(lengths) + 1)
            pattern = DecodePattern(self.slots, to_device(lengths, owner.device), max(lengths) + 1)
            with owner.attention.using(pattern):
                hidden = owner.halves.hidden(
                    to_device([last], owner.device),
                    position_ids=to_device([positions], owner.device),
                )[0]
            logits = owner.halves.logits(hidden)
        self.slots.lengths = [length + 1 for length in lengths]
        self.advance(self.active, logits, started)

    def record(self) -> None:
        """Record the decoding step where the device can, with room for every answer to come."""
        owner = self.owner
        prompts = [*(each.prompt for each in self.active), *self.waiting]
        if owner.device.startswith("cuda"):
            self.slots.reserve(max(prompt.room for prompt in prompts) - self.depth)
        steps = max(prompt.request.decoding.max_new_tokens for prompt in prompts)
        self.graph = recorded(owner.halves, owner.attention, self.slots, owner.device, steps)

    def advance(self, sequences: Sequence[Running], logits: Any, started: float) -> None:
        """Pick the next token of `sequences` and let the finished ones leave."""
        broken = logits.isnan().any(1).tolist()
        tokens, ties = pick(
            logits, [s.answer.decoding for s in sequences], [s.source for s in sequences]
        )
        for each, token, tied in zip(sequences, tokens, ties, strict=True):
            append(each.answer, token, tied, self.owner.ends)
        check_stops([s.answer for s in sequences], self.owner.tokenizer)
        share = (time.perf_counter() - started) / len(sequences)
        for each, nan in zip(list(sequences), broken, strict=True):
            each.answer.seconds += share
            if nan or each.answer.finished:
                self.leave(each, nan)

    def leave(self, sequence: Running, nan: bool) -> None:
        """Hand over a finished answer and free its row."""
        row = next(i for i, each in enumerate(self.active) if each is sequence)
        self.slots.drop(row)
        self.active[row] = self.active[-1]
        self.active.pop()
        prompt = sequence.prompt
        if nan:
            # A NaN spreads to the prompts that were packed beside it: alone they tell themselves.
            self.doubtful.append(prompt)
            return
        self.on_answer(
            prompt.index,
            to_response(sequence.answer, self.owner.tokenizer, prompt.tokens),
        )


def _chain(depth: int, rows: Sequence[Sequence[int]]) -> Pass:
    """Return a pass of unbranched rows side by side, all below a trunk of `depth` tokens."""
    step = Pass(depth)
    for row in rows:
        step.tokens += row
        step.positions += range(depth, depth + len(row))
        step.ends += [len(step.tokens)] * len(row)
    return step
