"""`manifest.json`: what was asked, of which models, on which machine, with which versions."""

from __future__ import annotations

import json
import platform
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from slm_eval.runs.record import plain

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from slm_eval.models.resolve import ModelRef
    from slm_eval.runs.settings import Settings

MANIFEST_SCHEMA = "slm-eval/manifest/1"
PACKAGES = ("slm-eval", "pytest", "torch", "transformers", "tokenizers", "numpy")


def versions() -> dict[str, str | None]:
    """Return the versions that a score depends on, without importing the packages."""
    found: dict[str, str | None] = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = None
    return found


def write_manifest(
    folder: Path, settings: Settings, models: Sequence[ModelRef], started_s: float
) -> None:
    """Write the manifest at the start, so that a killed run says what it was."""
    from slm_eval.models.machine import machine_summary

    manifest = {
        "schema": MANIFEST_SCHEMA,
        "run_id": folder.name,
        "started": datetime.fromtimestamp(started_s, UTC).isoformat(timespec="seconds"),
        "arguments": sys.argv[1:],
        "settings": _settings(settings),
        "models": [model_entry(model) for model in models],
        "machine": machine_summary(),
        "versions": versions(),
    }
    write_json(folder / "manifest.json", manifest)


def _settings(settings: Settings) -> dict[str, Any]:
    return {
        key: str(value) if hasattr(value, "parts") else plain(value)
        for key, value in asdict(settings).items()
    }


def model_entry(model: ModelRef) -> dict[str, Any]:
    """Return what is known of a model before it is loaded."""
    return {
        "name": model.alias,
        "asked": model.name,
        "source": model.hub_id or (str(model.path) if model.path else model.kind),
        "revision": model.revision,
        "quantisation": model.quantisation,
    }


def write_json(path: Path, value: dict[str, Any]) -> None:
    """Write indented JSON; NaN is a bug and raises."""
    text = json.dumps(plain(value), indent=2, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")
