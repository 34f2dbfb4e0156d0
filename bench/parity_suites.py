"""What the parity check compares: our tasks, and the harness' task for the same rows.

Our rows are normalised; `lm_rows` gives them back the fields that the harness' own task reads.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from slm_eval.benchmarks import (
    arc,
    boolq,
    gsm8k,
    hellaswag,
    ifeval,
    mmlu,
    openbookqa,
    piqa,
    sciq,
    truthfulqa,
    winogrande,
    xcopa_it,
)
from slm_eval.benchmarks.datasets.knowledge import MMLU_DEV
from slm_eval.cases.datasets import DatasetContext

if TYPE_CHECKING:
    from collections.abc import Callable

    from slm_eval.task import Task

IFEVAL_TOKENS = 192
"""Answers of the 1,280 tokens that published figures allow would take hours here."""
ACC = (("score", "acc"),)
ACC_NORM = (*ACC, ("acc_norm", "acc_norm"))


@dataclass(frozen=True)
class Compared:
    """A task of ours beside tasks of the harness.

    task, score: ours. yaml: the harness' task files below `lm_eval/tasks`, by a name for each;
    `{cluster}` stands for the case's cluster. metrics: our metric and the harness', the latter as
    ``METRIC``, ``METRIC,FILTER`` or ``NAME:METRIC`` where there are several files. lm_rows: the
    harness' row of one of ours, for the file of that name. overrides: what else its task is told.
    """

    task: Callable[[], Task]
    score: Callable[..., None]
    yaml: dict[str, str]
    metrics: tuple[tuple[str, str], ...]
    lm_rows: Callable[[dict[str, Any], str], dict[str, Any]]
    split: str = "validation"
    overrides: Callable[[str], dict[str, Any]] = lambda _cluster: {}
    shots: Callable[[str], tuple[str, list[dict[str, Any]]] | None] = lambda _cluster: None


def lettered(question: str) -> Callable[[dict[str, Any], str], dict[str, Any]]:
    """Return the rows of ARC and OpenBookQA, whose question field is called `question`."""

    def lm_row(row, _file):
        return {
            question: row["question"],
            "choices": {"text": row["choices"], "label": row["labels"]},
            "answerKey": row["labels"][row["answer"]],
        }

    return lm_row


def pair(first: str, second: str, **fields: str):
    """Return rows with two choices under names of their own, and other fields renamed."""

    def lm_row(row, _file):
        renamed = {name: row[ours] for name, ours in fields.items()}
        return renamed | dict(zip((first, second), row["choices"], strict=True))

    return lm_row


def sciq_row(row, _file):
    """Return SciQ's own row."""
    names = ("distractor1", "distractor2", "distractor3", "correct_answer")
    kept = {name: row[name] for name in ("support", "question")}
    return kept | dict(zip(names, row["choices"], strict=True))


def truthful_row(row, file):
    """Return TruthfulQA's row in the layout of the harness' `multiple_choice` rows."""
    right = [row["best_answer"]] if file == "mc1" else row["correct_answers"]
    wrong = row["incorrect_answers"]
    targets = {"choices": [*right, *wrong], "labels": [1] * len(right) + [0] * len(wrong)}
    return {"question": row["question"], f"{file}_targets": targets}


def dev_rows(subject: str) -> tuple[str, list[dict[str, Any]]]:
    """Return the worked questions of an MMLU subject, as the split `dev`."""
    rows = MMLU_DEV.load(DatasetContext()).rows
    return "dev", [row for row in rows if row["subject"] == subject]


def as_it_is(row, _file):
    """Return a row whose fields are the harness' already."""
    return row


def mmlu_suite(form: str, folder: str, suffix: str, metrics: Any, score: Any) -> Compared:
    """Return MMLU in one form, a harness task for each subject."""
    return Compared(
        lambda: mmlu.mmlu(form=form),
        score,
        {"": f"mmlu/{folder}/mmlu_{{cluster}}{suffix}.yaml"},
        metrics,
        as_it_is,
        split="test",
        overrides=lambda _cluster: {"num_fewshot": 5, "fewshot_split": "dev"},
        shots=dev_rows,
    )


COMPARED: dict[str, Compared] = {
    "mmlu": mmlu_suite("letters", "default", "", ACC, mmlu.score),
    "mmlu_cloze": mmlu_suite("cloze", "continuation", "", ACC_NORM, mmlu.score_cloze),
    "arc_easy": Compared(
        arc.arc_easy, arc.score, {"": "arc/arc_easy.yaml"}, ACC_NORM, lettered("question")
    ),
    "arc_challenge": Compared(
        arc.arc_challenge, arc.score, {"": "arc/arc_challenge.yaml"}, ACC_NORM, lettered("question")
    ),
    "hellaswag": Compared(
        hellaswag.hellaswag,
        hellaswag.score,
        {"": "hellaswag/hellaswag.yaml"},
        ACC_NORM,
        lambda row, _file: row | {"endings": row["choices"], "label": str(row["answer"])},
    ),
    "piqa": Compared(
        piqa.piqa,
        piqa.score,
        {"": "piqa/piqa.yaml"},
        ACC_NORM,
        pair("sol1", "sol2", goal="goal", label="answer"),
    ),
    "winogrande": Compared(
        winogrande.winogrande,
        winogrande.score,
        {"": "winogrande/default.yaml"},
        ACC,
        lambda row, file: (
            pair("option1", "option2", sentence="sentence")(row, file)
            | {"answer": str(row["answer"] + 1)}
        ),
    ),
    "openbookqa": Compared(
        openbookqa.openbookqa,
        openbookqa.score,
        {"": "openbookqa/openbookqa.yaml"},
        ACC_NORM,
        lettered("question_stem"),
    ),
    "boolq": Compared(
        boolq.boolq,
        boolq.score,
        {"": "super_glue/boolq/default.yaml"},
        ACC,
        lambda row, _file: row | {"label": int(row["answer"])},
    ),
    "sciq": Compared(sciq.sciq, sciq.score, {"": "sciq/sciq.yaml"}, ACC_NORM, sciq_row),
    "xcopa_it": Compared(
        xcopa_it.xcopa_it,
        xcopa_it.score,
        {"": "xcopa/default_it.yaml"},
        ACC,
        pair("choice1", "choice2", premise="premise", question="question", label="answer"),
        split="test",
    ),
    "truthfulqa": Compared(
        truthfulqa.truthfulqa,
        truthfulqa.score,
        {"mc1": "truthfulqa/truthfulqa_mc1.yaml", "mc2": "truthfulqa/truthfulqa_mc2.yaml"},
        (("score", "mc1:acc"), ("mc2", "mc2:acc")),
        truthful_row,
    ),
    "gsm8k": Compared(
        gsm8k.gsm8k,
        gsm8k.score,
        {"": "gsm8k/gsm8k.yaml"},
        (("score", "exact_match,strict-match"), ("flexible", "exact_match,flexible-extract")),
        lambda row, _file: {name: row[name] for name in ("question", "answer")},
        split="test",
        overrides=lambda _cluster: {"fewshot_config": {"sampler": "first_n"}},
        shots=lambda _cluster: ("train", gsm8k.worked_examples()),
    ),
    "ifeval": Compared(
        lambda: ifeval.ifeval(max_new_tokens=IFEVAL_TOKENS),
        ifeval.score,
        {"": "ifeval/ifeval.yaml"},
        (
            ("score", "prompt_level_strict_acc"),
            ("prompt_loose", "prompt_level_loose_acc"),
            ("followed", "inst_level_strict_acc"),
            ("followed_loose", "inst_level_loose_acc"),
        ),
        lambda row, _file: {**row, "key": int(row["id"].rpartition("-")[2])},
        split="train",
        overrides=lambda _cluster: {
            "generation_kwargs": {
                "until": [],
                "do_sample": False,
                "temperature": 0.0,
                "max_gen_toks": IFEVAL_TOKENS,
            }
        },
    ),
}


def jobs(name: str, cases: list[tuple[str, dict[str, Any]]]) -> list[dict[str, Any]]:
    """Return what the harness is to run for the cases (id, row) of a suite, as plain values."""
    compared = COMPARED[name]
    task = compared.task()
    groups = defaultdict(list)
    for case_id, row in cases:
        cluster = task.cluster_of(row) if "{cluster}" in "".join(compared.yaml.values()) else ""
        groups[cluster].append((case_id, row))
    made = []
    for cluster, members in groups.items():
        splits = {}
        shots = compared.shots(cluster)
        if shots is not None:
            splits[shots[0]] = shots[1]
        for file, path in compared.yaml.items():
            rows = [compared.lm_rows(row, file) for _, row in members]
            made.append(
                {
                    "file": file,
                    "yaml": path.format(cluster=cluster),
                    "ids": [case_id for case_id, _ in members],
                    "split": compared.split,
                    "rows": {**splits, compared.split: rows},
                    "overrides": compared.overrides(cluster),
                }
            )
    return made
