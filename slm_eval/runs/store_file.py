"""The SQLite file behind the response store: opening it, and what its errors mean.

An error is either damage (`StoreDamagedError`: the file is set aside and a new one started) or a
condition of the machine or of the file's owner (`StoreUnusableError`: the run goes on without).
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from slm_eval.errors import SlmEvalError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCHEMA_VERSION = 1
APPLICATION_ID = 0x534C4D45
"""``SLME`` in the file's header: any other SQLite file is somebody else's."""
BUSY_TIMEOUT_S = 30.0

_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR}
_TABLES = """
CREATE TABLE responses (
    key TEXT PRIMARY KEY NOT NULL,
    value BLOB NOT NULL,
    crc INTEGER NOT NULL,
    used INTEGER NOT NULL
);
CREATE INDEX responses_used ON responses (used);
"""


class StoreDamagedError(SlmEvalError):
    """The file does not hold what was written to it."""


class StoreUnusableError(SlmEvalError):
    """The file cannot be used as it is, and is not ours to repair: the message says why."""


@contextmanager
def meanings() -> Iterator[None]:
    """Turn SQLite's errors into `StoreDamagedError` or `StoreUnusableError`."""
    try:
        yield
    except sqlite3.ProgrammingError:
        raise
    except sqlite3.DatabaseError as error:
        # Our statements are fixed, so SQLITE_ERROR (a table is missing) is damage as well, and so
        # is what carries no code at all (a text column that is no text).
        code: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)
        if code & 0xFF in _DAMAGE:
            raise StoreDamagedError(str(error)) from error
        raise StoreUnusableError(str(error)) from error
    except OSError as error:
        raise StoreUnusableError(error.strerror or str(error)) from error


def open_database(path: Path) -> sqlite3.Connection:
    """Open the store file, making it if need be, in WAL mode.

    ``synchronous=NORMAL``: a committed response survives the death of the process at any instant
    (``kill -9``). A power cut may take the last ones with it, but leaves the file whole; they are
    computed again. FULL would add an fsync to every batch for that case alone.

    Raises StoreDamagedError or StoreUnusableError.
    """
    with meanings():
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(
            path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
        )
        try:
            _prepare(connection)
        except BaseException:
            connection.close()
            raise
        return connection


def _prepare(connection: sqlite3.Connection) -> None:
    if not _is_ours(connection):
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        _use_wal(connection)
        with transaction(connection):
            if _header(connection) == (0, 0, 0):
                for statement in _TABLES.split(";"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA journal_size_limit = 67108864")


def _is_ours(connection: sqlite3.Connection) -> bool:
    """True for a store of this version, False for an empty file; others are not to be used."""
    # One transaction: between two of them another process may turn an empty file into a store.
    with transaction(connection, "DEFERRED"):
        owner, version, tables = _header(connection)
    if owner == APPLICATION_ID and version != SCHEMA_VERSION:
        age = "newer" if version > SCHEMA_VERSION else "older"
        raise StoreUnusableError(
            f"it has format {version} of a {age} slm_eval (this one uses {SCHEMA_VERSION}) "
            "and is left alone"
        )
    if owner == 0 and version == 0 and tables == 0:
        return False
    if owner != APPLICATION_ID:
        raise StoreUnusableError("it is a SQLite file of another program and is left alone")
    return True


def _header(connection: sqlite3.Connection) -> tuple[int, int, int]:
    """Return the file's application id, format version and, where both are 0, count of tables."""
    (owner,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    # The tables of a newer format may be beyond this SQLite: do not ask for them.
    query = "SELECT count(*) FROM sqlite_master"
    (tables,) = (0,) if owner or version else connection.execute(query).fetchone()
    return owner, version, tables


def _use_wal(connection: sqlite3.Connection) -> None:
    """Switch to WAL; SQLite does not wait for other processes here, so wait ourselves."""
    deadline = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            busy = error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
            if not busy or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


@contextmanager
def transaction(connection: sqlite3.Connection, kind: str = "IMMEDIATE") -> Iterator[None]:
    """Commit what happens inside in one step, or nothing of it; ``DEFERRED`` if it only reads."""
    connection.execute(f"BEGIN {kind}")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def file_identity(path: Path) -> tuple[int, int] | None:
    """Return what tells this file from another that later bears its name; None without a file."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_dev, stat.st_ino


def set_aside(path: Path, identity: tuple[int, int] | None) -> Path | None:
    """Rename a damaged store to ``NAME.damaged-<time>`` and return the new path.

    Of several processes that meet the same damage only one renames: None says that `path` is by
    now another file than the one of `identity`. Raises StoreUnusableError if it cannot be renamed.
    """
    from filelock import FileLock, Timeout

    with meanings():
        try:
            with FileLock(f"{path}.lock", timeout=BUSY_TIMEOUT_S):
                if identity is None or file_identity(path) != identity:
                    return None
                stamp = datetime.now().strftime("%Y%m%dT%H%M%S-%f")
                aside = path.with_name(f"{path.name}.damaged-{stamp}")
                # The journal goes first: it must never meet the new file of the old name.
                for suffix in ("-wal", "-shm", ""):
                    part = path.with_name(path.name + suffix)
                    if part.exists():
                        part.rename(aside.with_name(aside.name + suffix))
                return aside
        except Timeout as error:
            raise StoreUnusableError("it is damaged and another process holds its lock") from error
