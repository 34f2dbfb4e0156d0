"""The one model in memory: opened when it is first needed, closed when another one is."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from slm_eval.errors import SlmEvalError
from slm_eval.runs.fitting import check_fit_here

if TYPE_CHECKING:
    from collections.abc import Sequence

    from slm_eval.engines.base import Engine, EngineInfo
    from slm_eval.models.resolve import ModelRef
    from slm_eval.runs.settings import Settings

CLOSING_S = 10.0


class OneModel:
    """Holds one engine at a time. Hold `lock` while using what `opened` returns.

    infos: what each engine said of itself, by alias; it outlives the engine.
    """

    def __init__(self, settings: Settings, models: Sequence[ModelRef]) -> None:
        self.lock = threading.RLock()
        self.infos: dict[str, EngineInfo] = {}
        self._settings = settings
        self._models = {model.alias: model for model in models}
        self._engine: Engine | None = None
        self._alias: str | None = None
        self._refused: dict[str, SlmEvalError] = {}

    def opened(self, alias: str) -> Engine:
        """Return the engine of a model, opened now if need be; the one before it is closed.

        Raises `ModelDoesNotFit` before anything is loaded, or what kept the weights from loading:
        the same error again, without another try, for as long as the run lasts.
        """
        with self.lock:
            if alias in self._refused:
                raise self._refused[alias].with_traceback(None)
            if self._engine is None or self._alias != alias:
                self.close()
                try:
                    self._engine = self._open(self._models[alias])
                except SlmEvalError as error:
                    self._refused[alias] = error
                    raise
                self._alias = alias
                self.infos[alias] = self._engine.info
            return self._engine

    def pin(self, alias: str) -> None:
        """Load, if it comes to that, the very weights whose stored answers were served.

        Takes no lock: whoever calls may hold one that the engine's thread waits for.
        """
        from slm_eval.engines.identity import at_cached_commit

        self._models[alias] = at_cached_commit(self._models[alias])

    def close(self) -> None:
        """Free the model in memory, if any; one that still works when the run ends is left be."""
        if not self.lock.acquire(timeout=CLOSING_S):
            return
        try:
            if self._engine is not None:
                self._engine.close()
                self._engine = self._alias = None
        finally:
            self.lock.release()

    def _open(self, model: ModelRef) -> Engine:
        check_fit_here(model, self._settings)
        from slm_eval.engines.open import open_engine

        return open_engine(self._settings.engine, model, self._settings.options)
