"""Shapes: exact parameter counts, cache sizes, and what a config.json says."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slm_eval.models import registry
from slm_eval.models.architecture import Architecture, counted_parameters, from_config

FACTS = Path(__file__).resolve().parents[2].parent / "shared/data/architectures"
BY_NAME = {card.name: card for card in registry.cards()}


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("smollm2-135m", 134_515_008),
        ("smollm2-360m", 361_821_120),
        ("qwen3-8b", 8_190_735_360),
        ("deepseek-r1-7b", 7_615_616_512),
        ("mixtral-8x7b", 46_702_792_704),
        ("gemma-3n-e4b", 6_866_696_688),
    ],
)
def test_parameter_counts_are_the_published_ones(name, parameters):
    assert BY_NAME[name].parameters == parameters


@pytest.mark.parametrize("card", registry.cards(), ids=lambda card: card.name)
def test_llama_type_counts_follow_from_the_shape(card):
    if card.architecture.per_layer_embedding is None:
        assert card.architecture.llama_parameters() == card.parameters
    else:
        assert card.architecture.embedding_parameters < card.parameters


def test_registry_agrees_with_the_source_of_the_numbers():
    path = FACTS / "architectures.json"
    if not path.is_file():
        pytest.skip("the mirror ../shared/data is not there")
    rows = {row["hf_id"]: row for row in json.loads(path.read_text())["models"]}
    seen = 0
    for card in registry.cards():
        row = rows.get(card.hub_id or "")
        if row is None:
            continue
        seen += 1
        shape = card.architecture
        assert card.parameters == row["params"]["total"]
        assert shape.head_size == row["head_dim"]
        if "bytes_per_token_16bit" in row["kv_cache"]:
            assert shape.kv_bytes(1) == row["kv_cache"]["bytes_per_token_16bit"]
        else:
            assert shape.kv_bytes(8192) == row["kv_cache"]["bytes_16bit_at_8192"]
    assert seen >= 10


def test_sliding_layers_stop_growing_at_the_window():
    gemma = BY_NAME["gemma-3-1b"].architecture
    assert gemma.kinds().count("full") == 4
    assert gemma.kv_bytes(8192) == 45_088_768
    per_full_token = gemma.kv_elements(8193) - gemma.kv_elements(8192)
    assert per_full_token == 4 * 2 * 1 * 256


def test_gemma_3n_shared_layers_store_nothing():
    gemma = BY_NAME["gemma-3n-e4b"].architecture
    full, sliding = 4, 16
    assert gemma.kv_bytes(8192) == 2 * 1024 * (full * 8192 + sliding * 512) == 83_886_080


def test_grouped_query_attention_shrinks_the_cache():
    assert BY_NAME["smollm2-135m"].architecture.kv_bytes(1) == 23_040
    assert BY_NAME["qwen3-8b"].architecture.kv_bytes(4096) == 4096 * 147_456


@settings(deadline=None)
@given(
    st.integers(1, 50_000),
    st.integers(0, 5_000),
    st.integers(1, 64),
    st.sampled_from(registry.cards()),
)
def test_cache_never_shrinks_with_context_or_batch(context, more, batch, card):
    shape = card.architecture
    assert shape.kv_bytes(context + more, batch) >= shape.kv_bytes(context, batch)
    assert shape.kv_bytes(context, batch + 1) >= shape.kv_bytes(context, batch)


QWEN3_06B = {
    "model_type": "qwen3",
    "architectures": ["Qwen3ForCausalLM"],
    "num_hidden_layers": 28,
    "num_attention_heads": 16,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "hidden_size": 1024,
    "intermediate_size": 3072,
    "vocab_size": 151936,
    "tie_word_embeddings": True,
    "max_position_embeddings": 40960,
    "sliding_window": 4096,
    "use_sliding_window": False,
}


def test_config_json_gives_the_same_shape_as_the_registry():
    shape = from_config(QWEN3_06B)
    assert shape == BY_NAME["qwen3-0.6b"].architecture
    assert counted_parameters(QWEN3_06B, shape) == 596_049_920


def test_nested_text_config_and_defaults_of_the_type():
    shape = from_config(
        {
            "model_type": "gemma3",
            "text_config": {
                "model_type": "gemma3_text",
                "hidden_size": 2560,
                "intermediate_size": 10240,
                "num_hidden_layers": 34,
                "sliding_window": 1024,
            },
        }
    )
    assert shape is not None
    assert (shape.heads, shape.kv_heads, shape.head_size) == (8, 4, 256)
    assert shape.tied_embeddings
    assert shape.kinds()[:6] == ("sliding",) * 5 + ("full",)


def test_gemma_3n_config_is_the_registry_shape():
    shape = from_config({"model_type": "gemma3n", "text_config": {"model_type": "gemma3n_text"}})
    assert shape is not None
    assert shape.kv_bytes(8192) == 83_886_080
    known = BY_NAME["gemma-3n-e4b"].architecture
    assert shape.embedding_parameters == known.embedding_parameters


def test_old_names_of_gpt2_are_understood():
    config = {"model_type": "gpt2", "n_layer": 12, "n_head": 12, "n_embd": 768}
    shape = from_config(config | {"n_positions": 1024, "vocab_size": 50257})
    assert shape is not None
    assert (shape.head_size, shape.intermediate, shape.tied_embeddings) == (64, 3072, True)
    assert counted_parameters(config, shape) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=5,
)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from([*QWEN3_06B, "text_config", "layer_types"]), JSON))
def test_any_config_gives_a_shape_or_none(changes):
    shape = from_config(QWEN3_06B | changes)
    assert shape is None or isinstance(shape, Architecture)
    assert from_config(changes) is None or "hidden_size" in changes
