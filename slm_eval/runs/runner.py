"""Answers a block at a time: the first case asks, the engine runs them all, later cases look up.

One model is in memory at a time. An error of the engine is kept and raised for each case that it
touches; an error while opening the model is kept and raised for each case of that model.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from slm_eval.cases.case import Chat, Generation, Request, Response, prompt_sha256
from slm_eval.errors import EngineError, ModelDoesNotFit, SlmEvalError

if TYPE_CHECKING:
    from slm_eval.engines.base import Engine, EngineInfo
    from slm_eval.models.fit import FitResult
    from slm_eval.models.resolve import ModelRef
    from slm_eval.runs.handle import CaseHandle
    from slm_eval.runs.plan import BlockKey
    from slm_eval.runs.settings import Settings

EARLY_STOP_CHUNK = 32


@dataclass(frozen=True, slots=True)
class Answered:
    """A response or the error in its place, with the hash of the prompt that asked for it."""

    prompt_sha256: str
    answer: Response | EngineError


@dataclass
class _Block:
    handles: list[CaseHandle]
    answers: dict[int, Answered] = field(default_factory=dict)
    """By `CaseHandle.index`."""


Progress = Callable[["BlockKey", int, int], None]
"""Called with the block, how many of its requests are answered, and how many there are."""


class Runner:
    """Holds the engine, the planned blocks and their answers; knows nothing of pytest."""

    def __init__(
        self,
        settings: Settings,
        models: Sequence[ModelRef],
        progress: Progress = lambda key, done, total: None,
    ) -> None:
        self._settings = settings
        self._models = {model.alias: model for model in models}
        self._progress = progress
        self._blocks: dict[BlockKey, _Block] = {}
        self._block_of: dict[int, BlockKey] = {}
        self._engine: Engine | None = None
        self._engine_model: str | None = None
        self._refused: dict[str, SlmEvalError] = {}
        self.infos: dict[str, EngineInfo] = {}

    def expect(self, key: BlockKey, handles: Sequence[CaseHandle]) -> None:
        """Announce a block: these cases will be asked for, most likely in this order."""
        self._blocks[key] = _Block(list(handles))
        for handle in handles:
            self._block_of[id(handle)] = key

    def response(self, handle: CaseHandle) -> Response:
        """Return the answer to `handle`, running its whole block if that was not done yet.

        Raises `EngineError` for this case alone, `ModelDoesNotFit` or any other `SlmEvalError`
        for every case of the model.
        """
        answered = self.answered(handle)
        if answered is None:
            key = self._block_of[id(handle)]
            self._fill(key, self._waiting(key, handle))
            answered = self._blocks[key].answers[handle.index]
        if isinstance(answered.answer, EngineError):
            raise answered.answer
        return answered.answer

    def answered(self, handle: CaseHandle) -> Answered | None:
        """Return what is known about `handle`, without running anything."""
        key = self._block_of.get(id(handle))
        return None if key is None else self._blocks[key].answers.get(handle.index)

    def engine(self, alias: str) -> Engine:
        """Return the engine of a model, opened now if need be; the one before it is closed.

        Raises `ModelDoesNotFit` before anything is loaded, or what kept the weights from loading.
        """
        if alias in self._refused:
            raise self._refused[alias]
        if self._engine is None or self._engine_model != alias:
            self.close()
            try:
                self._engine = self._open(self._models[alias])
            except SlmEvalError as error:
                self._refused[alias] = error
                raise
            self._engine_model = alias
            self.infos[alias] = self._engine.info
        return self._engine

    def close(self) -> None:
        """Free the model in memory, if any."""
        if self._engine is not None:
            self._engine.close()
            self._engine = self._engine_model = None

    def _open(self, model: ModelRef) -> Engine:
        check_fit(model, self._settings)
        from slm_eval.engines.open import open_engine

        return open_engine(self._settings.engine, model, self._settings.options)

    def _waiting(self, key: BlockKey, first: CaseHandle) -> list[CaseHandle]:
        """Return the cases to run now: all that wait, or a chunk when the run may stop early."""
        block = self._blocks[key]
        waiting = [handle for handle in block.handles if handle.index not in block.answers]
        if not self._settings.early_stop:
            return waiting
        others = [handle for handle in waiting if handle is not first]
        return [first, *others[: EARLY_STOP_CHUNK - 1]]

    def _fill(self, key: BlockKey, handles: list[CaseHandle]) -> None:
        engine = self.engine(key.model)
        answers = self._blocks[key].answers
        requests = [self._request(handle) for handle in handles]
        hashes = [prompt_sha256(request) for request in requests]
        done = 0

        def on_answer(index: int, answer: Response | EngineError, /) -> None:
            nonlocal done
            done += 1
            answers[handles[index].index] = Answered(hashes[index], _sound(answer))
            self._progress(key, done, len(requests))

        engine.run(requests, on_answer)
        self.infos[key.model] = engine.info

    def _request(self, handle: CaseHandle) -> Request:
        """Return the case's request under the run's `--slm-chat` and `--slm-seed`."""
        request = handle.request()
        options = self._settings.options
        if options.chat is not None:
            request = replace(request, chat=(request.chat or Chat()) if options.chat else None)
        if isinstance(request, Generation) and options.seed and request.decoding.seed == 0:
            request = replace(request, decoding=replace(request.decoding, seed=options.seed))
        return request


def _sound(answer: Response | EngineError) -> Response | EngineError:
    """Return `answer`, or an error in its place when a log-likelihood is NaN or infinite."""
    if isinstance(answer, EngineError):
        return answer
    for choice in answer.choices:
        if not math.isfinite(choice.loglikelihood):
            return EngineError(
                f"the log-likelihood of {choice.text!r} is {choice.loglikelihood}, not a finite "
                "number; try --slm-dtype float32"
            )
    return answer


def check_fit(model: ModelRef, settings: Settings) -> None:
    """Raise `ModelDoesNotFit` with the arithmetic when a model is too big for its machine."""
    for fit in fits_asked(model, settings):
        if fit.fits is False:
            raise ModelDoesNotFit(fit.message)


def fits_asked(model: ModelRef, settings: Settings) -> list[FitResult]:
    """Return the fit on every machine that matters: the named one, and this one if it loads weights.

    Engines without weights are asked only when a hardware was named.
    """
    from slm_eval.models.fit import fit_model

    machines = [settings.hardware] if settings.hardware else []
    if not settings.weightless and "this" not in machines:
        machines.append("this")
    return [
        fit_model(
            model,
            quantisation=model.quantisation or settings.options.dtype,
            context_length=settings.options.context,
            batch_size=settings.options.batch_size or 1,
            hardware=hardware,
            device=settings.options.device if hardware == "this" else "auto",
        )
        for hardware in machines
    ]
