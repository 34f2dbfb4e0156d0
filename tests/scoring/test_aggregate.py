"""Suite-level metrics against numbers computed by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slm_eval.errors import ConfigError
from slm_eval.scoring.aggregate import accuracy, confusion_matrix, macro_f1, mean

# a: TP 2, FN 1, FP 1 -> 4/6; b: TP 1, FN 1, FP 1 -> 2/4; c: TP 1, FN 0, FP 0 -> 1.
PAIRS = [("a", "a"), ("a", "a"), ("a", "b"), ("b", "b"), ("b", "a"), ("c", "c")]


def records(pairs):
    return [
        {"score": float(label == prediction), "label": label, "prediction": prediction}
        for label, prediction in pairs
    ]


def test_by_hand():
    assert accuracy(records(PAIRS)) == pytest.approx(4 / 6)
    assert macro_f1(records(PAIRS)) == pytest.approx((4 / 6 + 2 / 4 + 1) / 3)
    assert confusion_matrix(records(PAIRS)) == {
        "a": {"a": 2, "b": 1, "c": 0},
        "b": {"a": 1, "b": 1, "c": 0},
        "c": {"a": 0, "b": 0, "c": 1},
    }


def test_a_class_that_is_only_predicted_counts_as_zero():
    assert macro_f1(records([("a", "a"), ("a", "z")])) == pytest.approx((2 / 3 + 0) / 2)
    assert macro_f1(records([("a", "z")])) == 0.0


def test_no_prediction_is_a_miss_but_no_class():
    pairs = [("a", "a"), ("a", None), ("b", "b")]
    assert macro_f1(records(pairs)) == pytest.approx((2 / 3 + 1) / 2)
    assert accuracy(records(pairs)) == pytest.approx(2 / 3)
    assert confusion_matrix(records(pairs)) == {
        "a": {"a": 1, "b": 0, "(none)": 1},
        "b": {"a": 0, "b": 1, "(none)": 0},
    }


def test_scores_alone():
    right_and_wrong = [{"score": 1.0}, {"score": 0.0}, {"score": 1.0, "label": None}]
    assert accuracy(right_and_wrong) == pytest.approx(2 / 3)
    assert mean([{"score": 0.25}, {"score": 0.75}]) == 0.5
    with pytest.raises(ConfigError, match="use mean"):
        accuracy([{"score": 0.5}])


@pytest.mark.parametrize("metric", [mean, accuracy, macro_f1, confusion_matrix])
def test_nothing_is_not_zero(metric):
    with pytest.raises(ValueError, match="no records"):
        metric([])


@pytest.mark.parametrize("metric", [accuracy, macro_f1, confusion_matrix])
def test_a_missing_label_is_named(metric):
    mixed = [*records([("a", "a")]), {"score": 1.0, "label": None, "prediction": "a"}]
    with pytest.raises(ConfigError, match="record 1 has none"):
        metric(mixed)


LABELS = st.sampled_from(["a", "b", "c", "é", ""])


@given(st.lists(st.tuples(LABELS, st.none() | LABELS), min_size=1))
def test_metrics_agree_with_each_other(pairs):
    given_ = records(pairs)
    matrix = confusion_matrix(given_)
    assert sum(sum(row.values()) for row in matrix.values()) == len(pairs)
    assert accuracy(given_) == pytest.approx(sum(matrix[c].get(c, 0) for c in matrix) / len(pairs))
    assert 0.0 <= macro_f1(given_) <= 1.0
    assert list(matrix) == sorted(matrix)
