"""What earlier runs already answered: keys, look-up and keeping, for one model.

An answer is addressed by what was sent and by which weights: so a warm run loads neither weights
nor tokenizer, and a changed tokenizer or chat template changes every key.
"""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from functools import cache
from importlib import metadata
from typing import TYPE_CHECKING

from slm_eval.engines.base import EngineInfo
from slm_eval.runs.response_codec import request_key

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from slm_eval.cases.case import Request, Response
    from slm_eval.models.resolve import ModelRef
    from slm_eval.runs.settings import Settings
    from slm_eval.runs.store import ResponseStore


class Memory:
    """The response store as one model sees it. Without an identity it forgets everything."""

    def __init__(self, store: ResponseStore | None, model: ModelRef, settings: Settings) -> None:
        self._store = store
        self._model = model
        self._settings = settings
        self._identity: str | None = None
        self._buffer: list[tuple[str, Response]] = []
        self.identify()

    def identify(self) -> None:
        """Look at the weights again: loading may have brought them to this machine."""
        if self._store is None:
            return
        from slm_eval.engines.identity import fake_identity, weights_identity

        name, _, argument = self._settings.engine.partition(":")
        if name == "fake":
            self._identity = fake_identity(argument)
        else:
            self._identity = weights_identity(self._model)

    def keys(self, requests: Sequence[Request]) -> list[str] | None:
        """Return the address of each request, None where there is nothing to address with."""
        if self._store is None or self._identity is None:
            return None
        options = self._settings.options
        version = _engine_version()
        dtype = self._precision
        return [
            request_key(
                request,
                weights_fingerprint=self._identity,
                dtype=dtype,
                engine=self._settings.engine,
                engine_version=version,
                context=options.context,
                seed=options.seed,
            )
            for request in requests
        ]

    def recall(self, keys: Sequence[str]) -> dict[str, Response]:
        """Return the answers that are held, marked as served from the store."""
        assert self._store is not None
        return {
            key: replace(response, cached=True, latency_s=None)
            for key, response in self._store.get_many(keys).items()
        }

    def keep(self, key: str, response: Response) -> None:
        """Keep an answer at the next `flush`."""
        self._buffer.append((key, response))

    def flush(self) -> None:
        """Make the answers durable: done before any of their cases is reported."""
        buffer, self._buffer = self._buffer, []
        if self._store is not None and buffer:
            self._store.put_many(buffer)

    def known_info(self) -> EngineInfo | None:
        """Return what the engine said of itself when it was last loaded for these answers."""
        path = self._info_path()
        if path is None or not path.is_file():
            return None
        try:
            return EngineInfo(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def keep_info(self, info: EngineInfo) -> None:
        """Remember it beside the store; a place that cannot be written costs nothing else."""
        path = self._info_path()
        if path is None:
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(asdict(info)), encoding="utf-8")
        except OSError:
            return

    def _info_path(self) -> Path | None:
        if self._store is None or self._identity is None:
            return None
        name = f"{self._identity[:16]}-{self._precision}"
        return self._store.path.parent / "engines" / f"{name.replace(':', '-')}.json"

    @property
    def _precision(self) -> str:
        """Quantisation and dtype as asked for: together they say what is loaded."""
        return f"{self._model.quantisation or 'whole'}-{self._dtype}"

    @property
    def _dtype(self) -> str:
        """The dtype asked for, and the kind of device: each has its own `auto`, and rounds its own
        way."""
        options = self._settings.options
        if options.device != "auto":
            return f"{options.dtype}:{options.device.split(':')[0]}"
        from slm_eval.models.hardware import find_hardware

        return f"{options.dtype}:{find_hardware('this').kind}"


@cache
def _engine_version() -> str:
    packages = ("slm-eval", "transformers", "torch")
    return " ".join(f"{package}-{metadata.version(package)}" for package in packages)
