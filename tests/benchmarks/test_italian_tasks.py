"""The Italian suites: requests literally, answers read, passages that lack the answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slm_eval.benchmarks import sib200_it, squad_it, xcopa_it
from slm_eval.benchmarks.passages import ANSWERABLE, UNANSWERABLE, PassageRows
from slm_eval.cases.case import Choice, LogLikelihoods, Response
from slm_eval.cases.datasets import DatasetContext, rows
from slm_eval.errors import ConfigError, DataError, Miss
from slm_eval.runs.handle import CaseHandle
from slm_eval.task import Suite


def scored(module, task, row, response):
    handle = CaseHandle(Suite(task.name, task, task.threshold), "m", row, 0, task.threshold)
    try:
        module.score(handle, response)
    except Miss:
        assert handle.checked.score < task.threshold
    metrics = set(handle.checked.metrics)
    assert set(task.case_metrics) <= metrics <= {*task.case_metrics, *task.partial_metrics}
    return handle.checked


# XCOPA and SIB-200


@pytest.mark.parametrize(("asked", "word"), [("cause", "perché"), ("effect", "quindi")])
def test_xcopa_is_asked_as_the_harness_asks(asked, word):
    task = xcopa_it.xcopa_it()
    row = {
        "id": "x",
        "premise": " Il vaso cadde. ",
        "question": asked,
        "choices": ["Era Vuoto.", "È rotto."],
        "answer": 1,
    }
    request = task.request(task.case(row, 0))
    # lm-eval 0.4.13: `xcopa/utils.py`, doc_to_text_it and doc_to_choice.
    assert request == LogLikelihoods(f"Il vaso cadde {word}", (" era Vuoto.", " è rotto."))


def test_sib200_names_its_topics_in_italian():
    task = sib200_it.sib200_it()
    row = {"id": "s", "text": "La squadra {ha} vinto.", "category": "sports"}
    task.check_rows([row])
    request = task.request(task.case(row, 0))
    assert request.prompt.endswith("\n\nFrase: La squadra {ha} vinto.\nArgomento:")
    assert request.continuations[3] == " sport"
    lls = [Choice(text, -float(index != 3), 1) for index, text in enumerate(request.continuations)]
    checked = scored(sib200_it, task, row, Response(choices=tuple(lls)))
    assert (checked.score, checked.label, checked.prediction) == (1.0, "sport", "sport")


def test_an_unknown_topic_is_refused_at_collection():
    row = {"id": "s", "text": "t", "category": "sport"}
    with pytest.raises(DataError, match="did you mean sports"):
        sib200_it.sib200_it().check_rows([row])


# SQuAD-it: passages


def article(title, number, answer):
    context = f"{title} è del {answer} e sta a {title}."
    return {
        "id": f"{title}-{number}",
        "title": title,
        "context": context,
        "question": f"Di quando è {title}?",
        "answers": [str(answer)],
    }


ARTICLES = [article(title, n, 1900 + i) for i, title in enumerate("ABCDEFGH") for n in range(25)]


def passages(share, seed=0, given=ARTICLES):
    source = rows(given, required=["question"])
    return PassageRows(source, share, seed).load(DatasetContext())


def test_a_share_of_the_questions_gets_a_foreign_passage_without_the_answer():
    loaded = passages(0.25)
    foreign = [row for row in loaded.rows if row["kind"] == UNANSWERABLE]
    assert 30 <= len(foreign) <= 70
    own = {row["id"]: row for row in ARTICLES}
    for row in foreign:
        assert row["context"] != own[row["id"]]["context"]
        assert own[row["id"]]["answers"][0] not in row["context"]
        assert row["answers"] == []
    for row in loaded.rows:
        if row["kind"] == ANSWERABLE:
            assert row == {**own[row["id"]], "kind": ANSWERABLE}


def test_the_draw_is_seeded_by_the_id_alone():
    assert passages(0.25).sha256 == passages(0.25).sha256
    assert passages(0.25, seed=1).sha256 != passages(0.25).sha256
    kinds = {row["id"]: row["kind"] for row in passages(0.25).rows}
    some = [row for row in ARTICLES if row["title"] in "AB"]
    assert all(kinds[row["id"]] == row["kind"] for row in passages(0.25, given=some).rows)


def test_all_none_and_what_cannot_be():
    assert {row["kind"] for row in passages(1).rows} == {UNANSWERABLE}
    assert {row["kind"] for row in passages(0).rows} == {ANSWERABLE}
    with pytest.raises(DataError, match="no passage of another article"):
        passages(1, given=ARTICLES[:25])
    with pytest.raises(ConfigError, match="from 0 to 1"):
        PassageRows(rows(ARTICLES, required=["question"]), 25)


# SQuAD-it: answers

TASK = squad_it.squad_it()
KNOWN = {**article("A", 0, 1900), "answers": ["il 1900", "nel 1900"], "kind": ANSWERABLE}
UNKNOWN = {**KNOWN, "answers": [], "kind": UNANSWERABLE}


@pytest.mark.parametrize(
    ("row", "text", "score", "exact", "said"),
    [
        pytest.param(KNOWN, " 1900", 1.0, 1.0, "answered", id="right"),
        pytest.param(KNOWN, "\n\nLo 1900.\nTesto", 1.0, 1.0, "answered", id="articles"),
        pytest.param(KNOWN, " 1900 circa", 2 / 3, 0.0, "answered", id="part"),
        pytest.param(KNOWN, " Non presente", 0.0, 0.0, "declined", id="declined-in-vain"),
        pytest.param(UNKNOWN, " non presente nel testo", 1.0, 1.0, "declined", id="declined"),
        pytest.param(UNKNOWN, "Non lo so.", 1.0, 1.0, "declined", id="declined-otherwise"),
        pytest.param(UNKNOWN, " 1900", 0.0, 0.0, "answered", id="made-up"),
        pytest.param(
            UNKNOWN, "<think>forse 1900</think>non presente", 1.0, 1.0, "declined", id="think"
        ),
    ],
)
def test_answers_are_read(row, text, score, exact, said):
    checked = scored(squad_it, TASK, row, Response(text=text))
    assert checked.score == pytest.approx(score)
    assert (checked.metrics["exact"], checked.prediction) == (exact, said)
    assert (
        checked.metrics["answerable_f1" if row is KNOWN else "declined_accuracy"] == checked.score
    )
    assert len(checked.metrics) == 2
    assert checked.extracted


@pytest.mark.parametrize("gold", ["sconosciuto", "non presente", "non lo so"])
def test_an_accepted_answer_that_reads_like_a_refusal_is_right(gold):
    row = KNOWN | {"answers": [gold, "altro"]}
    checked = scored(squad_it, TASK, row, Response(text=f" {gold.capitalize()}."))
    assert (checked.score, checked.metrics["exact"]) == (1.0, 1.0)
    assert checked.prediction == "answered"


@pytest.mark.parametrize("gold", ["uno", "…"])
def test_an_empty_answer_to_an_answerable_question_scores_nothing(gold):
    checked = scored(squad_it, TASK, KNOWN | {"answers": [gold]}, Response(text=""))
    assert (checked.score, checked.metrics["exact"], checked.extracted) == (0.0, 0.0, False)


@pytest.mark.parametrize("text", ["", " \n ", "<think>1900"])
def test_no_answer_is_a_failed_extraction_and_never_a_decline(text):
    checked = scored(squad_it, TASK, UNKNOWN, Response(text=text))
    assert (checked.score, checked.extracted, checked.prediction) == (0.0, False, "answered")


@given(st.text() | st.text("\ud800\udfff<think>/ n\u2028"), st.sampled_from([KNOWN, UNKNOWN]))
def test_scoring_is_total_and_bounded(text, row):
    first, second = (scored(squad_it, TASK, row, Response(text=text)) for _ in range(2))
    assert 0 <= first.score <= 1
    assert first == second


def test_the_prompt_shows_the_passage_and_ends_where_the_answer_begins():
    prompt = TASK.request(TASK.case(KNOWN, 0)).prompt
    tail = f"Testo: {KNOWN['context']}\nDomanda: {KNOWN['question']}\nRisposta:"
    assert prompt.endswith(f"\n\n{tail}")
    assert "scrivi: non presente" in prompt


def test_a_question_with_a_blank_answer_is_refused_at_collection():
    TASK.check_rows([KNOWN, UNKNOWN])
    for answers in ([], [" "], ["1900", ""]):
        with pytest.raises(DataError, match="no accepted answer"):
            TASK.check_rows([{**KNOWN, "answers": answers}])
