"""Whether a model can be trusted: instructions kept and truth told.

The Hub holds other revisions of these rows, or none: a mirror alone serves them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from slm_eval.benchmarks.datasets.places import mirror
from slm_eval.cases.datasets import Dataset
from slm_eval.cases.readers import read_csv

if TYPE_CHECKING:
    from slm_eval.benchmarks.datasets.places import Raw, Rows


def ifeval(raw: Raw) -> Rows:
    """Yield IFEval prompts; ids carry upstream's key."""
    for row in raw:
        yield {
            "id": f"ifeval-{row['key']}",
            "prompt": row["prompt"],
            "instruction_id_list": row["instruction_id_list"],
            "kwargs": row["kwargs"],
        }


IFEVAL = Dataset(
    "ifeval/train",
    (mirror("ifeval/input_data.jsonl"),),
    ifeval,
    "80cc95f9b0434ba60d0ba0bfdaf5b514efbd1eb305595c8b8a46b7b6be4c7f40",
    541,
    "CC BY 4.0",
)


def truthfulqa(raw: Raw) -> Rows:
    """Yield TruthfulQA questions with their best, correct and incorrect answers."""
    for index, row in enumerate(raw):
        yield {
            "id": f"truthfulqa-{index:03d}",
            "category": row["Category"],
            "question": row["Question"],
            "best_answer": row["Best Answer"],
            "best_incorrect_answer": row["Best Incorrect Answer"],
            "correct_answers": _semicolons(row["Correct Answers"]),
            "incorrect_answers": _semicolons(row["Incorrect Answers"]),
        }


TRUTHFULQA = Dataset(
    "truthfulqa/validation",
    (mirror("truthfulqa/TruthfulQA.csv", read_csv),),
    truthfulqa,
    "b4b5e8278d2845b135bbe4b3251043416948fb11dbb9f2afc251bbf784103b7e",
    790,
    "Apache-2.0",
)


def _semicolons(text: str) -> list[str]:
    return [part.strip() for part in text.split(";") if part.strip()]


def halueval(raw: Raw) -> Rows:
    """Yield HaluEval's general user queries; `answer` says whether people saw a hallucination."""
    # Upstream's ID repeats itself, so the position counts.
    for index, row in enumerate(raw):
        yield {
            "id": f"halueval-{index:04d}",
            "query": row["user_query"],
            "response": row["chatgpt_response"],
            "answer": row["hallucination"].strip().lower() == "yes",
            "spans": row["hallucination_spans"],
        }


HALUEVAL = Dataset(
    "halueval/general",
    (mirror("halueval/general_data.jsonl.gz"),),
    halueval,
    "378e1385ae537f36407269e08c5da022846527f16c121ee4105601166f7ddcc1",
    4_507,
    "MIT",
)
