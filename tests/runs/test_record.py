"""One case's line is exact builtins, whatever a scorer handed in."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slm_eval.cases.case import Choice, Response
from slm_eval.cases.datasets import rows
from slm_eval.errors import Miss
from slm_eval.runs.handle import CaseHandle, CheckError
from slm_eval.runs.record import case_record, crashed_record, plain
from slm_eval.task import Suite, Task

BUILTIN = {type(None), bool, int, float, str, list, dict}


class Text(str):
    """A subclass, as tokenizers hand out."""


def handle(row: dict[str, Any] | None = None, threshold: float = 1.0) -> CaseHandle:
    row = row or {"id": "r0", "input": "q", "expected": "yes", "cluster": "c"}
    task = Task(name="t", rows=rows([row]), prompt="{input}")
    return CaseHandle(Suite("t", task, threshold), "m", row, 0, threshold)


def types_in(value: Any) -> set[type]:
    found = {type(value)}
    for item in value.values() if isinstance(value, dict) else value:
        found |= types_in(item) if isinstance(item, dict | list) else {type(item)}
    return found


JSONISH = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(JSONISH)
def test_plain_is_json_and_keeps_what_json_can_say(value):
    text = json.dumps(plain(value), allow_nan=False)
    assert json.loads(text) == plain(value)


def test_plain_takes_scalars_of_other_libraries():
    value = {
        "numpy": np.float64(0.5),
        "whole": np.int64(3),
        "truth": np.bool_(True),
        "text": Text("a"),
        "tuple": (1, {2}),
        "nan": float("nan"),
        1: None,
    }
    assert plain(value) == {
        "numpy": 0.5,
        "whole": 3,
        "truth": True,
        "text": "a",
        "tuple": [1, [2]],
        "nan": None,
        "1": None,
    }
    assert types_in(plain(value)) <= BUILTIN


def test_a_record_holds_what_the_contract_names():
    case = handle()
    case.check(np.float64(1), f1=np.float32(0.5), label=Text("yes"), prediction="yes")
    response = Response(text="yes", prompt_tokens=3, output_tokens=1, latency_s=0.25)
    record = case_record(
        "f.py::t[m:r0]", case, "hit", response=response, prompt_sha256="ab", why=None
    )
    contract = {
        *("nodeid", "suite", "model", "case_id", "cluster", "prompt_sha256", "expected", "text"),
        *("score", "metrics", "threshold", "outcome", "extracted", "truncated", "prompt_tokens"),
        *("output_tokens", "latency_s", "cached"),
    }
    assert contract <= record.keys()
    assert types_in(record) <= BUILTIN
    assert (record["score"], record["metrics"]) == (1.0, {"f1": 0.5})


def test_protected_rows_carry_hashes_in_place_of_text():
    case = handle({"id": "r0", "input": "secret question", "expected": "secret answer"})
    case.check(1)
    choices = (Choice("secret answer", -1.0, 2), Choice("other secret", -2.0, 2))
    for response in (Response(choices=choices), Response(text="my secret")):
        record = case_record(
            "n", case, "hit", response=response, prompt_sha256="ab", why=None, protected=True
        )
        assert "secret" not in json.dumps(record)


def test_a_crashed_case_has_the_same_keys():
    case = handle()
    full = case_record("n", case, "hit", response=None, prompt_sha256=None, why=None)
    assert crashed_record("n", "t", "m", "r0", "worker died").keys() == full.keys()


@pytest.mark.parametrize(("score", "threshold"), [(0.0, 1.0), (0.49, 0.5), (False, 0.5)])
def test_below_the_threshold_is_a_miss(score, threshold):
    with pytest.raises(Miss, match="<"):
        handle(threshold=threshold).check(score)


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(-1, 1))
def test_check_raises_a_miss_exactly_below_the_threshold(score, threshold):
    case = handle(threshold=threshold)
    if score < threshold:
        with pytest.raises(Miss):
            case.check(score)
    else:
        case.check(score)
        case.enforce()
    with pytest.raises(CheckError, match="called twice"):
        case.check(score)
