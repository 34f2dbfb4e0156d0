"""GSM8K extraction: the harness' two filters and its comparison, literally."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slm_eval.errors import ConfigError
from slm_eval.scoring.numbers import (
    Extraction,
    flexible_number,
    normalised_number,
    number_close,
    number_match,
    strict_number,
)

ALPHABET = st.text(st.sampled_from("0123456789-.,$# \nabé٣\0\U0001f600\u202e"))


@pytest.mark.parametrize(
    ("text", "strict", "flexible"),
    [
        ("She has 3 + 4 = 7.\n#### 7", "7", "7"),
        ("#### 7\n#### 8", "7", "8"),
        ("#### -1,234.", "-1,234.", "-1,234."),
        ("#### $5", None, "$5"),
        ("####7", None, "7"),
        ("The answer is 18", None, "18"),
        ("It costs $1,250.50 today", None, "$1,250.50"),
        ("about 12 eggs...", None, "..."),
        ("٣", None, None),
        ("no number", None, None),
        ("", None, None),
    ],
)
def test_extraction(text, strict, flexible):
    assert strict_number(text) == Extraction(strict)
    assert flexible_number(text) == Extraction(flexible)
    assert strict_number(text).found is (strict is not None)


@pytest.mark.parametrize(
    ("value", "gold", "score"),
    [
        ("7", "7", 1.0),
        ("2,125", "2125", 1.0),
        ("$2,125.", "worked <<1+1=2>> out\n#### 2,125", 1.0),
        ("18.00", "18", 0.0),
        ("-7", "7", 0.0),
        (None, "7", 0.0),
        (None, "[invalid]", 0.0),
    ],
)
def test_numbers_compare_as_text(value, gold, score):
    assert number_match(Extraction(value), gold) == score


def test_no_text_is_a_mistake():
    with pytest.raises(ConfigError):
        strict_number(None)


def harness_filter(regex, group_select, text):
    """lm_eval/filters/extraction.py, RegexFilter.apply, for one response."""
    import re

    found = re.compile(regex).findall(text)
    if not found:
        return "[invalid]"
    match = found[group_select]
    if isinstance(match, tuple):
        match = next((group for group in match if group), "[invalid]")
    return match.strip()


def harness_match(prediction, reference):
    """lm_eval/api/metrics.py, exact_match_hf_evaluate with the task's arguments."""
    import re

    for regex in (",", "\\$", "(?s).*#### ", "\\.$"):
        prediction, reference = re.sub(regex, "", prediction), re.sub(regex, "", reference)
    return float(np.char.lower(prediction) == np.char.lower(reference))


@given(ALPHABET, st.integers(-9999, 9999))
def test_agrees_with_the_harness(text, gold):
    reference = f"some steps\n#### {gold:,}"
    for ours, regex, select in (
        (strict_number(text), "#### (\\-?[0-9\\.\\,]+)", 0),
        (flexible_number(text), "(-?[$0-9.,]{2,})|(-?[0-9]+)", -1),
    ):
        theirs = harness_filter(regex, select, text)
        assert (ours.value or "[invalid]") == theirs
        assert number_match(ours, reference) == harness_match(theirs, reference)


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_is_read(text):
    for extraction in (strict_number(text), flexible_number(text)):
        assert number_match(extraction, "7") in (0.0, 1.0)
    assert isinstance(normalised_number(text), str)


def test_enormous_numbers_are_compared_within_bounds():
    assert number_match(strict_number("#### " + "9" * 10**6), "7") == 0.0


@pytest.mark.parametrize(
    ("found", "expected", "absolute", "relative", "score"),
    [
        ("18.00", 18, 0, 0, 1.0),
        ("$1,250.50", "1250.5", 0, 0, 1.0),
        ("3.14", 3.14159, 0.01, 0, 1.0),
        ("3.14", 3.14159, 0.001, 0, 0.0),
        ("99", 100, 0, 0.01, 1.0),
        ("-99", 100, 0, 0.01, 0.0),
        ("0.001", 0, 0, 0.5, 0.0),
        ("...", 0, 1e9, 1, 0.0),
        ("9" * 400, 0, 1e9, 1, 0.0),
        (None, 0, 1e9, 1, 0.0),
    ],
)
def test_number_close(found, expected, absolute, relative, score):
    close = number_close(Extraction(found), expected, absolute=absolute, relative=relative)
    assert close == score


@given(ALPHABET, st.floats(allow_nan=False, allow_infinity=False))
def test_any_number_is_compared_with_tolerance(text, expected):
    assert number_close(flexible_number(text), expected, absolute=1.0) in (0.0, 1.0)


def test_tolerances_and_gold_numbers_that_cannot_be_used():
    with pytest.raises(ConfigError, match="a finite number is needed"):
        number_close(Extraction("1"), "many")
    with pytest.raises(ConfigError, match="tolerances are 0 or more"):
        number_close(Extraction("1"), 1, relative=-0.1)
