"""How far a text overlaps with its references: SQuAD's exact match and token F1, and ROUGE.

Normalisation is that of SQuAD (Rajpurkar et al. 2016, `evaluate-v1.1.py`): lower case, punctuation
and articles gone, white space one space; other languages have articles of their own. It differs in
one point: of a text that is nothing but articles they are kept, where SQuAD's own would make equals
of ``the`` and of every other such text, the empty one included. ROUGE is rouge-score's (Lin 2004).
Every score is within [0, 1]; of several references the best one counts.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple
from unicodedata import category, normalize

from slm_eval.cases.text import text_of
from slm_eval.errors import ConfigError, closest

if TYPE_CHECKING:
    from collections.abc import Sequence

ARTICLES = {
    "en": r"\b(?:a|an|the)\b",
    # An elided article is glued to its noun by an apostrophe: l'acqua, un'isola.
    "it": r"\b(?:il|lo|la|i|gli|le|un|uno|una)\b|\b(?:l|un)['’]",
    "none": r"(?!)",
}
LONGEST = 20_000
"""Characters of a text that are compared: its beginning."""
MOST_WORDS = 2_000
"""Words of a text that ROUGE compares: its beginning."""

_ASCII_PUNCTUATION = str.maketrans("", "", string.punctuation)


class Rouge(NamedTuple):
    """F-measures of unigrams, bigrams and the longest common subsequence."""

    rouge1: float
    rouge2: float
    rouge_l: float


def squad_normalised(text: str, language: str = "en") -> str:
    """Return `text` in lower case, without punctuation, articles and superfluous white space.

    Articles stay where nothing else is left of the text.

    language: whose articles: ``en`` (SQuAD's, with ASCII punctuation), ``it`` or ``none`` (with
    Unicode's). Raises `ConfigError` for another one.
    """
    if language not in ARTICLES:
        raise ConfigError(
            f"no articles are known of the language {language!r}; use {', '.join(ARTICLES)}"
            f"{closest(language, ARTICLES)}"
        )
    lower = normalize("NFC", text).lower()
    if language == "en":
        lower = lower.translate(_ASCII_PUNCTUATION)
        return _joined(re.sub(ARTICLES["en"], " ", lower)) or _joined(lower)
    # An elided article can be told only while its apostrophe is there.
    without = _unpunctuated(re.sub(ARTICLES[language], " ", lower))
    return _joined(without) or _joined(_unpunctuated(lower))


def squad_exact_match(
    text: str | None, expected: str | Sequence[str], *, language: str = "en"
) -> float:
    """Return 1.0 if `text` and a reference are the same once both are normalised, else 0.0."""
    given = squad_normalised(given_text(text), language)
    return max(
        float(given == squad_normalised(reference, language))
        for reference in references_of(expected)
    )


def token_f1(text: str | None, expected: str | Sequence[str], *, language: str = "en") -> float:
    """Return SQuAD's F1 over the words of `text` and a reference, as multisets.

    Where one of the two has no words left, 1.0 if the other has none either, else 0.0.
    """
    given = squad_normalised(given_text(text), language).split()
    return max(
        _f1(given, squad_normalised(reference, language).split())
        for reference in references_of(expected)
    )


def rouge(text: str | None, expected: str | Sequence[str], *, stem: bool = False) -> Rouge:
    """Return ROUGE-1, ROUGE-2 and ROUGE-L of `text`, each for its best reference.

    Words are runs of ASCII letters and digits, as in rouge-score, and the first `MOST_WORDS` of
    them count. stem: Porter's, for English.

    Raises `ConfigError` with the remedy where rouge-score is missing.
    """
    scorer, given = _rouge_scorer(stem), _words(given_text(text))
    found = [scorer.score(_words(reference), given) for reference in references_of(expected)]
    best = (max(each[kind].fmeasure for each in found) for kind in ("rouge1", "rouge2", "rougeL"))
    return Rouge(*map(float, best))


@cache
def _rouge_scorer(stem: bool) -> Any:
    try:
        from rouge_score.rouge_scorer import RougeScorer
    except ImportError:
        raise ConfigError(
            "ROUGE needs rouge-score, which is not installed; pip install 'slm-eval[text]'"
        ) from None
    return RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=stem)


def _f1(given: list[str], wanted: list[str]) -> float:
    if not given or not wanted:
        return float(given == wanted)
    same = (Counter(given) & Counter(wanted)).total()
    return 2 * same / (len(given) + len(wanted))


def _joined(text: str) -> str:
    return " ".join(text.split())


def _unpunctuated(text: str) -> str:
    return "".join(c for c in text if c not in string.punctuation and category(c)[0] != "P")


def _words(text: str) -> str:
    # A table of all words by all words is filled for the longest common subsequence.
    return " ".join(re.findall("[a-z0-9]+", text.lower())[:MOST_WORDS])


def given_text(text: str | None) -> str:
    """Return the beginning of `text` that is compared. Raises `ConfigError` for None."""
    return text_of(text)[:LONGEST]


def references_of(expected: str | Sequence[str]) -> list[str]:
    """Return the references as a list, cut alike. Raises `ConfigError` for none, or no text."""
    several = isinstance(expected, list | tuple)
    references: list[Any] = list(expected) if several else [expected]
    if not references or not all(isinstance(each, str) for each in references):
        raise ConfigError(f"expected is {expected!r}; give a reference text, or several in a list")
    return [reference[:LONGEST] for reference in references]
