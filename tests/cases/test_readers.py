import gzip

import pytest

from slm_eval.cases import readers
from slm_eval.errors import DataError

ROWS = [
    {"q": "perché?", "choices": {"text": ["a", "b"], "label": ["1", "2"]}},
    {"q": "", "choices": None},
]


def test_arrow_streams_are_read_one_after_another(tmp_path):
    pa = pytest.importorskip("pyarrow")
    table = pa.Table.from_pylist(ROWS)
    paths = [tmp_path / "one.arrow", tmp_path / "two.arrow"]
    for path in paths:
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
    assert list(readers.read_arrow(paths)) == ROWS * 2


def test_parquet_is_read(tmp_path):
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet

    pyarrow.parquet.write_table(pa.Table.from_pylist(ROWS), tmp_path / "x.parquet")
    assert list(readers.read_parquet([tmp_path / "x.parquet"])) == ROWS


def test_tables_and_json(tmp_path):
    (tmp_path / "x.csv").write_text('a,b\n"1,5",due\n')
    (tmp_path / "x.tsv").write_text('a\tb\n"uno\tdue\n')
    (tmp_path / "x.json.gz").write_bytes(gzip.compress(b'{"data": []}'))
    (tmp_path / "requests.jsonl").write_text('{"doc": {"a": 1}, "idx": 0}\n')
    assert list(readers.read_csv([tmp_path / "x.csv"])) == [{"a": "1,5", "b": "due"}]
    assert list(readers.read_tsv([tmp_path / "x.tsv"])) == [{"a": '"uno', "b": "due"}]
    assert list(readers.read_json([tmp_path / "x.json.gz"])) == [{"data": []}]
    assert list(readers.read_requests([tmp_path / "requests.jsonl"])) == [{"a": 1}]


def test_a_line_that_is_no_object_is_named(tmp_path):
    (tmp_path / "x.jsonl").write_text("{}\n3\n")
    with pytest.raises(DataError, match=r"x\.jsonl:2: expected an object"):
        list(readers.read_json_lines([tmp_path / "x.jsonl"]))
