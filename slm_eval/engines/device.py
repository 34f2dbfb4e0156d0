"""Where a model runs and in which number format."""

from __future__ import annotations

from typing import Any

from slm_eval.errors import ConfigError, closest

DTYPES = {
    "fp32": "float32",
    "float32": "float32",
    "fp16": "float16",
    "float16": "float16",
    "bf16": "bfloat16",
    "bfloat16": "bfloat16",
}


def pick_device(asked: str) -> str:
    """Return ``cuda``, ``mps`` or ``cpu``; ``auto`` takes the first there is.

    Raises ConfigError for a device that is not here.
    """
    import torch

    here = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if asked == "auto":
        return next(name for name, there in here.items() if there)
    kind = asked.split(":")[0]
    if kind not in here:
        raise ConfigError(
            f"unknown device {asked!r}: use auto, cuda, mps or cpu{closest(kind, here)}"
        )
    if not here[kind]:
        raise ConfigError(f"device {asked!r} is not available here; use --slm-device auto")
    return asked


def pick_dtype(asked: str, quantisation: str | None, device: str) -> Any:
    """Return the torch dtype: as asked, or float32 on CPU and the checkpoint's elsewhere.

    Returns ``"auto"``, transformers' word for the checkpoint's own, in the latter case.
    Raises ConfigError for an unknown name.
    """
    import torch

    name = asked if asked != "auto" else quantisation or "auto"
    if name in ("int8", "int4"):
        return torch.bfloat16
    if name == "auto":
        return torch.float32 if device == "cpu" else "auto"
    if name not in DTYPES:
        raise ConfigError(
            f"unknown dtype {asked!r}: use auto, float32, float16 or bfloat16"
            f"{closest(asked, DTYPES)}"
        )
    return getattr(torch, DTYPES[name])


def quantisation_config(quantisation: str | None, device: str) -> Any:
    """Return transformers' BitsAndBytesConfig for int8 and int4, None otherwise.

    Raises ConfigError where these cannot be loaded.
    """
    if quantisation not in ("int8", "int4"):
        return None
    from importlib.util import find_spec

    if not device.startswith("cuda") or find_spec("bitsandbytes") is None:
        raise ConfigError(
            f"quantisation {quantisation!r} needs a CUDA device and the package bitsandbytes "
            "(pip install bitsandbytes); here use @bf16, or a .gguf file"
        )
    import torch
    import transformers

    config: Any = transformers.BitsAndBytesConfig
    if quantisation == "int8":
        return config(load_in_8bit=True)
    return config(load_in_4bit=True, bnb_4bit_compute_dtype=torch.bfloat16)
