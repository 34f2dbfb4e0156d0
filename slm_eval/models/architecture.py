"""The shape of a decoder-only transformer, and what follows from it by arithmetic alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

LayerKind = Literal["full", "sliding", "linear"]
"""How a layer attends: to everything, to a window, or through a state of fixed size."""


@dataclass(frozen=True, slots=True)
class Architecture:
    """Shape of a decoder-only transformer of the Llama type and its relatives.

    `intermediate` is per expert where there are experts. `layer_pattern` is repeated over the
    layers; empty, every layer slides if there is a `sliding_window` and is full otherwise.
    The last `kv_shared_layers` layers reuse keys and values of earlier ones and store none.
    `per_layer_embedding` is (vocabulary, size) of an embedding table that each layer has.
    """

    layers: int
    heads: int
    kv_heads: int
    head_size: int
    hidden: int
    intermediate: int
    vocabulary: int
    tied_embeddings: bool
    context_length: int
    sliding_window: int | None = None
    layer_pattern: tuple[LayerKind, ...] = ()
    kv_shared_layers: int = 0
    experts: int = 0
    experts_per_token: int = 0
    qkv_bias: bool = False
    qk_norm: bool = False
    norms_per_layer: int = 2
    per_layer_embedding: tuple[int, int] | None = None

    @property
    def embedding_parameters(self) -> int:
        """Parameters of the embedding tables, output head included."""
        tables = self.vocabulary * self.hidden * (1 if self.tied_embeddings else 2)
        if self.per_layer_embedding is not None:
            vocabulary, size = self.per_layer_embedding
            tables += vocabulary * size * self.layers
        return tables

    @property
    def expert_parameters(self) -> int:
        """Parameters of all experts' matrices, 0 without experts."""
        return self.layers * self.experts * 3 * self.hidden * self.intermediate

    def llama_parameters(self) -> int:
        """Count parameters of a Llama-type block: q, k, v, o; gate, up, down; norms; final norm.

        Exact for Llama, Mistral, Mixtral, Qwen2, Qwen3, Phi-3 and Gemma 3 text models; models
        with further modules (Gemma 3n) state their count elsewhere.
        """
        query, keys = self.heads * self.head_size, self.kv_heads * self.head_size
        attention = 2 * self.hidden * query + 2 * self.hidden * keys
        if self.qkv_bias:
            attention += query + 2 * keys
        norms = self.norms_per_layer * self.hidden + (2 * self.head_size if self.qk_norm else 0)
        mlp = 3 * self.hidden * self.intermediate
        if self.experts:
            mlp = self.experts * mlp + self.experts * self.hidden
        return self.embedding_parameters + self.layers * (attention + mlp + norms) + self.hidden

    def kinds(self) -> tuple[LayerKind, ...]:
        """Return how each layer attends, first to last."""
        pattern = self.layer_pattern or (("sliding",) if self.sliding_window else ("full",))
        return tuple(pattern[index % len(pattern)] for index in range(self.layers))

    def kv_elements(self, context: int) -> int:
        """Count the cached key and value elements of one sequence of `context` tokens."""
        per_token = 2 * self.kv_heads * self.head_size
        window = min(context, self.sliding_window) if self.sliding_window else context
        tokens = {"full": context, "sliding": window, "linear": 0}
        storing = self.kinds()[: self.layers - self.kv_shared_layers]
        return per_token * sum(tokens[kind] for kind in storing)

    def kv_bytes(self, context: int, batch: int = 1, bytes_per_element: int = 2) -> int:
        """Bytes of the key/value cache of `batch` sequences of `context` tokens."""
        return batch * self.kv_elements(context) * bytes_per_element


def from_registry(shape: Mapping[str, Any]) -> Architecture:
    """Build an `Architecture` from a registry entry, where `layer_types` is in runs."""
    fields = dict(shape)
    runs = fields.pop("layer_types", None) or []
    embedding = fields.pop("per_layer_embedding", None)
    return Architecture(
        layer_pattern=tuple(kind for kind, count in runs for _ in range(count)),
        per_layer_embedding=tuple(embedding) if embedding else None,
        **fields,
    )


# Checkpoints write only what differs from the defaults of their configuration class; these are
# the defaults of transformers 5 for families whose configurations rely on them.
_DEFAULTS: dict[str, dict[str, Any]] = {
    "gemma3_text": {
        "num_attention_heads": 8,
        "num_key_value_heads": 4,
        "head_dim": 256,
        "vocab_size": 262208,
        "max_position_embeddings": 131072,
        "sliding_window": 4096,
        "sliding_window_pattern": 6,
    },
    "gemma3n_text": {
        "num_hidden_layers": 35,
        "num_attention_heads": 8,
        "num_key_value_heads": 2,
        "head_dim": 256,
        "hidden_size": 2048,
        "intermediate_size": 16384,
        "vocab_size": 262400,
        "max_position_embeddings": 32768,
        "sliding_window": 512,
        "sliding_window_pattern": 5,
        "num_kv_shared_layers": 15,
        "vocab_size_per_layer_input": 262144,
        "hidden_size_per_layer_input": 256,
    },
    "gemma2": {"head_dim": 256, "sliding_window": 4096, "sliding_window_pattern": 2},
}
_TIED_BY_DEFAULT = ("gemma", "gpt2", "smollm3")
_LLAMA_TYPE = frozenset(
    {"llama", "mistral", "mixtral", "qwen2", "qwen3", "phi3", "smollm3"}
    | {"gemma", "gemma2", "gemma3_text"}
)
_OLD_NAMES = {
    "num_hidden_layers": "n_layer",
    "num_attention_heads": "n_head",
    "hidden_size": "n_embd",
    "max_position_embeddings": "n_positions",
}


def text_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the language model's part of a ``config.json``, defaults of its type filled in."""
    nested = config.get("text_config")
    text = dict(nested) if isinstance(nested, dict) else dict(config)
    for name, old in _OLD_NAMES.items():
        if name not in text and old in text:
            text[name] = text[old]
    if "tie_word_embeddings" not in text and "tie_word_embeddings" in config:
        text["tie_word_embeddings"] = config["tie_word_embeddings"]
    return _DEFAULTS.get(str(text.get("model_type")), {}) | text


def _number(text: Mapping[str, Any], *names: str) -> int | None:
    for name in names:
        value = text.get(name)
        if isinstance(value, list) and value and all(type(v) is int for v in value):
            value = max(value)
        if type(value) is int and value > 0:
            return value
    return None


def _kind(layer_type: str) -> LayerKind:
    if "sliding" in layer_type or "chunked" in layer_type:
        return "sliding"
    return "full" if "full" in layer_type else "linear"


def _layer_pattern(text: Mapping[str, Any]) -> tuple[LayerKind, ...]:
    listed = text.get("layer_types")
    if isinstance(listed, list) and listed:
        return tuple(_kind(str(entry)) for entry in listed)
    period = _number(text, "sliding_window_pattern")
    if period is None or not text.get("sliding_window"):
        return ()
    sliding: list[LayerKind] = ["sliding"] * (period - 1)
    return (*sliding, "full")


def from_config(config: Mapping[str, Any]) -> Architecture | None:
    """Read the shape from a Hugging Face ``config.json``; None when it does not say enough.

    None is also the answer for models without attention (their cache follows other rules).
    """
    text = text_config(config)
    kind = str(text.get("model_type"))
    layers, hidden = _number(text, "num_hidden_layers"), _number(text, "hidden_size")
    heads, vocabulary = _number(text, "num_attention_heads"), _number(text, "vocab_size")
    context = _number(text, "max_position_embeddings")
    if layers is None or hidden is None or heads is None or vocabulary is None or context is None:
        return None
    experts = _number(text, "num_local_experts", "num_experts") or 0
    windowed = text.get("use_sliding_window", True) is not False
    per_layer = _number(text, "hidden_size_per_layer_input")
    return Architecture(
        layers=layers,
        heads=heads,
        kv_heads=_number(text, "num_key_value_heads") or heads,
        head_size=_number(text, "head_dim") or hidden // heads,
        hidden=hidden,
        intermediate=(_number(text, "moe_intermediate_size") if experts else None)
        or _number(text, "intermediate_size", "n_inner")
        or 4 * hidden,
        vocabulary=vocabulary,
        tied_embeddings=bool(text.get("tie_word_embeddings", kind.startswith(_TIED_BY_DEFAULT))),
        context_length=context,
        sliding_window=_number(text, "sliding_window") if windowed else None,
        layer_pattern=_layer_pattern(text) if windowed else (),
        kv_shared_layers=min(_number(text, "num_kv_shared_layers") or 0, layers),
        experts=experts,
        experts_per_token=_number(text, "num_experts_per_tok") or 0,
        qkv_bias=kind == "qwen2" or bool(text.get("attention_bias", False)),
        qk_norm=kind in ("qwen3", "gemma3_text", "gemma3n_text"),
        norms_per_layer=4 if kind.startswith(("gemma2", "gemma3")) else 2,
        per_layer_embedding=(_number(text, "vocab_size_per_layer_input") or vocabulary, per_layer)
        if per_layer
        else None,
    )


def counted_parameters(config: Mapping[str, Any], shape: Architecture) -> int | None:
    """Return the parameter count of a configuration whose type `llama_parameters` covers."""
    text = text_config(config)
    return shape.llama_parameters() if text.get("model_type") in _LLAMA_TYPE else None
