"""Reading back what a run left: for pandas, for `slm-eval show`, for one's own scripts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from slm_eval.errors import DataError, SlmEvalError, closest

if TYPE_CHECKING:
    from collections.abc import Iterator

FILES = ("manifest.json", "summary.json", "cases.jsonl")
POINTER_LIMIT_BYTES = 1000


@dataclass(frozen=True)
class Run:
    """One run. ``pandas.DataFrame(run.cases)`` gives a row per case and model.

    summary: None when the run was killed before its verdict.
    cases: `cases.jsonl`, each line's metrics as ``metric.NAME`` beside its other fields.
    """

    folder: Path
    manifest: dict[str, Any]
    summary: dict[str, Any] | None
    cases: list[dict[str, Any]]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Yield the rows of `cases`."""
        return iter(self.cases)

    def __len__(self) -> int:
        """Return how many cases were recorded."""
        return len(self.cases)


def load_run(path: str | Path) -> Run:
    """Return the run at `path`: its folder, ``reports/latest``, or ``reports`` for the latest.

    Raises `SlmEvalError` for a folder that is missing or holds no run, `DataError` for a file that
    is not what a run writes. The cut last line of a killed run is left out.
    """
    folder = find_run(Path(path))
    manifest = _read_json(folder / "manifest.json", "manifest")
    summary_path = folder / "summary.json"
    summary = _read_json(summary_path, "summary") if summary_path.exists() else None
    return Run(folder, manifest, summary, [_flat(case) for case in _cases(folder / "cases.jsonl")])


def find_run(path: Path) -> Path:
    """Return the run folder that `path` means. Raises `SlmEvalError` where there is none."""
    path = path.expanduser()
    if not path.exists():
        broken = " (it points at a run that is gone)" if path.is_symlink() else ""
        raise SlmEvalError(f"there is no run {path}{broken}{_nearest(path)}")
    if path.is_file():
        return path.parent if path.name in FILES else find_run(path.parent / _pointed_at(path))
    if (path / "manifest.json").is_file():
        return path.resolve()
    latest = path / "latest"
    if latest.exists() or latest.is_symlink():
        return find_run(latest)
    runs = sorted(child.parent.name for child in path.glob("*/manifest.json"))
    remedy = f"name one of its runs: {', '.join(runs[-3:])}" if runs else "give a run's folder"
    raise SlmEvalError(f"{path} is no run (it has no manifest.json) and no `latest`; {remedy}")


def _nearest(path: Path) -> str:
    parent = path.parent
    if not parent.is_dir():
        return "; give the folder that a run wrote, such as reports/latest"
    return closest(path.name, (child.name for child in parent.iterdir() if child.is_dir()))


def _pointed_at(path: Path) -> str:
    """Return the run named by the text file that stands for `latest` where links are refused."""
    try:
        name = path.read_bytes()[:POINTER_LIMIT_BYTES].decode("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        name = ""
    if not name or "\n" in name or not (path.parent / name / "manifest.json").is_file():
        raise SlmEvalError(f"{path} is no run's file; give a run's folder or reports/latest")
    return name


def _read_json(path: Path, kind: str) -> dict[str, Any]:
    try:
        value: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read ({error}); expected a run's {kind}") from error
    known = f"slm-eval/{kind}/1"
    found = value.get("schema") if isinstance(value, dict) else None
    if found != known:
        raise DataError(f"{path} has schema {found!r}; this slm_eval reads {known!r}")
    return value  # type: ignore[no-any-return]


def _cases(path: Path) -> Iterator[dict[str, Any]]:
    if not path.exists():
        return
    # A line ends with its newline: what a killed run was still writing is no case yet.
    *lines, _cut = path.read_bytes().split(b"\n")
    for number, line in enumerate(lines, start=1):
        try:
            case = json.loads(line)
        except ValueError as error:
            raise DataError(
                f"{path}:{number}: broken JSON ({error}); expected one case on the line"
            ) from error
        if not isinstance(case, dict) or "case_id" not in case:
            raise DataError(f"{path}:{number}: not a case; expected an object with 'case_id'")
        yield case


def _flat(case: dict[str, Any]) -> dict[str, Any]:
    row = {name: value for name, value in case.items() if name != "metrics"}
    row.update({f"metric.{name}": value for name, value in case.get("metrics", {}).items()})
    return row
