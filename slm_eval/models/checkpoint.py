"""What a local model folder holds, told from its files alone: shape, parameters, completeness."""

from __future__ import annotations

import json
import math
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from slm_eval.errors import ConfigError
from slm_eval.models.architecture import counted_parameters, from_config, text_config

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from slm_eval.models.architecture import Architecture

_ENCODERS = (
    "bert",
    "roberta",
    "electra",
    "deberta",
    "albert",
    "mpnet",
    "clip",
    "vit",
    "t5",
    "bart",
)
_HEADER_LIMIT = 100_000_000


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What is known of a model's weights before loading them; None where the files do not tell.

    `dtype` is the one the weights were saved in, as transformers writes it (``bfloat16``).
    """

    architecture: Architecture | None
    parameters: int | None
    dtype: str | None = None


def read_config(folder: Path) -> dict[str, Any]:
    """Read ``config.json``; `ConfigError` when it is missing or not a JSON object."""
    path = folder / "config.json"
    if not path.is_file():
        ggufs = sorted(entry.name for entry in folder.glob("*.gguf"))
        remedy = (
            f"it holds {ggufs[0]}: give that file's path"
            if ggufs
            else "a model directory holds config.json, weights and a tokenizer"
        )
        raise ConfigError(f"model directory {folder} has no config.json; {remedy}")
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise ConfigError(f"{path} cannot be read as JSON: {error}") from error
    if not isinstance(config, dict):
        raise ConfigError(f"{path} holds a JSON {type(config).__name__}, not an object")
    return config


def require_causal_lm(config: Mapping[str, Any], where: Path) -> None:
    """Raise `ConfigError` unless the configuration is that of a causal language model."""
    kind = str(config.get("model_type", "unknown type"))
    listed = config.get("architectures")
    names = [str(name) for name in listed] if isinstance(listed, list) else []
    if config.get("is_encoder_decoder"):
        refused = True
    elif names:
        refused = not any(_is_causal(name, config) for name in names)
    else:
        refused = any(part in kind for part in _ENCODERS) and not config.get("is_decoder")
    if refused:
        what = f"{', '.join(names) or 'no architecture'} ({kind})"
        raise ConfigError(
            f"{where} is not a causal language model: its config.json says {what}; "
            "accepted are decoder-only models (...ForCausalLM)"
        )


def _is_causal(name: str, config: Mapping[str, Any]) -> bool:
    if name.endswith("LMHeadModel"):
        return not name.lower().startswith(_ENCODERS) or bool(config.get("is_decoder"))
    if name.endswith("ForConditionalGeneration"):
        return isinstance(config.get("text_config"), dict)
    return name.endswith("ForCausalLM")


def require_weights(folder: Path) -> tuple[Path, ...]:
    """Return the weight files; `ConfigError` when there are none or a listed shard is missing."""
    for stem in ("model.safetensors", "pytorch_model.bin"):
        if (folder / stem).is_file():
            return (folder / stem,)
        index = folder / f"{stem}.index.json"
        if index.is_file():
            return _shards(index)
    raise ConfigError(
        f"model directory {folder} has no weights; expected model.safetensors, pytorch_model.bin "
        "or their .index.json with shards"
    )


def _shards(index: Path) -> tuple[Path, ...]:
    try:
        weight_map = json.loads(index.read_text(encoding="utf-8"))["weight_map"]
        names = sorted(set(weight_map.values()))
    except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        raise ConfigError(f"{index} is not an index of weight shards: {error!r}") from error
    missing = [name for name in names if not (index.parent / str(name)).is_file()]
    if missing or not names:
        which = f"{missing[0]} is missing ({len(missing)} of {len(names)})" if missing else "empty"
        raise ConfigError(f"weights of {index.parent} are not complete: {which}; copy them again")
    return tuple(index.parent / str(name) for name in names)


def safetensors_elements(path: Path) -> int:
    """Count the elements that a safetensors file holds, from its header.

    Raises `ConfigError` when the file is malformed or shorter than its header says.
    """
    size = path.stat().st_size
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            if length > min(size, _HEADER_LIMIT):
                raise ValueError(f"header of {length} bytes in a file of {size}")
            header: dict[str, Any] = json.loads(file.read(length))
        header.pop("__metadata__", None)
        end = 8 + length + max((t["data_offsets"][1] for t in header.values()), default=0)
        elements: int = sum(math.prod(tensor["shape"]) for tensor in header.values())
    except (struct.error, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ConfigError(f"{path} is not a readable safetensors file: {error}") from error
    if size < end:
        raise ConfigError(
            f"{path} is truncated: {size:,} bytes of {end:,}; copy or download it again"
        )
    return elements


def describe(config: Mapping[str, Any], weights: tuple[Path, ...]) -> Checkpoint:
    """Tell shape, parameters and dtype from a configuration and, where there are any, weights."""
    shape = from_config(config)
    # Packed formats store several weights in one element: only the shape can count them.
    countable = weights and "quantization_config" not in config
    counted = None
    if countable and all(path.suffix == ".safetensors" for path in weights):
        counted = sum(safetensors_elements(path) for path in weights)
    if counted is None and shape is not None:
        counted = counted_parameters(config, shape)
    text = text_config(config)
    dtype = config.get("dtype") or config.get("torch_dtype") or text.get("dtype")
    return Checkpoint(shape, counted, str(dtype) if dtype else None)


def read_directory(folder: Path) -> Checkpoint:
    """Describe a local model directory.

    Raises `ConfigError` without config.json or weights, with a missing or truncated file, or when
    it is not a causal language model.
    """
    config = read_config(folder)
    require_causal_lm(config, folder)
    return describe(config, require_weights(folder))
