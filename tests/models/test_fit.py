"""The arithmetic of memory, the verdict, and the advice."""

import json
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slm_eval.errors import ConfigError
from slm_eval.models import registry
from slm_eval.models.advice import Demand, recommend
from slm_eval.models.fit import check_model_fits_vram, fit_model
from slm_eval.models.hardware import GB, Hardware
from slm_eval.models.memory import memory_terms, weights_bytes
from slm_eval.models.resolve import QUANTISATIONS, resolve_model

CARDS = st.sampled_from(registry.cards())
FORMATS = st.sampled_from(QUANTISATIONS)


def test_the_example_of_the_readme_does_not_fit():
    result = check_model_fits_vram("qwen3-7b", "bf16", hardware="rtx-4060")
    assert result["fits"] is False
    assert result.model == "qwen3-8b"
    assert result["model_vram_gb"] == pytest.approx(16.38, abs=0.01)
    assert result["available_gb"] == pytest.approx(6.8)
    assert result.kv_cache_gb == pytest.approx(4096 * 147_456 / 1e9)
    assert "qwen3-1.7b" in result.recommendation
    assert "does not fit" in result.message
    assert "\n" not in result.message


def test_every_term_is_in_the_sum_and_in_the_mapping():
    result = check_model_fits_vram("phi-4-mini", hardware="a100-80gb")
    terms = ("weights_gb", "kv_cache_gb", "logits_gb", "activations_gb", "overhead_gb")
    assert sum(result[term] for term in terms) == pytest.approx(result["total_with_overhead_gb"])
    assert result["quantization"] == "fp16"
    assert result["fits"] is True
    assert result["recommendation"] == ""
    assert json.loads(json.dumps(result.as_dict())) == result.as_dict()
    assert set(dict(result)) == set(result.as_dict())
    with pytest.raises(KeyError):
        result["message"]


@pytest.mark.parametrize(
    ("model", "quantization", "hardware", "advice"),
    [
        ("qwen3-8b", "bf16", "rtx-4070", "--model qwen3-8b@int4"),
        ("qwen3-8b", "fp32", "rtx-4090", "--model qwen3-8b@bf16"),
        ("phi-4-mini", "bf16", "rtx-4060", "--model phi-4-mini@int8"),
        ("deepseek-r1-7b", "bf16", "rtx-4060", "@int4 --slm-context"),
        ("qwen3-8b", "bf16", "macbook-m3-pro", "--model qwen3-1.7b"),
        ("mixtral-8x7b", "bf16", "a100-80gb", "--model mistral-7b-v0.3"),
    ],
)
def test_the_advice_is_the_nearest_option(model, quantization, hardware, advice):
    result = check_model_fits_vram(model, quantization, hardware=hardware)
    assert result.fits is False
    assert advice in result.recommendation


def test_a_smaller_batch_or_a_shorter_context_is_advised_when_that_is_enough():
    wide = check_model_fits_vram("qwen3-1.7b", "int4", hardware="rtx-4060", batch_size=32)
    assert wide.recommendation.startswith("batch 1 fits")
    assert wide.recommendation.endswith("--model qwen3-1.7b@int4 --slm-batch-size 1")
    long = check_model_fits_vram("llama-3.2-3b", "bf16", hardware="m3-pro", context_length=131072)
    assert long.recommendation.startswith("context 16384 fits")
    assert long.recommendation.endswith("--model llama-3.2-3b --slm-context 16384")


def test_int_formats_are_never_advised_where_they_cannot_be_loaded():
    result = check_model_fits_vram("qwen3-8b", "bf16", hardware="macbook-m3-pro")
    assert "int" not in result.recommendation
    asked = check_model_fits_vram("qwen3-8b", "int4", hardware="macbook-m3-pro")
    assert any("bitsandbytes" in note for note in asked.notes)


def test_following_the_advice_fits():
    for card in registry.cards():
        result = check_model_fits_vram(card.name, "bf16", hardware="rtx-4060")
        if result.fits:
            continue
        words = result.recommendation.rpartition(": --model ")[2].split()
        context = int(words[words.index("--slm-context") + 1]) if "--slm-context" in words else None
        ref = resolve_model(words[0])
        assert fit_model(ref, hardware="rtx-4060", context_length=context).fits, result.message


def test_nothing_fits_in_nothing():
    card = registry.find("smollm2-135m")
    demand = Demand(card.name, card.parameters, card.architecture, "fp32", 4096, 1, card)
    assert recommend(demand, "cpu", 10**8) == "no model of the registry fits in 0.1 GB"


def test_the_suffix_of_the_name_wins_over_the_argument():
    assert check_model_fits_vram("qwen3-8b@int4", hardware="rtx-4090").quantization == "int4"


def test_embeddings_stay_in_16_bit_and_scales_are_counted():
    card = registry.find("qwen3-8b")
    shape = card.architecture
    linear = card.parameters - shape.embedding_parameters
    assert weights_bytes(card.parameters, "int4", shape) == pytest.approx(
        linear * 0.5625 + 2 * shape.embedding_parameters
    )
    assert weights_bytes(card.parameters, "bf16", shape) == 16_381_470_720


def test_fused_experts_stay_in_16_bit():
    card = registry.find("mixtral-8x7b")
    assert weights_bytes(card.parameters, "int4", card.architecture) > 90 * GB


def test_the_engines_own_format_is_the_default():
    ref, cpu = resolve_model("smollm2-135m"), Hardware("RAM", "cpu", 16 * GB)
    assert fit_model(ref, hardware=cpu).quantization == "fp32"
    assert fit_model(ref, hardware="rtx-4060").quantization == "bf16"
    assert fit_model(ref, hardware="rtx-4060", quantisation="float16").quantization == "fp16"
    embedded = resolve_model("smollm2-135m-q4_1")
    assert fit_model(embedded, hardware="rtx-4060").quantization == "fp32"
    assert fit_model(embedded, hardware=cpu).weights_gb == pytest.approx(0.538, abs=0.001)
    with pytest.raises(ConfigError, match="dequantised"):
        fit_model(embedded, hardware=cpu, quantisation="int4")


def test_an_unlisted_hub_id_is_not_guessed(tmp_path, monkeypatch):
    result = check_model_fits_vram("acme/unlisted-model", hardware="rtx-4060")
    assert result.fits is None
    assert result.total_with_overhead_gb is None
    assert "not known whether it fits" in result.message


def test_weights_larger_than_the_memory_say_no_without_a_shape(tmp_path):
    config = {"architectures": ["MambaForCausalLM"], "model_type": "mamba"}
    (tmp_path / "config.json").write_text(json.dumps(config))
    header = json.dumps({"w": {"dtype": "F8", "shape": [5 * GB], "data_offsets": [0, 0]}}).encode()
    (tmp_path / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header)
    assert check_model_fits_vram(str(tmp_path), hardware="rtx-4060").fits is False
    assert check_model_fits_vram(str(tmp_path), hardware="rtx-4090").fits is None


@pytest.mark.parametrize(
    "options",
    [
        {"safety_margin": 0},
        {"safety_margin": 1.01},
        {"safety_margin": float("nan")},
        {"context_length": 0},
        {"batch_size": 0},
        {"quantization": "int2"},
        {"hardware": "rtx-9999x"},
    ],
)
def test_options_out_of_range_are_refused(options):
    with pytest.raises(ConfigError):
        check_model_fits_vram("smollm2-135m", **options)


def test_a_context_beyond_the_models_is_cut_and_said():
    result = check_model_fits_vram("smollm2-135m", hardware="rtx-4060", context_length=100_000)
    assert result.context_length == 8192
    assert "longer than the model's" in result.message


def test_too_little_free_memory_is_said():
    busy = Hardware("busy", "cuda", 24 * GB, free_bytes=GB)
    result = check_model_fits_vram("phi-4-mini", hardware=busy)
    assert result.fits
    assert "are free now" in result.message


@settings(deadline=None)
@given(CARDS, FORMATS, st.integers(1, 40_000), st.integers(1, 64), st.integers(0, 5000))
def test_more_context_or_batch_never_needs_less(card, quantisation, context, batch, more):
    def total(context, batch):
        terms = memory_terms(card.parameters, card.architecture, quantisation, context, batch)
        return terms.total

    assert total(context + more, batch) >= total(context, batch)
    assert total(context, batch + 1) >= total(context, batch)


@settings(deadline=None)
@given(CARDS, st.integers(1, 8192), st.integers(1, 8))
def test_fewer_bits_never_need_more(card, context, batch):
    totals = [
        memory_terms(card.parameters, card.architecture, name, context, batch).total
        for name in ("fp32", "bf16", "int8", "int4")
    ]
    assert totals == sorted(totals, reverse=True)


def test_the_answer_needs_no_torch():
    program = (
        "import sys; from slm_eval.models.fit import check_model_fits_vram as f; "
        "f('qwen3-7b', 'bf16', hardware='rtx-4060'); "
        "print(*sorted({'torch', 'transformers', 'numpy', 'gguf'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr
