"""The response store: what a model once answered is not computed again.

One SQLite file, shared by any number of processes, addressed by `request_key`. A store that cannot
be used costs the run its speed, never its life: it says so once and the run continues without.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from slm_eval.runs.response_codec import request_key, storable
from slm_eval.runs.store_file import (
    StoreDamagedError,
    StoreUnusableError,
    file_identity,
    meanings,
    open_database,
    set_aside,
    transaction,
)
from slm_eval.runs.store_rows import (
    TOUCH_AFTER_S,
    encode_row,
    evict,
    read_rows,
    touch_rows,
    write_rows,
)

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from slm_eval.cases.case import Response

__all__ = ["ResponseStore", "StoreStats", "default_store_path", "request_key"]

DEFAULT_MAX_BYTES = 2 * 2**30
MAX_SET_ASIDE = 3

_log = logging.getLogger(__name__)
# A connection must not be used, nor closed, in a forked child: it is kept here untouched.
_inherited: list[sqlite3.Connection] = []


def default_store_path() -> Path:
    """Return ``responses.sqlite`` in the user's cache."""
    from slm_eval.sources.cache import cache_dir

    return cache_dir() / "responses.sqlite"


@dataclass(frozen=True)
class StoreStats:
    """What a store holds. Times are seconds since the epoch; `problem` says why it is not used."""

    path: Path
    responses: int = 0
    file_bytes: int = 0
    max_bytes: int = DEFAULT_MAX_BYTES
    oldest_use_s: int | None = None
    newest_use_s: int | None = None
    damaged_files: tuple[Path, ...] = ()
    problem: str | None = None


@dataclass
class _Handle:
    """A connection with the process and the file that it belongs to."""

    connection: sqlite3.Connection
    pid: int
    identity: tuple[int, int] | None


class ResponseStore:
    """Answers by key. Opened at first use; usable from many processes, threads and after a fork.

    path: the SQLite file; its folder is made.
    max_bytes: size that the file is kept to, least recently used answers leaving first.
    refresh: answer no `get_many`, so that everything is computed and stored anew.
    notify: called with each message for the user (default: a log warning); also in `messages`.
    """

    def __init__(
        self,
        path: Path,
        max_bytes: int = DEFAULT_MAX_BYTES,
        *,
        refresh: bool = False,
        notify: Callable[[str], None] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.path = Path(path)
        self.max_bytes = max_bytes
        self.refresh = refresh
        self.messages: list[str] = []
        self._notify = notify or _log.warning
        self._clock = clock
        self._handle: _Handle | None = None
        self._lock = threading.RLock()
        self._unreadable: str | None = None
        self._unwritable: str | None = None
        self._set_aside = 0

    def get_many(self, keys: Sequence[str]) -> dict[str, Response]:
        """Return the responses that are held, by key; the others are simply absent."""
        found: dict[str, Response] = {}
        now = int(self._clock())
        if self.refresh or not keys:
            return found
        with self._own_lock():
            # The second round reads the new, empty file that took a damaged one's place.
            for _ in range(2):
                if self._unreadable:
                    break
                try:
                    connection = self._connection()
                    wanted = [key for key in keys if key not in found]
                    idle = read_rows(connection, wanted, now - TOUCH_AFTER_S, found)
                    if idle and not self._unwritable:
                        touch_rows(connection, idle, now)
                    break
                except StoreDamagedError as damage:
                    self._recover(damage)
                except StoreUnusableError as reason:
                    self._give_up(str(reason), reading=True)
        return found

    def put_many(self, items: Mapping[str, Response] | Iterable[tuple[str, Response]]) -> None:
        """Keep responses by key; they survive the process's death once this returns.

        A response with a NaN is left out.
        """
        pairs = items.items() if hasattr(items, "items") else items
        now = int(self._clock())
        rows = [encode_row(key, response, now) for key, response in pairs if storable(response)]
        if not rows:
            return
        with self._own_lock():
            for _ in range(2):
                if self._unwritable:
                    break
                try:
                    write_rows(self._connection(), rows, self.max_bytes)
                    break
                except StoreDamagedError as damage:
                    self._recover(damage)
                except StoreUnusableError as reason:
                    self._give_up(str(reason), reading=False)

    def stats(self) -> StoreStats:
        """Return what the store holds; makes no file where there is none."""
        damaged = tuple(sorted(self.path.parent.glob(f"{self.path.name}.damaged-*[0-9]")))
        empty = StoreStats(self.path, max_bytes=self.max_bytes, damaged_files=damaged)
        if not self.path.exists():
            return empty
        query = "SELECT count(*), min(used), max(used) FROM responses"
        with self._own_lock():
            try:
                with meanings():
                    count, oldest, newest = self._connection().execute(query).fetchone()
                    size = self.path.stat().st_size
                if not (isinstance(oldest, int | None) and isinstance(newest, int | None)):
                    raise StoreDamagedError("a time of use is no number")
            except (StoreDamagedError, StoreUnusableError) as reason:
                return replace(empty, problem=f"cannot be read: {reason}")
        return StoreStats(self.path, count, size, self.max_bytes, oldest, newest, damaged)

    def prune(self, max_bytes: int | None = None, *, older_than_s: float | None = None) -> int:
        """Remove responses, shrink the file and return how many went.

        max_bytes: keep at most this much, dropping the least recently used first.
        older_than_s: drop what was last used longer ago than this, known to the hour.
        Raises StoreDamagedError or StoreUnusableError.
        """
        if not self.path.exists():
            return 0
        with self._own_lock(), meanings():
            connection = self._connection()
            removed = 0
            with transaction(connection):
                if older_than_s is not None:
                    removed += connection.execute(
                        "DELETE FROM responses WHERE used < ?", (self._clock() - older_than_s,)
                    ).rowcount
                if max_bytes is not None:
                    removed += evict(connection, max_bytes)
            # A script runs to its end; execute() would stop after the first page.
            connection.executescript("PRAGMA incremental_vacuum")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return removed

    def close(self) -> None:
        """Close this process's connection; the next use opens another."""
        with self._own_lock():
            self._drop_handle()

    def _own_lock(self) -> threading.RLock:
        if self._handle is not None and self._handle.pid != os.getpid():
            # Another thread of the parent may have held the lock at the fork: it never lets go.
            _inherited.append(self._handle.connection)
            self._handle = None
            self._lock = threading.RLock()
        return self._lock

    def _connection(self) -> sqlite3.Connection:
        if self._handle is not None and self._handle.identity != file_identity(self.path):
            # Another process set the file aside, or somebody removed it.
            self._drop_handle()
        if self._handle is None:
            connection = open_database(self.path)
            self._handle = _Handle(connection, os.getpid(), file_identity(self.path))
        return self._handle.connection

    def _drop_handle(self) -> None:
        if self._handle is not None:
            self._handle.connection.close()
            self._handle = None

    def _recover(self, damage: StoreDamagedError) -> None:
        identity = self._handle.identity if self._handle else file_identity(self.path)
        self._drop_handle()
        self._set_aside += 1
        try:
            if self._set_aside > MAX_SET_ASIDE:
                raise StoreUnusableError("it keeps being damaged, as by a failing disk")
            aside = set_aside(self.path, identity)
        except StoreUnusableError as reason:
            self._give_up(f"{damage}; {reason}", reading=True)
            return
        if aside is not None:
            self._say(
                f"response store {self.path} is damaged ({damage}): set aside as {aside.name}, "
                "a new one is started; what it held is computed again"
            )

    def _give_up(self, reason: str, *, reading: bool) -> None:
        # A store that cannot even be opened is useless for both; a full disk can still be read.
        told = self._unwritable or self._unreadable
        self._unwritable = self._unwritable or reason
        if reading or self._handle is None:
            self._unreadable = reason
        if told is None:
            done = "used" if self._unreadable else "written"
            self._say(
                f"response store {self.path} cannot be {done}: "
                f"{reason}. The run continues, answers are not kept; --slm-store PATH takes another"
            )

    def _say(self, message: str) -> None:
        self.messages.append(message)
        self._notify(message)
