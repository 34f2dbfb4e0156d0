"""The engine `transformers`: a model in this process.

Requests are encoded a chunk at a time, log-likelihoods and generations each run in their best
order, and an answer is handed over as soon as its batch is done.
"""

from __future__ import annotations

import gc
import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from slm_eval.cases.case import Generation, LogLikelihoods, Request
from slm_eval.engines.base import EngineInfo
from slm_eval.engines.branching import branching
from slm_eval.engines.budget import TokenBudget
from slm_eval.engines.encoding import Encoder
from slm_eval.engines.forward import Halves, to_device
from slm_eval.engines.generation import Generator
from slm_eval.engines.loading import Loaded, load
from slm_eval.engines.packed import PackedScorer
from slm_eval.engines.plain import PlainScorer
from slm_eval.engines.plain_generation import PlainGenerator, Prompt
from slm_eval.engines.quiet import quiet_libraries
from slm_eval.engines.samples import one_sample_each
from slm_eval.engines.scoreboard import Leaf, ScoreBoard
from slm_eval.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from slm_eval.cases.case import Response
    from slm_eval.engines.base import EngineOptions, OnAnswer
    from slm_eval.engines.budget import Limits
    from slm_eval.engines.encoding import ScoredTokens
    from slm_eval.models.resolve import ModelRef

CHUNK = 1024
"""Requests encoded at a time: bounds the memory that token ids take."""


class TransformersEngine:
    """Answers requests with a transformers causal language model."""

    def __init__(self, model: ModelRef, options: EngineOptions, plain: bool = False) -> None:
        """Load the model now. Raises what `slm_eval.engines.loading.load` raises.

        plain: take the plain path whatever the prefix plan says, for comparisons.
        """
        self._set_up(load(model, options), options, plain)

    @classmethod
    def of(cls, loaded: Loaded, options: EngineOptions, plain: bool = False) -> TransformersEngine:
        """Return an engine around a model that is in memory already."""
        engine = cls.__new__(cls)
        engine._set_up(loaded, options, plain)
        return engine

    def _set_up(self, loaded: Loaded, options: EngineOptions, plain: bool) -> None:
        self.options = options
        self.loaded: Loaded | None = loaded
        self.encoder = Encoder(loaded.tokenizer, loaded.max_context, loaded.name, options.chat)
        self.halves = Halves(loaded.model)
        self.info = _info(loaded, options)
        self.budget = TokenBudget(loaded, options.batch_size)
        self.predicted_bytes = 0
        """What the arithmetic said that a run of this engine would hold at most."""
        start = self.budget.limits(loaded.max_context)
        fallback = PlainScorer(self.halves, loaded.device, start.pass_tokens, options.batch_size)
        self._scorer: PlainScorer | PackedScorer = fallback
        self.attention = None
        if not plain:
            self.attention, notices = branching(self.halves, loaded.device)
            self.info = replace(self.info, notices=notices)
        if self.attention is not None:
            self._scorer = PackedScorer(
                self.halves, self.attention, loaded.device, start.pass_tokens, fallback
            )
        ends = end_ids(loaded)
        alone = PlainGenerator(
            self.halves,
            loaded.tokenizer,
            loaded.device,
            ends,
            start,
            options.seed,
        )
        self._generator: PlainGenerator | Generator = alone
        if self.attention is not None:
            self._generator = Generator(
                self.halves,
                self.attention,
                loaded.tokenizer,
                loaded.device,
                ends,
                start,
                options.seed,
                alone,
            )
        self.budget.confirm(self._forward)

    def _forward(self, tokens: int) -> None:
        """Compute one row of `tokens` tokens, for the budget to see what it takes."""
        import torch

        assert self.loaded is not None
        limit = self.halves.vocabulary
        ids = [index % limit for index in range(tokens)]
        with torch.inference_mode():
            hidden = self.halves.hidden(to_device([ids], self.loaded.device))
            self.halves.score_at(hidden[0], range(tokens), ids)

    def run(self, requests: Sequence[Request], on_answer: OnAnswer) -> None:
        """Answer every request; see `Engine.run`."""
        if self.loaded is None:
            raise EngineError("this engine is closed")
        requests, on_answer = one_sample_each(requests, on_answer)
        with quiet_libraries():
            self._score_all(
                [(i, r) for i, r in enumerate(requests) if isinstance(r, LogLikelihoods)], on_answer
            )
            self._generate(
                [(i, r) for i, r in enumerate(requests) if isinstance(r, Generation)], on_answer
            )

    def _score_all(self, asked: Sequence[tuple[int, LogLikelihoods]], on_answer: OnAnswer) -> None:
        """Score in chunks; the next chunk is encoded while this one is computed."""
        parts = list(chunks(asked, CHUNK))
        with ThreadPoolExecutor(1, thread_name_prefix="slm-eval-encode") as pool:
            coming = [
                pool.submit(self.encoder.scored, [request for _, request in part])
                for part in parts[:1]
            ]
            for number, part in enumerate(parts):
                encoded = coming.pop().result()
                if number + 1 < len(parts):
                    following = [request for _, request in parts[number + 1]]
                    coming.append(pool.submit(self.encoder.scored, following))
                self._score(part, encoded, on_answer)

    def _score(
        self,
        asked: Sequence[tuple[int, LogLikelihoods]],
        encoded: Sequence[list[ScoredTokens] | EngineError],
        on_answer: OnAnswer,
    ) -> None:
        board = ScoreBoard(on_answer)
        leaves: list[Leaf] = []
        for (index, request), tokens in zip(asked, encoded, strict=True):
            if isinstance(tokens, EngineError):
                on_answer(index, tokens)
            else:
                leaves += board.expect(index, request, tokens)
        if leaves:
            limits = self._limits([len(leaf.tokens.inputs) for leaf in leaves], held=1)
            self._scorer.limit(limits)
            self._scorer.score(leaves, board)
            if self._scorer.tokens < limits.pass_tokens:
                self.budget.ran_out(self._scorer.tokens)

    def _generate(self, asked: Sequence[tuple[int, Generation]], on_answer: OnAnswer) -> None:
        equal: dict[Generation, list[int]] = {}
        for index, request in asked:
            equal.setdefault(request, []).append(index)

        def tell(first: int, answer: Response | EngineError, /) -> None:
            for index in owners[first]:
                on_answer(index, answer)

        owners = {indices[0]: indices for indices in equal.values()}
        prompts: list[Prompt] = []
        encoded = self.encoder.prompts(list(equal))
        for (request, indices), tokens in zip(equal.items(), encoded, strict=True):
            if isinstance(tokens, EngineError):
                tell(indices[0], tokens)
            else:
                prompts.append(Prompt(indices[0], request, tokens))
        if prompts:
            rooms = [prompt.room for prompt in prompts]
            self._generator.limit(self._limits(rooms, held=min(len(rooms), self.budget.rows)))
            self._generator.generate(prompts, tell)

    def _limits(self, lengths: Sequence[int], held: int) -> Limits:
        """Return what fits now for a block of rows of these many tokens.

        held: rows whose keys and values are kept at a time, for the prediction.
        """
        assert self.loaded is not None
        longest = max(lengths)
        limits = self.budget.limits(longest)
        if self.options.batch_size is not None:
            most = min(limits.pass_tokens, self.options.batch_size * longest)
            limits = replace(limits, pass_tokens=most)
        tokens = min(limits.pass_tokens, sum(lengths))
        cached = min(limits.cache_tokens, held * longest)
        self.predicted_bytes = max(
            self.predicted_bytes,
            self.loaded.weights_bytes
            + self.budget.pass_bytes(tokens, longest)
            + self.budget.states_bytes(cached),
        )
        return limits

    def close(self) -> None:
        """Free the memory of the model."""
        if self.loaded is None:
            return
        device = self.loaded.device
        self.loaded = None
        if self.attention is not None:
            self.attention.close()
        del self.halves, self.encoder, self._scorer, self._generator
        gc.collect()
        if device.startswith("cuda"):
            import torch

            torch.cuda.empty_cache()


def chunks(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    """Cut `items` into runs of at most `size`."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def end_ids(loaded: Loaded) -> frozenset[int]:
    """Return the token ids that end an answer: the generation config's and the tokenizer's."""
    configured = getattr(loaded.model.generation_config, "eos_token_id", None)
    ids = configured if isinstance(configured, list) else [configured]
    return frozenset(i for i in [*ids, loaded.tokenizer.eos_token_id] if i is not None)


def _info(loaded: Loaded, options: EngineOptions) -> EngineInfo:
    import transformers

    template = loaded.tokenizer.chat_template
    info = EngineInfo(
        engine="transformers",
        engine_version=transformers.__version__,
        device=loaded.device,
        dtype=loaded.dtype,
        batch=str(options.batch_size or "auto"),
        fingerprint=loaded.fingerprint,
        parameters=loaded.parameters,
        weights_bytes=loaded.weights_bytes,
        max_context=loaded.max_context,
    )
    if not template:
        return info
    digest = hashlib.sha256(str(template).encode()).hexdigest()
    return replace(info, chat_template_sha256=digest)
