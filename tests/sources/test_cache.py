import hashlib
import os
import shutil
import signal
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import pytest

from slm_eval.errors import SourceUnavailable
from slm_eval.sources.cache import (
    cache_dir,
    file_lock,
    publish,
    require_free,
    staging_folder,
    storage_errors,
    verified,
)

HALF_WAY = """
import sys, time
from pathlib import Path
from slm_eval.sources.cache import file_lock, publish, staging_folder
with file_lock("big"), staging_folder("big") as staging:
    with (staging / "file").open("wb") as out:
        out.write(b"half")
        out.flush()
        print("half", flush=True)
        time.sleep(60)
    publish(staging / "file", Path(sys.argv[1]))
"""


def put(key, target, content):
    with file_lock(key), staging_folder(key) as staging:
        (staging / "file").write_bytes(content)
        publish(staging / "file", target)


def test_cache_dir_is_the_variable_or_the_platforms(cache, monkeypatch):
    assert cache_dir() == cache
    monkeypatch.delenv("SLM_EVAL_CACHE")
    assert cache_dir().name == "slm_eval"


def test_a_killed_writer_leaves_nothing_half_made_and_blocks_nobody(cache):
    target = cache / "files" / "big"
    child = subprocess.Popen(
        [sys.executable, "-c", HALF_WAY, str(target)], stdout=subprocess.PIPE, text=True
    )
    with child:
        assert child.stdout.readline() == "half\n"
        child.send_signal(signal.SIGKILL)
    assert not target.exists()
    assert (cache / "staging" / "big" / "file").read_bytes() == b"half"

    put("big", target, b"whole")

    assert target.read_bytes() == b"whole"
    assert list((cache / "staging").iterdir()) == []


def test_an_exception_leaves_no_staging_folder(cache):
    key = "key/with:odd signs"
    with pytest.raises(RuntimeError), file_lock(key), staging_folder(key):
        raise RuntimeError
    assert list((cache / "staging").iterdir()) == []


def test_verified_notices_a_file_cut_after_it_was_stamped(tmp_path):
    path = tmp_path / "weights"
    path.write_bytes(b"0123456789")
    digest = hashlib.sha256(b"0123456789").hexdigest()
    assert verified(path, digest)
    assert not verified(path, "0" * 64)

    os.truncate(path, 5)

    assert not verified(path, digest)
    assert not verified(tmp_path / "absent", digest)


def test_verified_hashes_an_untouched_file_once(tmp_path, monkeypatch):
    path = tmp_path / "weights"
    path.write_bytes(b"0123456789")
    digest = hashlib.sha256(b"0123456789").hexdigest()
    assert verified(path, digest)
    monkeypatch.setattr("slm_eval.sources.cache.sha256_file", lambda _: pytest.fail("hashed again"))
    assert verified(path, digest)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_names_folder_bytes_and_remedy(cache):
    with (
        pytest.raises(SourceUnavailable, match=r"no space left in .*cache \(about 1,234 bytes"),
        storage_errors(cache, 1234),
        Path("/dev/full").open("wb", buffering=0) as full,
    ):
        full.write(b"x")


def test_too_little_space_is_said_before_anything_is_written(cache, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(100, 90, 10))
    require_free(10, "a small file")
    with pytest.raises(SourceUnavailable) as caught:
        require_free(2_000_000, "downloading demo==1.0")
    message = str(caught.value)
    for part in ("downloading demo==1.0", "2,000,000 bytes", str(cache), "SLM_EVAL_CACHE"):
        assert part in message


def test_a_cache_that_cannot_be_a_folder_names_the_remedy(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SLM_EVAL_CACHE", str(tmp_path / "file"))
    with (
        pytest.raises(SourceUnavailable, match=r"cannot be written.*SLM_EVAL_CACHE"),
        file_lock("k"),
    ):
        pass
