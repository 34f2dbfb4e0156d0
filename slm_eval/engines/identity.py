"""Which model an engine would load, known without loading it: what stored answers are keyed by."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from slm_eval.engines.fingerprint import fingerprint, fingerprint_of_commit, remembered_sha256
from slm_eval.engines.gguf import conversion_folder
from slm_eval.models.weights import EMBEDDED_FILE, EMBEDDED_SHA256
from slm_eval.sources.cache import sha256_file

if TYPE_CHECKING:
    from slm_eval.models.resolve import ModelRef


def weights_identity(ref: ModelRef) -> str | None:
    """Return a sha256 over weights, config, tokenizer and template, as they lie on this machine.

    None when they are not here yet, so that nothing can have been stored for them.
    """
    if ref.kind in ("embedded", "gguf"):
        folder = _converted(ref)
        return fingerprint(folder) if folder is not None and folder.is_dir() else None
    if ref.kind == "directory":
        return fingerprint(Path(ref.path)) if ref.path is not None else None
    if ref.hub_id is None:
        return None
    commit = _cached_commit(ref.hub_id, ref.revision)
    return None if commit is None else fingerprint_of_commit(ref.hub_id, commit)


def at_cached_commit(ref: ModelRef) -> ModelRef:
    """Return a Hub model at the commit that `weights_identity` spoke of; others as they are.

    Without it the Hub could have moved on, and one score would mix two models.
    """
    if ref.kind in ("embedded", "gguf", "directory") or ref.hub_id is None:
        return ref
    commit = _cached_commit(ref.hub_id, ref.revision)
    return ref if commit is None else replace(ref, revision=commit)


def fake_identity(file: str) -> str | None:
    """Return the sha256 of the file that answers for a fake engine; None for the nameless one."""
    return sha256_file(Path(file)) if file else None


def _converted(ref: ModelRef) -> Path | None:
    if ref.kind == "embedded":
        return conversion_folder(Path(EMBEDDED_FILE).stem, EMBEDDED_SHA256)
    if ref.path is None:
        return None
    return conversion_folder(Path(ref.path).stem, remembered_sha256(Path(ref.path)))


def _cached_commit(hub_id: str, revision: str | None) -> str | None:
    """Return the commit that the local Hub cache holds for a revision, without asking the Hub."""
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(hub_id, "config.json", revision=revision)
    return Path(found).parent.name if isinstance(found, str) else None
