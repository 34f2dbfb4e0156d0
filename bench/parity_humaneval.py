"""HumanEval beside lm-evaluation-harness 0.4.13: prompts, generations, and the verdict on each.

    pip install -e '.[parity]'
    python bench/parity_humaneval.py [--rows N]

The harness' metric is the `code_eval` of the package `evaluate`, whose code only the Hub serves. It
executes completion and tests as one program, and what raises nothing passes: that is run here in
our sandbox, beside our judge that keeps the tests in another process. Exits with 1 when a prompt, a
generation without a tie, or a verdict differs.
"""

from __future__ import annotations

import argparse
import sys
from itertools import pairwise
from types import SimpleNamespace

import suites
from comparison import ROWS, add_arguments, model_folder, run_side
from parity_table import Result

from slm_eval.benchmarks.humaneval import program
from slm_eval.sandbox import Program, open_sandbox

KEPT = ("model", "dtype", "device")
HALVES = 2
"""Wrong programs are made of right ones by cutting them at 1/2."""


def as_code_eval(row, answer):
    """Return the one program that `code_eval` executes."""
    source = f"{row['prompt']}{answer}\n{row['test']}\ncheck({row['entry_point']})"
    return Program(source, tests="", remote=())


def verdicts(sandbox, make, pairs):
    """Return whether each (row, answer) passes."""
    return [v.judged().passed for v in sandbox.check_all(make(*pair) for pair in pairs)]


def compare(sandbox, name, pairs):
    """Print how often both judges agree; return how often they do not."""
    ours = verdicts(sandbox, program, pairs)
    theirs = verdicts(sandbox, as_code_eval, pairs)
    apart = [row["id"] for (row, _), a, b in zip(pairs, ours, theirs, strict=True) if a != b]
    print(
        f"{name}: {len(pairs)} programs, pass@1 {sum(ours) / len(pairs):.4f} and as code_eval "
        f"{sum(theirs) / len(pairs):.4f}, verdicts that differ: {len(apart)} {' '.join(apart)}"
    )
    return len(apart)


def beside(args):
    """Return both sides' generations and verdicts as a line of the parity table.

    args: of `parity_benchmarks`; the harness runs in its own interpreter.
    """
    rows = ROWS["humaneval"] if args.rows == "all" else int(args.rows)
    given = SimpleNamespace(
        suite="humaneval", rows=rows, threads=None, **{k: getattr(args, k) for k in KEPT}
    )
    sides = run_side(given, "ours"), run_side(given, "lm-eval", args.lm_eval_python, batch=1)
    asked = suites.suite_rows("humaneval", rows)
    texts = [side["answers"]["humaneval"] for side in sides]
    prompts = zip(*(side["prompts"]["humaneval"] for side in sides), strict=True)
    sandbox = open_sandbox()
    ours = verdicts(sandbox, program, list(zip(asked, texts[0], strict=True)))
    theirs = verdicts(sandbox, as_code_eval, list(zip(asked, texts[1], strict=True)))
    differing = sum(a != b for a, b in zip(ours, theirs, strict=True))
    means = [sum(side) / len(asked) for side in (ours, theirs)]
    return Result(
        "humaneval",
        cases=len(asked),
        same_requests=sum(a == b for a, b in prompts),
        same_texts=sum(a == b for a, b in zip(*texts, strict=True)),
        metrics=[("score", *means, differing)],
    )


def main():
    """Compare verdicts on canonical and broken solutions, then both sides' generations."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    args = parser.parse_args()
    args.suite = "humaneval"
    args.model = model_folder(args.model)
    sandbox = open_sandbox()
    rows = suites.suite_rows("humaneval", None)
    right = [(row, row["canonical_solution"]) for row in rows]
    cut = [(row, text[: len(text) // HALVES]) for row, text in right]
    swapped = [(row, other) for (row, _), (_, other) in pairwise(right)]
    failed = compare(sandbox, "canonical solutions", right)
    failed += compare(sandbox, "cut in half", cut)
    failed += compare(sandbox, "of the next problem", swapped)
    ours = run_side(args, "ours")
    theirs = run_side(args, "lm-eval", batch=1)
    texts = [side["answers"]["humaneval"] for side in (ours, theirs)]
    asked = suites.suite_rows("humaneval", len(texts[0]))
    equal = ours["prompts"] == theirs["prompts"]
    alike = [a == b for a, b in zip(*texts, strict=True)]
    tied = [bool(ties) for ties in ours["ties"]["humaneval"]]
    failed += not equal or any(not a and not t for a, t in zip(alike, tied, strict=True))
    print(f"prompts {'equal' if equal else 'DIFFER'}; {sum(alike)} of {len(alike)} texts equal")
    for name, answers in zip(("our generations", "lm-eval's generations"), texts, strict=True):
        failed += compare(sandbox, name, list(zip(asked, answers, strict=True)))
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
