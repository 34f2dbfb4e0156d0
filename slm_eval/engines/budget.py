"""How many tokens go into one forward pass, by arithmetic on the memory that is free."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from slm_eval.engines.loading import Loaded

CPU_PREFILL_TOKENS = 2048
"""Chosen, not tuned: the plan shares nearly as much as with no limit (see bench/RESULTS.md)."""
ACCELERATOR_PREFILL_TOKENS = 8192
CPU_ROWS = 64
ACCELERATOR_ROWS = 256
SHARE_OF_FREE = 0.5
ACTIVATION_BUFFERS = 8
"""Buffers of tokens x (hidden + intermediate) alive at once inside a layer, with slack."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Tokens of one prefill pass, tokens of keys and values held at once, sequences at once."""

    prefill_tokens: int
    cache_tokens: int
    rows: int


def token_budget(loaded: Loaded) -> Budget:
    """Return the budget that the free memory of the model's device allows."""
    config = loaded.model.config.get_text_config()
    size = loaded.model.dtype.itemsize
    free = SHARE_OF_FREE * free_bytes(loaded.device)
    cap = CPU_PREFILL_TOKENS if loaded.device == "cpu" else ACCELERATOR_PREFILL_TOKENS
    prefill = int(free / 2 / activation_bytes_per_token(config, size))
    cache = int(free / 2 / cache_bytes_per_token(config, size))
    rows = CPU_ROWS if loaded.device == "cpu" else ACCELERATOR_ROWS
    return Budget(max(1, min(prefill, cap)), max(1, cache), rows)


def free_bytes(device: str) -> int:
    """Return the free memory of `device` in bytes."""
    if device.startswith("cuda"):
        import torch

        return int(torch.cuda.mem_get_info(device)[0])
    import psutil

    return int(psutil.virtual_memory().available)


def activation_bytes_per_token(config: Any, element_bytes: int) -> int:
    """Return the bytes that a token's activations take inside one layer."""
    intermediate = getattr(config, "intermediate_size", None) or 4 * config.hidden_size
    if isinstance(intermediate, (list, tuple)):
        intermediate = max(intermediate)
    experts = getattr(config, "num_experts_per_tok", None) or 1
    return int(ACTIVATION_BUFFERS * element_bytes * (config.hidden_size + intermediate * experts))


def cache_bytes_per_token(config: Any, element_bytes: int) -> int:
    """Return the bytes of keys and values that a token takes over all layers."""
    heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
    size = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    return int(2 * config.num_hidden_layers * heads * size * element_bytes)
