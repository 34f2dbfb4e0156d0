"""MATH: the prompt, the gold of every row, both readings of an answer, and worked solutions."""

import re
from pathlib import Path

import pytest

from slm_eval.benchmarks.datasets.mathematics import HENDRYCKS_MATH, MATH500
from slm_eval.benchmarks.datasets.mathematics import hendrycks_math as hendrycks_rows
from slm_eval.benchmarks.datasets.mathematics import math500 as math500_rows
from slm_eval.benchmarks.hendrycks_math import hendrycks_math
from slm_eval.benchmarks.math500 import check_gold, math500, score, worked_examples
from slm_eval.cases.case import Generation, Response
from slm_eval.cases.rowsource import DatasetContext
from slm_eval.errors import ConfigError, DataError, Miss, SourceUnavailable
from slm_eval.runs.handle import CaseHandle
from slm_eval.scoring.math import last_boxed, solution_match
from slm_eval.sources import SourceContext
from slm_eval.task import Suite

MIRROR = Path(__file__).resolve().parents[2].parent / "shared" / "data"
ROW = {
    "id": "math500-000",
    "problem": "What is $1 + 1$?",
    "solution": r"Adding gives $1 + 1 = \boxed{2}$.",
    "answer": "2",
    "level": 1,
}


def rows_of(dataset):
    context = SourceContext(mirror=MIRROR if MIRROR.is_dir() else None, offline=True)
    try:
        return dataset.load(DatasetContext(sources=context)).rows
    except SourceUnavailable:
        pytest.skip(f"the rows of {dataset.name} are neither in the cache nor in a mirror here")


def recorded(**response):
    handle = CaseHandle(Suite("math500", math500(), 0.0), "m", ROW, 0, 0.0)
    score(handle, Response(**response))
    return handle.checked


def test_request():
    task = math500(shots=1)
    request = task.request(task.case(ROW, 0))
    first = worked_examples()[0]
    assert isinstance(request, Generation)
    assert request.prompt == (
        f"Problem:\n{first['problem']}\n\nSolution: {first['solution']}\n\n"
        "Problem:\nWhat is $1 + 1$?\n\nSolution:"
    )
    assert request.decoding.stop == ("Problem:",)
    assert (request.decoding.max_new_tokens, request.decoding.temperature) == (512, 0.0)
    case = task.case(ROW, 0)
    assert (case.expected, case.cluster) == ("2", "1")


def test_without_shots_the_box_is_asked_for():
    assert math500(shots=0).prompt(ROW) == (
        "What is $1 + 1$?\n\n"
        "Please reason step by step, and put your final answer within \\boxed{}."
    )


def test_shots():
    assert math500().prompt(ROW).count("I hope it is correct.") == 4
    assert hendrycks_math(shots=2).prompt(ROW) == math500(shots=2).prompt(ROW)
    with pytest.raises(ConfigError, match="give 0 to 4"):
        math500(shots=5)


@pytest.mark.parametrize(
    ("response", "strict", "flexible", "extracted"),
    [
        ({"text": r" It is $\boxed{\frac{4}{2}}$."}, 1.0, 1.0, True),
        ({"text": "Final Answer: The final answer is $2$. I hope it is correct."}, 0.0, 1.0, False),
        ({"text": r"\boxed{3}"}, 0.0, 0.0, True),
        ({"text": r"<think>\boxed{3}</think>So \boxed{2}"}, 1.0, 1.0, True),
        ({"text": r"<think>It is \boxed{2}"}, 0.0, 0.0, False),
        ({"text": r"It is \boxed{2}", "thinking_opened": True}, 0.0, 0.0, False),
        ({"text": ""}, 0.0, 0.0, False),
    ],
)
def test_both_readings_are_recorded(response, strict, flexible, extracted):
    checked = recorded(**response)
    assert (checked.score, checked.extracted) == (strict, extracted)
    assert checked.metrics == {"flexible": flexible}
    assert set(checked.metrics) == set(math500().case_metrics)


def test_an_answer_without_a_box_is_a_miss():
    handle = CaseHandle(Suite("math500", math500(), 1.0), "m", ROW, 0, 1.0)
    with pytest.raises(Miss, match="no answer could be extracted"):
        score(handle, Response(text="two"))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"solution": "It is 2."}, "is in no closed"),
        ({"solution": r"It is \boxed{2."}, "is in no closed"),
        ({"answer": "3"}, "is not what the solution's last box holds, '2'"),
        ({"answer": r"\frac{1}{", "solution": r"\boxed{2}"}, "braces that do not pair up"),
        ({"answer": None, "solution": r"\boxed{}"}, "is in no closed"),
        ({"answer": r"\left(1", "solution": r"\boxed{\left(1}"}, r"has \\left 1 times"),
    ],
)
def test_a_malformed_gold_answer_is_refused_at_collection(change, says):
    with pytest.raises(DataError, match=rf"row math500-000.*{says}"):
        math500().check_rows([ROW | change])
    math500().check_rows([ROW])


def test_gold_answers_come_from_the_solution_whatever_the_row_says():
    raw = {"problem": "p", "solution": r"a \boxed{1} b \boxed{\frac{1}{2}}", "answer": "mangled"}
    (short,) = math500_rows([raw | {"level": 3}])
    assert (short["answer"], short["level"]) == (r"\frac{1}{2}", 3)
    kind = {"type": "Counting & Probability", "level": "Level ?"}
    (long,) = hendrycks_rows([raw | kind])
    assert (long["id"], long["level"]) == ("counting-and-probability-0000", None)
    assert long["answer"] == short["answer"]


@pytest.mark.parametrize("dataset", [MATH500, HENDRYCKS_MATH], ids=lambda dataset: dataset.name)
def test_every_gold_answer_is_sound(dataset):
    for row in rows_of(dataset):
        check_gold(row)


def test_a_gold_solution_scores_its_own_row():
    for row in rows_of(MATH500)[::25]:
        handle = CaseHandle(Suite("math500", math500(), 1.0), "m", row, 0, 1.0)
        score(handle, Response(text=row["solution"]))
        assert handle.checked.metrics == {"flexible": 1.0}


@pytest.mark.parametrize("example", worked_examples(), ids=lambda example: example["problem"][:12])
def test_worked_solutions_end_in_their_boxed_answer(example):
    box = last_boxed(example["solution"])
    assert example["solution"].endswith(
        f"\nFinal Answer: The final answer is $\\boxed{{{box.value}}}$. I hope it is correct."
    )
    assert box.value in example["solution"].split("\nFinal Answer")[0]
    assert solution_match(example["solution"], f"${box.value}$") == 1.0


def test_no_worked_example_resembles_a_benchmark_row():
    seen = set()
    for row in rows_of(MATH500):
        seen |= shingles(row["problem"])
    for example in worked_examples():
        assert not shingles(example["problem"]) & seen


def shingles(text, size=7):
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[i : i + size]) for i in range(len(words) - size + 1)}
