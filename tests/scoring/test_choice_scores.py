"""Choices: the argmax, what it is divided by, and the harness' arithmetic."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slm_eval.cases.case import Choice, Response
from slm_eval.errors import ConfigError, DataError, EngineError
from slm_eval.scoring.choices import (
    acc,
    acc_bytes,
    acc_norm,
    best_choice,
    byte_lengths,
    char_lengths,
    choice_accuracy,
    choice_loss,
    loglikelihood_of,
    perplexity_of,
)


def response(*scored):
    return Response(choices=tuple(Choice(text, value, 2) for text, value in scored))


def test_the_first_of_equals_wins():
    assert best_choice([-1.0, -1.0, -2.0]) == 0
    assert best_choice([-math.inf, -math.inf]) == 0


def test_each_metric_divides_by_its_own_length():
    # Per character -1, -0.7, -0.76; per byte -1, -0.7, -0.38.
    given_ = response((" ab", -2.0), (" abcdefghij", -7.0), (" éééé", -3.04))
    assert [metric(given_, 0) for metric in (acc, acc_norm, acc_bytes)] == [1.0, 0.0, 0.0]
    assert acc_norm(given_, 1) == 1.0
    assert acc_bytes(given_, 2) == 1.0
    assert acc(given_.choices, 0) == 1.0


def test_the_joining_space_is_not_counted_but_the_choices_own_spaces_are():
    assert char_lengths([" A", "  A", "A", " è un"]) == [1, 2, 1, 4]
    assert byte_lengths([" A", " è un", " \U0001f600"]) == [1, 5, 4]


@given(
    st.lists(
        st.tuples(st.text(min_size=1), st.floats(-1e6, -1e-6, allow_nan=False)),
        min_size=1,
        max_size=6,
    ),
    st.data(),
)
def test_agrees_with_the_harness(pairs, data):
    texts, lls = zip(*pairs, strict=True)
    gold = data.draw(st.integers(0, len(texts) - 1))
    given_ = response(*((f" {text}", value) for text, value in pairs))
    chars = np.array([float(len(text)) for text in texts])
    size = np.array([float(len(text.encode("utf-8"))) for text in texts])
    assert acc(given_, gold) == float(np.argmax(lls) == gold)
    assert acc_norm(given_, gold) == float(np.argmax(np.array(lls) / chars) == gold)
    assert acc_bytes(given_, gold) == float(np.argmax(np.array(lls) / size) == gold)


def test_a_choice_without_length_never_wins():
    assert best_choice([0.0, -5.0], [0, 3]) == 1


def test_what_cannot_be_scored_says_so():
    with pytest.raises(DataError, match="index from 0 to 1"):
        choice_accuracy([-1.0, -2.0], 2)
    with pytest.raises(DataError, match="-1"):
        choice_accuracy([-1.0, -2.0], -1)
    with pytest.raises(ConfigError, match="no choices"):
        acc(Response(text="A"), 0)
    with pytest.raises(ConfigError, match="1 lengths for 2"):
        best_choice([-1.0, -2.0], [1])
    with pytest.raises(EngineError, match="choice 1 is NaN"):
        best_choice([-1.0, math.nan])


def test_loglikelihood_and_perplexity():
    given_ = response((" a", -2 * math.log(3)), (" b", -1e9))
    assert loglikelihood_of(given_, 1) == -1e9
    assert perplexity_of(given_, 0) == pytest.approx(3)
    assert perplexity_of(given_, 1) == math.inf
    with pytest.raises(DataError):
        loglikelihood_of(given_, 2)


def test_loss_of_the_right_choice():
    assert choice_loss([-5.0] * 4, 2) == pytest.approx(math.log(4))
    assert choice_loss([math.log(0.5), math.log(0.25)], 0) == pytest.approx(-math.log(2 / 3))
    assert choice_loss([-1e6, -1e6 - 800], 0) == 0.0
    assert choice_loss([-1e6, -1e6 - 800], 1) == pytest.approx(800)
    assert choice_loss([-math.inf, -1.0], 0) == math.inf
    assert choice_loss([-math.inf, -1.0], 1) == 0.0


@given(st.lists(st.floats(-1e6, 0), min_size=1), st.data())
def test_loss_is_a_number_and_never_negative(lls, data):
    loss = choice_loss(lls, data.draw(st.integers(0, len(lls) - 1)))
    assert math.isfinite(loss)
    assert loss >= 0
