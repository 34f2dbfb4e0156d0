"""Mathematics: problems whose solution ends in one answer."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from slm_eval.benchmarks.datasets.places import hub, hub_parts, mirror, requests
from slm_eval.cases.datasets import Dataset
from slm_eval.cases.readers import read_json_lines
from slm_eval.scoring.math import last_boxed

if TYPE_CHECKING:
    from slm_eval.benchmarks.datasets.places import Raw, Rows


def gsm8k(raw: Raw) -> Rows:
    """Yield GSM8K rows; `target` is the gold number after ``####``, commas stripped."""
    for index, row in enumerate(raw):
        yield {
            "id": f"gsm8k-{index:04d}",
            "question": row["question"],
            "answer": row["answer"],
            "target": row["answer"].rsplit("####", 1)[1].strip().replace(",", ""),
        }


GSM8K_TEST = Dataset(
    "gsm8k/test",
    (
        mirror("gsm8k/test.jsonl"),
        requests("gsm8k/gold_bpb_5shot"),
        hub(
            "openai/gsm8k",
            "740312add88f781978c0658806c59bc2815b9866",
            "main/test-00000-of-00001.parquet",
        ),
    ),
    gsm8k,
    "bd230685e3af31261283091a3524dd7e0439d8d3b1c27a619f6359b97028816d",
    1_319,
    "MIT",
)


def math500(raw: Raw) -> Rows:
    """Yield MATH-500 rows; `answer` is what the solution's last box holds, `level` is 1 to 5."""
    for index, row in enumerate(raw):
        yield {"id": f"math500-{index:03d}", **_solved(row), "level": int(row["level"])}


MATH500 = Dataset(
    "math500/test",
    (
        mirror("math500/test.jsonl"),
        requests("minerva_math_500/gold_bpb_0shot"),
        hub(
            "HuggingFaceH4/MATH-500",
            "6e4ed1a2a79af7d8630a6b768ec859cb5af4d3be",
            "test.jsonl",
            read_json_lines,
        ),
    ),
    math500,
    "31e61d9c437034dea555477a8090a728d5b81c0a773cbc7475bcfdde2e798208",
    500,
    "MIT",
)


def hendrycks_math(raw: Raw) -> Rows:
    """Yield MATH rows by subject; ids count within it (``algebra-0007``).

    `answer` is what the solution's last box holds, `level` is 1 to 5 or None.
    """
    seen: dict[str, int] = defaultdict(int)
    for row in sorted(raw, key=lambda row: str(row["type"])):
        subject = row["type"].lower().replace(" & ", " and ").replace(" ", "-")
        level = row["level"].removeprefix("Level ")
        yield {
            "id": f"{subject}-{seen[subject]:04d}",
            **_solved(row),
            "subject": row["type"],
            "level": int(level) if level.isdigit() else None,
        }
        seen[subject] += 1


_SUBJECTS = (
    *("algebra", "counting_and_probability", "geometry", "intermediate_algebra"),
    *("number_theory", "prealgebra", "precalculus"),
)

HENDRYCKS_MATH = Dataset(
    "hendrycks_math/test",
    (
        mirror("hendrycks_math/test.jsonl"),
        requests("minerva_math_[!5]*/gold_bpb_0shot"),  # each subject's file, not MATH-500's
        hub_parts(
            "EleutherAI/hendrycks_math",
            "21a5633873b6a120296cce3e2df9d5550074f4a3",
            [f"{subject}/test-00000-of-00001.parquet" for subject in _SUBJECTS],
        ),
    ),
    hendrycks_math,
    "bcd543236cce7ea4a4e329bfedfd07cc13b5be420881c2649e78c5fed5875b0f",
    5_000,
    "MIT",
)


def _solved(row: dict[str, Any]) -> dict[str, Any]:
    # Some sources' own `answer` went through a faulty normaliser: the solution is the authority.
    return {
        "problem": row["problem"],
        "solution": row["solution"],
        "answer": last_boxed(row["solution"]).value,
    }
