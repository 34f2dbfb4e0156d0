import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from slm_eval.verdicts.estimate import bootstrap, estimate
from slm_eval.verdicts.intervals import order_statistic_ranks, wilson

UNIT = st.floats(0, 1)


@given(st.integers(1, 3000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_is_scipys(case):
    hits, n = case
    expected = stats.binomtest(hits, n).proportion_ci(0.95, method="wilson")
    assert wilson(hits / n, n, 0.95) == pytest.approx((expected.low, expected.high), abs=1e-12)


@given(st.lists(UNIT, min_size=1, max_size=40), st.integers(1, 6), st.sampled_from([0.5, 0.95]))
def test_intervals_of_scores_hold_the_point_and_stay_in_bounds(values, groups, confidence):
    clusters = [index % groups for index in range(len(values))]
    for names in (None, clusters):
        found = estimate(values, clusters=names, confidence=confidence)
        assert found.value == pytest.approx(float(np.mean(values)))
        if found.ci_low is not None:
            assert 0 <= found.ci_low <= found.value + 1e-12
            assert found.value - 1e-12 <= found.ci_high <= 1


@given(st.lists(st.sampled_from([0, 1]), min_size=1, max_size=60))
def test_zero_or_one_values_use_wilson(values):
    found = estimate(values)
    assert found.method == "wilson"
    assert 0 <= found.ci_low <= found.value <= found.ci_high <= 1
    assert found.ci_low < found.ci_high


def test_other_means_use_students_t():
    values = [0.2, 0.9, 0.4, 0.7, 12.0]
    found = estimate(values, confidence=0.9)
    expected = stats.t.interval(0.9, 4, loc=np.mean(values), scale=stats.sem(values))
    assert (found.ci_low, found.ci_high) == pytest.approx(tuple(expected))


@given(st.lists(st.floats(-5, 5), min_size=2, max_size=30))
def test_clusters_of_one_equal_the_plain_formula(values):
    from slm_eval.verdicts.intervals import clustered_error, plain_error

    mean = math.fsum(values) / len(values)
    error = clustered_error(values, range(len(values)), mean)
    assert error == pytest.approx(plain_error(values, mean), rel=1e-9, abs=1e-12)
    assert estimate(values, clusters=list(range(len(values)))) == estimate(values)


def test_clusters_that_agree_count_once():
    values = [0.0, 0.3, 0.5, 1.0]
    repeated = [value for value in values for _ in range(25)]
    clusters = [index for index in range(4) for _ in range(25)]
    clustered, plain = estimate(repeated, clusters=clusters), estimate(values)
    assert clustered.value == pytest.approx(plain.value)
    assert clustered.ci_high - clustered.ci_low == pytest.approx(plain.ci_high - plain.ci_low)


def test_perfect_clusters_do_not_claim_certainty():
    found = estimate([1] * 40, clusters=[index % 4 for index in range(40)])
    assert found.method == "wilson over clusters"
    assert (found.value, found.ci_high) == (1, 1)
    assert found.ci_low < 0.6


def test_what_the_data_cannot_bound_has_no_interval():
    assert estimate([0.5]).ci_low is None
    assert estimate([0.5, 0.6, 0.5], clusters="aaa").ci_low is None
    high = estimate([float(i) for i in range(10)], quantile=0.95)
    assert high.ci_high is None
    assert high.ci_low is not None


@pytest.mark.parametrize("values", [[], [0.5, math.nan], [math.inf]])
def test_nothing_and_nan_never_become_a_number(values):
    with pytest.raises(ValueError):
        estimate(values)


@pytest.mark.parametrize("arguments", [{"quantile": 1.0}, {"confidence": 1.0}, {"clusters": ["a"]}])
def test_unusable_arguments_raise(arguments):
    with pytest.raises(ValueError):
        estimate([0.1, 0.2], **arguments)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=80), st.floats(0.01, 0.99))
def test_quantile_is_numpys_and_inside_its_interval(values, quantile):
    found = estimate(values, quantile=quantile)
    assert found.value == pytest.approx(float(np.quantile(values, quantile)), rel=1e-9, abs=1e-9)
    assert found.ci_low is None or found.ci_low <= found.value
    assert found.ci_high is None or found.value <= found.ci_high


def test_median_ranks_are_the_published_ones():
    # Conover, table of confidence intervals for the median, n=20: 6th and 15th smallest.
    assert order_statistic_ranks(20, 0.5, 0.95) == (5, 14)


@pytest.mark.parametrize("p", [0.1, 0.5, 0.85])
def test_wilson_covers_as_often_as_it_says(p):
    draw = np.random.default_rng(7)
    hits = draw.binomial(80, p, size=4000)
    ends = {int(k): wilson(k / 80, 80, 0.95) for k in set(hits.tolist())}
    covered = np.mean([ends[int(k)][0] <= p <= ends[int(k)][1] for k in hits])
    assert 0.93 <= covered <= 0.975


def test_clustered_interval_covers_where_the_plain_one_does_not():
    draw = random.Random(3)
    clusters = [group for group in range(20) for _ in range(10)]
    plain = clustered = 0
    for _ in range(300):
        level = [draw.uniform(0.2, 0.8) for _ in range(20)]
        values = [min(1, max(0, level[group] + draw.gauss(0, 0.05))) for group in clusters]
        wide, narrow = estimate(values, clusters=clusters), estimate(values)
        clustered += wide.ci_low <= 0.5 <= wide.ci_high
        plain += narrow.ci_low <= 0.5 <= narrow.ci_high
    assert clustered / 300 > 0.91
    assert plain / 300 < 0.7


def mean(records):
    return sum(records) / len(records)


def test_bootstrap_agrees_with_t_and_repeats_by_seed():
    draw = random.Random(1)
    values = [draw.gauss(10, 2) for _ in range(200)]
    found, known = bootstrap(mean, values, seed=4), estimate(values)
    assert found.value == pytest.approx(known.value)
    assert found.ci_low == pytest.approx(known.ci_low, abs=0.15)
    assert found.ci_high == pytest.approx(known.ci_high, abs=0.15)
    assert found == bootstrap(mean, values, seed=4)
    assert found != bootstrap(mean, values, seed=5)


def test_bootstrap_is_bounded_and_honest_about_it():
    calls = []
    found = bootstrap(lambda records: calls.append(1) or 0.5, range(40_000))
    assert len(calls) == 101
    assert found.method == "bootstrap (100 resamples)"


def test_bootstrap_without_enough_to_go_by():
    assert bootstrap(mean, [0.5]).ci_low is None
    undefined = bootstrap(lambda rows: 1.0 if len(set(rows)) == len(rows) else math.nan, range(30))
    assert (undefined.value, undefined.ci_low) == (1.0, None)
    with pytest.raises(ValueError, match="no records"):
        bootstrap(mean, [])
    with pytest.raises(ValueError, match="nan"):
        bootstrap(lambda _: math.nan, [1])
