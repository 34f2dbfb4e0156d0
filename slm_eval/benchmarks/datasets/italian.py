"""Italian: questions on passages, causes and effects, topics.

The Hub holds other revisions of these rows, or none: a mirror alone serves them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from slm_eval.benchmarks.datasets.places import mirror
from slm_eval.cases.datasets import Dataset
from slm_eval.cases.readers import read_json, read_tsv

if TYPE_CHECKING:
    from slm_eval.benchmarks.datasets.places import Raw, Rows


def squad(raw: Raw) -> Rows:
    """Yield the questions of files in SQuAD 1.1's layout; `answers` without repetition.

    Blank answers are left out, and so is a question that has no other: SQuAD-it's translation lost
    the text of some (six of 7,609 questions, one of them entirely).
    """
    for file in raw:
        for article in file["data"]:
            for paragraph in article["paragraphs"]:
                for question in paragraph["qas"]:
                    texts = [a["text"] for a in question["answers"] if a["text"].strip()]
                    if not texts:
                        continue
                    yield {
                        "id": question["id"],
                        "title": article["title"],
                        "context": paragraph["context"],
                        "question": question["question"],
                        "answers": list(dict.fromkeys(texts)),
                    }


SQUAD_IT = Dataset(
    "squad_it/test",
    (mirror("squad_it/SQuAD_it-test.json.gz", read_json),),
    squad,
    "9bc4d79369af507e00ffb403cadb9d6c7f7063238c65fc38eee7163f4c1be038",
    7_608,
    "CC BY-SA 4.0",
)


def xcopa(raw: Raw) -> Rows:
    """Yield XCOPA rows; `question` is ``cause`` or ``effect``."""
    for row in raw:
        yield {
            "id": f"xcopa-{row['idx']:03d}",
            "premise": row["premise"],
            "question": row["question"],
            "choices": [row["choice1"], row["choice2"]],
            "answer": int(row["label"]),
        }


XCOPA_IT = Dataset(
    "xcopa_it/test",
    (mirror("xcopa_it/test.it.jsonl"),),
    xcopa,
    "863846eec6913c8aabb5f95b31176b53d20bf9049e93ae6bdd653d341ac2f46b",
    500,
    "CC BY 4.0",
)


def sib200(raw: Raw) -> Rows:
    """Yield SIB-200 sentences with their topic."""
    for row in raw:
        yield {"id": f"sib200-{row['index_id']}", "text": row["text"], "category": row["category"]}


SIB200_IT = Dataset(
    "sib200_it/test",
    (mirror("sib200_it/test.tsv", read_tsv),),
    sib200,
    "9229a55e12efb36bc2d42adf6146d86b9a4d148a740dab9070ce5c1b5e0c244c",
    204,
    "Apache-2.0",
)
