"""MBPP: the prompt byte for byte, the published and our own examples, canonical solutions."""

import json
from pathlib import Path

import pytest

from slm_eval.benchmarks import mbpp as module
from slm_eval.benchmarks.mbpp import mbpp, program, program_of_row, score
from slm_eval.benchmarks.mbpp_rows import WorkedRows, question
from slm_eval.cases.case import Response
from slm_eval.cases.datasets import DatasetContext
from slm_eval.errors import ConfigError, DataError, SourceUnavailable
from slm_eval.runs.handle import CaseHandle
from slm_eval.sandbox import open_sandbox, sandbox_level
from slm_eval.sources import SourceContext
from slm_eval.task import Suite

MIRROR = Path(__file__).resolve().parents[2].parent / "shared" / "data"
OFFLINE = DatasetContext(sources=SourceContext(mirror=MIRROR, offline=True))
STRIDE = 5
"""Every fifth solution is tried here, all of them by `bench/sandbox_report.py`."""
ROW = {
    "id": "mbpp-011",
    "text": "Write a function to add.",
    "code": "class Pair:\n    pass\n\ndef total(a, b):\n    return a + b\n\ndef helper(): pass",
    "test_list": ["assert total(1, 2) == 3", "assert total([1], [2]) == [1, 2]", "assert sum([1])"],
    "test_setup_code": "",
    "challenge_test_list": [],
}


@pytest.fixture(scope="module")
def sandbox():
    if not sandbox_level().isolates:
        pytest.skip("nothing isolates a program on this machine")
    return open_sandbox()


def loaded_rows(source):
    try:
        return source.load(OFFLINE).rows
    except SourceUnavailable as error:
        pytest.skip(str(error))


def test_the_question_is_the_harness_own():
    assert question(ROW) == (
        "You are an expert Python programmer, and here is your task: Write a function to add. "
        "Your code should pass these tests:\n\n"
        "assert total(1, 2) == 3\nassert total([1], [2]) == [1, 2]\nassert sum([1])\n[BEGIN]\n"
    )
    assert mbpp(shots=0).prompt(ROW) == question(ROW)


def test_the_published_examples_stand_before_it():
    source = WorkedRows(3, own_examples=False)
    row = loaded_rows(source)[0]
    prompt = source.prompt(row)
    assert prompt.endswith(f"\n[DONE]\n\n{question(row)}")
    assert prompt.count("[DONE]") == 3
    # The solutions keep the line ends that they were published with.
    assert "def similar_elements(test_tup1, test_tup2):\r\n" in prompt
    assert prompt.count(question(row)) == 1


def test_our_own_examples_are_right_and_no_row_of_the_test_split(sandbox):
    source = WorkedRows(3, own_examples=True)
    prompt = source.prompt(ROW)
    text = (Path(module.__file__).parent / "mbpp_examples.jsonl").read_text("utf-8")
    examples = [json.loads(line) for line in text.splitlines()]
    assert len(examples) == 3
    for example in examples:
        assert f"{question(example)}{example['code']}\n[DONE]\n\n" in prompt
        row = {**example, "id": "own", "test_setup_code": ""}
        assert sandbox.check(program(row, example["code"])).why == ""
    if MIRROR.is_dir():
        lines = (MIRROR / "mbpp" / "mbpp.jsonl").read_text("utf-8")
        assert not any(example["text"] in lines for example in examples)


def test_shots():
    with pytest.raises(ConfigError, match="give 0 to 3"):
        mbpp(shots=4)


def test_only_what_the_solution_defines_is_taken_from_the_answer(sandbox):
    made = program(ROW, "def total(a, b): return a + b\ndef sum(x): return 0")
    assert made.remote == ("total",)
    assert sandbox.check(made).passed


@pytest.mark.parametrize(
    ("text", "passed", "extracted"),
    [
        ("def total(a, b):\r\n  return a + b ", 1.0, True),
        ("def total(a, b):\n    return 3", 0.0, True),
        ("```python\ndef total(a, b): return a + b\n```", 0.0, False),
        ("", 0.0, False),
    ],
)
def test_scores(sandbox, text, passed, extracted):
    handle = CaseHandle(Suite("mbpp", mbpp(), 0.0), "m", ROW, 0, 0.0)
    score(handle, Response(text=text), sandbox)
    assert (handle.checked.score, handle.checked.extracted) == (passed, extracted)


def test_a_malformed_row_is_refused():
    program_of_row(ROW)
    with pytest.raises(DataError, match="mbpp-011 is not Python"):
        program_of_row({**ROW, "code": "def total("})


def test_canonical_solutions_pass(sandbox):
    rows = loaded_rows(WorkedRows(0, own_examples=False))
    for row in rows:
        program_of_row(row)
    # Among them the one with set-up code, and one whose name is a built-in function's.
    wanted = [row for row in rows if row["task_id"] % STRIDE == 0 or row["test_setup_code"]]
    assert any(row["id"] in module.SLOW for row in rows)
    verdicts = sandbox.check_all(program(row, row["code"]) for row in wanted)
    failed = {r["id"]: v for r, v in zip(wanted, verdicts, strict=True) if not v.passed}
    assert failed == {}
    assert len(verdicts) > 100
