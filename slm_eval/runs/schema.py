"""The JSON Schemas of a run's files, and whether a run keeps to them.

`manifest.json` and `summary.json` name their schema (``slm-eval/summary/1``); a line of
`cases.jsonl` follows ``slm-eval/case/1``. A change that readers would notice takes a new number.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from slm_eval.errors import ConfigError, DataError, closest

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

NAMES = ("manifest", "summary", "case")


@cache
def schema(name: str) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of ``manifest``, ``summary`` or ``case``, package data.

    Raises `ConfigError` for another name.
    """
    if name not in NAMES:
        raise ConfigError(
            f"there is no schema {name!r}{closest(name, NAMES)}; known are {', '.join(NAMES)}"
        )
    text = (files("slm_eval") / "runs" / "schemas" / f"{name}.schema.json").read_text("utf-8")
    return cast("dict[str, Any]", json.loads(text))


def validate_run(folder: str | Path) -> None:
    """Check a finished run's three files, every case's line included.

    Raises `DataError` naming the file, the line, the place in it and what was expected there.
    """
    folder = Path(folder)
    scored = 0
    for name in ("manifest", "summary"):
        path = folder / f"{name}.json"
        value = _parse(str(path), _text(path))
        _check(name, value, str(path))
        scored = sum(suite["n"] for suite in value.get("suites", ()))
    path = folder / "cases.jsonl"
    # Suites whose rows could not be had leave a run without a single case.
    lines = _text(path).removesuffix("\n").split("\n") if scored or path.exists() else []
    for number, line in enumerate(lines, start=1):
        place = f"{path}:{number}"
        _check("case", _parse(place, line), place)


@cache
def _validator(name: str) -> Draft202012Validator:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(schema(name))


def _check(name: str, value: Any, place: str) -> None:
    error = next(_validator(name).iter_errors(value), None)
    if error is not None:
        title = schema(name)["title"]
        raise DataError(f"{place} does not follow {title}: at {error.json_path}, {error.message}")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read ({error}); expected a run's file") from error


def _parse(place: str, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise DataError(f"{place}: broken JSON ({error})") from error
