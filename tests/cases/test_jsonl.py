import gzip

import pytest

from slm_eval.cases.datasets import DatasetContext, jsonl, rows
from slm_eval.errors import DataError

GOOD = '{"input": "a", "expected": "b"}\n'


def load(path, **options):
    return jsonl(path, **options).load(DatasetContext())


def test_rows_of_a_file_get_ids_and_a_hash(tmp_path):
    path = tmp_path / "sentiment_it.jsonl"
    path.write_text(GOOD + "\n" + '{"input": "c", "expected": "d", "id": 7, "cluster": "x"}\n')
    loaded = load(path)
    assert loaded.name == "sentiment_it"
    assert loaded.source == str(path)
    assert loaded.revision is None
    assert loaded.rows == [
        {"input": "a", "expected": "b", "id": "0000"},
        {"input": "c", "expected": "d", "id": "7", "cluster": "x"},
    ]
    assert loaded.sha256 == rows(loaded.rows).load(DatasetContext()).sha256


def test_gzip_bom_and_odd_line_ends_are_read(tmp_path):
    path = tmp_path / "x.jsonl.gz"
    text = '\ufeff{"input": "a\u2028b\x85c", "expected": 1}\r\n' + GOOD.strip()
    path.write_bytes(gzip.compress(text.encode()))
    loaded = load(path)
    assert loaded.name == "x"
    assert [row["input"] for row in loaded.rows] == ["a\u2028b\x85c", "a"]


def test_a_relative_path_is_looked_for_beside_the_test_first(tmp_path):
    near, root = tmp_path / "evals", tmp_path
    (near).mkdir()
    (root / "both.jsonl").write_text(GOOD * 1)
    (near / "both.jsonl").write_text(GOOD * 1)
    (root / "far.jsonl").write_text(GOOD)
    context = DatasetContext(base_dirs=(near, root))
    assert jsonl("both.jsonl").load(context).source == str(near / "both.jsonl")
    assert jsonl("far.jsonl").load(context).source == str(root / "far.jsonl")
    with pytest.raises(DataError) as caught:
        jsonl("fat.jsonl").load(context)
    message = str(caught.value)
    for part in ("fat.jsonl", str(near), str(root), "did you mean far.jsonl"):
        assert part in message


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (GOOD + '{"input": "a", "expected"\n', ":2: broken JSON"),
        (GOOD + '{"input": "a", "expected": NaN}', ":2: broken JSON (NaN is not JSON)"),
        (GOOD + "\n[1, 2]\n", ":3: expected an object with 'input' and 'expected', got a list"),
        ('"text"', ":1: expected an object with 'input' and 'expected', got a string"),
        ('{"input": "a"}', ":1: field 'expected' is missing; expected 'input' and 'expected'"),
        (
            '{"input": "a", "expectd": "b"}',
            "the row has input, expectd; did you mean expectd?",
        ),
        ('{"input": "a", "expected": null}', ":1: field 'expected' is null"),
        (
            '{"id": 1, "input": "a", "expected": "b"}\n' * 2,
            ":2: the id '1' is already that of",
        ),
        (GOOD + '{"id": "0000", "input": "a", "expected": "b"}', ":1; ids must be unique"),
        ('{"id": [1], "input": "a", "expected": "b"}', ":1: id [1] cannot be used"),
        ("\n\n", "bad.jsonl holds no rows"),
        ("", "bad.jsonl holds no rows"),
    ],
)
def test_a_bad_row_names_file_line_and_what_was_expected(tmp_path, content, said):
    path = tmp_path / "bad.jsonl"
    path.write_text(content)
    with pytest.raises(DataError) as caught:
        load(path)
    assert str(path) in str(caught.value)
    assert said in str(caught.value)


def test_a_file_that_is_not_utf8_names_line_and_byte(tmp_path):
    path = tmp_path / "latin.jsonl"
    path.write_bytes(GOOD.encode() + '{"input": "è"}'.encode("latin-1"))
    with pytest.raises(DataError, match=r"latin\.jsonl:2: byte 0xe8 is not UTF-8"):
        load(path)


@pytest.mark.parametrize("cut", [5, 20])
def test_a_file_that_is_not_gzip_or_cut_is_named(tmp_path, cut):
    path = tmp_path / "x.jsonl.gz"
    path.write_bytes(gzip.compress(GOOD.encode())[:cut])
    with pytest.raises(DataError, match=r"x\.jsonl\.gz cannot be read"):
        load(path)


def test_other_fields_can_be_required(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_text('{"question": "q"}\n')
    assert load(path, required=("question",), name="mine").name == "mine"
    with pytest.raises(DataError, match="'label' is missing"):
        load(path, required=("question", "label"))


def test_given_rows_are_checked_and_copied():
    given = [{"input": 1, "expected": 2}]
    loaded = rows(given, name="demo").load(DatasetContext())
    loaded.rows[0]["input"] = "changed"
    assert given == [{"input": 1, "expected": 2}]
    assert (loaded.name, loaded.source, loaded.n) == ("demo", "given in code", 1)
    with pytest.raises(DataError, match="demo, row 2: field 'expected' is missing"):
        rows([*given, {"input": 1}], name="demo").load(DatasetContext())
    with pytest.raises(DataError, match="rows holds no rows"):
        rows([]).load(DatasetContext())
    with pytest.raises(DataError, match="row 1 cannot be written as JSON"):
        rows([{"input": object(), "expected": 1}]).load(DatasetContext())
