import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slm_eval.cases.rowsource import LoadedRows, canonical_bytes, parse_canonical, rows_sha256
from slm_eval.errors import DataError

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    # Characters that some tools take for line ends, next to any others.
    | st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("\n\r\x85\u2028,[]")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab\n"), inner, max_size=3),
    max_leaves=8,
)
row_lists = st.lists(st.dictionaries(st.text("abc"), values, max_size=4), max_size=5)


@settings(deadline=None)
@given(row_lists)
def test_canonical_rows_come_back_and_stay_the_same_bytes(rows):
    data = canonical_bytes(rows)
    assert parse_canonical(data) == rows
    assert canonical_bytes(parse_canonical(data)) == data
    assert data.count(b"\n") == len(rows)


@settings(deadline=None)
@given(row_lists)
def test_the_order_of_keys_does_not_count(rows):
    turned = [dict(reversed(row.items())) for row in rows]
    assert rows_sha256(turned) == rows_sha256(rows)


def test_the_canonical_form_is_pinned():
    rows = [{"b": "é\u2028", "a": [1, 2.5, None]}, {}]
    assert canonical_bytes(rows) == '{"a":[1,2.5,null],"b":"é\u2028"}\n{}\n'.encode()
    assert rows_sha256([]) == hashlib.sha256(b"").hexdigest()


@pytest.mark.parametrize("value", [{1, 2}, float("nan"), "\ud800"])
def test_a_value_that_json_lacks_is_a_data_error(value):
    with pytest.raises(DataError):
        canonical_bytes([{"input": value}])


def test_a_manifest_entry_states_where_rows_came_from():
    loaded = LoadedRows([{}, {}], "demo", "mirror folder", None, "ab")
    assert loaded.n == 2
    assert loaded.entry() == {
        "name": "demo",
        "source": "mirror folder",
        "revision": None,
        "sha256": "ab",
        "rows": 2,
    }
