"""Runs both sides in processes of their own and reads what they wrote."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

HERE = Path(__file__).parent
SUITES = {
    "row1": "arc_easy,mmlu:anatomy",
    "mmlu3": "mmlu:anatomy,mmlu:college_physics,mmlu:high_school_world_history",
    "hellaswag": "hellaswag",
    "gsm8k": "gsm8k",
    "humaneval": "humaneval",
}
ROWS = {"hellaswag": 200, "gsm8k": 48, "humaneval": 48}


def add_arguments(parser):
    """Add what every comparison takes."""
    parser.add_argument("--model", help="model folder; default: the embedded model, converted")
    parser.add_argument("--suite", choices=sorted(SUITES), default="row1")
    parser.add_argument("--rows", type=int, help="rows of each part at most")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--batches", default="1,8,16", help="batch sizes of lm-eval to try")
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--device", default="cpu", help="cpu, or cuda for an accelerator")


def model_folder(given):
    """Return the folder with the weights that both sides load."""
    if given:
        return given
    from slm_eval.engines.gguf import converted
    from slm_eval.models.weights import embedded_gguf

    return str(converted(embedded_gguf()))


def our_engine(folder, device, dtype, *, plain=False, batch_size=None):
    """Return our engine with the weights in `folder`; `plain` shares no prefixes."""
    from slm_eval.engines.base import EngineOptions
    from slm_eval.engines.transformers_engine import TransformersEngine

    nothing = dict.fromkeys(("hub_id", "revision", "quantisation"))
    ref = SimpleNamespace(name="bench", alias="bench", kind="directory", path=folder, **nothing)
    options = EngineOptions(device=device, dtype=dtype, batch_size=batch_size)
    return TransformersEngine(ref, options, plain=plain)


def run_side(args, side, python=sys.executable, **extra):
    """Run one side in the interpreter `python`; return its answers, seconds and peak memory."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.json"
        command = [python, str(HERE / "side.py"), "--side", side, "--out", str(out)]
        given = {
            "model": args.model,
            "suites": SUITES[args.suite],
            "rows": args.rows or ROWS.get(args.suite),
            "threads": args.threads,
            "dtype": args.dtype,
            "device": args.device,
        } | extra
        for name, value in given.items():
            if value is not None:
                command += [f"--{name}", str(value)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"{side} failed:\n{done.stderr[-2000:]}")
        return json.loads(out.read_text())


def total(side, clock="seconds"):
    """Return the seconds of inference over all suites; `clock` may be cpu_seconds."""
    return sum(side[clock].values())


def differences(ours, theirs):
    """Return {suite: (equal prompts, largest log-likelihood difference or equal texts)}."""
    found = {}
    for suite, answers in ours["answers"].items():
        pairs = list(zip(answers, theirs["answers"][suite], strict=True))
        same = ours["prompts"][suite] == theirs["prompts"][suite]
        if isinstance(answers[0], str):
            found[suite] = (same, f"{sum(a == b for a, b in pairs)} of {len(pairs)} texts equal")
        else:
            worst = max(abs(a - b) for x, y in pairs for a, b in zip(x, y, strict=True))
            found[suite] = (same, worst)
    return found
