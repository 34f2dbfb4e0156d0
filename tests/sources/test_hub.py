"""The Hub's client against a local server that speaks the few words it needs."""

import hashlib
import http.server
import json
import os
import subprocess
import sys
import threading
import time
from typing import ClassVar

import pytest

COMMIT = "c" * 40
BODY = b'{"a": 1}\n'
SCRIPT = """
import json, sys, time
from slm_eval.errors import SourceUnavailable
from slm_eval.sources import HubFile, SourceContext
said = []
for repo in sys.argv[2:]:
    try:
        said.append(HubFile(repo, "rows.jsonl", "c" * 40).fetch(
            SourceContext(offline=sys.argv[1] == "offline"))[0].read_text())
    except SourceUnavailable as error:
        said.append(str(error))
print(json.dumps(said))
"""


class Hub(http.server.BaseHTTPRequestHandler):
    errors: ClassVar = {
        "gated": (403, "GatedRepo"),
        "lost": (404, "EntryNotFound"),
        "no": (404, "RepoNotFound"),
    }

    def do_HEAD(self):
        repo = self.path.split("/")[3] if self.path.startswith("/datasets/") else ""
        status, code = self.errors.get(repo, (200, None))
        self.send_response(status)
        if code:
            self.send_header("X-Error-Code", code)
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("ETag", f'"{hashlib.sha256(BODY).hexdigest()}"')
        self.send_header("Content-Length", str(len(BODY) if status == 200 else 0))
        self.end_headers()

    def do_GET(self):
        self.do_HEAD()
        self.wfile.write(BODY)

    def log_message(self, *_):
        pass


@pytest.fixture
def hub():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def ask(tmp_path, endpoint, mode, *repos, **env):
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, mode, *repos],
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
        env={
            **{name: value for name, value in os.environ.items() if name != "HF_TOKEN"},
            "HF_ENDPOINT": endpoint,
            "HF_HOME": str(tmp_path / "hf"),
            "HF_HUB_DISABLE_XET": "1",
            "NO_PROXY": "127.0.0.1",
            **env,
        },
    )
    return json.loads(done.stdout)


def test_served_kept_and_refused(hub, tmp_path):
    served, gated, lost, unknown = ask(
        tmp_path, hub, "online", "demo/rows", "demo/gated", "demo/lost", "demo/no"
    )
    assert served.encode() == BODY
    assert "accept the licence" in gated
    assert f"{hub}/datasets/demo/gated" in gated
    assert "HF_TOKEN" in gated
    assert "holds no rows.jsonl" in lost
    assert "no such repository" in unknown

    kept, absent = ask(tmp_path, hub, "offline", "demo/rows", "demo/other")
    assert kept.encode() == BODY
    assert "this run is offline" in absent
    assert ask(tmp_path, hub, "online", "demo/new", HF_HUB_OFFLINE="1") == [absent]


def test_a_hub_that_does_not_answer_is_given_up_within_seconds(tmp_path):
    start = time.monotonic()
    said = ask(tmp_path, "http://127.0.0.1:9", "online", "demo/a", "demo/b")
    assert all("http://127.0.0.1:9 cannot be reached" in reason for reason in said)
    assert time.monotonic() - start < 10
