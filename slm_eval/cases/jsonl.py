"""Rows of one's own: a jsonl file, or a list in the test file."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from slm_eval.cases.rowsource import DatasetContext, LoadedRows, rows_sha256
from slm_eval.errors import DataError, closest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

REQUIRED = ("input", "expected")
Placed = tuple[str, Any]
"""Where a row stands (``file.jsonl:3``), and the row."""


@dataclass(frozen=True, slots=True)
class JsonLines:
    """A jsonl file (``.jsonl`` or ``.jsonl.gz``), found when it is loaded."""

    path: Path
    required: tuple[str, ...] = REQUIRED
    name: str = ""

    def load(self, context: DatasetContext) -> LoadedRows:
        """Return the file's rows. Raises `DataError` naming file, line and what was expected."""
        path = find_file(self.path, context.base_dirs)
        rows = check_rows(read_jsonl(path), self.required, str(path))
        return LoadedRows(rows, self.name, str(path), None, rows_sha256(rows))


@dataclass(frozen=True, slots=True)
class GivenRows:
    """Rows written in the test file itself."""

    given: tuple[Any, ...]
    required: tuple[str, ...] = REQUIRED
    name: str = "rows"

    def load(self, context: DatasetContext) -> LoadedRows:  # noqa: ARG002 - RowSource's signature
        """Return copies of the rows. Raises `DataError` naming the row and what was expected."""
        placed = ((f"{self.name}, row {n}", row) for n, row in enumerate(self.given, start=1))
        rows = check_rows(placed, self.required, self.name)
        return LoadedRows(rows, self.name, "given in code", None, rows_sha256(rows))


def jsonl(
    path: str | Path, *, required: Sequence[str] = REQUIRED, name: str | None = None
) -> JsonLines:
    """Take rows from a jsonl file: one JSON object a line, with `required` fields and optional id.

    A relative path is looked for beside the test file first, then from the project's root. `name`
    is how runs call the rows; the file's stem by default.
    """
    where = Path(path)
    stem = where.name.removesuffix(".gz").removesuffix(".jsonl")
    return JsonLines(where, tuple(required), name or stem)


def rows(
    given: Iterable[Mapping[str, Any]], *, required: Sequence[str] = REQUIRED, name: str = "rows"
) -> GivenRows:
    """Take rows from a list of mappings with `required` fields and an optional id."""
    return GivenRows(tuple(given), tuple(required), name)


def find_file(path: Path, base_dirs: Sequence[Path]) -> Path:
    """Return the first existing file among `base_dirs` / `path`; an absolute path stands alone.

    Raises `DataError` naming the folders looked in and the files with the nearest names.
    """
    path = path.expanduser()
    folders = [Path()] if path.is_absolute() else list(base_dirs) or [Path.cwd()]
    candidates = list(dict.fromkeys(folder / path for folder in folders))
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    siblings = [
        sibling.name
        for candidate in candidates
        if candidate.parent.is_dir()
        for sibling in sorted(candidate.parent.iterdir())
        if sibling.is_file()
    ]
    looked = ", ".join(str(candidate.parent) for candidate in candidates)
    raise DataError(
        f"there is no file {path.name} in {looked}{closest(path.name, siblings)}; give a path "
        "relative to the test file or to the project's root, or an absolute one"
    )


def read_jsonl(path: Path) -> Iterator[Placed]:
    """Yield each line's value with its place; empty lines are passed over.

    Raises `DataError` for what is not UTF-8, not gzip in a ``.gz``, or not JSON.
    """
    for number, line in enumerate(_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            yield f"{path}:{number}", json.loads(line, parse_constant=_refuse_constant)
        except ValueError as error:
            raise DataError(
                f"{path}:{number}: broken JSON ({error}); expected one JSON object on the line"
            ) from error


def check_rows(
    placed: Iterable[Placed], required: Sequence[str], where: str
) -> list[dict[str, Any]]:
    """Return rows with an id each (their 0-based index where they have none), all checked.

    Raises `DataError` for a row that is no object, lacks a required field (null counts as lacking),
    or has an id that is not a string or whole number or was seen before; and for no rows at all.
    """
    checked: list[dict[str, Any]] = []
    seen: dict[str, str] = {}
    for index, (place, value) in enumerate(placed):
        if not isinstance(value, Mapping):
            raise DataError(
                f"{place}: expected an object with {_listed(required)}, got {_kind(value)}"
            )
        row = dict(value)
        for field in required:
            if row.get(field) is None:
                raise DataError(_lacks(place, field, row, required))
        row["id"] = identity = _identity(place, row.get("id"), index)
        if identity in seen:
            raise DataError(
                f"{place}: the id {identity!r} is already that of {seen[identity]}; "
                "ids must be unique"
            )
        seen[identity] = place
        checked.append(row)
    if not checked:
        raise DataError(f"{where} holds no rows; expected objects with {_listed(required)}")
    return checked


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
        if path.suffix == ".gz":
            data = gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} cannot be read ({error}); expected a jsonl file") from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{path}:{line}: byte 0x{data[error.start]:02x} is not UTF-8; save the file as UTF-8"
        ) from error


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _lacks(place: str, field: str, row: Mapping[str, Any], required: Sequence[str]) -> str:
    if field in row:
        return f"{place}: field {field!r} is null; expected {_listed(required)} in every row"
    others = [name for name in row if name not in required]
    has = ", ".join(row) or "no field"
    return (
        f"{place}: field {field!r} is missing; expected {_listed(required)}, "
        f"the row has {has}{closest(field, others)}"
    )


def _identity(place: str, given: Any, index: int) -> str:
    if given is None:
        return f"{index:04d}"
    if isinstance(given, bool) or not isinstance(given, str | int) or given == "":
        raise DataError(f"{place}: id {given!r} cannot be used; expected a string or whole number")
    return str(given)


def _listed(names: Sequence[str]) -> str:
    return " and ".join(repr(name) for name in names) or "at least one field"


def _kind(value: Any) -> str:
    kinds = {list: "a list", str: "a string", bool: "a boolean", type(None): "null"}
    return kinds.get(
        type(value), "a number" if isinstance(value, int | float) else str(type(value))
    )
