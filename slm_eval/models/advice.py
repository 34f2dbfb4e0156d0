"""The nearest option that fits, for a model that does not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from slm_eval.models import registry
from slm_eval.models.memory import BYTES_PER_WEIGHT, Terms, memory_terms

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from slm_eval.models.architecture import Architecture
    from slm_eval.models.probe import Device
    from slm_eval.models.registry import ModelCard

SHORTEST_CONTEXT = 1024
"""Few-shot prompts of the usual benchmarks need about this many tokens."""


@dataclass(frozen=True, slots=True)
class Demand:
    """A model with everything that decides how much memory it takes.

    `name` is what ``--model`` takes, without a quantisation. `convertible` is False for weights
    that bitsandbytes cannot quantise while loading (a .gguf).
    """

    name: str
    parameters: int
    shape: Architecture
    quantisation: str
    context: int
    batch: int
    card: ModelCard | None = None
    convertible: bool = True

    def terms(self) -> Terms:
        """Return the memory that this takes, term by term."""
        return memory_terms(
            self.parameters, self.shape, self.quantisation, self.context, self.batch
        )


def default_quantisation(device: Device) -> str:
    """Return what the transformers engine loads in when nothing was asked for."""
    return "fp32" if device == "cpu" else "bf16"


def loadable(device: Device, *, convertible: bool = True) -> tuple[str, ...]:
    """Return the formats that can be loaded on `device`, most bytes first."""
    floats = ("fp32", "bf16", "fp16")
    return (*floats, "int8", "int4") if device == "cuda" and convertible else floats


def recommend(demand: Demand, device: Device, budget: int) -> str:
    """Return the nearest option within `budget` bytes, with the option that asks for it.

    In this order: a smaller format, a smaller batch, a shorter context, these together, a smaller
    model of the family, the largest registry model that fits.
    """
    for option in _options(demand, device):
        total = option.terms().total
        if total <= budget:
            return _words(demand, option, total, device)
    return f"no model of the registry fits in {budget / 1e9:.1f} GB"


def _options(demand: Demand, device: Device) -> Iterator[Demand]:
    formats = list(_smaller_formats(demand, device))
    contexts = list(_shorter_contexts(demand.context))
    yield from (replace(demand, quantisation=name) for name in formats)
    if demand.batch > 1:
        yield replace(demand, batch=1)
    single = replace(demand, batch=1)
    yield from (replace(single, context=context) for context in contexts)
    for name in formats:
        yield replace(single, quantisation=name)
        yield from (replace(single, quantisation=name, context=tokens) for tokens in contexts)
    quantisation = demand.quantisation
    if quantisation not in loadable(device):
        quantisation = default_quantisation(device)
    for card in _other_models(demand):
        yield replace(
            demand,
            name=card.name,
            parameters=card.parameters,
            shape=card.architecture,
            context=min(demand.context, card.architecture.context_length),
            quantisation=quantisation,
            card=card,
            convertible=True,
        )


def _smaller_formats(demand: Demand, device: Device) -> Iterable[str]:
    now = BYTES_PER_WEIGHT[demand.quantisation]
    for name in loadable(device, convertible=demand.convertible):
        # bf16 stands for both 16-bit formats: fp16 takes as much and overflows sooner.
        if BYTES_PER_WEIGHT[name] < now and name != "fp16":
            yield name


def _shorter_contexts(context: int) -> Iterator[int]:
    shorter = 1 << (context - 1).bit_length() >> 1
    while shorter >= SHORTEST_CONTEXT:
        yield shorter
        shorter >>= 1


def _other_models(demand: Demand) -> Iterator[ModelCard]:
    """Yield smaller cards: the family's first, then all others, each largest first."""
    base = demand.card is not None and demand.card.variant == "base"
    smaller = [
        card
        for card in registry.cards()
        if card.parameters < demand.parameters
        and card.wheel is None
        and (card.variant == "base") == base
    ]
    smaller.sort(key=lambda card: -card.parameters)
    own = demand.card.family if demand.card else None
    yield from (card for card in smaller if card.family == own)
    yield from (card for card in smaller if card.family != own)


def _words(demand: Demand, option: Demand, total: int, device: Device) -> str:
    name = option.name
    asked_other = option.quantisation != default_quantisation(device)
    if asked_other or option.quantisation != demand.quantisation:
        name += f"@{option.quantisation}"
    changes, flags = [], []
    if option.name != demand.name:
        changes.append(option.name)
    if option.quantisation != demand.quantisation:
        changes.append(option.quantisation)
    if option.batch != demand.batch:
        changes.append(f"batch {option.batch}")
        flags.append(f" --slm-batch-size {option.batch}")
    if option.context != demand.context:
        changes.append(f"context {option.context}")
        flags.append(f" --slm-context {option.context}")
    return f"{', '.join(changes)} fits ({total / 1e9:.1f} GB): --model {name}{''.join(flags)}"
