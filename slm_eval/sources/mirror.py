"""A folder that mirrors data sets: asked first, and trusted no more than any other source."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from slm_eval.errors import ConfigError, SourceUnavailable

if TYPE_CHECKING:
    from slm_eval.sources.base import SourceContext


@dataclass(frozen=True, slots=True)
class MirrorFile:
    """A file at `path` below the mirror folder; ``x`` also finds ``x.gz`` and the reverse."""

    path: str

    @property
    def revision(self) -> str | None:
        """A folder has no revision: the pinned hash alone says what it holds."""
        return None

    def describe(self) -> str:
        """Name the place."""
        return f"mirror folder ({self.path})"

    def fetch(self, context: SourceContext) -> tuple[Path, ...]:
        """Return the file's path. Raises `SourceUnavailable`, `ConfigError` for a bad folder."""
        folder = mirror_folder(context)
        if folder is None:
            raise SourceUnavailable("none given (--slm-mirror FOLDER or SLM_EVAL_MIRROR)")
        wanted = folder / self.path
        other = wanted.with_suffix("") if wanted.suffix == ".gz" else Path(f"{wanted}.gz")
        for candidate in (wanted, other):
            if candidate.is_file():
                return (candidate,)
        raise SourceUnavailable(f"{folder} holds neither {self.path} nor {other.name} beside it")


def mirror_folder(context: SourceContext) -> Path | None:
    """Return the mirror folder of this run, None without one.

    Raises `ConfigError` when one is named that is not a folder: a typing mistake must not turn
    into a download.
    """
    if context.mirror is not None:
        folder, said_by = context.mirror, "--slm-mirror"
    elif os.environ.get("SLM_EVAL_MIRROR"):
        folder, said_by = Path(os.environ["SLM_EVAL_MIRROR"]), "SLM_EVAL_MIRROR"
    else:
        return None
    folder = folder.expanduser()
    if not folder.is_dir():
        raise ConfigError(
            f"the mirror {folder} ({said_by}) is not a folder; give the folder that holds the "
            "data sets, one sub-folder each"
        )
    return folder
