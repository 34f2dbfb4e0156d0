"""What tasks of the harness would fetch, handed to them as local files."""

from __future__ import annotations

import json
from pathlib import Path


def local_rows(rows, folder):
    """Write `rows`, lists by split, to `folder`; return the part of a config that reads them."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {}
    for split, part in rows.items():
        files[split] = str(folder / f"{split}.json")
        Path(files[split]).write_text("\n".join(json.dumps(row) for row in part))
    return {
        "dataset_path": "json",
        "dataset_name": None,
        "dataset_kwargs": {"data_files": files, "cache_dir": str(folder / "cache")},
    }


def nltk_data(folder):
    """Write NLTK's sentence parameters, out of a wheel that carries them, to `folder`; return it.

    IFEval's checkers in the harness download them otherwise.
    """
    from slm_eval.sources import SourceContext, Wheel, WheelFile

    wheel = Wheel(
        package="llama-index-core",
        version="0.14.25",
        sha256="caa7d9c5ac9b13dc33400cf8d5e92e689b6d1e4497eb9bfa50d6f52ca2eb22a1",
        size_bytes=11_928_254,
    )
    member = "llama_index/core/_static/nltk_cache/tokenizers/punkt_tab/english/*"
    place = folder / "tokenizers" / "punkt_tab" / "english"
    place.mkdir(parents=True)
    for path in WheelFile(wheel, member).fetch(SourceContext()):
        (place / path.name).write_bytes(path.read_bytes())
    return folder
