"""HaluEval and the closed-book questions: what is asked, and what is recorded."""

from collections import Counter

import pytest

from slm_eval.benchmarks import abstention as closed
from slm_eval.benchmarks import halueval as judging
from slm_eval.cases.case import Choice, Generation, Response
from slm_eval.cases.datasets import DatasetContext
from slm_eval.errors import DataError
from slm_eval.runs.handle import CaseHandle
from slm_eval.scoring import closed_book
from slm_eval.task import Suite

JUDGED = {
    "id": "halueval-0000",
    "query": "Name a fruit.",
    "response": "A {brick}.",
    "answer": True,
    "spans": [],
}
QUESTIONS = closed.questions().load(DatasetContext()).rows
ANSWERED = {"id": "a", "kind": "known", "question": "Capital of Malta?", "accepted": ["Valletta"]}
UNANSWERABLE = {"id": "b", "kind": "unanswerable", "question": "King of Mars?", "accepted": []}


def checked(task, score, row, response):
    handle = CaseHandle(Suite(task.name, task, 0.0), "m", row, 0, 0.0)
    score(handle, response)
    return handle.checked


def test_halueval_asks_for_yes_or_no():
    task = judging.halueval()
    request = task.request(task.case(JUDGED, 0))
    assert request.continuations == (" Yes", " No")
    assert request.prompt.endswith(
        'MUST be "Yes" or "No".\n\n#Query#: Name a fruit.\n#Response#: A {brick}.\n'
        "#Your Judgement#:"
    )


@pytest.mark.parametrize(("hallucinated", "expected"), [(True, "Yes"), (False, "No")])
def test_halueval_holds_the_likelier_word_against_peoples(hallucinated, expected):
    response = Response(choices=(Choice(" Yes", -1.0, 1), Choice(" No", -2.0, 1)))
    row = JUDGED | {"answer": hallucinated}
    found = checked(judging.halueval(), judging.score, row, response)
    assert (found.label, found.prediction, found.score) == (expected, "Yes", float(hallucinated))
    assert set(found.metrics) == set(judging.halueval().case_metrics)


def test_closed_book_prompt_shows_an_answer_and_a_refusal():
    task = closed.abstention()
    request = task.request(task.case(ANSWERED, 0))
    assert isinstance(request, Generation)
    assert request.prompt.endswith("A: Four\n\nQ: Capital of Malta?\nA:")
    assert "\nA: I don't know\n" in request.prompt
    assert request.decoding.stop == ("\n",)


@pytest.mark.parametrize(
    ("row", "text", "score", "prediction"),
    [
        (ANSWERED, " Valletta", 1.0, "correct"),
        (ANSWERED, " Rome", 0.0, "wrong"),
        (ANSWERED, " I don't know", 0.0, "declined"),
        (UNANSWERABLE, " I don't know", 1.0, "declined"),
        (UNANSWERABLE, " Elon I", 0.0, "wrong"),
        (UNANSWERABLE, " <think>King? I don't know", 0.0, None),
        (UNANSWERABLE, "", 0.0, None),
        (UNANSWERABLE, " ...", 0.0, None),
        (ANSWERED, " \n", 0.0, None),
    ],
)
def test_right_behaviour_is_the_score(row, text, score, prediction):
    found = checked(closed.abstention(), closed.score, row, Response(text=text))
    assert (found.score, found.prediction) == (score, prediction)
    assert found.label == ("correct" if row["accepted"] else "declined")
    assert found.extracted is (prediction is not None)


def test_a_malformed_gold_answer_is_refused_at_collection():
    task = closed.abstention()
    task.check_rows(QUESTIONS)
    for accepted in ("Valletta", ["?"], [3]):
        with pytest.raises(DataError, match=r"a: accepted is .* a list of answers is needed"):
            task.check_rows([ANSWERED | {"accepted": accepted}])


def test_half_the_questions_are_easy_and_a_third_have_no_answer():
    assert Counter(row["kind"] for row in QUESTIONS) == {
        "known": 30,
        "hard": 10,
        "unanswerable": 20,
    }
    assert all(bool(row["accepted"]) != (row["kind"] == "unanswerable") for row in QUESTIONS)
    assert len({row["question"].casefold() for row in QUESTIONS}) == len(QUESTIONS)
    for row in QUESTIONS:
        assert row["question"] not in closed.HEADER
        assert row["question"].endswith("?")
        # Saying the question again is no answer.
        assert closed_book(row["question"], row["accepted"]) != "correct", row["id"]
