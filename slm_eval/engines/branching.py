"""Can this model's attention branch? Asked of the code, then tried on a few tokens."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from slm_eval.engines.forward import Halves, to_device
from slm_eval.engines.prefix_plan import Drop, plan
from slm_eval.engines.tree_attention import TreeAttention, UnsupportedError, unsupported

if TYPE_CHECKING:
    from slm_eval.engines.packed import States

TOLERANCE = {"float32": 1e-3, "float16": 0.05, "bfloat16": 0.25}
"""Largest difference of a hidden state, relative to their spread, between both ways."""
_log = logging.getLogger("slm_eval")


def branching(halves: Halves, device: str) -> tuple[TreeAttention | None, tuple[str, ...]]:
    """Return the attention that runs prefix plans, or None and a notice that says why not."""
    why = unsupported(halves.model)
    if why is None:
        attention = TreeAttention(halves.model)
        why = _differs(halves, attention, device)
        if why is None:
            return attention, ()
        attention.close()
    name = type(halves.model).__name__
    notice = f"{name}: prefixes are not shared ({why}); every request is computed whole"
    _log.warning(notice)
    return None, (notice,)


def _differs(halves: Halves, attention: TreeAttention, device: str) -> str | None:
    """Run a small tree both ways; return what is wrong, None when they agree."""
    import torch

    from slm_eval.engines.packed import PackedScorer, lengthened
    from slm_eval.engines.plain import PlainScorer

    size = halves.vocabulary
    rows = [[(7 * i + 3) % size for i in range(6)] + [k % size, 5 % size] for k in (1, 2, 3)]
    scorer = PackedScorer(halves, attention, device, 4, PlainScorer(halves, device, 4))
    made = plan(rows, [1] * len(rows), 4, trunk_tokens=2)
    trunks: list[States] = []
    worst = 0.0
    with torch.inference_mode():
        whole = halves.hidden(to_device(rows, device)).float()
        try:
            for step in made.steps:
                if isinstance(step, Drop):
                    trunks.pop()
                    continue
                record: States = {}
                hidden = scorer.hidden(step, trunks[-1] if trunks else None, record)
                for row, first, indices in step.spots:
                    want = whole[row, first : first + len(indices)]
                    worst = max(worst, _distance(hidden[indices].float(), want))
                if step.keep:
                    trunks.append(lengthened(trunks[-1] if trunks else None, record))
        except UnsupportedError as error:
            return str(error)
        except (RuntimeError, TypeError, AttributeError, KeyError, ValueError, IndexError) as error:
            return f"{type(error).__name__}: {error}"
    limit = TOLERANCE.get(str(halves.model.dtype).removeprefix("torch."), 0.25)
    if not worst <= limit:
        return f"results differ by {worst:.2g}"
    return None


def _distance(got: Any, want: Any) -> float:
    if want.isnan().any():
        # A model that answers NaN does so either way; its cases say so one by one.
        return 0.0
    return float((got - want).abs().max() / want.abs().max().clamp(min=1e-6))
