"""The header of a ``.gguf`` file: shape and parameters without reading a weight.

Layout: ggml's docs/gguf.md, versions 2 and 3, little-endian. The `gguf` package reads the same
but builds an object per token of the vocabulary, which takes seconds; only its table of tensor
formats is used here.
"""

from __future__ import annotations

import math
import mmap
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from slm_eval.errors import ConfigError
from slm_eval.models.architecture import Architecture
from slm_eval.models.checkpoint import Checkpoint

if TYPE_CHECKING:
    from pathlib import Path

_SCALARS = dict(zip((0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 12), "BbHhIif?Qqd", strict=True))
_STRING, _ARRAY = 8, 9
_KEPT_ARRAY = 1024
_NOT_CAUSAL = ("bert", "t5", "clip", "embedding", "wavtokenizer")


@dataclass(frozen=True, slots=True)
class _Tensor:
    name: str
    elements: int
    format: int
    offset: int


class _Cursor:
    """Reads little-endian values one after the other; `IndexError` past the end."""

    def __init__(self, data: mmap.mmap) -> None:
        self.data = data
        self.position = 0

    def skip(self, count: int) -> int:
        start = self.position
        if start + count > len(self.data):
            raise IndexError
        self.position = start + count
        return start

    def scalar(self, code: str) -> Any:
        size = struct.calcsize("<" + code)
        return struct.unpack_from("<" + code, self.data, self.skip(size))[0]

    def string(self) -> str:
        length = self.scalar("Q")
        start = self.skip(length)
        return self.data[start : start + length].decode("utf-8", "replace")

    def value(self, kind: int) -> Any:
        if kind == _STRING:
            return self.string()
        if kind == _ARRAY:
            return self.array()
        return self.scalar(_SCALARS[kind])

    def array(self) -> Any:
        """Return a short array of numbers as a list, any other array as its length."""
        kind, count = self.scalar("I"), self.scalar("Q")
        if kind == _STRING:
            for _ in range(count):
                self.skip(self.scalar("Q"))
            return count
        code = _SCALARS[kind]
        if count <= _KEPT_ARRAY:
            return [self.scalar(code) for _ in range(count)]
        self.skip(count * struct.calcsize("<" + code))
        return count


def _read(cursor: _Cursor) -> tuple[dict[str, Any], list[_Tensor]]:
    cursor.skip(4)
    version = cursor.scalar("I")
    if version not in (2, 3):
        raise ValueError(f"version {version} is not 2 or 3 in little-endian order")
    tensor_count, pair_count = cursor.scalar("Q"), cursor.scalar("Q")
    metadata: dict[str, Any] = {}
    for _ in range(pair_count):
        key = cursor.string()
        metadata[key] = cursor.value(cursor.scalar("I"))
    tensors = []
    for _ in range(tensor_count):
        name, dimensions = cursor.string(), cursor.scalar("I")
        shape = [cursor.scalar("Q") for _ in range(dimensions)]
        tensors.append(_Tensor(name, math.prod(shape), cursor.scalar("I"), cursor.scalar("Q")))
    return metadata, tensors


def _data_end(start: int, tensors: list[_Tensor]) -> int:
    from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType

    end = start
    for tensor in tensors:
        block, size = GGML_QUANT_SIZES[GGMLQuantizationType(tensor.format)]
        end = max(end, start + tensor.offset + tensor.elements // block * size)
    return end


def read_gguf(path: Path) -> Checkpoint:
    """Describe a ``.gguf`` file.

    Raises `ConfigError` when it is not one, is truncated, is one part of several, or is not a
    causal language model.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        if file.read(4) != b"GGUF":
            raise ConfigError(f"{path} is not a GGUF file: it does not begin with 'GGUF'")
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            cursor = _Cursor(data)
            try:
                metadata, tensors = _read(cursor)
                alignment = int(metadata.get("general.alignment", 32)) or 32
                end = _data_end(math.ceil(cursor.position / alignment) * alignment, tensors)
            except IndexError:
                raise ConfigError(
                    f"{path} is truncated: it ends inside its header ({size:,} bytes); "
                    "copy or download it again"
                ) from None
            except (ValueError, KeyError, TypeError, struct.error) as error:
                raise ConfigError(f"{path} is not a readable GGUF file: {error}") from error
    if size < end:
        raise ConfigError(
            f"{path} is truncated: {size:,} bytes of {end:,}; copy or download it again"
        )
    _require_usable(path, metadata, tensors)
    return _describe(metadata, tensors)


def _require_usable(path: Path, metadata: dict[str, Any], tensors: list[_Tensor]) -> None:
    kind = str(metadata.get("general.architecture", "none named"))
    if any(part in kind for part in _NOT_CAUSAL):
        raise ConfigError(
            f"{path} is not a causal language model: its architecture is {kind}; "
            "accepted are decoder-only models"
        )
    parts = metadata.get("split.count", 1)
    if isinstance(parts, int) and parts > 1:
        raise ConfigError(
            f"{path} is one of {parts} parts; merge them (llama-gguf-split --merge) "
            "and give the merged file"
        )
    if not tensors:
        raise ConfigError(f"{path} holds no weights (0 tensors); give a complete .gguf file")


def _describe(metadata: dict[str, Any], tensors: list[_Tensor]) -> Checkpoint:
    prefix = str(metadata.get("general.architecture"))

    def number(key: str) -> int | None:
        value = metadata.get(f"{prefix}.{key}")
        value = max(value, default=None) if isinstance(value, list) else value
        return value if type(value) is int and value > 0 else None

    parameters = sum(t.elements for t in tensors if not t.name.startswith("rope_"))
    layers, hidden = number("block_count"), number("embedding_length")
    heads, context = number("attention.head_count"), number("context_length")
    tokens = metadata.get("tokenizer.ggml.tokens")
    tokens = len(tokens) if isinstance(tokens, list) else tokens
    vocabulary = number("vocab_size") or tokens
    if layers is None or hidden is None or heads is None or context is None:
        return Checkpoint(None, parameters)
    if not isinstance(vocabulary, int):
        return Checkpoint(None, parameters)
    shape = Architecture(
        layers=layers,
        heads=heads,
        kv_heads=number("attention.head_count_kv") or heads,
        head_size=number("attention.key_length") or hidden // heads,
        hidden=hidden,
        intermediate=number("expert_feed_forward_length")
        or number("feed_forward_length")
        or 4 * hidden,
        vocabulary=vocabulary,
        tied_embeddings=all(tensor.name != "output.weight" for tensor in tensors),
        context_length=context,
        # The file does not say which layers slide: counting all as full never promises too much.
        sliding_window=None,
        experts=number("expert_count") or 0,
        experts_per_token=number("expert_used_count") or 0,
    )
    return Checkpoint(shape, parameters)
