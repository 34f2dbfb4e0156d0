"""The Protocol of a source, and the one way to ask several of them in order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from slm_eval.errors import SourceUnavailable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

REMEDY = (
    "give a folder that holds it (--slm-mirror FOLDER or SLM_EVAL_MIRROR), or make the Hub or the "
    "package index reachable once: what was fetched is kept in the cache (SLM_EVAL_CACHE)"
)


@dataclass(frozen=True, slots=True)
class SourceContext:
    """What a run says about sources.

    mirror: a folder asked before anything else; None falls back to ``SLM_EVAL_MIRROR``.
    offline: use only what a mirror or the caches hold.
    """

    mirror: Path | None = None
    offline: bool = False


class Source(Protocol):
    """A place that may serve one thing, as one or several files."""

    @property
    def revision(self) -> str | None:
        """The version that is asked for (a commit, a package version), None where there is none."""

    def describe(self) -> str:
        """Say in a few words which place this is, for messages and the manifest."""

    def fetch(self, context: SourceContext) -> tuple[Path, ...]:
        """Return local paths, in the order asked for.

        Raises `SourceUnavailable` with the reason when this place cannot serve, and another
        `SlmEvalError` when it serves something wrong, which no other source may hide.
        """


@dataclass(frozen=True, slots=True)
class Served:
    """Files, and the source that served them (`index` within the sources asked)."""

    index: int
    source: Source
    paths: tuple[Path, ...]


def fetch_first(what: str, sources: Sequence[Source], context: SourceContext) -> Served:
    """Ask each source in order and return the first answer.

    Raises `SourceUnavailable` naming every source tried, why it failed, and the remedy.
    """
    reasons: list[str] = []
    for index, source in enumerate(sources):
        try:
            return Served(index, source, source.fetch(context))
        except SourceUnavailable as error:
            reasons.append(f"  - {source.describe()}: {error}")
    tried = "\n".join(reasons) or "  - (it names no source)"
    raise SourceUnavailable(f"no source could serve {what}; tried\n{tried}\nRemedy: {REMEDY}.")
