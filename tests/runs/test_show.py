"""`slm-eval show` tells of a real run what its summary holds."""

import json
import shutil

from slm_eval.cli import main


def test_it_prints_table_reasons_and_verdicts(small_run, capsys, monkeypatch):
    monkeypatch.chdir(small_run)
    assert main(["show"]) == 0
    out = capsys.readouterr().out
    for words in (
        "generation",
        "score >= 0.900",
        "error_rate <= 0.900",
        "failed: generation score: 0.333333 < 0.9",
        "first: REJECTED",
        "second: REJECTED",
    ):
        assert words in out


def test_it_prints_the_summary_as_json(small_run, capsys):
    assert main(["show", str(small_run / "reports" / "latest"), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == json.loads((small_run / "reports" / "latest" / "summary.json").read_text())


def test_a_run_that_was_killed_has_no_verdict(small_run, tmp_path, capsys):
    copy = shutil.copytree((small_run / "reports" / "latest").resolve(), tmp_path / "run")
    (copy / "summary.json").unlink()
    assert main(["show", str(copy)]) == 2
    assert "ended before its verdict, after 28 cases" in capsys.readouterr().err
