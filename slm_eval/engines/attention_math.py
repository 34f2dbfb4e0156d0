"""Attention that also says how much weight it saw, so that two parts can be joined exactly.

softmax over keys A and B together equals the two parts' results weighted by their log-sum-exps.
"""

from __future__ import annotations

from typing import Any

SCORE_BYTES = 256 * 2**20
"""Size of the attention scores that the general way makes at a time."""


def attend(
    query: Any, key: Any, value: Any, mask: Any, scale: float, softcap: float | None
) -> tuple[Any, Any]:
    """Return attention output [batch, heads, queries, size] and log-sum-exps (one axis less).

    key, value: [batch, key heads, keys, size]; several query heads share a key head.
    mask: additive, broadcastable to [batch, heads, queries, keys], or None. It holds the lowest
    finite number where a key is hidden, never infinity.
    """
    if query.device.type == "cpu" and not softcap and query.shape[-1] == value.shape[-1]:
        import torch

        return torch.ops.aten._scaled_dot_product_flash_attention_for_cpu(  # type: ignore[no-any-return]
            query, key, value, 0.0, False, attn_mask=mask, scale=scale
        )
    return _general(query, key, value, mask, scale, softcap)


def _general(
    query: Any, key: Any, value: Any, mask: Any, scale: float, softcap: float | None
) -> tuple[Any, Any]:
    import torch

    batch, heads, queries, _ = query.shape
    shared = heads // key.shape[1]
    key = key.repeat_interleave(shared, dim=1)
    value = value.repeat_interleave(shared, dim=1)
    step = max(1, SCORE_BYTES // (4 * batch * heads * key.shape[2]))
    outputs, sums = [], []
    for start in range(0, queries, step):
        scores = (query[:, :, start : start + step] @ key.transpose(2, 3)).float() * scale
        if softcap:
            scores = torch.tanh(scores / softcap) * softcap
        if mask is not None:
            scores += mask if mask.shape[2] == 1 else mask[:, :, start : start + step]
        total = torch.logsumexp(scores, dim=-1, keepdim=True)
        outputs.append((scores - total).exp_().to(value.dtype) @ value)
        sums.append(total.squeeze(-1))
    return torch.cat(outputs, dim=2), torch.cat(sums, dim=2)


def join(first: Any, first_sum: Any, second: Any, second_sum: Any) -> Any:
    """Return the attention over both key sets; outputs [..., size], sums without that axis."""
    import torch

    weight = torch.sigmoid(second_sum - first_sum).unsqueeze(-1).to(first.dtype)
    return torch.lerp(first, second, weight)


def additive(visible: Any, dtype: Any) -> Any:
    """Return a boolean mask as numbers to add: zero where visible, the lowest finite elsewhere."""
    import torch

    return torch.zeros_like(visible, dtype=dtype).masked_fill_(~visible, torch.finfo(dtype).min)
