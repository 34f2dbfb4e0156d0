"""Answers a block at a time: the first case asks, the engine runs them all, later cases look up.

The engine works on a thread of its own, so that test bodies score what is answered while it goes
on, and so that it may start the next block while a slow scorer still works on this one. One model
is in memory at a time. An error of the engine is kept and raised for each case that it touches; an
error while opening the model is kept and raised for each case of that model.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from slm_eval.cases.case import Request, Response, prompt_sha256, sampled_seed
from slm_eval.errors import (
    DataError,
    EngineError,
    ModelDoesNotFit,
    SlmEvalError,
    SourceUnavailable,
)
from slm_eval.runs.fitting import check_fit_named
from slm_eval.runs.memory import Memory
from slm_eval.runs.one_model import OneModel
from slm_eval.runs.sizing import Sizing

if TYPE_CHECKING:
    from slm_eval.engines.base import Engine, EngineInfo
    from slm_eval.models.resolve import ModelRef
    from slm_eval.runs.handle import CaseHandle
    from slm_eval.runs.plan import BlockKey
    from slm_eval.runs.settings import Settings
    from slm_eval.runs.store import ResponseStore

EARLY_STOP_CHUNK = 32
LOOK_EVERY_S = 0.2
DELIVER_EVERY_S = 0.2
"""Answers are made durable and handed over in this rhythm: a kill costs no more than that."""
CLOSING_S = 10.0


class _StoppedError(Exception):
    """Ends the engine's thread at its next answer: the run is over."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A response or the error in its place, with the hash of the prompt that asked for it."""

    prompt_sha256: str | None
    answer: Response | SlmEvalError
    seed: int | None = None
    """Of an answer that was sampled."""

    @classmethod
    def to(cls, request: Request, answer: Response | SlmEvalError) -> Answered:
        """Return `answer` as the one to `request`."""
        return cls(prompt_sha256(request), answer, sampled_seed(request))


@dataclass
class _Block:
    key: BlockKey
    handles: list[CaseHandle]
    answers: dict[int, Answered] = field(default_factory=dict)
    """By `CaseHandle.index`."""
    thread: threading.Thread | None = None
    failure: BaseException | None = None
    running: int = 0
    """Requests that the engine was given, and how many it had answered before, for progress."""
    answered_before: int = 0

    @property
    def exclusive(self) -> bool:
        return self.handles[0].suite.exclusive


Progress = Callable[["BlockKey", int, int], None]
"""Called with the block, how many of its requests are answered, and how many there are."""


class Runner:
    """Holds the engine, the planned blocks and their answers; knows nothing of pytest."""

    def __init__(
        self,
        settings: Settings,
        models: Sequence[ModelRef],
        progress: Progress = lambda *_: None,
        store: ResponseStore | None = None,
        *,
        owns_all: bool = True,
    ) -> None:
        """owns_all: every block announced is this process's own to run, so it may run ahead."""
        self._settings = settings
        self._models = {model.alias: model for model in models}
        self._progress = progress
        self._store = store
        self._memories: dict[str, Memory] = {}
        self._blocks: dict[BlockKey, _Block] = {}
        self._block_of: dict[int, BlockKey] = {}
        self._model = OneModel(settings, models)
        self._sizing = Sizing(settings)
        self._answered = threading.Condition()
        self._stopping = False
        self._owns_all = owns_all
        self._run_ahead = True
        self.infos: dict[str, EngineInfo] = self._model.infos

    def expect(self, key: BlockKey, handles: Sequence[CaseHandle]) -> None:
        """Announce a block: these cases will be asked for, most likely in this order."""
        self._blocks[key] = _Block(key, list(handles))
        for handle in handles:
            self._block_of[id(handle)] = key
            handle.runner = self

    def response(self, handle: CaseHandle) -> Response:
        """Return the answer to `handle`, running its whole block if that was not done yet.

        Raises `EngineError` for this case alone, `ModelDoesNotFit` or any other `SlmEvalError`
        for every case of the model.
        """
        answered = self.answered(handle)
        if answered is None:
            block = self._blocks[self._block_of[id(handle)]]
            self._run_ahead = True
            check_fit_named(self._models[block.key.model], self._settings)
            answered = self._await(block, handle)
        if isinstance(answered.answer, SlmEvalError):
            raise answered.answer
        return answered.answer

    def answered(self, handle: CaseHandle) -> Answered | None:
        """Return what is known about `handle`, without running anything."""
        key = self._block_of.get(id(handle))
        return None if key is None else self._blocks[key].answers.get(handle.index)

    def engine(self, alias: str) -> Engine:
        """Return the engine of a model for questions of a test's own.

        No block runs ahead until a suite asks for a response again: the test may measure time.
        Raises `ModelDoesNotFit` before anything is loaded, or what kept the weights from loading.
        """
        self._run_ahead = False
        return self._model.opened(alias)

    def ask(self, alias: str, request: Request, *, stored: bool = False) -> Response:
        """Return the answer to one request, unbatched. Raises `EngineError`.

        stored: look it up in the response store first, and keep it there.
        """
        memory = self._memory_of(alias) if stored else None
        keys = memory.keys([request]) if memory is not None else None
        if memory is not None and keys is not None:
            known = memory.recall(keys)
            if known:
                return known[keys[0]]
        answers: list[Response | EngineError] = []
        with self._model.lock:
            self.engine(alias).run([request], lambda _, answer, /: answers.append(answer))
            if isinstance(answers[0], EngineError):
                raise answers[0]
            if memory is not None:
                memory.identify()
                for key in memory.keys([request]) or ():
                    memory.keep(key, answers[0])
                memory.flush()
        return answers[0]

    def close(self) -> None:
        """Stop what still runs and free the model in memory."""
        self._stopping = True
        for block in self._blocks.values():
            if block.thread is not None:
                block.thread.join(CLOSING_S)
        self._model.close()
        if self._store is not None:
            self._store.close()

    def _await(self, block: _Block, handle: CaseHandle) -> Answered:
        """Wait for one answer, starting the engine on its block when that is not under way."""
        with self._answered:
            while handle.index not in block.answers:
                if block.failure is not None:
                    # The same error is raised for every case: its traceback must not grow.
                    raise block.failure.with_traceback(None)
                if block.thread is None or not block.thread.is_alive():
                    self._start(block, self._waiting(block, handle))
                    continue
                self._answered.wait(LOOK_EVERY_S)
                done = len(block.answers) - block.answered_before
                if done > 0:
                    self._progress(block.key, done, block.running)
        return block.answers[handle.index]

    def _waiting(self, block: _Block, first: CaseHandle) -> list[CaseHandle]:
        """Return the cases to run now: all that wait, or a chunk when the run may stop early."""
        waiting = [handle for handle in block.handles if handle.index not in block.answers]
        if not self._settings.early_stop:
            return waiting
        others = [handle for handle in waiting if handle is not first]
        return [first, *others[: EARLY_STOP_CHUNK - 1]]

    def _start(self, block: _Block, handles: list[CaseHandle]) -> None:
        """Answer what is stored at once, and the rest on a thread."""
        handles, requests = self._rendered(block, handles)
        memory = self._memory(block)
        keys = memory.keys(requests)
        if keys is not None:
            known = memory.recall(keys)
            if known:
                self._model.pin(block.key.model)
            info = memory.known_info()
            if known and info is not None:
                self.infos.setdefault(block.key.model, info)
            for handle, request, key in zip(handles, requests, keys, strict=True):
                if key in known:
                    block.answers[handle.index] = Answered.to(request, known[key])
            left = [at for at, key in enumerate(keys) if key not in known]
            handles, requests = [handles[at] for at in left], [requests[at] for at in left]
        if not handles:
            return
        block.running = len(handles)
        block.answered_before = len(block.answers)
        work = (block, handles, requests, memory)
        name = f"slm_eval {block.key.suite}"
        block.thread = threading.Thread(target=self._run, args=work, name=name, daemon=True)
        block.thread.start()

    def _rendered(
        self, block: _Block, handles: list[CaseHandle]
    ) -> tuple[list[CaseHandle], list[Request]]:
        """Return the cases with their requests; a prompt that raises is that case's own error."""
        rendered, requests = [], []
        for handle in handles:
            try:
                requests.append(self.request(handle))
            except (ModelDoesNotFit, SourceUnavailable) as error:
                block.answers[handle.index] = Answered(None, error)
            except Exception as error:
                reason = f"the prompt of {handle.id} raised {type(error).__name__}: {error}"
                block.answers[handle.index] = Answered(None, DataError(reason))
            else:
                rendered.append(handle)
        self._sizing.keep()
        return rendered, requests

    def _run(
        self,
        block: _Block,
        handles: list[CaseHandle],
        requests: list[Request],
        memory: Memory,
    ) -> None:
        """The engine's thread: run the requests, keep the answers, wake who waits for them."""
        fresh: dict[int, Answered] = {}
        delivered_s = time.monotonic()
        keys: list[str] | None = None

        def deliver() -> None:
            nonlocal delivered_s
            memory.flush()
            with self._answered:
                block.answers.update(fresh)
                self._answered.notify_all()
            fresh.clear()
            delivered_s = time.monotonic()

        def on_answer(index: int, answer: Response | EngineError, /) -> None:
            if self._stopping:
                raise _StoppedError
            answer = _sound(answer)
            if keys is not None and not isinstance(answer, EngineError):
                memory.keep(keys[index], answer)
            fresh[handles[index].index] = Answered.to(requests[index], answer)
            if time.monotonic() - delivered_s > DELIVER_EVERY_S:
                deliver()

        try:
            with self._model.lock:
                engine = self._model.opened(block.key.model)
                memory.identify()
                keys = memory.keys(requests)
                memory.keep_info(engine.info)
                engine.run(requests, on_answer)
                self.infos[block.key.model] = engine.info
        except _StoppedError:
            block.failure = EngineError("the run was stopped")
        except BaseException as error:
            block.failure = error
        try:
            deliver()
        except BaseException as error:
            block.failure = block.failure or error
        self._after(block, handles, requests)

    def _after(self, block: _Block, handles: list[CaseHandle], requests: list[Request]) -> None:
        """Leave no case without an answer, then go on with the next block if it may run ahead."""
        with self._answered:
            if block.failure is None:
                lost = EngineError("the engine gave no answer to this request")
                for handle, request in zip(handles, requests, strict=True):
                    block.answers.setdefault(handle.index, Answered.to(request, lost))
            following = self._following(block)
            while following is not None:
                # What goes wrong here goes wrong again, and is reported, when a case asks.
                with suppress(Exception):
                    self._start(following, following.handles)
                wholly_stored = following.thread is None and following.answers
                following = self._following(following) if wholly_stored else None
            self._answered.notify_all()

    def _following(self, block: _Block) -> _Block | None:
        """Return the next block where it may run ahead of its tests: same model, nothing timed."""
        if not (self._owns_all and self._run_ahead) or self._settings.early_stop:
            return None
        if self._stopping or block.failure:
            return None
        keys = list(self._blocks)
        after = keys[keys.index(block.key) + 1 :][:1]
        for candidate in (self._blocks[key] for key in after):
            timed = candidate.exclusive or block.exclusive
            same_model = candidate.key.model == block.key.model
            if same_model and not timed and candidate.thread is None and not candidate.answers:
                return candidate
        return None

    def _memory(self, block: _Block) -> Memory:
        """Return what is remembered for a block's model; suites that measure time get nothing."""
        if block.exclusive:
            return Memory(None, self._models[block.key.model], self._settings)
        return self._memory_of(block.key.model)

    def _memory_of(self, alias: str) -> Memory:
        if self._settings.engine.startswith("replay"):
            return Memory(None, self._models[alias], self._settings)
        if alias not in self._memories:
            self._memories[alias] = Memory(self._store, self._models[alias], self._settings)
        return self._memories[alias]

    def request(self, handle: CaseHandle) -> Request:
        """Return the case's request under the run's `--slm-chat`.

        Raises `ModelDoesNotFit` for a length that the model cannot hold, and what a prompt raises.
        """
        chat = self._settings.chat_for(handle.suite.task)
        count = self._sizing.counter(self._models[handle.model], handle, chat)
        request = handle.request(count)
        return request if request.chat == chat else replace(request, chat=chat)


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
