"""Compares both sides of the parity check case by case, and writes the table."""

from __future__ import annotations

import platform
from dataclasses import dataclass, field
from importlib.metadata import version

LARGEST_NATS, LARGEST_SHARE = 1e-3, 1e-5
"""What a log-likelihood may differ by: so much, and so much of itself (float32, other batches)."""
LARGEST_METRIC = 1e-4
INTRODUCTION = """\
# Parity with lm-evaluation-harness {lm_eval}

Written by `bench/parity_benchmarks.py`: the same rows, shots and weights on both sides, the harness
running its own task files on rows handed over as local JSON. {model}

- **equal requests**: cases whose contexts, continuations and stop strings are equal byte for byte.
- **largest difference**: of a log-likelihood in nats, over all continuations; or how many generated
  texts are equal.
- **ours, harness**: the mean of a metric, and the cases in which it differs.

Python {python}; ours with torch {torch} and transformers {transformers}, the harness with torch
{their_torch} and transformers {their_transformers}.
"""
NOTES = """\
Rows are drawn as a run of the suite draws them. Where our rows are not those the harness asks by
default, its task is asked ours: the validation split of ARC, OpenBookQA and SciQ (it prefers test);
BoolQ's own passages (SuperGLUE's begin with the article's title); TruthfulQA's CSV of January 2025;
for GSM8K five worked examples of our own in place of five from the train split. IFEval's answers
end after 192 tokens here, HumanEval's after 192, on both sides; the harness' HumanEval verdicts are
those of `code_eval`'s one program, run in our sandbox (`bench/parity_humaneval.py`).
"""


@dataclass
class Result:
    """How the cases of one suite compare."""

    name: str
    cases: int = 0
    shots: int = 0
    same_requests: int = 0
    same_texts: int | None = None
    largest: float | None = None
    too_far: int = 0
    """Log-likelihoods that differ by more than rounding."""
    metrics: list[tuple[str, float, float, int]] = field(default_factory=list)
    """Name, our mean, the harness' mean, cases that differ."""

    @property
    def agrees(self) -> bool:
        """Whether nothing differs by more than rounding."""
        return (
            self.same_requests == self.cases
            and self.same_texts in {None, self.cases}
            and not self.too_far
            and not any(differing for *_, differing in self.metrics)
        )


def compare(name, compared, ours, theirs):
    """Return how one suite's cases compare; `ours` and `theirs` are by case id."""
    result = Result(name, len(ours), compared.task().shots)
    for case_id, mine in ours.items():
        files = theirs[case_id]
        asked = {key(pair) for each in files.values() for pair in each["requests"]}
        result.same_requests += asked == {key(pair) for pair in mine["requests"]}
        if "answers" in mine:
            compare_answers(result, mine, files)
    if all("metrics" in mine for mine in ours.values()):
        for own, harness in compared.metrics:
            pairs = [
                (mine["metrics"][own], lm_metric(theirs[case_id], harness))
                for case_id, mine in ours.items()
            ]
            differing = sum(abs(a - b) > LARGEST_METRIC for a, b in pairs)
            means = [sum(side) / len(pairs) for side in zip(*pairs, strict=True)]
            result.metrics.append((own, *means, differing))
    return result


def compare_answers(result, mine, files):
    """Add one case's log-likelihoods, or its text, to the result."""
    own = dict(zip(map(key, mine["requests"]), mine["answers"], strict=True))
    for each in files.values():
        for pair, value in zip(each["requests"], each["answers"], strict=True):
            found = own.get(key(pair))
            if isinstance(value, str):
                result.same_texts = (result.same_texts or 0) + (found == value)
            elif found is not None:
                difference = abs(found - value)
                result.largest = max(result.largest or 0.0, difference)
                result.too_far += difference > LARGEST_NATS + LARGEST_SHARE * abs(value)


def key(pair):
    """Return a request in a form that a dict takes."""
    context, rest = pair
    return context, rest if isinstance(rest, str) else tuple(rest)


def lm_metric(files, name):
    """Return the harness' metric, called ``METRIC`` or ``FILE:METRIC``."""
    file, _, metric = name.rpartition(":")
    return files[file]["metrics"][metric]


def table(results, unreachable, args, versions):
    """Return the markdown page."""
    lines = [
        INTRODUCTION.format(
            model=f"Model: {args.model_name}, {args.dtype} on {args.device}."
            if args.model
            else "Requests only: no model was run.",
            python=platform.python_version(),
            torch=version("torch"),
            transformers=version("transformers"),
            lm_eval=versions["lm_eval"],
            their_torch=versions["torch"],
            their_transformers=versions["transformers"],
        ),
        "| suite | shots | cases | equal requests | largest difference | metric | ours | harness "
        "| cases that differ |",
        "|---|--:|--:|--:|--:|---|--:|--:|--:|",
        *(line for result in results for line in table_rows(result)),
        "",
        NOTES,
    ]
    if unreachable:
        lines.append(f"Rows not reachable, so not compared: {', '.join(unreachable)}.\n")
    return "\n".join(lines).rstrip() + "\n"


def table_rows(result):
    """Yield one line for each metric of a suite, what concerns all of it in the first."""
    worst = "" if result.largest is None else f"{result.largest:.1e}"
    if result.same_texts is not None:
        worst = f"{result.same_texts} of {result.cases} texts equal"
    head = [
        result.name,
        str(result.shots),
        str(result.cases),
        f"{result.same_requests} of {result.cases}",
        worst,
    ]
    for name, ours, theirs, differing in result.metrics or [("", None, None, None)]:
        numbers = ["" if x is None else f"{x:.4f}" for x in (ours, theirs)]
        cells = [*head, name, *numbers, "" if differing is None else str(differing)]
        yield f"| {' | '.join(cells)} |"
        head = [""] * len(head)
