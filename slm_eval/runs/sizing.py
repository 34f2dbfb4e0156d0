"""Prompts that are fitted to a length: whether the model holds it, and who counts its tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from slm_eval.cases.sized import count_words, is_sized
from slm_eval.runs.fitting import check_length

if TYPE_CHECKING:
    from slm_eval.cases.case import Chat
    from slm_eval.cases.sized import CountTokens
    from slm_eval.engines.tokens import TokenCounter
    from slm_eval.models.resolve import ModelRef
    from slm_eval.runs.handle import CaseHandle
    from slm_eval.runs.settings import Settings


class Sizing:
    """The token counters of one run, a model each, made when a sized prompt is first rendered."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._counters: dict[str, TokenCounter] = {}

    def counter(self, model: ModelRef, handle: CaseHandle, chat: Chat | None) -> CountTokens:
        """Return what counts the tokens of a case's prompt under `chat`.

        Raises `ModelDoesNotFit` when the length asked for is more than model or memory holds.
        """
        prompt = handle.suite.task.prompt
        if not is_sized(prompt):
            return count_words
        check_length(model, self._settings, prompt.tokens(handle.row))
        if not self._has_tokenizer(model):
            return count_words
        counter = self._counter(model)
        return lambda text: counter.count(text, chat)

    def keep(self) -> None:
        """Remember what was counted, for runs to come."""
        for counter in self._counters.values():
            counter.keep()

    def _has_tokenizer(self, model: ModelRef) -> bool:
        """A recording is found by its prompts, so they are fitted as when it was made."""
        engine = self._settings.engine.partition(":")[0]
        if engine == "fake" or model.kind == "virtual":
            return False
        if engine == "replay":
            from slm_eval.engines.identity import weights_identity

            return weights_identity(model) is not None
        return True

    def _counter(self, model: ModelRef) -> TokenCounter:
        if model.alias not in self._counters:
            from slm_eval.engines.tokens import TokenCounter

            self._counters[model.alias] = TokenCounter(model)
        return self._counters[model.alias]
