"""The user's cache: one writer at a time, and nothing half-made under a final name.

CACHE/locks/     one lock file per key
CACHE/staging/   a folder per key, in use only while its lock is held
CACHE/stamps/    "this file had this hash when last seen", so that 100 MB are hashed once
"""

from __future__ import annotations

import errno
import hashlib
import logging
import os
import re
import shutil
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from slm_eval.errors import SourceUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

_log = logging.getLogger(__name__)
_FULL = {errno.ENOSPC, errno.EDQUOT}
_REFUSED = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST}
_ANNOUNCE_WAIT_AFTER_S = 5.0


def cache_dir() -> Path:
    """Return the cache folder: ``SLM_EVAL_CACHE``, or the platform's user cache. Not created."""
    override = os.environ.get("SLM_EVAL_CACHE")
    if override:
        return Path(override).expanduser().absolute()
    from platformdirs import user_cache_path

    return user_cache_path("slm_eval", appauthor=False)


def sha256_file(path: Path) -> str:
    """Return the hex sha256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def file_lock(key: str) -> Iterator[None]:
    """Hold the lock of `key` across processes; waits as long as another one works on it.

    The lock ends with its process, so a killed downloader blocks nobody.
    """
    from filelock import FileLock, Timeout

    folder = cache_dir() / "locks"
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / f"{_file_name(key)}.lock")
        try:
            lock.acquire(timeout=_ANNOUNCE_WAIT_AFTER_S)
        except Timeout:
            _log.info("waiting for another process that is fetching %s", key)
            lock.acquire()
    try:
        yield
    finally:
        lock.release()


@contextmanager
def staging_folder(key: str) -> Iterator[Path]:
    """Give an empty folder to build in, on the cache's own file system; removed afterwards.

    Call it with `file_lock(key)` held: what a killed process left under the same key is nobody's
    any more and is wiped first.
    """
    folder = cache_dir() / "staging" / _file_name(key)
    shutil.rmtree(folder, ignore_errors=True)
    with storage_errors(folder):
        folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def publish(staged: Path, target: Path) -> None:
    """Move a finished file to its final name in one step, its bytes on disk first."""
    with storage_errors(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
        with staged.open("rb+") as file:
            os.fsync(file.fileno())
        staged.replace(target)
        _sync_folder(target.parent)


def verified(path: Path, sha256: str) -> bool:
    """Say whether `path` is there and has this hash.

    The hash is computed once per size and modification time and remembered in the cache; a file
    that was touched or cut since is hashed again.
    """
    try:
        stat = path.stat()
    except OSError:
        return False
    place = hashlib.sha256(os.fsencode(path.absolute())).hexdigest()
    stamp = cache_dir() / "stamps" / place
    seen = f"{sha256} {stat.st_size} {stat.st_mtime_ns}"
    with suppress(OSError):
        if stamp.read_text(encoding="utf-8") == seen:
            return True
    if sha256_file(path) != sha256:
        return False
    # A cache that cannot be written costs the next run a hash, nothing else.
    with suppress(OSError):
        stamp.parent.mkdir(parents=True, exist_ok=True)
        stamp.write_text(seen, encoding="utf-8")
    return True


def require_free(needed_bytes: int, what: str) -> None:
    """Raise `SourceUnavailable` now when the cache's disk cannot take `needed_bytes`."""
    folder = cache_dir()
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        free_bytes = shutil.disk_usage(folder).free
    if free_bytes < needed_bytes:
        raise SourceUnavailable(
            f"{what} needs {needed_bytes:,} bytes in {folder}, which has {free_bytes:,} free; "
            "free some space or set SLM_EVAL_CACHE to a folder on a larger disk"
        )


@contextmanager
def storage_errors(folder: Path, needed_bytes: int | None = None) -> Iterator[None]:
    """Turn a full or read-only disk into a `SourceUnavailable` naming `folder` and the remedy."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise disk_full(folder, needed_bytes) from error
        if error.errno in _REFUSED:
            raise SourceUnavailable(
                f"the cache folder {folder} cannot be written ({error.strerror}); "
                "set SLM_EVAL_CACHE to a folder that can"
            ) from error
        raise


def disk_full(folder: Path, needed_bytes: int | None) -> SourceUnavailable:
    """Return the error for a disk that ran full while `folder` was written."""
    needs = f" (about {needed_bytes:,} bytes are needed)" if needed_bytes else ""
    return SourceUnavailable(
        f"no space left in {folder}{needs}; free some or set SLM_EVAL_CACHE to a folder on a "
        "larger disk"
    )


def _file_name(key: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", key)


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
