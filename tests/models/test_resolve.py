"""What ``--model`` takes: grammar, aliases, local paths, and what is refused."""

import json
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slm_eval.errors import ConfigError
from slm_eval.models.resolve import QUANTISATIONS, resolve_model, resolve_models

LLAMA = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "hidden_size": 16,
    "intermediate_size": 32,
    "vocab_size": 64,
    "tie_word_embeddings": True,
    "max_position_embeddings": 128,
    "dtype": "bfloat16",
}


def safetensors(elements):
    header = json.dumps({"w": {"dtype": "F16", "shape": [elements], "data_offsets": [0, 2]}})
    return struct.pack("<Q", len(header)) + header.encode() + b"\0\0"


def make_model(folder, config=LLAMA, weights=None):
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(config))
    if weights is not False:
        (folder / "model.safetensors").write_bytes(weights or safetensors(1))
    return folder


def test_registry_name():
    ref = resolve_model("Phi-4-mini")
    assert (ref.kind, ref.alias, ref.hub_id) == (
        "registry",
        "phi-4-mini",
        "microsoft/Phi-4-mini-instruct",
    )
    assert ref.notices == ()
    assert ref.revision is None


def test_embedded_model():
    ref = resolve_model("smollm2-135m-q4_1")
    assert (ref.kind, ref.hub_id, ref.alias) == ("embedded", None, "smollm2-135m-q4_1")


def test_announced_alias_says_so_in_one_line():
    ref = resolve_model("qwen3-7b@int4")
    assert (ref.alias, ref.hub_id, ref.quantisation) == ("qwen3-8b@int4", "Qwen/Qwen3-8B", "int4")
    (notice,) = ref.notices
    assert notice.startswith("qwen3-7b: ")
    assert "Qwen/Qwen3-8B" in notice
    assert "\n" not in notice


def test_a_revision_belongs_to_the_repository_named():
    ref = resolve_model("google/gemma-3n-E4B#abc123")
    assert (ref.hub_id, ref.revision, ref.notices) == ("google/gemma-3n-E4B", "abc123", ())


def test_unlisted_hub_id_with_revision_and_quantisation():
    ref = resolve_model("acme/Tiny.LM-1b#v2@BF16")
    assert (ref.kind, ref.hub_id, ref.revision, ref.quantisation, ref.alias) == (
        "hub",
        "acme/Tiny.LM-1b",
        "v2",
        "bf16",
        "Tiny.LM-1b@bf16",
    )
    assert ref.card is None


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("phi4-mini", "did you mean phi-4-mini"),
        ("qwen3-9b", "qwen3-8b"),
        ("smollm", "org/name"),
        ("", "empty"),
        ("a/b/c", "not known"),
        ("./nowhere", "no such file"),
        ("nowhere.gguf", "no such file"),
        ("phi-4-mini@int3", "fp32, fp16, bf16, int8, int4"),
        ("phi-4-mini#", "revision"),
        ("smollm2-135m-q4_1@int4", "dequantised"),
        ("smollm2-135m-q4_1#main", "no revisions"),
        ("nul\0byte", "not known"),
        ("x" * 5000, "not known"),
    ],
)
def test_names_that_are_refused(name, text):
    with pytest.raises(ConfigError) as caught:
        resolve_model(name)
    assert text in str(caught.value)


def test_weightless_engines_take_any_name():
    ref = resolve_model("my recorded: model/[v1]", weightless=True)
    assert (ref.kind, ref.alias) == ("virtual", "v1")
    assert resolve_model("qwen3-1.7b", weightless=True).card is not None


def test_local_directory(tmp_path):
    folder = make_model(tmp_path / "my run: 7")
    ref = resolve_model(f"{folder}@int8")
    assert (ref.kind, ref.alias, ref.path) == ("directory", "my-run-7@int8", folder)
    assert ref.checkpoint.architecture.hidden == 16
    assert ref.checkpoint.dtype == "bfloat16"


def test_a_local_path_wins_and_says_so(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_model(tmp_path / "phi-4-mini")
    ref = resolve_model("phi-4-mini")
    assert ref.kind == "directory"
    assert "folder" in ref.notices[0]
    (tmp_path / "qwen3-1.7b").mkdir()
    assert resolve_model("qwen3-1.7b").kind == "registry"


def test_a_path_may_hold_an_at_sign(tmp_path):
    folder = make_model(tmp_path / "model@step-100")
    assert resolve_model(str(folder)).alias == "model@step-100"


@pytest.mark.parametrize(
    ("config", "weights", "text"),
    [
        (LLAMA, False, "no weights"),
        (LLAMA | {"architectures": ["BertForSequenceClassification"]}, None, "not a causal"),
        ({"architectures": ["BertLMHeadModel"], "model_type": "bert"}, None, "not a causal"),
        (
            {"architectures": ["T5ForConditionalGeneration"], "is_encoder_decoder": True},
            None,
            "not a causal",
        ),
        ({"model_type": "distilbert"}, None, "not a causal"),
        ([], None, "not an object"),
        (LLAMA, safetensors(1)[:-1], "truncated"),
        (LLAMA, b"\1", "not a readable safetensors"),
        (LLAMA, struct.pack("<Q", 2**60) + b"{}", "not a readable safetensors"),
    ],
)
def test_directories_that_are_refused(tmp_path, config, weights, text):
    folder = make_model(tmp_path / "model", config, weights)
    with pytest.raises(ConfigError) as caught:
        resolve_model(str(folder))
    assert text in str(caught.value)
    assert str(caught.value).count("\n") <= 1


def test_directory_without_config(tmp_path):
    with pytest.raises(ConfigError, match=r"no config\.json"):
        resolve_model(str(tmp_path))
    (tmp_path / "weights.gguf").write_bytes(b"")
    with pytest.raises(ConfigError, match=r"weights\.gguf: give that file"):
        resolve_model(str(tmp_path))
    (tmp_path / "config.json").write_text("{broken")
    with pytest.raises(ConfigError, match="cannot be read as JSON"):
        resolve_model(str(tmp_path))


def test_missing_shard_is_named(tmp_path):
    folder = make_model(tmp_path / "model", weights=False)
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {"a": "one.safetensors", "b": "two.safetensors"}}))
    (folder / "one.safetensors").write_bytes(safetensors(10))
    with pytest.raises(ConfigError, match=r"two\.safetensors is missing \(1 of 2\)"):
        resolve_model(str(folder))
    (folder / "two.safetensors").write_bytes(safetensors(32))
    assert resolve_model(str(folder)).checkpoint.parameters == 42


def test_duplicates_go_and_aliases_stay_unique(tmp_path):
    one, two = make_model(tmp_path / "a/ckpt"), make_model(tmp_path / "b/ckpt")
    names = ["qwen3-8b", "qwen3-7b", f"{one}@int4", f"{two}@int4", str(one), f"{one}/"]
    refs = resolve_models(names)
    assert [ref.alias for ref in refs] == ["qwen3-8b", "ckpt@int4", "ckpt-2@int4", "ckpt"]
    assert refs[0].notices


PIECES = st.sampled_from([*"abZ@#/.: []~\\\0é", "int4", "qwen3-8b", "org/name", ".."])


@settings(deadline=None)
@given(st.lists(PIECES, max_size=8).map("".join))
def test_any_name_resolves_or_is_refused(name):
    try:
        resolve_model(name)
    except ConfigError:
        assert not name.strip() or resolve_model(name, weightless=True).kind == "virtual"
    if name.strip():
        ref = resolve_model(name, weightless=True)
        assert ref.alias
        assert not set(ref.alias) & set(" :/[]\t\n")
        assert ref.quantisation in (None, *QUANTISATIONS)
