"""How much of `make evals` a second run saves: the same command twice on an empty response store.

    python bench/second_run.py [--select EXPRESSION] [-- PYTEST OPTION ...]

`--select` is pytest's `-k`, for a try on a part. The second run leaves the latency suites out: what
measures time is never served from the store. Store and reports lie in a temporary folder; weights
and rows are taken from the cache, so let `make evals` fetch them first.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
EVALS = "evals/"
LATENCY = "evals/test_latency.py"
DECIDED = (0, 1)
"""Exit codes of a run that came to its verdicts; whether the model is accepted is not the point."""


def main() -> None:
    """Print the seconds of both runs, what the store answered, and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--select", metavar="EXPRESSION", help="only suites that match, as -k")
    parser.add_argument("options", nargs="*", help="further options of pytest, after --")
    args = parser.parse_args()
    options = [*args.options, *(["-k", args.select] if args.select else [])]
    with tempfile.TemporaryDirectory() as name:
        first = run(Path(name), *options)
        print(f"first run:  {first:.1f} s, {served(Path(name))}")
        second = run(Path(name), f"--ignore={LATENCY}", *options)
        print(f"second run: {second:.1f} s, {served(Path(name))}")
    print(f"ratio: 1/{first / second:.1f} of the first")


def run(folder: Path, *options: str) -> float:
    """Run the Makefile's command on the store in `folder`; return its seconds, start included."""
    command = [sys.executable, "-m", "pytest", EVALS, "--slm-store", str(folder / "store.sqlite")]
    command += ["--slm-report-dir", str(folder / "reports"), *options]
    started = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode not in DECIDED:
        sys.exit(f"pytest exited with {done.returncode}:\n{(done.stdout + done.stderr)[-3000:]}")
    return time.perf_counter() - started


def served(folder: Path) -> str:
    """Return how many of the answers of the latest run came from the store."""
    text = (folder / "reports" / "latest" / "cases.jsonl").read_text(encoding="utf-8")
    cases = [json.loads(line) for line in text.splitlines()]
    return f"{sum(bool(case.get('cached')) for case in cases)} of {len(cases)} cases stored"


if __name__ == "__main__":
    main()
