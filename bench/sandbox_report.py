"""Which walls hold here, what became of each hostile program, and how fast honest ones are.

    python bench/sandbox_report.py [--mirror FOLDER] [--processes 2] [--level landlock]

Exits with 1 when a hostile program passed or left a trace, or a canonical solution did not pass.
"""

from __future__ import annotations

import argparse
import secrets
import sys
import tempfile
import time
from pathlib import Path

from slm_eval.benchmarks import humaneval, mbpp
from slm_eval.benchmarks.datasets.code import HUMANEVAL
from slm_eval.benchmarks.mbpp_rows import WorkedRows
from slm_eval.benchmarks.mbpp_translated import TranslatedRows
from slm_eval.benchmarks.mbpp_translated import program as translated
from slm_eval.cases.datasets import DatasetContext
from slm_eval.errors import SourceUnavailable
from slm_eval.sandbox import LevelReport, Sandbox, SandboxLevel, find_node, open_sandbox
from slm_eval.sandbox.hostile import hostile_javascript, hostile_programs
from slm_eval.sources import SourceContext


def main():
    """Print the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mirror", type=Path, help="folder that serves rows before other places")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--level", choices=("namespaces", "landlock"))
    args = parser.parse_args()
    sandbox = open_sandbox()
    if args.level:
        sandbox = Sandbox(LevelReport(SandboxLevel[args.level.upper()], {}))
    print(sandbox.report)
    failed = report_hostile(sandbox)
    context = DatasetContext(sources=SourceContext(mirror=args.mirror))
    for name, load in (
        ("HumanEval", humaneval_programs),
        ("MBPP", mbpp_programs),
        ("MBPP in JavaScript", javascript_programs),
    ):
        try:
            programs = load(context)
        except SourceUnavailable as error:
            print(f"{name}: not tried: {error}")
            continue
        failed += report_honest(sandbox, name, programs, args.processes)
    return int(failed > 0)


def report_hostile(sandbox):
    """Run each hostile program by itself; return how many passed or left a trace."""
    failed = count = 0
    with tempfile.TemporaryDirectory(dir=Path.home()) as folder:
        private = Path(folder, "private.txt")
        private.write_text("private")
        secret = 10**12 + secrets.randbelow(10**12)
        programs = list(hostile_programs(secret, Path(folder)))
        if find_node():
            programs += hostile_javascript(secret, Path(folder))
        for name, program in programs:
            verdict = sandbox.check(program)
            harmed = [p.name for p in Path(folder).iterdir()] != ["private.txt"]
            failed += verdict.passed or harmed
            count += 1
            word = "HARMED" if harmed else verdict.outcome
            print(f"  {word:<10} {verdict.seconds:5.2f} s  {name}: {verdict.why[:90]}")
    print(f"hostile programs: {count}, passed or harmful: {failed}")
    return failed


def report_honest(sandbox, name, programs, processes):
    """Run canonical solutions, some at once; return how many did not pass."""
    started_s = time.perf_counter()
    verdicts = sandbox.check_all(programs, processes)
    seconds = time.perf_counter() - started_s
    for number, verdict in enumerate(verdicts):
        if not verdict.passed:
            print(f"  {name} {number}: {verdict.outcome}: {verdict.why}")
    failed = sum(not verdict.passed for verdict in verdicts)
    print(
        f"{name}: {len(verdicts) - failed} of {len(verdicts)} canonical solutions pass, "
        f"{seconds:.1f} s with {processes} at once ({seconds / len(verdicts) * 1000:.0f} ms each)"
    )
    return failed


def humaneval_programs(context):
    """Return HumanEval's canonical solutions."""
    rows = HUMANEVAL.load(context).rows
    return [humaneval.program(row, row["canonical_solution"]) for row in rows]


def mbpp_programs(context):
    """Return MBPP's canonical solutions."""
    rows = WorkedRows(0, own_examples=False).load(context).rows
    return [mbpp.program(row, row["code"]) for row in rows]


def javascript_programs(context):
    """Return the sound solutions in JavaScript."""
    rows = TranslatedRows("javascript").load(context).rows
    return [translated(row, row["code"], "javascript") for row in rows]


if __name__ == "__main__":
    sys.exit(main())
