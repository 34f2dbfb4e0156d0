"""Damage, full disks, forks and killed processes, with real files and real processes."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path

import pytest

from slm_eval.cases.case import Choice, Response
from slm_eval.runs.store import MAX_SET_ASIDE, ResponseStore

ROOT = Path(__file__).resolve().parents[2]
PRELUDE = """
import os, resource, signal, sys
from pathlib import Path
import filelock
from slm_eval.cases.case import Choice, Response
from slm_eval.runs.store import ResponseStore

def key(index): return f"{index:064x}"
def answer(index): return Response(choices=(Choice(" A", -index - 0.1, 1),), cached=True)
def answers(*indices): return {key(index): answer(index) for index in indices}
"""


def key(index):
    return f"{index:064x}"


def answer(index):
    return Response(choices=(Choice(" A", -index - 0.1, 1),), cached=True)


def answers(*indices):
    return {key(index): answer(index) for index in indices}


def start(script, *arguments):
    command = [sys.executable, "-c", PRELUDE + textwrap.dedent(script), *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


def finish(process):
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output
    return output


@pytest.fixture
def filled(tmp_path):
    path = tmp_path / "responses.sqlite"
    store = ResponseStore(path)
    store.put_many(answers(*range(2000)))
    store.close()
    return path


def halve(path):
    os.truncate(path, path.stat().st_size // 2)


def noise_everywhere(path):
    path.write_bytes(random.Random(1).randbytes(path.stat().st_size))


def noise_after_the_header(path):
    size = path.stat().st_size
    with path.open("rb+") as file:
        file.seek(4096)
        file.write(random.Random(2).randbytes(size - 4096))


@pytest.mark.parametrize("damage", [halve, noise_everywhere, noise_after_the_header])
@pytest.mark.parametrize("first", ["get", "put"])
def test_a_damaged_file_is_set_aside_and_a_new_one_begun(filled, damage, first):
    damage(filled)
    damaged = filled.read_bytes()
    store = ResponseStore(filled)
    if first == "get":
        assert store.get_many([key(index) for index in range(2000)]) == {}
    store.put_many(answers(1))
    found = store.get_many([key(index) for index in range(2000)])
    assert found == answers(1)
    assert len(store.messages) == 1
    (aside,) = store.stats().damaged_files
    assert aside.name in store.messages[0]
    assert aside.name.startswith("responses.sqlite.damaged-")
    assert aside.stat().st_size == len(damaged)


@pytest.mark.parametrize("seed", range(6))
def test_noise_anywhere_never_gives_a_wrong_answer(filled, seed):
    draw = random.Random(seed)
    with filled.open("rb+") as file:
        for _ in range(40):
            file.seek(draw.randrange(100, filled.stat().st_size - 64))
            file.write(draw.randbytes(64))
    store = ResponseStore(filled)
    for _ in range(2):
        found = store.get_many([key(index) for index in range(2000)])
        assert all(found[name] == answer(int(name, 16)) for name in found)
        store.put_many(answers(3000))
    assert store.get_many([key(3000)]) == answers(3000)


@pytest.mark.parametrize("used", [None, "noise", b"\0", 1.5])
def test_a_damaged_time_of_use_is_damage(filled, used):
    with sqlite3.connect(filled) as connection:
        # As noise in the file would have it: the table's own rules forbid most of these.
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute(
            "UPDATE sqlite_master SET sql = replace(sql, 'used INTEGER NOT NULL', 'used')"
        )
    connection.close()
    with sqlite3.connect(filled) as connection:
        connection.execute("UPDATE responses SET used = ? WHERE key = ?", (used, key(7)))
    connection.close()
    store = ResponseStore(filled)
    assert used is None or "no number" in str(store.stats().problem)
    assert store.get_many([key(7)]) == {}
    assert "set aside" in store.messages[0]
    store.put_many(answers(7))
    assert store.get_many([key(7)]) == answers(7)


def test_a_store_that_keeps_being_damaged_is_given_up(filled):
    store = ResponseStore(filled)
    for _ in range(MAX_SET_ASIDE + 2):
        store.close()
        noise_everywhere(filled)
        store.put_many(answers(1))
    assert len(store.messages) == MAX_SET_ASIDE + 1
    assert "keeps being damaged" in store.messages[-1]


def test_processes_that_meet_the_same_damage_set_it_aside_once(filled):
    noise_everywhere(filled)
    script = """
        store = ResponseStore(Path(sys.argv[1]))
        first = int(sys.argv[2])
        store.get_many([key(1)])
        for index in range(first, first + 30):
            store.put_many(answers(index))
        print(len(store.messages))
    """
    processes = [start(script, filled, 100 * n) for n in range(1, 4)]
    assert sum(int(finish(process)) for process in processes) == 1
    store = ResponseStore(filled)
    assert len(store.stats().damaged_files) == 1
    expected = [key(100 * n + i) for n in range(1, 4) for i in range(30)]
    assert set(store.get_many(expected)) == set(expected)


def test_many_processes_write_one_new_store(tmp_path):
    path = tmp_path / "responses.sqlite"
    script = """
        store = ResponseStore(Path(sys.argv[1]))
        for index in range(int(sys.argv[2]), 400, 4):
            store.put_many(answers(index))
            assert key(index) in store.get_many([key(index), key(0)])
        assert store.messages == [], store.messages
    """
    for process in [start(script, path, n) for n in range(4)]:
        finish(process)
    assert ResponseStore(path).get_many([key(i) for i in range(400)]) == answers(*range(400))


def test_processes_that_open_a_new_store_at_once_all_use_it(tmp_path):
    script = """
        import time
        for attempt in range(25):
            path, begin, children = Path(sys.argv[1]) / str(attempt), time.time() + 0.02, []
            for index in range(6):
                children.append(os.fork())
                if children[-1] == 0:
                    time.sleep(max(0, begin - time.time()) + 0.001 * index)
                    store = ResponseStore(path)
                    store.put_many(answers(index))
                    os._exit(len(store.messages))
            assert all(os.waitpid(child, 0)[1] == 0 for child in children)
            assert len(ResponseStore(path).get_many([key(i) for i in range(6)])) == 6
    """
    finish(start(script, tmp_path))


@pytest.mark.parametrize("seed", range(4))
def test_kill_9_loses_nothing_that_was_put(tmp_path, seed):
    path = tmp_path / "responses.sqlite"
    script = """
        store = ResponseStore(Path(sys.argv[1]), max_bytes=10**9)
        index = int(sys.argv[2])
        while True:
            store.put_many(answers(index, index + 1, index + 2))
            index += 3
            print(index, flush=True)
    """
    draw, reached = random.Random(seed), 0
    for _ in range(3):
        process = start(script, path, reached)
        process.stdout.readline()
        time.sleep(draw.uniform(0, 0.15))
        os.kill(process.pid, signal.SIGKILL)
        lines = process.communicate()[0].splitlines()
        reached = int(lines[-1]) if lines else reached + 3
        store = ResponseStore(path)
        found = store.get_many([key(index) for index in range(reached)])
        assert found == answers(*range(reached))
        assert store.messages == []
        store.close()


def test_a_forked_child_uses_its_own_connection(tmp_path):
    script = """
        store = ResponseStore(Path(sys.argv[1]))
        store.put_many(answers(1))
        store._lock.acquire()  # as another thread might hold it at the fork
        child = os.fork()
        if child == 0:
            store.put_many(answers(2))
            assert store.get_many([key(1), key(2)]) == answers(1, 2)
            sys.exit(0)
        store._lock.release()
        for index in range(10, 60):
            store.put_many(answers(index))
        assert os.waitpid(child, 0)[1] == 0
        store.put_many(answers(3))
        assert store.get_many([key(i) for i in (1, 2, 3)]) == answers(1, 2, 3)
    """
    path = tmp_path / "responses.sqlite"
    finish(start(script, path))
    store = ResponseStore(path)
    assert len(store.get_many([key(i) for i in [1, 2, 3, *range(10, 60)]])) == 53


def test_a_full_disk_stops_the_writing_and_not_the_run(filled):
    script = """
        # A file-size limit fails writes as a full disk does, from the operating system.
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        path = Path(sys.argv[1])
        resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))
        store = ResponseStore(path)
        for first in range(3000, 4000, 200):
            store.put_many(answers(*range(first, first + 200)))
        assert len(store.messages) == 1, store.messages
        assert "cannot be written" in store.messages[0], store.messages
        assert store.get_many([key(5)]) == answers(5)
    """
    finish(start(script, filled))
    store = ResponseStore(filled)
    assert len(store.get_many([key(index) for index in range(2000)])) == 2000
    store.put_many(answers(5000))
    assert store.messages == []


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs POSIX permissions")
def test_a_read_only_store_costs_one_message(filled):
    script = """
        path = Path(sys.argv[1])
        if os.geteuid() == 0:  # permissions do not bind root
            os.setgid(65534)
            os.setuid(65534)
        store = ResponseStore(path)
        found = store.get_many([key(1)])
        assert found in ({}, answers(1)), found
        store.put_many(answers(5000))
        store.put_many(answers(5001))
        assert len(store.messages) == 1, store.messages
        assert str(path) in store.messages[0]
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "responses.sqlite"
        path.write_bytes(filled.read_bytes())
        path.chmod(0o444)
        Path(folder).chmod(0o555)
        try:
            finish(start(script, path))
        finally:
            Path(folder).chmod(0o755)
        assert path.read_bytes() == filled.read_bytes()
