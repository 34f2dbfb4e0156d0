import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slm_eval.cases.case import Chat, Choice, Decoding, Generation, LogLikelihoods, Response
from slm_eval.runs.response_codec import decode_response, encode_response, request_key, storable

TEXTS = st.text(st.characters(), max_size=20)  # lone surrogates included
COUNTS = st.none() | st.integers(0, 10**6)
CHOICES = st.builds(
    Choice, TEXTS, st.floats(allow_nan=False), st.integers(0, 99), st.none() | st.booleans()
)
RESPONSES = st.builds(
    Response,
    st.none() | TEXTS,
    st.lists(CHOICES, max_size=4).map(tuple),
    COUNTS,
    COUNTS,
    st.sampled_from([None, "stop", "eos", "length"]),
    st.booleans(),
    st.none() | st.floats(0, 9),
    st.booleans(),
    st.lists(st.integers(0, 99), max_size=3).map(tuple),
    st.booleans(),
    st.lists(TEXTS, max_size=3).map(tuple),
)


@given(RESPONSES)
def test_a_response_comes_back_bit_for_bit(response):
    found = decode_response(encode_response(response))
    assert found == replace(response, cached=True, latency_s=None)


def test_nan_is_not_storable():
    bad = Response(choices=(Choice("a", -1.0, 1), Choice("b", math.nan, 1)))
    assert not storable(bad)
    assert storable(Response(choices=(Choice("a", -math.inf, 1),)))


@pytest.mark.parametrize("data", [b"", b"{}", b"[1,2]", b"3", b'["t",[[1]],1,1,null,false,[]]'])
def test_anything_else_is_refused(data):
    with pytest.raises(ValueError):
        decode_response(data)


CONTEXT = {
    "weights_fingerprint": "w",
    "dtype": "float32",
    "engine": "transformers",
    "engine_version": "5.0",
    "context": None,
    "seed": 0,
}
QUESTION = LogLikelihoods("2+2=", (" 4", " 5"))


def test_the_key_is_pinned():
    # If this fails on purpose, raise KEY_VERSION: every stored answer is then out of reach.
    assert (
        request_key(QUESTION, **CONTEXT)
        == "4b354e3231cc7dbf1925cd99b0d8db8f9d1a8996c19ad92d79184f33e5ce9bc7"
    )


@pytest.mark.parametrize(
    "change",
    [
        {"weights_fingerprint": None},
        {"dtype": "bfloat16"},
        {"engine": "llama.cpp"},
        {"engine_version": "5.1"},
        {"context": 512},
        {"seed": 1},
    ],
)
def test_every_circumstance_changes_the_key(change):
    assert request_key(QUESTION, **{**CONTEXT, **change}) != request_key(QUESTION, **CONTEXT)


def test_every_part_of_a_request_changes_the_key():
    plain = Generation("2+2=")
    requests = [
        QUESTION,
        LogLikelihoods("2+2= ", (" 4", " 5")),
        LogLikelihoods("2+2=", (" 5", " 4")),
        LogLikelihoods("2+2=", (" 4 5",)),
        LogLikelihoods("2+2=", (" 4", " 5"), Chat()),
        plain,
        Generation("2+2=", chat=Chat("Be brief.")),
        Generation("2+2=", samples=2),
        LogLikelihoods("", (" 4",)),
        LogLikelihoods("", (" 4",), rolling=True),
        Generation("2+2=", chat=Chat(thinking=True)),
        *(
            Generation("2+2=", replace(plain.decoding, **{name: value}))
            for name, value in {
                "max_new_tokens": 9,
                "stop": ("\n",),
                "temperature": 0.7,
                "top_p": 0.9,
                "top_k": 5,
                "seed": 3,
            }.items()
        ),
    ]
    assert len({request_key(request, **CONTEXT) for request in requests}) == len(requests)


def test_equal_numbers_make_equal_keys():
    whole = Generation("x", Decoding(temperature=0, top_p=1))
    assert request_key(whole, **CONTEXT) == request_key(Generation("x"), **CONTEXT)
