"""GPQA: asked as the harness asks, the choices of a row always in the same order, rows gated."""

import csv
import dataclasses
import random

import pytest

from slm_eval.benchmarks.datasets.knowledge import GPQA_DIAMOND, gpqa
from slm_eval.benchmarks.gpqa import cleaned, gpqa_diamond, score, shuffled
from slm_eval.cases.case import Generation, Response
from slm_eval.cases.datasets import DatasetContext
from slm_eval.errors import DataError, HashMismatch, Miss, SourceUnavailable
from slm_eval.runs.handle import CaseHandle
from slm_eval.sources import SourceContext
from slm_eval.task import Suite

# Made up, in the columns of the file that the Hub serves.
RAW = [
    {
        "Pre-Revision Question": "old",
        "Question": f"How many wheels have {n} carts?\nThink.",
        "Correct Answer": f" {4 * n} ",
        "Incorrect Answer 1": f"{3 * n}  [title] wheels",
        "Incorrect Answer 2": f"{5 * n}",
        "Incorrect Answer 3": "",
        "Record ID": f"rec{n}",
        "High-level domain": "Physics" if n % 2 else "Biology",
        "Subdomain": "Carts",
        "Canary String": "none",
    }
    for n in range(1, 5)
]
ROWS = list(gpqa(RAW))
SMALL = dataclasses.replace(GPQA_DIAMOND, count=len(RAW))
TASK = gpqa_diamond()


@pytest.fixture(autouse=True)
def _offline(tmp_path, monkeypatch):
    monkeypatch.setenv("SLM_EVAL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)


def mirror(tmp_path, raw=RAW):
    file = tmp_path / "mirror" / "gpqa" / "gpqa_diamond.csv"
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, raw[0].keys())
        writer.writeheader()
        writer.writerows(raw)
    return DatasetContext(sources=SourceContext(mirror=tmp_path / "mirror"))


def handle_of(row):
    return CaseHandle(Suite("gpqa_diamond", TASK, 1.0), "m", row, 0, 1.0)


# The task


def test_request_is_the_harness_request():
    row = ROWS[0]
    a, b, c, d = shuffled(row)
    request = TASK.request(TASK.case(row, 0))
    assert isinstance(request, Generation)
    # lm-eval 0.4.13: `gpqa/cot_zeroshot/_gpqa_cot_zeroshot_yaml`, the closing space included.
    assert request.prompt == (
        "What is the correct answer to this question:How many wheels have 1 carts?\nThink.\n"
        f"Choices:\n(A) {a}\n(B) {b}\n(C) {c}\n(D) {d}\nLet's think step by step: "
    )
    assert request.decoding.stop == ("</s>",)
    assert sorted((a, b, c, d)) == [" ", "3 . wheels", "4", "5"]


def test_choices_are_cleaned_as_there():
    raw = (None, "", " a  b ", "x [title] y")
    assert [cleaned(text) for text in raw] == [" ", " ", "a b", "x. y"]


def test_the_order_hangs_on_the_id_alone_and_uses_every_place():
    places = set()
    for n in range(200):
        row = {**ROWS[0], "id": f"rec{n}"}
        case = TASK.case(row, 0)
        assert shuffled(row) == shuffled({**row, "question": "another"})
        assert shuffled(row)["ABCD".index(case.expected[1])] == "4"
        places.add(case.expected)
    assert places == {"(A)", "(B)", "(C)", "(D)"}


def test_the_order_does_not_touch_the_random_module():
    random.seed(1)
    state = random.getstate()
    shuffled(ROWS[0])
    assert random.getstate() == state


@pytest.mark.parametrize("form", ["so {}", "The answer is {}.", "Answer: {}"])
def test_a_right_answer(form):
    handle = handle_of(ROWS[0])
    letter = handle.expected if "Answer:" not in form else handle.expected.strip("()")
    score(handle, Response(text=form.format(letter)))
    assert (handle.checked.score, handle.checked.extracted) == (1.0, True)
    assert handle.checked.metrics == {"strict": float(form.startswith("The"))}
    assert set(handle.checked.metrics) == set(TASK.case_metrics)


@pytest.mark.parametrize("text", ["nothing to say", "", "<think>it is (A), (B), (C) or (D)"])
def test_an_answer_without_a_letter_or_an_unfinished_thought_is_a_failed_extraction(text):
    handle = handle_of(ROWS[0])
    with pytest.raises(Miss, match="no answer could be extracted"):
        score(handle, Response(text=text))
    assert (handle.checked.extracted, handle.checked.metrics["strict"]) == (False, 0.0)


def test_a_row_without_a_right_answer_is_refused_and_not_shown():
    TASK.check_rows(ROWS)
    with pytest.raises(DataError, match="rec1") as caught:
        TASK.check_rows([{**ROWS[0], "correct": ""}])
    assert "wheels" not in str(caught.value)


# The rows: gated, protected, pinned by their first use


def test_how_to_get_access_is_said(tmp_path):
    with pytest.raises(SourceUnavailable) as caught:
        GPQA_DIAMOND.load(DatasetContext())
    message = str(caught.value)
    for part in ("accept the terms", "hf auth login", "HF_TOKEN", "--slm-mirror FOLDER", "gated"):
        assert part in message


def test_the_first_use_pins_the_rows_and_says_so(tmp_path):
    loaded = SMALL.load(mirror(tmp_path))
    assert loaded.rows == ROWS
    assert (loaded.protected, loaded.entry()["first_use"]) == (True, True)
    # Now the cache serves, with no source at hand.
    assert SMALL.load(DatasetContext()) == loaded


def test_other_rows_than_those_of_the_first_use_are_refused_until_the_pin_is_removed(tmp_path):
    first = SMALL.load(mirror(tmp_path))
    for kept in (tmp_path / "cache" / "rows").glob("*.jsonl"):
        kept.unlink()
    changed = [{**row, "Correct Answer": "7"} for row in RAW]
    with pytest.raises(HashMismatch, match="first use") as caught:
        SMALL.load(mirror(tmp_path, changed))
    (pin,) = (tmp_path / "cache" / "rows").glob("*.first-use.sha256")
    assert str(pin) in str(caught.value)
    assert first.sha256 in str(caught.value)
    pin.unlink()
    assert SMALL.load(mirror(tmp_path, changed)).sha256 != first.sha256


def test_another_number_of_rows_is_refused_at_the_first_use(tmp_path):
    with pytest.raises(HashMismatch, match="pinned are 198 rows; file"):
        GPQA_DIAMOND.load(mirror(tmp_path))


def test_a_file_of_another_kind_is_named_without_its_text(tmp_path):
    context = mirror(tmp_path, [{"Question": "How many wheels?", "Answer": "4"}])
    with pytest.raises(DataError, match="KeyError") as caught:
        SMALL.load(context)
    assert "wheels" not in str(caught.value)
    assert caught.value.__cause__ is None
