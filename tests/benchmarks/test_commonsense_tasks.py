"""The commonsense suites: the harness' prompts and continuations, literally, and their scores."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slm_eval.benchmarks import boolq, hellaswag, openbookqa, piqa, sciq, winogrande
from slm_eval.cases.case import Choice, LogLikelihoods, Response
from slm_eval.errors import DataError, Miss
from slm_eval.runs.handle import CaseHandle
from slm_eval.task import Suite

HELLASWAG_ROW = {
    "id": "hellaswag-00000",
    "activity_label": "Baking bread",
    "ctx_a": " [header] How to bake [title] Take flour.",
    "ctx_b": "the Baker  THEN",
    "ctx": "How to bake",
    "choices": ["adds [substeps] water.", "flies away. [title] Home  now."],
    "answer": 0,
}
WINOGRANDE_ROW = {
    "id": "winogrande-0000",
    "sentence": "The cup fell off the tray because the _ was wet.",
    "choices": ["cup", "tray"],
    "answer": 1,
}
ANSWERS = {"choices": ["an apple", "a stone"], "answer": 0}

# Prompts, contexts and continuations as lm-eval 0.4.13 makes them from the same rows.
PIQA = pytest.param(
    piqa,
    piqa.piqa(),
    {"id": "p", "goal": "Eat {well}", **ANSWERS},
    "Question: Eat {well}\nAnswer:",
    (" an apple", " a stone"),
    id="piqa",
)
ASKED = [
    pytest.param(
        hellaswag,
        hellaswag.hellaswag(),
        HELLASWAG_ROW,
        "Baking bread:  How to bake. Take flour. The baker then",
        (" adds water.", " flies away.. Home now."),
        id="hellaswag",
    ),
    PIQA,
    pytest.param(
        openbookqa,
        openbookqa.openbookqa(),
        {"id": "o", "question": "What falls is", **ANSWERS},
        "What falls is",
        (" an apple", " a stone"),
        id="openbookqa",
    ),
    pytest.param(
        boolq,
        boolq.boolq(),
        {"id": "b", "passage": "Ice floats. ", "question": "does ice sink", "answer": False},
        "Ice floats. \nQuestion: does ice sink?\nAnswer:",
        (" no", " yes"),
        id="boolq",
    ),
    pytest.param(
        sciq,
        sciq.sciq(),
        {"id": "s", "support": "\n Ice floats. ", "question": "What floats?", **ANSWERS},
        "Ice floats. \nQuestion: What floats?\nAnswer:",
        (" an apple", " a stone"),
        id="sciq",
    ),
]


@pytest.mark.parametrize(("module", "task", "row", "prompt", "continuations"), ASKED)
def test_request_is_the_harness_request(module, task, row, prompt, continuations):
    task.check_rows([row])
    assert task.request(task.case(row, 0)) == LogLikelihoods(prompt, continuations)


def test_winogrande_scores_the_same_ending_after_either_name():
    task = winogrande.winogrande()
    request = task.request(task.case(WINOGRANDE_ROW, 0))
    assert request.contexts == (
        "The cup fell off the tray because the cup",
        "The cup fell off the tray because the tray",
    )
    assert request.continuations == (" was wet.", " was wet.")


def test_a_sentence_without_a_blank_is_refused_at_collection():
    with pytest.raises(DataError, match="winogrande-0000 has no blank"):
        winogrande.winogrande().check_rows([{**WINOGRANDE_ROW, "sentence": "The cup was wet."}])


MODULES = [hellaswag, piqa, winogrande, openbookqa, boolq, sciq]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.split(".")[-1])
def test_right_and_wrong_answers_score_and_record_what_is_declared(module):
    name = module.__name__.split(".")[-1]
    task = getattr(module, name)()
    row = {**WINOGRANDE_ROW, "answer": 0}
    for first, outcome in ((-1.0, 1.0), (-9.0, 0.0)):
        handle = CaseHandle(Suite(name, task, 1.0), "m", row, 0, 1.0)
        answer = Response(choices=(Choice(" was wet.", first, 3), Choice(" was wet.", -2.0, 3)))
        if outcome:
            module.score(handle, answer)
        else:
            with pytest.raises(Miss):
                module.score(handle, answer)
        assert handle.checked.score == outcome
        assert set(handle.checked.metrics) == set(task.case_metrics)


def test_a_boolean_answer_becomes_the_index_of_no_or_yes():
    task = boolq.boolq()
    row = {"passage": "p", "question": "q"}
    assert [task.case({**row, "answer": a}, 0).expected for a in (False, True)] == [0, 1]


@given(st.text())
def test_cleaning_hellaswag_is_total_and_leaves_no_brackets(text):
    cleaned = hellaswag.cleaned(text)
    assert len(cleaned) <= len(text)
    assert hellaswag._BRACKETED.search(cleaned) is None or "[" in text
