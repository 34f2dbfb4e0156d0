"""What the frame costs: 14,042 MMLU cases against as many empty parametrised tests.

    python bench/frame_cost.py [--rounds 3]

Compares, in one run and with medians: collecting only, and the whole process with every answer in
the response store (filled here with made-up answers under their real keys; no model is loaded).
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from slm_eval.benchmarks.mmlu import mmlu
from slm_eval.cases.case import Choice, Response
from slm_eval.cases.datasets import DatasetContext
from slm_eval.models.resolve import resolve_model
from slm_eval.models.weights import embedded_gguf
from slm_eval.runs.memory import Memory
from slm_eval.runs.settings import DEFAULT_MODEL, Settings
from slm_eval.runs.store import ResponseStore

PLAIN = """
import pytest

@pytest.mark.parametrize("case", range(14042), ids=[f"m:anatomy-{i:04d}" for i in range(14042)])
def test_plain(case):
    pass
"""
SUITE = """
from slm_eval import Gate, suite
from slm_eval.benchmarks.mmlu import mmlu, score

@suite(mmlu(shots=5), gates=[Gate("score", at_least=0.0)])
def test_mmlu(case, response):
    score(case, response)
"""


def fill(path: Path) -> int:
    """Store an answer for every MMLU case, as a run of the embedded model would have."""
    from slm_eval.engines.gguf import converted

    converted(embedded_gguf())
    task = mmlu(shots=5)
    rows = task.rows.load(DatasetContext()).rows
    requests = [task.request(task.case(row, index)) for index, row in enumerate(rows)]
    store = ResponseStore(path)
    keys = Memory(store, resolve_model(DEFAULT_MODEL), Settings()).keys(requests)
    assert keys is not None
    responses = [
        Response(
            choices=tuple(
                Choice(text, -2.0 - i, 1) for i, text in enumerate(request.continuations)
            ),
            prompt_tokens=700,
            output_tokens=4,
            latency_s=0.5,
        )
        for request in requests
    ]
    store.put_many(zip(keys, responses, strict=True))
    store.close()
    return len(keys)


def seconds(folder: Path, *arguments: str) -> float:
    """Return the wall time of one pytest process, which must succeed."""
    started = time.perf_counter()
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stdout[-3000:] + done.stderr[-3000:])
    return time.perf_counter() - started


def main() -> None:
    """Print both ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "pytest.ini").write_text("[pytest]\n")
        (folder / "test_plain.py").write_text(PLAIN)
        (folder / "test_mmlu.py").write_text(SUITE)
        store = folder / "store.sqlite"
        print(f"{fill(store)} answers stored")
        options = ["--slm-examples", "all", "--slm-store", str(store)]
        for title, extra in (("collect only", ["--collect-only"]), ("stored, whole process", [])):
            plain, ours = [], []
            for _ in range(rounds):
                plain.append(seconds(folder, "test_plain.py", *extra))
                ours.append(seconds(folder, "test_mmlu.py", *options, *extra))
            a, b = statistics.median(plain), statistics.median(ours)
            print(f"{title}: plain pytest {a:.2f} s, slm_eval {b:.2f} s, ratio {b / a:.2f}")


if __name__ == "__main__":
    main()
