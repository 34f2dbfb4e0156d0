"""What a run was asked to do: every `--slm-...` option, parsed, in one immutable value."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from slm_eval.cases.case import Chat
from slm_eval.engines.base import EngineOptions

if TYPE_CHECKING:
    from slm_eval.task import Task

DEFAULT_MODEL = "smollm2-135m-q4_1"


@dataclass(frozen=True)
class Settings:
    """The options of one run. Paths are absolute; None means "not asked for"."""

    models: tuple[str, ...] = (DEFAULT_MODEL,)
    examples: int | None = None
    """Cases per suite: a number, -1 for all, None for each suite's own budget."""
    engine: str = "transformers"
    options: EngineOptions = field(default_factory=EngineOptions)
    hardware: str | None = None
    policy: Path | None = None
    baseline: Path | None = None
    store: Path | None = None
    refresh: bool = False
    strict: bool = False
    allow_unevaluated: bool = False
    early_stop: bool = False
    allow_unsafe_code: bool = False
    """Run a model's programs where no sandbox can hold them."""
    mirror: Path | None = None
    report_dir: Path = Path("reports")

    @property
    def weightless(self) -> bool:
        """True when the engine loads no weights, so that any model name will do."""
        return self.engine.split(":", 1)[0] in {"fake", "replay"}

    @property
    def smoke(self) -> bool:
        """True when `--slm-examples N` declared a subset."""
        return self.examples is not None and self.examples > 0

    def chat_for(self, task: Task) -> Chat | None:
        """Return the chat turn that a task's prompts are put into, None for prompts as they stand.

        `--slm-chat on` and `off` overrule the task, whose system prompt and thinking are kept.
        """
        if self.options.chat is None:
            return task.chat
        return (task.chat or Chat()) if self.options.chat else None
