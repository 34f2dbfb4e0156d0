"""From what `--slm-engine` says to an engine that answers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from slm_eval.engines.base import EngineOptions
from slm_eval.errors import ConfigError, closest

if TYPE_CHECKING:
    from slm_eval.engines.base import Engine
    from slm_eval.models.resolve import ModelRef

ENGINES = ("transformers", "replay", "fake")


def open_engine(spec: str, model: ModelRef, options: EngineOptions | None = None) -> Engine:
    """Return the engine that `spec` names, ready to answer.

    spec: ``transformers``, ``replay:PATH``, ``fake`` or ``fake:FILE.py``.
    Raises ConfigError for anything else, and what loading the model raises.
    """
    options = options or EngineOptions()
    name, _, argument = spec.partition(":")
    if name == "transformers" and not argument:
        from slm_eval.engines.transformers_engine import TransformersEngine

        return TransformersEngine(model, options)
    if name == "replay":
        from slm_eval.engines.replay import ReplayEngine

        if not argument:
            raise ConfigError("engine 'replay' needs the recorded run: replay:PATH")
        return ReplayEngine(Path(argument), model.alias)
    if name == "fake":
        from slm_eval.engines.fake import FakeEngine, load_respond

        return FakeEngine(load_respond(Path(argument))) if argument else FakeEngine()
    raise ConfigError(
        f"unknown engine {spec!r}: use transformers, replay:PATH, fake or fake:FILE.py"
        f"{closest(name, ENGINES)}"
    )
