"""Which weights these are: a sha256 that changes with any file that changes answers. No torch."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from typing import TYPE_CHECKING

from slm_eval.sources.cache import cache_dir, sha256_file

if TYPE_CHECKING:
    from pathlib import Path

MATTERS = (".safetensors", ".bin", ".gguf", ".json", ".jinja", ".model", ".txt")


def remembered_sha256(path: Path) -> str:
    """Return the sha256 of `path`, remembered in the cache by path, size and change time.

    Weights of gigabytes are hashed once; a file that is rewritten is hashed again.
    """
    state = path.stat()
    identity = f"{path.resolve()}\0{state.st_size}\0{state.st_mtime_ns}"
    note = cache_dir() / "hashes" / hashlib.sha256(identity.encode()).hexdigest()
    with suppress(OSError):
        known = note.read_text(encoding="ascii")
        if len(known) == 64:
            return known
    digest = sha256_file(path)
    # A cache that cannot be written costs the next run a hash, nothing else.
    with suppress(OSError):
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_text(digest, encoding="ascii")
    return digest


def fingerprint(path: Path) -> str:
    """Return a sha256 over name and content of every file that decides a model's answers.

    path: a model folder (weights, config, tokenizer, template) or one `.gguf` file.
    """
    if path.is_file():
        return remembered_sha256(path)
    files = sorted(f for f in path.iterdir() if f.is_file() and f.suffix in MATTERS)
    listed = [(file.name, remembered_sha256(file)) for file in files]
    return hashlib.sha256(json.dumps(listed).encode()).hexdigest()


def fingerprint_of_commit(hub_id: str, commit: str) -> str:
    """Return the fingerprint of Hub weights: a commit names its files' hashes already."""
    return hashlib.sha256(f"{hub_id}@{commit}".encode()).hexdigest()
