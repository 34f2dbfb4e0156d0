"""The run's folder: `DIR/<run>/`, with `DIR/latest` pointing at it."""

from __future__ import annotations

import os
import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from slm_eval.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path


def new_run_folder(parent: Path) -> Path:
    """Make a folder named after the time, unique even for two runs in one second."""
    name = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
    folder = parent / name
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise ConfigError(
            f"cannot write a run folder in {parent} ({error.strerror}); "
            "name another with --slm-report-dir"
        ) from error
    return folder


def point_latest(folder: Path) -> None:
    """Point `latest` at this run, atomically; a file with the name where links are not allowed."""
    latest = folder.parent / "latest"
    temporary = folder.parent / f".latest-{folder.name}"
    try:
        temporary.symlink_to(folder.name, target_is_directory=True)
        os.replace(temporary, latest)  # noqa: PTH105 - Path.replace would resolve nothing more
    except OSError:
        temporary.unlink(missing_ok=True)
        if not latest.is_dir():
            latest.write_text(folder.name + "\n", encoding="utf-8")
