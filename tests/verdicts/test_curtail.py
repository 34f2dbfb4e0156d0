from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slm_eval.verdicts.curtail import can_curtail, curtailed
from slm_eval.verdicts.gate import Gate

EIGHTHS = st.lists(st.integers(0, 8), max_size=6)


@given(EIGHTHS, st.integers(0, 4), st.integers(0, 24), st.booleans())
def test_agrees_with_every_possible_ending(seen, rest, twentyfourths, at_least):
    limit = Fraction(twentyfourths, 24)
    gate = Gate("acc", **{"at_least" if at_least else "at_most": float(limit)})
    total = len(seen) + rest
    found = curtailed(gate, sum(seen) / 8, len(seen), total)
    if total == 0:
        assert found is None
        return
    endings = {
        (mean >= limit) if at_least else (mean <= limit)
        for ending in product((0, 8), repeat=rest)
        for mean in [Fraction(sum(seen) + sum(ending), 8 * total)]
    }
    expected = None if len(endings) == 2 else ("passed" if endings.pop() else "failed")
    assert found == expected


def test_decides_no_sooner_and_no_later_than_it_can():
    gate = Gate("acc", at_least=0.8)
    assert curtailed(gate, 79, 99, 100) is None
    assert curtailed(gate, 80, 80, 100) == "passed"
    assert curtailed(gate, 0, 20, 100) is None
    assert curtailed(gate, 0, 21, 100) == "failed"


@pytest.mark.parametrize(
    "gate",
    [
        Gate("acc", at_least=0.8, confidence=0.95),
        Gate("acc", at_least=0.8, quantile=0.5),
        Gate("acc", no_worse_than="main"),
    ],
)
def test_only_plain_means_against_a_number(gate):
    assert not can_curtail(gate)
    assert curtailed(gate, 0, 10, 10) is None


@pytest.mark.parametrize(
    ("so_far", "seen", "total"), [(3, 2, 9), (-1, 2, 9), (float("nan"), 2, 9), (1, 3, 2)]
)
def test_impossible_sums_are_refused(so_far, seen, total):
    with pytest.raises(ValueError):
        curtailed(Gate("acc", at_least=0.5), so_far, seen, total)


@pytest.mark.parametrize("share", ["extraction_failures", "truncated"])
def test_shares_of_which_less_is_better_can_be_decided_early(share):
    gate = Gate(share, at_most=0.1)
    assert can_curtail(gate)
    assert curtailed(gate, 2, 2, 10) == "failed"
    assert curtailed(gate, 0, 9, 10) == "passed"
