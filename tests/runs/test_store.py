import math
import sqlite3
import threading
import time

import pytest

from slm_eval.cases.case import Choice, Response
from slm_eval.runs.store import ResponseStore, default_store_path
from slm_eval.runs.store_file import SCHEMA_VERSION, StoreUnusableError


def key(index):
    return f"{index:064x}"


def answer(index, size=0):
    choices = tuple(Choice(f" {letter}", -index - 0.1 / 3, 1) for letter in "ABCD")
    return Response(text="x" * size, choices=choices, prompt_tokens=index, cached=True)


def answers(*indices, size=0):
    return {key(index): answer(index, size) for index in indices}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "cache" / "responses.sqlite"


def test_what_was_put_is_got_by_a_new_store(path):
    first = ResponseStore(path)
    assert first.get_many([key(1)]) == {}
    first.put_many(answers(1, 2))
    first.put_many(iter(answers(3).items()))
    first.close()
    assert ResponseStore(path).get_many([key(3), key(1), key(9)]) == answers(1, 3)
    assert first.get_many([key(2)]) == answers(2)
    assert first.messages == []


def test_a_later_answer_replaces_the_earlier(path):
    store = ResponseStore(path)
    store.put_many({key(1): answer(1)})
    store.put_many({key(1): answer(2)})
    assert store.get_many([key(1)]) == {key(1): answer(2)}


def test_refresh_reads_nothing_and_writes(path):
    ResponseStore(path).put_many(answers(1))
    refreshing = ResponseStore(path, refresh=True)
    assert refreshing.get_many([key(1)]) == {}
    refreshing.put_many({key(1): answer(7)})
    assert ResponseStore(path).get_many([key(1)]) == {key(1): answer(7)}


def test_nan_is_left_out_and_the_rest_stands(path):
    store = ResponseStore(path)
    store.put_many({key(0): Response(choices=(Choice("a", math.nan, 1),)), **answers(1)})
    assert store.get_many([key(0), key(1)]) == answers(1)


def test_nothing_is_touched_before_first_use(path):
    store = ResponseStore(path)
    assert store.stats().responses == 0
    assert store.prune(0) == 0
    assert not path.parent.exists()


def test_the_default_path_follows_the_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("SLM_EVAL_CACHE", str(tmp_path))
    assert default_store_path() == tmp_path / "responses.sqlite"


def test_size_is_bounded_and_the_least_recently_used_go_first(path):
    now = [1_000_000.0]
    store = ResponseStore(path, max_bytes=200_000, clock=lambda: now[0])
    for index in range(100):
        now[0] += 1
        store.put_many(answers(index, size=500))
    now[0] += 10_000
    assert len(store.get_many([key(0), key(1)])) == 2  # used again, an hour later
    for index in range(100, 250):
        now[0] += 1
        store.put_many(answers(index, size=500))
    store.close()
    assert path.stat().st_size <= 220_000
    held = ResponseStore(path).get_many([key(index) for index in range(250)])
    assert {key(0), key(1), key(249)} <= held.keys()
    assert key(2) not in held
    assert len(held) > 120


def test_stats_and_prune(path):
    now = [1_000_000.0]
    store = ResponseStore(path, clock=lambda: now[0])
    store.put_many(answers(*range(50), size=5000))
    now[0] += 50_000
    store.put_many(answers(*range(50, 60), size=5000))
    before = store.stats()
    assert (before.responses, before.oldest_use_s, before.newest_use_s) == (
        60,
        1_000_000,
        1_050_000,
    )
    assert store.prune(older_than_s=40_000) == 50
    after = store.stats()
    assert after.responses == 10
    assert after.file_bytes < 100_000
    assert store.prune(0) == 10
    assert store.get_many([key(55)]) == {}


def test_a_whole_mmlu_is_read_at_once_and_fast(path):
    store = ResponseStore(path)
    store.put_many(answers(*range(14_042)))
    fresh = ResponseStore(path)
    keys = [key(index) for index in range(14_042)]
    times = []
    for _ in range(3):
        start = time.process_time()
        found = fresh.get_many(keys)
        times.append(time.process_time() - start)
    assert len(found) == 14_042
    assert found[key(14_041)] == answer(14_041)
    # Far above what it takes, far below what a query per key or a slow decoder would.
    assert min(times) < 0.8, times


def test_threads_share_a_store(path):
    store = ResponseStore(path)
    threads = [
        threading.Thread(target=lambda n=n: store.put_many(answers(*range(n * 50, n * 50 + 50))))
        for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store.get_many([key(index) for index in range(200)])) == 200


def test_a_newer_format_is_left_alone(path):
    ResponseStore(path).put_many(answers(1))
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    connection.close()
    before = path.read_bytes()
    store = ResponseStore(path)
    assert store.get_many([key(1)]) == {}
    store.put_many(answers(2))
    assert len(store.messages) == 1
    assert "newer slm_eval" in store.messages[0]
    assert "newer slm_eval" in store.stats().problem
    with pytest.raises(StoreUnusableError):
        store.prune(0)
    assert path.read_bytes() == before


def test_another_programs_database_is_left_alone(path):
    path.parent.mkdir()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE mine (x)")
    connection.close()
    before = path.read_bytes()
    store = ResponseStore(path)
    store.put_many(answers(1))
    assert store.get_many([key(1)]) == {}
    assert len(store.messages) == 1
    assert "another program" in store.messages[0]
    assert path.read_bytes() == before


def test_a_store_removed_meanwhile_is_begun_anew(path):
    store = ResponseStore(path)
    store.put_many(answers(1))
    for part in path.parent.iterdir():
        part.unlink()
    store.put_many(answers(2))
    assert ResponseStore(path).get_many([key(1), key(2)]) == answers(2)


def test_a_path_that_cannot_be_a_file_costs_one_message(tmp_path):
    said = []
    store = ResponseStore(tmp_path, notify=said.append)
    assert store.get_many([key(1)]) == {}
    store.put_many(answers(1))
    assert said == store.messages
    assert len(said) == 1
    assert str(tmp_path) in said[0]
