"""The answer of a model that thinks aloud first: `<think>…</think>` blocks told from the rest."""

from __future__ import annotations

from typing import NamedTuple

from slm_eval.cases.text import text_of

OPENING, CLOSING = "<think>", "</think>"


class Thinking(NamedTuple):
    """A text taken apart.

    thought: what stood in the blocks, joined by line breaks, ``""`` without any.
    answer: the rest, or None when a block was never closed: then no answer was given, and any text
        found in the thought must not be scored as one.
    finished: whether every block was closed.
    """

    thought: str
    answer: str | None
    finished: bool


def split_thinking(text: str | None, *, opened: bool = False) -> Thinking:
    """Return the thought, white space around it removed, and the answer in `text`.

    An answer behind a thought loses blank lines in front and white space at the end; it keeps its
    indentation, which code needs. A text without any block is the answer as it stands.

    opened: the chat template has already written ``<think>`` at the end of the prompt. Without it
    a ``</think>`` that nothing opened is read the same way, but a text that never reaches its end
    cannot be told from an answer.
    """
    text = text_of(text, "to split")
    first_close, first_open = text.find(CLOSING), text.find(OPENING)
    if opened or 0 <= first_close < (first_open if first_open >= 0 else len(text)):
        # A model that repeats the tag which the template wrote opens one block, not two.
        text = text if text.lstrip().startswith(OPENING) else OPENING + text
    thoughts: list[str] = []
    answer: list[str] = []
    position = 0
    while (start := text.find(OPENING, position)) >= 0:
        answer.append(text[position:start])
        end = text.find(CLOSING, start)
        if end < 0:
            thoughts.append(text[start + len(OPENING) :].strip())
            return Thinking("\n".join(thoughts), None, finished=False)
        thoughts.append(text[start + len(OPENING) : end].strip())
        position = end + len(CLOSING)
    if not thoughts:
        return Thinking("", text, finished=True)
    answer.append(text[position:])
    return Thinking("\n".join(thoughts), _without_blank_lines("".join(answer)), finished=True)


def _without_blank_lines(text: str) -> str:
    text = text.rstrip()
    start = len(text) - len(text.lstrip())
    line = text[text.rfind("\n", 0, start) + 1 :]
    # One space parts a word from the tag before it; indentation is more than one.
    return line[1:] if line[:1] == " " and not line[1:2].isspace() else line
