"""The answer to "does it fit": every term of the arithmetic, as attributes and as a mapping."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True)
class FitResult(Mapping[str, Any]):
    """The answer and every term of it; attributes and ``result["fits"]`` both work.

    ``_gb`` is 10^9 bytes. ``fits`` is None when the shape of the model is not known here, and the
    terms that need it are None too. ``model_vram_gb`` is the weights alone; ``available_gb`` is
    ``total_device_gb x usable_share x safety_margin``.
    """

    model: str
    quantization: str
    model_vram_gb: float | None
    total_with_overhead_gb: float | None
    available_gb: float
    fits: bool | None
    recommendation: str
    parameters: int | None
    weights_gb: float | None
    kv_cache_gb: float | None
    logits_gb: float | None
    activations_gb: float | None
    overhead_gb: float | None
    context_length: int | None
    batch_size: int
    hardware: str
    device: str
    total_device_gb: float
    usable_share: float
    safety_margin: float
    free_gb: float | None
    notes: tuple[str, ...] = ()

    def __getitem__(self, key: str) -> Any:
        if key not in self._names():
            raise KeyError(key)
        return getattr(self, key)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names())

    def __len__(self) -> int:
        return len(self._names())

    @classmethod
    def _names(cls) -> tuple[str, ...]:
        return tuple(field.name for field in fields(cls))

    def as_dict(self) -> dict[str, Any]:
        """Return the fields in plain builtins, ready for JSON."""
        return {name: list(v) if isinstance(v, tuple) else v for name, v in self.items()}

    @property
    def message(self) -> str:
        """The arithmetic in one line, with the verdict and the nearest option that fits."""
        share = f" x {self.usable_share:g}" if self.usable_share != 1 else ""
        budget = (
            f"{gb_text(self.available_gb)} GB ({self.hardware} {gb_text(self.total_device_gb)} GB"
            f"{share} x {self.safety_margin:g})"
        )
        notes = "".join(f"; {note}" for note in self.notes)
        if self.total_with_overhead_gb is None:
            known = f"weights {gb_text(self.weights_gb)} GB" if self.weights_gb else "size unknown"
            verdict = "does not fit" if self.fits is False else "not known whether it fits"
            return f"{self.model} {self.quantization}: {known} of {budget}: {verdict}{notes}"
        advice = f"; {self.recommendation}" if self.recommendation else ""
        return (
            f"{self.model} {self.quantization} needs {gb_text(self.total_with_overhead_gb)} GB "
            f"(weights {gb_text(self.weights_gb)} + KV {gb_text(self.kv_cache_gb)} "
            f"+ logits {gb_text(self.logits_gb)} + activations {gb_text(self.activations_gb)} "
            f"+ overhead {gb_text(self.overhead_gb)}; context {self.context_length}, "
            f"batch {self.batch_size}) of {budget}: "
            f"{'fits' if self.fits else 'does not fit'}{notes}{advice}"
        )


def gb_text(value: float | None) -> str:
    """Write gigabytes for a person: one decimal, two below 1, ``?`` for None."""
    if value is None:
        return "?"
    return f"{value:.1f}" if value >= 1 else f"{value:.2f}"
