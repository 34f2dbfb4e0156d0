"""Prompts whose length is counted in the tokens of the model that they are for.

Rows are generated without a tokenizer: they say which length is wanted. The prompt is fitted to it
when its response is asked for, with a counter of the model under test.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, TypeGuard

if TYPE_CHECKING:
    from slm_eval.cases.case import Row

CountTokens = Callable[[str], int]
"""Returns how many tokens a prompt is to the model: special tokens and chat template included."""


class SizedPrompt(Protocol):
    """What a `Task.prompt` may be instead of a template or a function of the row."""

    def tokens(self, row: Row) -> int:
        """Return the tokens that prompt and answer of `row` may take together."""

    def render(self, row: Row, count: CountTokens) -> str:
        """Return the prompt of `row`: as long as it may be, by `count`."""


def is_sized(prompt: Any) -> TypeGuard[SizedPrompt]:
    """Return whether a task's prompt is a `SizedPrompt`."""
    return hasattr(prompt, "render") and hasattr(prompt, "tokens")


def count_words(text: str) -> int:
    """Return the number of words: the measure of engines that have no tokenizer."""
    return len(text.split())
