"""What is asked of a model and what comes back: plain, immutable values.

A `Case` is one row of a task with a `Request`; an engine turns the request into a `Response`.
Nothing here knows pytest, torch or where rows come from.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from slm_eval.cases.thinking import Thinking, split_thinking
from slm_eval.errors import DataError

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Chat:
    """Wrap the prompt as one user turn in the model's own chat template.

    `system` is an optional system prompt; `thinking` is passed to templates that know
    ``enable_thinking`` (None leaves the template's default).
    """

    system: str | None = None
    thinking: bool | None = None


@dataclass(frozen=True, slots=True)
class Decoding:
    """How text is generated. ``temperature=0`` is greedy; a sampled run needs its `seed`."""

    max_new_tokens: int = 256
    stop: tuple[str, ...] = ()
    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class LogLikelihoods:
    """Ask for the log-likelihood (natural log, summed over tokens) of each continuation.

    A continuation is appended to the prompt as it stands, leading space included, and the tokens
    are split as the field does: the whole is encoded once and cut after the prompt's tokens.

    contexts: the text before each continuation, where it is not the prompt for all of them
        (WinoGrande asks the same ending after two sentences); empty, or one for each.
    rolling: the one continuation is a whole text, scored from its first token to its last in
        windows that do not overlap where it is longer than the context; no chat template.
    """

    prompt: str
    continuations: tuple[str, ...]
    chat: Chat | None = None
    contexts: tuple[str, ...] = ()
    rolling: bool = False

    def __post_init__(self) -> None:
        if self.rolling and (len(self.continuations) != 1 or self.prompt or self.contexts):
            raise DataError(
                f"a rolling request takes one text, got {len(self.continuations)} and a prompt of "
                f"{len(self.prompt)} characters: give one continuation and the prompt ''"
            )
        if self.contexts and len(self.contexts) != len(self.continuations):
            raise DataError(
                f"{len(self.contexts)} contexts for {len(self.continuations)} continuations: "
                "give one for each, or none"
            )


@dataclass(frozen=True, slots=True)
class Generation:
    """Ask for generated text. Stop strings are not part of the returned text.

    samples: how many answers to draw, with seeds that count up from the decoding's.
    """

    prompt: str
    decoding: Decoding = Decoding()
    chat: Chat | None = None
    samples: int = 1

    def __post_init__(self) -> None:
        if self.samples < 1:
            raise DataError(f"samples={self.samples}: ask for at least one answer")


Request = LogLikelihoods | Generation


@dataclass(frozen=True, slots=True)
class Choice:
    """One scored continuation. `loglikelihood` in nats over `token_count` tokens."""

    text: str
    loglikelihood: float
    token_count: int
    is_greedy: bool | None = None


FinishReason = Literal["stop", "eos", "length"]


@dataclass(frozen=True, slots=True)
class Response:
    """What the model answered: `text` for a generation, `choices` for log-likelihoods.

    prompt_tokens: tokens of the prompt as the model saw it (after truncation).
    output_tokens: tokens generated, or tokens scored over all continuations.
    truncated: the prompt lost tokens on the left to fit the context.
    latency_s: this request's share of the wall time of its batch; None when served from a store.
    tie_offsets: character offsets of `text` where the two best tokens of a greedy step were tied
        (a golden comparison tolerates a difference from there on).
    thinking_opened: the prompt ended in ``<think>``, so that the text begins inside a thought.
    samples: all texts, `text` the first of them, where several samples were asked for.
    """

    text: str | None = None
    choices: tuple[Choice, ...] = ()
    prompt_tokens: int | None = None
    output_tokens: int | None = None
    finish_reason: FinishReason | None = None
    truncated: bool = False
    latency_s: float | None = None
    cached: bool = False
    tie_offsets: tuple[int, ...] = ()
    thinking_opened: bool = False
    samples: tuple[str, ...] = ()

    @property
    def thinking(self) -> Thinking:
        """`text` taken apart; raises `ConfigError` where there is none."""
        return split_thinking(self.text, opened=self.thinking_opened)

    @property
    def answer(self) -> str | None:
        """`text` without its thought; None when the thought was never finished."""
        return self.thinking.answer

    @property
    def thought(self) -> str:
        """What stood in the ``<think>`` blocks of `text`, ``""`` without any."""
        return self.thinking.thought

    @property
    def finished_thinking(self) -> bool:
        """Whether every ``<think>`` of `text` was closed: there is an answer."""
        return self.thinking.finished


@dataclass(frozen=True, slots=True)
class Case:
    """One example: a stable `id`, the row's `input` and `expected`, and what to ask.

    `cluster` names the group that the case belongs to (an MMLU subject) for stratified subsets
    and clustered intervals. `row` is the whole normalised row.
    """

    id: str
    row: Row
    input: Any
    expected: Any
    cluster: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)


def sampled_seed(request: Request) -> int | None:
    """Return the seed of a request whose answer is sampled, None for any other."""
    if isinstance(request, Generation) and request.decoding.temperature > 0:
        return request.decoding.seed
    return None


def prompt_sha256(request: Request) -> str:
    """Return the sha256 of the rendered prompt text in UTF-8 (before chat template and tokens).

    Contexts of their own follow the prompt, each after a NUL.
    """
    text = request.prompt
    if isinstance(request, LogLikelihoods) and request.contexts:
        text = "\0".join((text, *request.contexts))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
