"""Our attention inside transformers' models: packed trees, kept trunks, and slots that decode.

transformers lets an attention function be registered by name and asks it in every layer. Ours
keeps the keys and values itself, so no cache class has to know how to branch, and every
architecture that goes through this interface (full, sliding and shared-KV layers alike) is served
by the same few lines.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

KNOWN_LAYERS = {"full_attention", "sliding_attention"}
KNOWN_ARGUMENTS = {"dropout", "scaling", "sliding_window", "softcap", "is_causal", "position_ids"}
"""Arguments of an attention function that ours understands; any other must be None."""


class UnsupportedError(Exception):
    """This architecture's attention is not one that we can branch."""


class Pattern(Protocol):
    """How the tokens of one forward pass attend."""

    def attend(
        self,
        query: Any,
        key: Any,
        value: Any,
        layer: int,
        scale: float,
        window: int | None,
        softcap: float | None,
    ) -> Any:
        """Return attention [tokens, heads, size].

        query, key, value: [1, heads, tokens, size], the latter two of this pass alone.
        """


def unsupported(model: Any) -> str | None:
    """Return why a model cannot be served, None when nothing speaks against it."""
    if not getattr(model, "_supports_attention_backend", False):
        return "its attention does not go through transformers' attention interface"
    config = model.config.get_text_config()
    strange = set(getattr(config, "layer_types", None) or ()) - KNOWN_LAYERS
    if strange:
        return f"it has layers of type {', '.join(sorted(strange))}"
    return None


class TreeAttention:
    """The registered function; `using` says which pattern the next forward pass follows."""

    def __init__(self, model: Any) -> None:
        """model: a transformers model; its configs are switched while a pattern is in use."""
        self.name = f"slm_eval_tree_{id(self)}"
        found = {id(c): c for m in model.modules() if (c := getattr(m, "config", None)) is not None}
        self._configs = [c for c in found.values() if hasattr(c, "_attn_implementation")]
        self._pattern: Pattern | None = None
        self._register(self._attend)

    def _register(self, function: Any) -> None:
        from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

        functions: Any = ALL_ATTENTION_FUNCTIONS
        functions.register(self.name, function)

    @contextmanager
    def using(self, pattern: Pattern) -> Iterator[None]:
        """Let every attention layer follow `pattern` inside this context."""
        before = [config._attn_implementation_internal for config in self._configs]
        self._pattern = pattern
        for config in self._configs:
            config._attn_implementation_internal = self.name
        try:
            yield
        finally:
            self._pattern = None
            for config, name in zip(self._configs, before, strict=True):
                config._attn_implementation_internal = name

    def close(self) -> None:
        """Let go of the model: transformers keeps registered functions for ever."""
        self._configs = []
        self._register(_closed)

    def _attend(
        self, module: Any, query: Any, key: Any, value: Any, _mask: Any, **kwargs: Any
    ) -> tuple[Any, None]:
        strange = [k for k, v in kwargs.items() if k not in KNOWN_ARGUMENTS and _matters(k, v)]
        if strange or self._pattern is None:
            raise UnsupportedError(f"its attention takes {', '.join(strange) or 'no pattern'}")
        scale = kwargs.get("scaling")
        out = self._pattern.attend(
            query,
            key,
            value,
            module.layer_idx,
            query.shape[-1] ** -0.5 if scale is None else float(scale),
            kwargs.get("sliding_window"),
            kwargs.get("softcap"),
        )
        return out.unsqueeze(0), None


def _matters(name: str, value: Any) -> bool:
    return (
        value is not None and value is not False and name not in ("use_cache", "output_attentions")
    )


def _closed(*_args: Any, **_kwargs: Any) -> None:
    raise UnsupportedError("this engine is closed")
