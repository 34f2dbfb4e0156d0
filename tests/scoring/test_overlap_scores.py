"""Overlap of texts: SQuAD's own examples of normalisation, bounds, and rouge-score's numbers."""

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slm_eval.errors import ConfigError
from slm_eval.scoring import overlap
from slm_eval.scoring.overlap import rouge, squad_exact_match, squad_normalised, token_f1

TEXT = st.text(st.characters() | st.sampled_from("a the il l'.,-\n"), max_size=60)


@pytest.mark.parametrize(
    ("language", "text", "normalised"),
    [
        ("en", "The  Cat's, a DOG!", "cats dog"),
        ("en", "an apple-pie", "applepie"),
        ("en", "theatre", "theatre"),
        ("it", "L'acqua è nell’isola, un'altra.", "acqua è nellisola altra"),
        ("it", "Il gatto e la “casa”", "gatto e casa"),
        ("it", "perche\u0301 ", "perché"),
        ("none", "The il cat!", "the il cat"),
        # Nothing but articles: they are kept.
        ("en", "The.", "the"),
        ("it", "Uno", "uno"),
        ("it", "L'", "l"),
    ],
)
def test_normalisation(language, text, normalised):
    assert squad_normalised(text, language) == normalised


def test_exact_match_takes_the_best_reference():
    assert squad_exact_match("The Norman.", ["Saxon", "norman"]) == 1.0
    assert squad_exact_match("Normans", "Norman") == 0.0
    assert squad_exact_match("l'Italia", "Italia", language="it") == 1.0


@pytest.mark.parametrize(
    ("text", "expected", "f1"),
    [
        ("the cat sat", "a cat sat down", 0.8),
        ("cat cat cat", "cat", 0.5),
        ("dog", "cat", 0.0),
        ("", "", 1.0),
        ("the", "", 0.0),
        ("the", "a", 0.0),
        ("", "cat", 0.0),
        ("cat", ["dog", "cat"], 1.0),
    ],
)
def test_token_f1(text, expected, f1):
    assert token_f1(text, expected) == pytest.approx(f1)


def test_an_article_may_be_the_answer():
    assert token_f1("uno", "Uno.", language="it") == 1.0
    for other in ("", "la", "1", "due"):
        assert token_f1(other, "uno", language="it") == 0.0
        assert squad_exact_match(other, "uno", language="it") == 0.0


def test_rouge_is_the_librarys():
    text, gold = "the cat sat on the mat", "the cat was on the mat"
    assert rouge(text, gold) == pytest.approx((5 / 6, 3 / 5, 5 / 6))
    assert rouge("running dogs", "run dog").rouge1 == 0.0
    assert rouge("running dogs", "run dog", stem=True).rouge1 == 1.0
    # Each figure is of its own best reference.
    assert rouge("a b c", ["a b x", "c"]).rouge1 == pytest.approx(2 / 3)


@settings(deadline=None)
@given(TEXT, TEXT, st.sampled_from(["en", "it", "none"]))
def test_any_text_is_scored_within_bounds(text, gold, language):
    scores = [
        squad_exact_match(text, gold, language=language),
        token_f1(text, gold, language=language),
        *rouge(text, gold),
    ]
    assert all(0.0 <= score <= 1.0 for score in scores)
    assert token_f1(text, text, language=language) == 1.0
    assert scores[1] == token_f1(gold, text, language=language)
    assert scores[0] <= scores[1]


@pytest.mark.parametrize("hostile", ["a " * 500_000, "a-" * 500_000, "\u0301\u0316" * 500_000])
def test_enormous_answers_are_cut(hostile):
    assert 0.0 <= token_f1(hostile, "a cat") < 0.5
    assert squad_exact_match(hostile, "a cat") == 0.0
    assert rouge(hostile, "a cat").rouge1 < 0.01


@pytest.mark.parametrize("scorer", [token_f1, squad_exact_match, rouge])
def test_what_cannot_be_scored_is_refused(scorer):
    with pytest.raises(ConfigError, match="no text to score"):
        scorer(None, "a")
    for expected in ([], [1], None):
        with pytest.raises(ConfigError, match="give a reference text"):
            scorer("a", expected)


def test_an_unknown_language_is_named():
    with pytest.raises(ConfigError, match=r"'fr'.*en, it, none"):
        token_f1("le chat", "chat", language="fr")


def test_a_missing_library_is_named_with_the_remedy(monkeypatch):
    overlap._rouge_scorer.cache_clear()
    monkeypatch.setitem(sys.modules, "rouge_score.rouge_scorer", None)
    with pytest.raises(ConfigError, match=r"pip install 'slm-eval\[text\]'"):
        rouge("a", "a")
