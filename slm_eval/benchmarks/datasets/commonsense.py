"""Common sense: what happens next, what works, who is meant, yes or no."""

from __future__ import annotations

from typing import TYPE_CHECKING

from slm_eval.benchmarks.datasets.places import arrow, hub, mirror
from slm_eval.cases.datasets import Dataset

if TYPE_CHECKING:
    from slm_eval.benchmarks.datasets.places import Raw, Rows


def hellaswag(raw: Raw) -> Rows:
    """Yield HellaSwag rows with the context in its two halves as well."""
    for index, row in enumerate(raw):
        yield {
            "id": f"hellaswag-{index:05d}",
            "activity_label": row["activity_label"],
            "ctx_a": row["ctx_a"],
            "ctx_b": row["ctx_b"],
            "ctx": row["ctx"],
            "choices": list(row["endings"]),
            "answer": int(row["label"]),
            "split_type": row["split_type"],
        }


HELLASWAG = Dataset(
    "hellaswag/validation",
    (
        mirror("hellaswag/validation.jsonl.gz"),
        arrow("hellaswag/none/validation"),
        hub(
            "Rowan/hellaswag",
            "218ec52e09a7e7462a5400043bb9a69a41d06b76",
            "data/validation-00000-of-00001.parquet",
        ),
    ),
    hellaswag,
    "c682a502a750288a4f4492456170dd0a58b607f7671589ee80ec0f9d1950e076",
    10_042,
    "MIT",
)


def piqa(raw: Raw) -> Rows:
    """Yield PIQA rows."""
    for index, row in enumerate(raw):
        yield {
            "id": f"piqa-{index:04d}",
            "goal": row["goal"],
            "choices": [row["sol1"], row["sol2"]],
            "answer": int(row["label"]),
        }


PIQA = Dataset(
    "piqa/validation",
    (mirror("piqa/validation.jsonl.gz"), arrow("piqa/plain_text/validation")),
    piqa,
    "876fa8b5925063bacea3e228bbfb238ca8f89db1b401f91bd9fcbcc937aaf750",
    1_838,
    "AFL-3.0",
)


def winogrande(raw: Raw) -> Rows:
    """Yield WinoGrande rows; the sentence keeps its ``_``."""
    for index, row in enumerate(raw):
        yield {
            "id": f"winogrande-{index:04d}",
            "sentence": row["sentence"],
            "choices": [row["option1"], row["option2"]],
            "answer": int(row["answer"]) - 1,
        }


WINOGRANDE = Dataset(
    "winogrande/validation",
    (mirror("winogrande/validation.jsonl.gz"), arrow("winogrande/winogrande_xl/validation")),
    winogrande,
    "5303bb14545ac4ab5f93a8de682579234909064e01a1f877b16fe7cef99fe4f9",
    1_267,
    "CC BY",
)


def boolq(raw: Raw) -> Rows:
    """Yield BoolQ rows; `answer` is a boolean."""
    for index, row in enumerate(raw):
        yield {
            "id": f"boolq-{index:04d}",
            "passage": row["passage"],
            "question": row["question"],
            "answer": bool(row["answer"]),
        }


BOOLQ = Dataset(
    "boolq/validation",
    (
        mirror("boolq/validation.jsonl.gz"),
        arrow("boolq/none/validation"),
        hub(
            "google/boolq",
            "35b264d03638db9f4ce671b711558bf7ff0f80d5",
            "data/validation-00000-of-00001.parquet",
        ),
    ),
    boolq,
    "da24aeb6d8fc51875c44a953fb7aeeddaaefd0251dbb6cd83ad7b3917682ba1b",
    3_270,
    "CC BY-SA 3.0",
)
