"""A run is read back whole, from wherever it is named, and a foreign folder is refused."""

import json
import shutil

import pytest

from slm_eval import load_run
from slm_eval.errors import DataError, SlmEvalError


@pytest.fixture
def reports(small_run, tmp_path):
    """Return a copy of the run's reports, with the link that it had."""
    return shutil.copytree(small_run / "reports", tmp_path / "reports", symlinks=True)


def test_cases_are_flat_rows(reports):
    run = load_run(reports / "latest")
    assert run.summary["verdict"] == "REJECTED"
    assert run.manifest["run_id"] == run.folder.name
    assert len(run) == len(run.cases) == len(list(run)) == 28
    first = next(iter(run))
    assert first["metric.length"] == 1.0
    assert "metrics" not in first


def test_the_same_run_by_every_name(reports):
    run = load_run(reports / "latest")
    for path in (run.folder, reports, run.folder / "summary.json", str(reports)):
        assert load_run(path) == run
    (reports / "latest").unlink()
    (reports / "latest").write_text(run.folder.name + "\n", encoding="utf-8")
    assert load_run(reports / "latest") == run
    assert load_run(reports) == run


def test_a_killed_run_keeps_its_finished_cases(reports):
    folder = load_run(reports).folder
    (folder / "summary.json").unlink()
    cases = folder / "cases.jsonl"
    cases.write_bytes(cases.read_bytes()[:-40])
    run = load_run(folder)
    assert run.summary is None
    assert len(run.cases) == 27
    cases.unlink()
    assert load_run(folder).cases == []


def test_a_frame_has_a_column_per_metric(reports):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(load_run(reports).cases)
    assert frame.groupby("model")["score"].count().to_dict() == {"first": 13, "second": 13}
    assert frame["metric.length"].notna().sum() == 24


def test_what_is_no_run_is_refused(reports, tmp_path):
    run = load_run(reports).folder
    with pytest.raises(SlmEvalError, match=r"there is no run .*; did you mean reports"):
        load_run(tmp_path / "report")
    with pytest.raises(SlmEvalError, match=r"is no run \(it has no manifest.json\)"):
        load_run(tmp_path)
    (reports / "latest").unlink()
    with pytest.raises(SlmEvalError, match=f"name one of its runs: {run.name}"):
        load_run(reports)
    (reports / "latest").symlink_to("gone")
    with pytest.raises(SlmEvalError, match="points at a run that is gone"):
        load_run(reports)
    (tmp_path / "notes.txt").write_text("hello", encoding="utf-8")
    with pytest.raises(SlmEvalError, match="is no run's file"):
        load_run(tmp_path / "notes.txt")


def test_broken_files_are_named(reports):
    folder = load_run(reports).folder
    cases = folder / "cases.jsonl"
    lines = cases.read_bytes().split(b"\n")
    cases.write_bytes(b"\n".join([lines[0], b"{", *lines[1:]]))
    with pytest.raises(DataError, match=r"cases\.jsonl:2: broken JSON"):
        load_run(folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["schema"] = "slm-eval/manifest/9"
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(DataError, match="has schema 'slm-eval/manifest/9'"):
        load_run(folder)
