"""How many tokens go into one forward pass: arithmetic on the model's shape and the free memory.

A token of a pass costs one layer's activations, its own keys and values in every layer (a kept
trunk and an entering row record them), and what attention gathers for it: a group of
`GROUP_TOKENS` reads the states and the mask of all that precedes it, so long rows cost more a
token than short ones. The terms are those of `slm_eval.models.memory`.

One forward pass at loading, of a plain row, corrects the arithmetic upwards by what it took on
CUDA; elsewhere, where other work shares the memory, it is only seen to fit. Memory that runs out
later is met where it happens: scoring runs the halves of the pass and no later block gets larger
ones; generation halves its batch for the rest of its block, and the next block starts from the
arithmetic again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from slm_eval.engines.memory import free_device_memory, is_out_of_memory
from slm_eval.engines.tree_layout import GROUP_TOKENS
from slm_eval.models.architecture import Architecture, from_config
from slm_eval.models.memory import LOGITS_BLOCK_BYTES, activation_elements
from slm_eval.models.probe import available_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

    from slm_eval.engines.loading import Loaded

CPU_PASS_TOKENS = 2048
"""Larger passes gain nothing on a CPU: the plan shares nearly as much as with no limit."""
ACCELERATOR_PASS_TOKENS = 8192
CPU_ROWS = 64
ACCELERATOR_ROWS = 256
CPU_SHARE, ACCELERATOR_SHARE = 0.5, 0.85
"""Share of the free memory to use: a CPU's memory belongs to others as well."""
CALIBRATION_TOKENS = {"cpu": 64, "cuda": 2048}


@dataclass(frozen=True, slots=True)
class Limits:
    """Tokens of one prefill pass, tokens of keys and values held at once, sequences at once."""

    pass_tokens: int
    cache_tokens: int
    rows: int


class TokenBudget:
    """What fits, for the rows at hand; one for each loaded model."""

    def __init__(self, loaded: Loaded, rows: int | None = None) -> None:
        """rows: sequences in a batch at most, as the user asked; None lets the device decide."""
        self.device = loaded.device
        self.element_bytes = loaded.model.dtype.itemsize
        self.shape = _shape(loaded)
        cpu = self.device == "cpu"
        self.rows = rows or (CPU_ROWS if cpu else ACCELERATOR_ROWS)
        self.most = CPU_PASS_TOKENS if cpu else ACCELERATOR_PASS_TOKENS
        self.share = CPU_SHARE if cpu else ACCELERATOR_SHARE
        self.correction = 1.0
        """Bytes that a pass really took over what the arithmetic said, never under 1."""

    def pass_bytes(self, tokens: int, longest: int) -> int:
        """Return the bytes of a pass of `tokens`, in rows of at most `longest` tokens."""
        shape, element = self.shape, self.element_bytes
        states = 2 * shape.kv_heads * shape.head_size * element
        # Keys and values are gathered, and repeated for the query heads that share them.
        gathered = states * (1 + shape.heads // max(1, shape.kv_heads)) / GROUP_TOKENS
        attention = longest * (gathered + element * len(set(shape.kinds())))
        each = activation_elements(shape) * element + shape.kv_bytes(1, 1, element) + attention
        return int(self.correction * tokens * each) + 3 * LOGITS_BLOCK_BYTES

    def states_bytes(self, tokens: int) -> int:
        """Return the bytes of the keys and values of `tokens` in every layer."""
        return tokens * self.shape.kv_bytes(1, 1, self.element_bytes)

    def limits(self, longest: int) -> Limits:
        """Return what a block may use whose longest row, answer included, has `longest` tokens."""
        free = int(self.share * free_bytes(self.device))
        fixed = self.pass_bytes(0, longest)
        each = self.pass_bytes(1024, longest) - fixed
        fitting = 1024 * max(0, free // 2 - fixed) // each
        cached = free // 2 // max(1, self.states_bytes(1))
        return Limits(max(1, min(fitting, self.most)), max(1, cached), self.rows)

    def confirm(self, run: Callable[[int], None]) -> None:
        """Run one forward of a known size and correct the arithmetic by what it took.

        run: computes a pass of so many tokens. On a CPU, where other work shares the memory, it is
        only seen to fit.
        """
        kind = self.device.split(":")[0]
        tokens = min(CALIBRATION_TOKENS.get(kind, 64), self.limits(64).pass_tokens)
        while True:
            try:
                taken = _peak_bytes(self.device, run, tokens)
            except Exception as error:
                if not is_out_of_memory(error) or tokens == 1:
                    raise
            else:
                break
            free_device_memory()
            tokens = max(1, tokens // 2)
            self.ran_out(tokens)
        if taken is not None:
            self.correction *= max(1.0, taken / self.pass_bytes(tokens, tokens))

    def ran_out(self, tokens: int) -> None:
        """Memory ran out and `tokens` was what worked: no later pass is larger."""
        self.most = min(self.most, tokens)


def _shape(loaded: Loaded) -> Architecture:
    """Return the model's shape; one that its config does not tell is taken as a dense one."""
    config = loaded.model.config.get_text_config()
    found = from_config(config.to_dict())
    if found is not None:
        return found
    heads = getattr(config, "num_attention_heads", None) or 1
    return Architecture(
        layers=config.num_hidden_layers,
        heads=heads,
        kv_heads=getattr(config, "num_key_value_heads", None) or heads,
        head_size=getattr(config, "head_dim", None) or config.hidden_size // heads,
        hidden=config.hidden_size,
        intermediate=4 * config.hidden_size,
        vocabulary=config.vocab_size,
        tied_embeddings=True,
        context_length=loaded.max_context,
    )


def _peak_bytes(device: str, run: Callable[[int], None], tokens: int) -> int | None:
    """Return the bytes that a pass held at most beyond what was held before, None if unknown."""
    if not device.startswith("cuda"):
        run(tokens)
        return None
    import torch

    before = torch.cuda.memory_allocated(device)
    torch.cuda.reset_peak_memory_stats(device)
    run(tokens)
    return int(torch.cuda.max_memory_allocated(device)) - before


def free_bytes(device: str) -> int:
    """Return the free memory of `device` in bytes, what torch keeps for reuse on CUDA included."""
    if device.startswith("cuda"):
        import torch

        kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return int(torch.cuda.mem_get_info(device)[0]) + int(kept)
    return available_bytes()
