"""`slm-eval fit`, `models` and `store`; `show` is in tests/runs/, beside the run that it shows."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import slm_eval
from slm_eval.cases.case import Response
from slm_eval.cli import main
from slm_eval.models.registry import cards
from slm_eval.runs.store import ResponseStore


def run_json(capsys, *argv):
    code = main([*argv, "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_fit_shows_every_term_and_its_verdict(capsys):
    assert main(["fit", "qwen3-7b", "--hardware", "rtx-4060"]) == 1
    out = capsys.readouterr().out
    for word in ("weights", "KV cache", "logits", "activations", "overhead", "available", "6.8"):
        assert word in out
    assert "taken as Qwen/Qwen3-8B" in out
    assert "does not fit" in out


def test_fit_takes_quantisation_context_and_batch(capsys):
    asked = ["fit", "qwen3-8b", "--hardware", "a100-80gb", "--context", "1024", "--batch", "4"]
    code, found = run_json(capsys, *asked, "--quantization", "int4")
    assert (code, found["fits"], found["quantization"]) == (0, True, "int4")
    assert (found["context_length"], found["batch_size"]) == (1024, 4)


def test_an_unknown_size_is_no_fit(capsys):
    code, found = run_json(capsys, "fit", "nobody/unheard-of", "--hardware", "a100-80gb")
    assert (code, found["fits"]) == (1, None)


def test_models_lists_the_registry(capsys):
    code, found = run_json(capsys, "models")
    assert code == 0
    assert [entry["name"] for entry in found] == [card.name for card in cards()]
    assert main(["models"]) == 0
    out = capsys.readouterr().out
    assert all(card.name in out and (card.hub_id or "") in out for card in cards())


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (["fit", "qwen-7b"], "did you mean qwen3-7b"),
        (["fit", "qwen3-8b", "--hardware", "rtx-406"], "did you mean rtx-4060"),
        (["fit", "qwen3-8b", "--quantisation", "int5"], "did you mean int8"),
        (["fit", "qwen3-8b@int4", "--quantisation", "int8"], "disagree"),
        (["fit", "qwen3-8b", "--margin", "2"], "is not in (0, 1]"),
        (["show", "no-such-run"], "there is no run no-such-run"),
        (["store", "--keep-gib", "1"], "add --prune"),
        (["store", "--prune", "--keep-gib", "-1"], "0 or more"),
    ],
)
def test_an_error_is_one_line_on_stderr(capsys, argv, told):
    assert main(argv) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("slm-eval: ")
    assert captured.err.count("\n") == 1
    assert told in captured.err


def test_an_unknown_command_is_refused(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["fitt"])
    assert ended.value.code == 2
    assert "fitt" in capsys.readouterr().err


def test_store_counts_and_prunes(tmp_path, capsys):
    path = tmp_path / "responses.sqlite"
    code, found = run_json(capsys, "store", "--path", str(path))
    assert (code, found["responses"]) == (0, 0)
    assert not path.exists()
    opened = ResponseStore(path)
    opened.put_many({f"{n:064x}": Response(text="x" * 5000, latency_s=0.1) for n in range(3)})
    opened.close()
    assert main(["store", "--path", str(path)]) == 0
    assert "responses" in capsys.readouterr().out
    assert run_json(capsys, "store", "--path", str(path), "--prune")[1]["responses"] == 3
    code, found = run_json(capsys, "store", "--path", str(path), "--prune", "--keep-gib", "0")
    assert (code, found["removed"], found["responses"]) == (0, 3, 0)


def test_a_damaged_store_is_an_error(tmp_path, capsys):
    path = tmp_path / "responses.sqlite"
    path.write_bytes(b"noise" * 1000)
    for extra in ([], ["--prune"]):
        assert main(["store", "--path", str(path), *extra]) == 2
        assert "file is not a database" in capsys.readouterr().err


def test_as_a_process_and_into_a_closed_pipe():
    environment = {**os.environ, "PYTHONPATH": str(Path(slm_eval.__file__).parents[1])}
    command = [sys.executable, "-W", "error", "-m", "slm_eval.cli", "models", "--json"]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    assert len(json.loads(done.stdout)) == len(cards())
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 0


def test_nothing_heavy_is_imported():
    code = (
        "import sys; from slm_eval.cli import main; main(['fit', 'phi-4-mini']); "
        "sys.exit(' '.join({'torch', 'transformers', 'pytest'} & set(sys.modules)) or 0)"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(slm_eval.__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
