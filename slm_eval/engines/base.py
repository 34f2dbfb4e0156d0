"""What the runner asks of an engine: answer these requests, in any order, as fast as it can.

Implementations: `transformers` (a model in this process), `replay` (recorded responses),
`fake` (for people's own tests). `open_engine` picks one by name; nothing heavy is imported before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from slm_eval.cases.case import Request, Response
    from slm_eval.errors import EngineError


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """What a score has to state about how it was computed."""

    engine: str
    engine_version: str
    device: str
    dtype: str
    batch: str
    """As asked for: ``"auto"`` or a number of sequences."""
    fingerprint: str | None = None
    """sha256 over the weights' identity (file hashes, or hub revision), None without weights."""
    chat_template_sha256: str | None = None
    parameters: int | None = None
    weights_bytes: int | None = None
    max_context: int | None = None
    notices: tuple[str, ...] = ()
    """What the reader of a run has to be told, such as a fast path that could not be taken."""


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """The `--slm-...` options that an engine reads; `auto` lets it choose and say what it chose."""

    device: str = "auto"
    dtype: str = "auto"
    batch_size: int | None = None
    """Sequences in a batch; None chooses automatically."""
    context: int | None = None
    """Tokens of context at most; None means the model's own."""
    seed: int = 0
    chat: bool | None = None
    """True / False overrides every suite's choice; None leaves it to the suite."""


class OnAnswer(Protocol):
    """Called once per request, by index into the list given to `Engine.run`, once answered."""

    def __call__(self, index: int, answer: Response | EngineError, /) -> None: ...


class Engine(Protocol):
    """A model ready to answer."""

    @property
    def info(self) -> EngineInfo: ...

    def run(self, requests: Sequence[Request], on_answer: OnAnswer) -> None:
        """Answer every request, calling `on_answer` exactly once for each, in any order.

        A request that cannot be answered gets an `EngineError` as its answer; the others stand.
        Raises only for what ends the whole run (KeyboardInterrupt, a lost device).
        """

    def close(self) -> None:
        """Free the memory. The engine is not used afterwards."""
