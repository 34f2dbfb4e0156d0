"""A packaged data set: several sources, one pinned content.

Rows are normalised and hashed, whichever source served them, and kept in the cache as canonical
JSON lines under the pinned hash: loading them again needs no source, no pyarrow and no network.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from slm_eval.cases.rowsource import (
    DatasetContext,
    LoadedRows,
    canonical_bytes,
    parse_canonical,
)
from slm_eval.errors import DataError, HashMismatch
from slm_eval.sources.base import Served, Source, fetch_first
from slm_eval.sources.cache import (
    cache_dir,
    file_lock,
    publish,
    require_free,
    staging_folder,
    storage_errors,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from slm_eval.cases.readers import RawRow, Reader


_WRONG_FORMAT = (KeyError, IndexError, TypeError, ValueError, OSError, EOFError, zlib.error)


@dataclass(frozen=True, slots=True)
class Dataset:
    """Rows that are pinned: `sha256` of their canonical form and their number, `count`.

    name: like ``mmlu/test``. sources: where the rows may come from, each with the reader of its
    format, in the order they are asked. normalise: from a source's raw rows to the rows that tasks
    see, the same whichever source served. licence: of the rows. protected: rows whose text must
    not be published in files.
    """

    name: str
    sources: tuple[tuple[Source, Reader], ...]
    normalise: Callable[[Iterable[RawRow]], Iterable[dict[str, Any]]]
    sha256: str
    count: int
    licence: str
    protected: bool = False

    def load(self, context: DatasetContext) -> LoadedRows:
        """Return the rows, from the cache or the first source that can serve them.

        Raises `SourceUnavailable` naming every source tried and the remedy, `HashMismatch` naming
        both hashes, `DataError` for a file that is not of its format.
        """
        cached = self._from_cache()
        if cached is not None:
            return cached
        with file_lock(self._key):
            return self._from_cache() or self._from_sources(context)

    @property
    def _key(self) -> str:
        return f"rows-{self.name}-{self.sha256[:16]}"

    @property
    def _cache_file(self) -> Path:
        return cache_dir() / "rows" / f"{self.name.replace('/', '-')}-{self.sha256[:16]}.jsonl"

    @property
    def _origin_file(self) -> Path:
        return self._cache_file.with_suffix(".origin.json")

    def _from_cache(self) -> LoadedRows | None:
        try:
            data = self._cache_file.read_bytes()
        except OSError:
            return None
        # A file that was cut or changed is no cache: the sources are asked again.
        if hashlib.sha256(data).hexdigest() != self.sha256:
            return None
        origin: dict[str, Any] = {}
        with suppress(OSError, ValueError):
            origin = json.loads(self._origin_file.read_bytes())
        return self._loaded(
            parse_canonical(data), str(origin.get("source", "cache")), origin.get("revision")
        )

    def _from_sources(self, context: DatasetContext) -> LoadedRows:
        places = [source for source, _ in self.sources]
        served = fetch_first(f"the rows of {self.name}", places, context.sources)
        place = served.source.describe()
        try:
            rows = list(self.normalise(self.sources[served.index][1](served.paths)))
        except _WRONG_FORMAT as error:
            raise DataError(
                f"{served.paths[0]} ({place}) is not a file of {self.name}: "
                f"{type(error).__name__}: {error}"
            ) from error
        data = canonical_bytes(rows)
        digest = hashlib.sha256(data).hexdigest()
        if digest != self.sha256:
            raise HashMismatch(self._mismatch(served, digest, len(rows)))
        self._keep(data, {"source": place, "revision": served.source.revision})
        # Parsed anew so that a row is the same object tree whether it came from the cache or not.
        return self._loaded(parse_canonical(data), place, served.source.revision)

    def _mismatch(self, served: Served, digest: str, count: int) -> str:
        return (
            f"{self.name}: {served.source.describe()} served {count:,} rows with sha256 {digest}, "
            f"pinned are {self.count:,} rows with {self.sha256}; file {served.paths[0]}. "
            "Mend that file, or leave this source out (another --slm-mirror, HF_HUB_OFFLINE=1)"
        )

    def _keep(self, data: bytes, origin: dict[str, Any]) -> None:
        require_free(len(data), f"keeping the rows of {self.name}")
        with staging_folder(self._key) as staging, storage_errors(staging, len(data)):
            for target, content in (
                (self._origin_file, json.dumps(origin).encode()),
                (self._cache_file, data),
            ):
                staged = staging / target.name
                staged.write_bytes(content)
                publish(staged, target)

    def _loaded(self, rows: list[dict[str, Any]], source: str, revision: str | None) -> LoadedRows:
        return LoadedRows(rows, self.name, source, revision, self.sha256, self.protected)
