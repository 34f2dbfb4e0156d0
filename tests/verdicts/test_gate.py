import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slm_eval.errors import ConfigError
from slm_eval.verdicts.gate import Gate, lower_is_better, parse_key

METRICS = st.from_regex(r"[a-z_][a-z0-9_]{0,12}", fullmatch=True)


@pytest.mark.parametrize(
    ("gate", "key"),
    [
        (Gate("accuracy", at_least=0.8), "accuracy.at_least"),
        (Gate("ttft_ms", at_most=250, quantile=0.95), "ttft_ms.p95.at_most"),
        (Gate("ttft_ms", at_most=250, quantile=0.999), "ttft_ms.p99.9.at_most"),
        (Gate("prefill_ms", no_worse_than="main", quantile=0.5), "prefill_ms.p50.no_worse_than"),
        (Gate("pass@1", at_least=0.29, confidence=0.9), "pass@1.at_least"),
    ],
)
def test_key_is_stable_and_holds_no_bound(gate, key):
    assert gate.key == key


@given(METRICS, st.none() | st.floats(0.0001, 0.9999), st.sampled_from(["at_least", "at_most"]))
def test_key_parses_back(metric, quantile, bound):
    gate = Gate(metric, quantile=quantile, **{bound: 1})
    assert parse_key(gate.key) == (metric, quantile, bound)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({}, "exactly one"),
        ({"at_least": 1, "at_most": 2}, "at_least and at_most"),
        ({"at_least": math.nan}, "finite"),
        ({"at_least": math.inf}, "finite"),
        ({"at_most": 10**400}, "finite"),
        ({"at_least": True}, "finite"),
        ({"at_least": "0.8"}, "finite"),
        ({"at_least": 1, "quantile": 1}, "between 0 and 1"),
        ({"at_least": 1, "confidence": 0}, "between 0 and 1"),
        ({"at_least": 1, "confidence": 95}, "between 0 and 1"),
        ({"no_worse_than": 0.5}, "name a baseline"),
        ({"no_worse_than": " "}, "name a baseline"),
        ({"no_worse_than": "main", "margin": -1}, "0 or more"),
        ({"at_least": 1, "margin": 0.1}, "no_worse_than only"),
    ],
)
def test_unusable_arguments_are_refused(arguments, says):
    with pytest.raises(ConfigError, match=says) as caught:
        Gate("accuracy", **arguments)
    assert "accuracy" in str(caught.value)


@pytest.mark.parametrize("metric", ["", "a.b", "a:b", "9a", None, 3])
def test_unusable_metric_is_refused(metric):
    with pytest.raises(ConfigError, match="a metric is a name"):
        Gate(metric, at_least=1)


def test_bounds_are_keyword_only():
    with pytest.raises(TypeError):
        Gate("accuracy", 0.8)


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("accuracy", "not of the form"),
        ("accuracy.at_leest", "did you mean at_least"),
        ("ttft_ms.p100.at_most", "between p0 and p100"),
        ("ttft_ms.q95.at_most", "not of the form"),
        (".at_least", "not of the form"),
    ],
)
def test_unusable_keys_are_refused(key, says):
    with pytest.raises(ConfigError, match=says):
        parse_key(key)


@pytest.mark.parametrize(
    ("metric", "lower"),
    [
        ("prefill_ms", True),
        ("latency_s", True),
        ("peak_gib", True),
        ("weights_bytes", True),
        ("energy_j_per_token", True),
        ("ms_per_token", True),
        ("extraction_failures", True),
        ("perplexity", True),
        ("accuracy", False),
        ("tokens_per_s", False),
        ("tokens_per_j", False),
        ("hits", False),
        ("macro_f1", False),
    ],
)
def test_direction_follows_the_name(metric, lower):
    assert lower_is_better(metric) is lower


def test_limit_of_a_baseline_is_on_the_worse_side():
    assert Gate("accuracy", no_worse_than="main", margin=0.05).limit(0.8) == pytest.approx(0.75)
    assert Gate("prefill_ms", no_worse_than="main", margin=5).limit(100) == 105
    assert Gate("prefill_ms", no_worse_than="main").limit(None) is None


def test_reaching_the_bound_is_enough_despite_rounding():
    gate = Gate("accuracy", no_worse_than="main", margin=0.1)
    assert gate.meets(0.7, gate.limit(0.8))  # 0.8 - 0.1 is 0.7000000000000001
    assert not gate.meets(0.6999, gate.limit(0.8))
