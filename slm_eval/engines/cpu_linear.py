"""Matrix products on a CPU with weights packed once, in oneDNN's own layout.

torch multiplies float32 through its BLAS and repacks the weight in every call; oneDNN with a weight
packed beforehand is up to 2.8 times as fast, most for the few rows of a decoding step
(bench/RESULTS.md). It is the operator that torch's own compiler uses for frozen linear layers.
"""

from __future__ import annotations

from typing import Any

PROJECTIONS = frozenset(
    [
        *("q_proj", "k_proj", "v_proj", "o_proj", "qkv_proj"),
        *("gate_proj", "up_proj", "down_proj", "gate_up_proj", "lm_head"),
    ]
)
"""Layers that are only ever called; others may have their weight read by name."""


def pack_linears(model: Any) -> int:
    """Pack the projections of a model on the CPU in place; return how many were packed.

    A packed layer's own weight is given up for its shape, unless another layer shares it, so that
    memory does not double. Does nothing where torch has no oneDNN, or for float16.
    """
    import torch

    operators = getattr(torch.ops, "mkldnn", None)
    packable = (torch.float32, torch.bfloat16)
    backend: Any = torch.backends.mkldnn
    if operators is None or not backend.is_available() or model.dtype not in packable:
        return 0
    shared = _shared_weights(model)
    packed = 0
    for name, module in model.named_modules():
        plain = type(module) is torch.nn.Linear and module.weight.device.type == "cpu"
        if plain and name.rpartition(".")[2] in PROJECTIONS and module.weight.dtype in packable:
            _pack(module, keep=id(module.weight) in shared)
            packed += 1
    return packed


def _shared_weights(model: Any) -> set[int]:
    seen: set[int] = set()
    shared: set[int] = set()
    for module in model.modules():
        weight = module._parameters.get("weight")
        if weight is not None:
            (shared if id(weight) in seen else seen).add(id(weight))
    return shared


def _pack(module: Any, keep: bool) -> None:
    import torch

    with torch.inference_mode():
        weight = torch.ops.mkldnn._reorder_linear_weight(module.weight.detach().contiguous(), None)
    bias = None if module.bias is None else module.bias.detach()
    multiply = torch.ops.mkldnn._linear_pointwise

    def forward(states: Any) -> Any:
        return multiply(states, weight, bias, "none", [], "")

    module.forward = forward
    if not keep:
        module.weight = torch.nn.Parameter(module.weight.detach().to("meta"), requires_grad=False)
