"""Does a model fit the memory of a machine? Asked before anything is loaded or downloaded."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from slm_eval.errors import ConfigError
from slm_eval.models.advice import Demand, default_quantisation, loadable, recommend
from slm_eval.models.checkpoint import Checkpoint, describe, read_config, require_weights
from slm_eval.models.fit_result import FitResult, gb_text
from slm_eval.models.hardware import GB, Hardware, find_hardware
from slm_eval.models.memory import DEFAULT_CONTEXT, weights_bytes
from slm_eval.models.resolve import normalise_quantisation, require_float, resolve_model

if TYPE_CHECKING:
    from slm_eval.models.resolve import ModelRef


def check_model_fits_vram(
    model_name: str,
    quantization: str = "fp16",
    safety_margin: float = 0.85,
    *,
    context_length: int | None = None,
    batch_size: int = 1,
    hardware: str | Hardware = "this",
) -> FitResult:
    """Tell whether a model fits, without loading or downloading anything.

    model_name: as for ``--model``; its ``@quantisation`` wins over `quantization`, which is one
    of ``fp32, fp16, bf16, int8, int4``. safety_margin: share of the device's total memory that
    may be used, in (0, 1]. context_length: tokens a sequence, by default the model's own but at
    most 4096. hardware: a name such as ``rtx-4060``, or ``this``. Raises `ConfigError` for
    anything that is unknown or out of range.
    """
    ref = resolve_model(model_name)
    return fit_model(
        ref,
        quantisation=ref.quantisation or quantization,
        safety_margin=safety_margin,
        context_length=context_length,
        batch_size=batch_size,
        hardware=hardware,
    )


def fit_model(
    ref: ModelRef,
    *,
    quantisation: str | None = None,
    safety_margin: float = 0.85,
    context_length: int | None = None,
    batch_size: int = 1,
    hardware: str | Hardware = "this",
    device: str = "auto",
) -> FitResult:
    """Tell whether a resolved model fits; see `check_model_fits_vram`.

    quantisation: also torch's names (``float16``) and ``auto``; None takes what the reference
    asks for, or else what the engine loads in: float32 on a CPU, the checkpoint's on a GPU.
    device: restricts the probe of this machine (``cpu``, ``cuda:1``).
    """
    _require_range(safety_margin, context_length, batch_size)
    machine = find_hardware(hardware, device=device)
    found = known_checkpoint(ref)
    if quantisation in (None, "auto"):
        quantisation = ref.quantisation or _engine_default(ref, found, machine)
    quantisation = normalise_quantisation(str(quantisation))
    convertible = ref.kind not in ("gguf", "embedded")
    if not convertible:
        require_float(ref.name, quantisation)
    notes = [*machine.notes]
    if convertible and quantisation not in loadable(machine.kind):
        notes.append(f"{quantisation} needs bitsandbytes on CUDA and cannot be loaded here")
    budget = machine.budget_bytes(safety_margin)
    result = _frame(ref, quantisation, found, machine, safety_margin, batch_size)
    shape, parameters = found.architecture, found.parameters
    if shape is None or parameters is None:
        return _without_shape(result, ref, tuple(notes))
    context = min(context_length or DEFAULT_CONTEXT, shape.context_length)
    if context_length is not None and context < context_length:
        notes.append(f"context {context_length} is longer than the model's {context}")
    demand = Demand(
        name=_command_name(ref),
        parameters=parameters,
        shape=shape,
        quantisation=quantisation,
        context=context,
        batch=batch_size,
        card=ref.card,
        convertible=convertible,
    )
    terms = demand.terms()
    fits = terms.total <= budget
    if fits and machine.free_bytes is not None and terms.total > machine.free_bytes:
        notes.append(f"only {gb_text(machine.free_bytes / GB)} GB are free now")
    return replace(
        result,
        total_with_overhead_gb=terms.total / GB,
        fits=fits,
        recommendation="" if fits else recommend(demand, machine.kind, budget),
        kv_cache_gb=terms.kv_cache / GB,
        logits_gb=terms.logits / GB,
        activations_gb=terms.activations / GB,
        overhead_gb=terms.overhead / GB,
        context_length=context,
        notes=tuple(notes),
    )


def _frame(
    ref: ModelRef,
    quantisation: str,
    found: Checkpoint,
    machine: Hardware,
    safety_margin: float,
    batch_size: int,
) -> FitResult:
    """Return what is known without the shape: the budget, and the weights if they are counted."""
    weights_gb = None
    if found.parameters is not None:
        weights_gb = weights_bytes(found.parameters, quantisation, found.architecture) / GB
    return FitResult(
        model=ref.alias.removesuffix(f"@{ref.quantisation}"),
        quantization=quantisation,
        model_vram_gb=weights_gb,
        total_with_overhead_gb=None,
        available_gb=machine.budget_bytes(safety_margin) / GB,
        fits=None,
        recommendation="",
        parameters=found.parameters,
        weights_gb=weights_gb,
        kv_cache_gb=None,
        logits_gb=None,
        activations_gb=None,
        overhead_gb=None,
        context_length=None,
        batch_size=batch_size,
        hardware=machine.name,
        device=machine.kind,
        total_device_gb=machine.total_bytes / GB,
        usable_share=machine.usable_share,
        safety_margin=safety_margin,
        free_gb=None if machine.free_bytes is None else machine.free_bytes / GB,
    )


def _without_shape(result: FitResult, ref: ModelRef, notes: tuple[str, ...]) -> FitResult:
    """Answer for a model whose memory cannot be counted: only too large weights say no."""
    why = "its config.json is not on this machine yet" if ref.kind == "hub" else "unknown shape"
    too_large = result.weights_gb is not None and result.weights_gb > result.available_gb
    return replace(
        result,
        fits=False if too_large else None,
        notes=(*notes, f"its memory cannot be counted ({why})"),
    )


def _require_range(safety_margin: float, context: int | None, batch: int) -> None:
    if not (math.isfinite(safety_margin) and 0 < safety_margin <= 1):
        raise ConfigError(f"safety margin {safety_margin!r} is not in (0, 1]; 0.85 is the default")
    if context is not None and context < 1:
        raise ConfigError(f"context length {context!r} is not a positive number of tokens")
    if batch < 1:
        raise ConfigError(f"batch size {batch!r} is not a positive number of sequences")


def known_checkpoint(ref: ModelRef) -> Checkpoint:
    """Return what is known of a model here: from its files, the registry, or the Hub's cache."""
    if ref.checkpoint is not None:
        return ref.checkpoint
    if ref.card is not None:
        return Checkpoint(ref.card.architecture, ref.card.parameters)
    if ref.kind == "hub" and ref.hub_id is not None:
        return _cached(ref.hub_id, ref.revision)
    return Checkpoint(None, None)


def _cached(hub_id: str, revision: str | None) -> Checkpoint:
    from huggingface_hub import try_to_load_from_cache

    path = try_to_load_from_cache(hub_id, "config.json", revision=revision)
    if not isinstance(path, str):
        return Checkpoint(None, None)
    folder = Path(path).parent
    try:
        return describe(read_config(folder), _weights_here(folder))
    except ConfigError:
        return Checkpoint(None, None)


def _weights_here(folder: Path) -> tuple[Path, ...]:
    try:
        return require_weights(folder)
    except ConfigError:
        return ()


def _engine_default(ref: ModelRef, found: Checkpoint, machine: Hardware) -> str:
    if ref.kind in ("gguf", "embedded"):
        # The engine keeps the dequantised weights in float32, and so loads them.
        return "fp32"
    saved = (found.dtype or "").removeprefix("torch.")
    names = {"float32": "fp32", "float16": "fp16", "bfloat16": "bf16"}
    default = default_quantisation(machine.kind)
    return default if machine.kind == "cpu" else names.get(saved, default)


def _command_name(ref: ModelRef) -> str:
    if ref.card is not None and ref.revision == ref.card.revision:
        return ref.card.name
    return ref.name.rpartition("@")[0] if ref.quantisation else ref.name
