"""Readers: files of one format to raw rows, before a data set normalises them.

A reader takes the paths that a source served, in order, and yields their rows one after another.
pyarrow is imported only when an Arrow or Parquet file is read.
"""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from slm_eval.cases.jsonl import read_jsonl
from slm_eval.errors import DataError

RawRow = dict[str, Any]
Reader = Callable[[Sequence[Path]], Iterable[RawRow]]


def read_json_lines(paths: Sequence[Path]) -> Iterator[RawRow]:
    """Yield the objects of jsonl files, gzipped or not. Raises `DataError` with file and line."""
    for path in paths:
        for place, value in read_jsonl(path):
            if not isinstance(value, dict):
                raise DataError(f"{place}: expected an object")
            yield value


def read_requests(paths: Sequence[Path]) -> Iterator[RawRow]:
    """Yield the ``doc`` of each line of a file of recorded requests (OLMo's evaluation format)."""
    for row in read_json_lines(paths):
        yield row["doc"]


def read_arrow(paths: Sequence[Path]) -> Iterator[RawRow]:
    """Yield the rows of Arrow stream files, as `datasets` saves them."""
    import pyarrow as pa

    for path in paths:
        with pa.memory_map(str(path)) as mapped, pa.ipc.open_stream(mapped) as stream:
            yield from stream.read_all().to_pylist()


def read_parquet(paths: Sequence[Path]) -> Iterator[RawRow]:
    """Yield the rows of Parquet files, as the Hub serves them."""
    import pyarrow.parquet

    for path in paths:
        yield from pyarrow.parquet.read_table(path).to_pylist()


def read_csv(paths: Sequence[Path]) -> Iterator[RawRow]:
    """Yield the rows of comma-separated files with a header."""
    for path in paths:
        with path.open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)


def read_tsv(paths: Sequence[Path]) -> Iterator[RawRow]:
    """Yield the rows of tab-separated files with a header, quotes being plain characters."""
    for path in paths:
        with path.open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)


def read_json(paths: Sequence[Path]) -> Iterator[RawRow]:
    """Yield the one object that each JSON file holds, gzipped or not."""
    for path in paths:
        data = path.read_bytes()
        yield json.loads(gzip.decompress(data) if path.suffix == ".gz" else data)
