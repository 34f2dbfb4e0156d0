"""Same prompts, same log-likelihoods, same accuracies as lm-evaluation-harness 0.4.13?

    pip install -e '.[parity]'
    python bench/parity_lm_eval.py [--rows N] [--suite row1]

Exits with 1 when a prompt differs by a byte, a log-likelihood by more than 1e-3, or an accuracy.
"""

from __future__ import annotations

import argparse
import sys

import suites
from comparison import add_arguments, differences, model_folder, run_side


def main():
    """Run both sides on the same weights and rows and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    args = parser.parse_args()
    args.model = model_folder(args.model)
    ours = run_side(args, "ours")
    theirs = run_side(args, "lm-eval", batch=int(args.batches.split(",")[-1]))
    failed = False
    for suite, (same, worst) in differences(ours, theirs).items():
        rows = suites.suite_rows(suite, args.rows)
        scores = [suites.accuracy(rows, side["answers"][suite]) for side in (ours, theirs)]
        print(
            f"{suite}: {len(rows)} rows, prompts {'equal' if same else 'DIFFER'}, "
            f"largest log-likelihood difference {worst:.2e}, "
            f"accuracy {scores[0]:.4f} and lm-eval {scores[1]:.4f}"
        )
        failed |= not same or worst > 1e-3 or scores[0] != scores[1]
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
