"""A failure's text in a form that pytest's terminal, JUnit and xdist all take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from _pytest._code.code import (
    ExceptionChainRepr,
    ReprEntryNative,
    ReprFileLocation,
    ReprTraceback,
)

if TYPE_CHECKING:
    import pytest


def failure_text(item: pytest.Item, reason: str, text: str) -> ExceptionChainRepr:
    """Return `text` as a failure whose one-line reason stands in the short summary.

    pytest has no public way to make one; the classes are those that xdist knows how to send.
    """
    path, line, _ = item.reportinfo()
    return located_failure(str(path), line, reason, text)


def located_failure(path: str, line: int | None, reason: str, text: str) -> ExceptionChainRepr:
    """Return `text` as a failure at a place in a file (0-based line, as pytest counts)."""
    crash = ReprFileLocation(path, (line or 0) + 1, reason)
    entries = ReprTraceback([ReprEntryNative([text + "\n"])], None, style="native")
    return ExceptionChainRepr([(entries, crash, None)])
