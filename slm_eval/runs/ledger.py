"""What a run leaves behind, as it happens: each case's line is on disk before the next arrives.

The same code with and without xdist: it lives on the controlling process and is fed plain dicts.
A disk that is full ends the writing, not the run: what is in memory is judged and shown.
"""

from __future__ import annotations

import json
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import FileIO
    from pathlib import Path

    from slm_eval.runs.plan import BlockKey
    from slm_eval.runs.record import Record

Info = dict[str, Any]
"""What a block says of itself, sent once by the process that runs it: see `plugin.blocks`."""


@dataclass
class BlockLog:
    """All that is known about one block: its own words, its records, its suite-level metrics."""

    key: BlockKey
    info: Info = field(default_factory=dict)
    records: list[Record] = field(default_factory=list)
    failing_misses: int = 0
    """Misses that pytest shows as failures, because no gate takes them up."""
    broken_teardowns: int = 0
    aggregates: dict[str, Any] = field(default_factory=dict)
    engine: dict[str, Any] = field(default_factory=dict)
    unusable: str | None = None
    """Why the suite has no cases: rows that are malformed or cannot be had."""
    unusable_failed: bool = False


_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode


class Ledger:
    """Collects reports into blocks and appends each case to `cases.jsonl`, unbuffered.

    `problem` says in a line why the run's files are not whole, None while they are.
    """

    def __init__(self, cases_path: Path) -> None:
        """Make the file. Raises OSError."""
        self.blocks: dict[BlockKey, BlockLog] = {}
        self.problem: str | None = None
        self._path = cases_path
        # A run that was stopped before its first case leaves an empty file, not none.
        cases_path.touch()
        self._file: FileIO | None = None

    def block(self, key: BlockKey) -> BlockLog:
        """Return the log of a block, empty at first."""
        return self.blocks.setdefault(key, BlockLog(key))

    def add_case(self, key: BlockKey, record: Record, *, failing: bool) -> None:
        """Append one case. `failing` says that pytest counts it as a failure or an error."""
        log = self.block(key)
        log.records.append(record)
        log.failing_misses += failing and record["outcome"] == "miss"
        if self.problem is None:
            try:
                self._append((_encode(record) + "\n").encode())
            except OSError as error:
                self.failed(self._path, error)

    def _append(self, line: bytes) -> None:
        """Write a whole line or nothing of it. Raises OSError."""
        if self._file is None:
            self._file = self._path.open("ab", buffering=0)
        written = 0
        try:
            while written < len(line):
                written += self._file.write(line[written:])
        except OSError:
            with suppress(OSError):
                self._file.truncate(self._file.tell() - written)
            raise

    def failed(self, path: Path, error: OSError) -> None:
        """Note that a file of the run cannot be written; the first one explains the others.

        Half a file is not left behind, but for the whole lines of the cases.
        """
        if path != self._path:
            with suppress(OSError):
                path.unlink(missing_ok=True)
        self.problem = self.problem or (
            f"{error.filename or path} cannot be written ({error.strerror or error}): the run's "
            "files are not whole; make room or name another folder with --slm-report-dir, and "
            "run again (stored answers are not computed again)"
        )

    def close(self) -> None:
        """Close the file; adding another case opens it again."""
        file, self._file = self._file, None
        if file is not None:
            try:
                file.close()
            except OSError as error:
                self.failed(self._path, error)

    @contextmanager
    def writing(self, path: Path) -> Iterator[None]:
        """Guard the writing of another file of the run."""
        try:
            yield
        except OSError as error:
            self.failed(path, error)
