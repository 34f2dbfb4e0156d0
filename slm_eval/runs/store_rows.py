"""The rows of the response store: reading, writing, noting their use, evicting the unused."""

from __future__ import annotations

import gc
import logging
import sqlite3
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING

from slm_eval.runs.response_codec import decode_responses, encode_response
from slm_eval.runs.store_file import BUSY_TIMEOUT_S, StoreDamagedError, meanings, transaction

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from slm_eval.cases.case import Response

TOUCH_AFTER_S = 3600
"""A response's last use is known to the hour: a warm run must not rewrite all it reads."""

_CHUNK = 900
_ROW_OVERHEAD_BYTES = 190
_KEEP_SHARE = 0.95
_UPSERT = (
    "INSERT INTO responses (key, value, crc, used) VALUES (?, ?, ?, ?) ON CONFLICT (key) DO "
    "UPDATE SET value = excluded.value, crc = excluded.crc, used = excluded.used"
)

Row = tuple[str, bytes, int, int]

_log = logging.getLogger(__name__)


def encode_row(key: str, response: Response, now: int) -> Row:
    """Return the row that holds a response: key, value, checksum, time of use."""
    value = encode_response(response)
    return key, value, _checksum(key, value), now


def read_rows(
    connection: sqlite3.Connection, keys: Sequence[str], idle_since: int, found: dict[str, Response]
) -> list[int]:
    """Read the rows of `keys` into `found`; return the ids of those last used before `idle_since`.

    Raises StoreDamagedError for a row that is not what was written: noise in the file must never
    pass for an answer. What is in `found` by then stands.
    """
    idle: list[int] = []
    with meanings(), _no_collection():
        for start in range(0, len(keys), _CHUNK):
            chunk = keys[start : start + _CHUNK]
            marks = ",".join("?" * len(chunk))
            rows = connection.execute(
                f"SELECT rowid, key, value, crc, used FROM responses WHERE key IN ({marks})", chunk
            )
            values: dict[str, bytes] = {}
            for rowid, key, value, crc, used in rows:
                typed = isinstance(key, str) and isinstance(value, bytes) and isinstance(used, int)
                if not typed or _checksum(key, value) != crc:
                    raise StoreDamagedError("a response does not match its checksum")
                values[key] = value
                if used < idle_since:
                    idle.append(rowid)
            try:
                found.update(zip(values, decode_responses([*values.values()]), strict=True))
            except ValueError as error:
                raise StoreDamagedError(str(error)) from error
    return idle


def write_rows(connection: sqlite3.Connection, rows: Iterable[Row], max_bytes: int) -> None:
    """Write rows in one transaction and keep the file near `max_bytes`."""
    with meanings(), transaction(connection):
        connection.executemany(_UPSERT, rows)
        if _used_bytes(connection) > max_bytes:
            evict(connection, int(max_bytes * _KEEP_SHARE))


def touch_rows(connection: sqlite3.Connection, rowids: Sequence[int], now: int) -> None:
    """Note the use of rows, if that is to be had at once: reading must not wait for writers."""
    try:
        connection.execute("PRAGMA busy_timeout = 100")
        with transaction(connection):
            connection.executemany(
                "UPDATE responses SET used = ? WHERE rowid = ?", [(now, row) for row in rowids]
            )
    except sqlite3.Error as error:
        _log.debug("use of stored responses not noted: %s", error)
    finally:
        connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_S * 1000:.0f}")


def evict(connection: sqlite3.Connection, keep_bytes: int) -> int:
    """Delete the least recently used rows until the pages in use fit `keep_bytes`; return how many.

    Deleting frees a page only once it is empty, so it goes round until enough are. To be called
    inside a transaction.
    """
    removed = 0
    while (excess := _used_bytes(connection) - keep_bytes) > 0:
        doomed: list[tuple[int]] = []
        oldest = connection.execute(
            "SELECT rowid, length(value) FROM responses ORDER BY used, rowid"
        )
        for rowid, length in oldest:
            doomed.append((rowid,))
            # A damaged row has no length; it goes like any other.
            excess -= (length or 0) + _ROW_OVERHEAD_BYTES
            if excess <= 0:
                break
        oldest.close()
        if not doomed:
            break
        connection.executemany("DELETE FROM responses WHERE rowid = ?", doomed)
        removed += len(doomed)
    return removed


@contextmanager
def _no_collection() -> Iterator[None]:
    """Pause the garbage collector: many objects are made, none is garbage, a third of the time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _used_bytes(connection: sqlite3.Connection) -> int:
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    (free,) = connection.execute("PRAGMA freelist_count").fetchone()
    (size,) = connection.execute("PRAGMA page_size").fetchone()
    return int((pages - free) * size)


def _checksum(key: str, value: bytes) -> int:
    return zlib.crc32(value, zlib.crc32(key.encode()))
