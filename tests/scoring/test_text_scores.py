"""Text scores: case, accents, word boundaries, and any text at all."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slm_eval.errors import ConfigError
from slm_eval.scoring.text import contains, exact_match, first_label, folded, starts_with

LABELS = ("positivo", "negativo", "neutro")
TEXTS = st.one_of(
    st.text(),
    st.text(st.characters(exclude_categories=())),  # lone surrogates and controls too
    st.sampled_from(
        ["", "\0", "\u202eabc\u202c", "\U0001f600" * 5, "x" * 100_000, "שלום positivo"]
    ),
)


def test_contains_ignores_case_and_the_form_of_accents():
    assert contains("È PERCHÉ sì", unicodedata.normalize("NFD", "perché")) == 1.0
    assert contains("Positivo", "positivo", ignore_case=False) == 0.0
    assert contains("", "positivo") == 0.0


def test_starts_with_skips_white_space_first():
    assert starts_with("\n Positivo, direi", "positivo") == 1.0
    assert starts_with("Direi positivo", "positivo") == 0.0


def test_exact_match_trims_by_default_and_folds_on_request():
    assert exact_match(" Roma\n", "Roma") == 1.0
    assert exact_match("roma", "Roma") == 0.0
    assert exact_match("la  ROMA", "La Roma", normalise=folded) == 1.0
    assert exact_match("", "") == 1.0


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Direi NEGATIVO, non positivo", "negativo"),
        ("_positivo_", "positivo"),
        ("**neutro**.", "neutro"),
        ("positivossimo", None),
        ("spositivo", None),
        ("", None),
        ("non lo so", None),
    ],
)
def test_first_label(text, label):
    assert first_label(text, LABELS) == label


def test_the_longer_of_two_labels_at_one_place_is_named():
    assert first_label("molto positivo", ["molto", "molto positivo"]) == "molto positivo"
    assert first_label("uses C++ a lot", ["C", "C++"]) == "C++"


@pytest.mark.parametrize("labels", [[], [""], [" "], ["Sì", "SÌ"]])
def test_labels_that_cannot_be_told_apart_are_refused(labels):
    with pytest.raises(ConfigError):
        first_label("x", labels)


@pytest.mark.parametrize("score", [contains, starts_with])
@pytest.mark.parametrize("expected", ["", "  ", 42])
def test_an_expectation_that_tests_nothing_is_refused(score, expected):
    with pytest.raises(ConfigError, match="expected is"):
        score("any text", expected)


def test_a_response_without_text_is_a_mistake_not_a_miss():
    with pytest.raises(ConfigError, match="log-likelihoods"):
        contains(None, "x")


@given(TEXTS)
def test_any_text_scores(text):
    assert contains(text, "positivo") in (0.0, 1.0)
    assert starts_with(text, "positivo") in (0.0, 1.0)
    assert exact_match(text, text) == 1.0
    assert first_label(text, LABELS) in (None, *LABELS)


@given(TEXTS, st.sampled_from(LABELS), TEXTS)
def test_a_text_that_names_a_label_contains_it(before, label, after):
    text = f"{before} {label} {after}"
    assert contains(text, label) == 1.0
    assert first_label(text, LABELS) is not None
