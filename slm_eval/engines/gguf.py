"""`.gguf` files through transformers: dequantised once, kept as float32 safetensors in the cache.

Conversion of the embedded model costs about 28 s, a reload about 1 s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from slm_eval.engines.fingerprint import remembered_sha256
from slm_eval.engines.quiet import quiet_gguf, quiet_libraries
from slm_eval.errors import DataError, SourceUnavailable
from slm_eval.sources.cache import (
    cache_dir,
    file_lock,
    require_free,
    staging_folder,
    storage_errors,
)

if TYPE_CHECKING:
    from pathlib import Path

MAGIC = b"GGUF"
LAYOUT = "1"
"""Raised when what a conversion writes changes, so that older folders are not read."""


def converted(path: Path) -> Path:
    """Return a folder with the float32 weights, tokenizer and config of a `.gguf` file.

    Made on the first call, under a lock, and moved to its final name only when whole.
    Raises SourceUnavailable (no file, no disk) or DataError (not a whole GGUF file).
    """
    check_gguf(path)
    digest = remembered_sha256(path)
    target = conversion_folder(path.stem, digest)
    if target.is_dir():
        return target
    key = f"converted-{digest[:16]}"
    with file_lock(key):
        if target.is_dir():
            return target
        require_free(path.stat().st_size * 8, f"the float32 copy of {path.name}")
        with staging_folder(key) as staged:
            _convert(path, staged)
            with storage_errors(target.parent):
                target.parent.mkdir(parents=True, exist_ok=True)
                staged.replace(target)
    return target


def conversion_folder(stem: str, digest: str) -> Path:
    """Return where the float32 copy of the file with this name and sha256 lies, made or not."""
    return cache_dir() / "converted" / f"{stem}-{digest[:16]}-{LAYOUT}"


def check_gguf(path: Path) -> None:
    """Raise DataError or SourceUnavailable unless `path` is a GGUF file."""
    if not path.is_file():
        raise SourceUnavailable(f"{path}: there is no such .gguf file")
    with path.open("rb") as file:
        magic = file.read(4)
    if magic != MAGIC:
        raise DataError(f"{path}: not a GGUF file (starts with {magic!r}, expected {MAGIC!r})")


def _convert(path: Path, folder: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    with quiet_libraries(), quiet_gguf(), storage_errors(folder):
        try:
            _check_whole(path)
            source: dict[str, Any] = {"gguf_file": path.name}
            tokenizer = AutoTokenizer.from_pretrained(str(path.parent), **source)
            model = AutoModelForCausalLM.from_pretrained(
                str(path.parent), dtype=torch.float32, **source
            )
        except OSError as error:
            if error.errno is not None:
                raise
            raise _unreadable(path, error) from error
        except Exception as error:
            raise _unreadable(path, error) from error
        _forget_quantisation(model)
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)


def _unreadable(path: Path, error: Exception) -> DataError:
    return DataError(
        f"{path}: cannot be read as GGUF weights ({type(error).__name__}: {error}); "
        "the file may be cut short: fetch it again"
    )


def _check_whole(path: Path) -> None:
    from gguf import GGUFReader

    reader = GGUFReader(str(path))
    end = max((int(t.data_offset) + int(t.n_bytes) for t in reader.tensors), default=0)
    if end > path.stat().st_size:
        raise DataError(f"{path}: cut short: {path.stat().st_size} bytes, its tensors need {end}")


def _forget_quantisation(model: Any) -> None:
    # save_pretrained would otherwise ask the GGUF quantiser, which cannot serialise.
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    model.hf_quantizer = None
    model.is_quantized = False
    model.quantization_method = None
