"""Headers of .gguf files, written by the `gguf` package and then damaged."""

import os
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from gguf import GGUFWriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slm_eval.errors import ConfigError
from slm_eval.models.gguf_file import read_gguf
from slm_eval.models.resolve import resolve_model


def write(path, architecture="llama", *, tied=True, parts=0):
    writer = GGUFWriter(path, architecture)
    writer.add_block_count(2)
    writer.add_context_length(128)
    writer.add_embedding_length(16)
    writer.add_feed_forward_length(32)
    writer.add_head_count(4)
    writer.add_head_count_kv(2)
    writer.add_token_list([f"t{index}" for index in range(64)])
    if parts:
        writer.add_uint16("split.count", parts)
    writer.add_tensor("token_embd.weight", np.zeros((64, 16), np.float32))
    writer.add_tensor("blk.0.attn_q.weight", np.zeros((16, 16), np.float16))
    if not tied:
        writer.add_tensor("output.weight", np.zeros((64, 16), np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return write(tmp_path_factory.mktemp("gguf") / "tiny.Q4.gguf").read_bytes()


def test_shape_and_parameters(tmp_path):
    path = write(tmp_path / "tiny.gguf")
    found = read_gguf(path)
    shape = found.architecture
    assert found.parameters == 64 * 16 + 16 * 16
    assert (shape.layers, shape.heads, shape.kv_heads, shape.head_size) == (2, 4, 2, 4)
    assert (shape.vocabulary, shape.tied_embeddings, shape.context_length) == (64, True, 128)
    untied = read_gguf(write(tmp_path / "untied.gguf", tied=False))
    assert not untied.architecture.tied_embeddings


def test_resolved_by_path(tmp_path):
    path = write(tmp_path / "tiny.Q4_1.gguf")
    ref = resolve_model(f"{path}@fp16")
    assert (ref.kind, ref.alias, ref.path) == ("gguf", "tiny.Q4_1@fp16", path)
    with pytest.raises(ConfigError, match="dequantised on load"):
        resolve_model(f"{path}@int8")


@pytest.mark.parametrize("keep", [4, 8, 30, 200, -1])
def test_truncation_is_found_anywhere(tmp_path, whole, keep):
    path = tmp_path / "cut.gguf"
    path.write_bytes(whole[:keep])
    with pytest.raises(ConfigError, match="truncated"):
        read_gguf(path)


def test_not_gguf_at_all(tmp_path):
    for content in (b"", b"GG", b"PK\3\4 a zip"):
        path = tmp_path / "other.gguf"
        path.write_bytes(content)
        with pytest.raises(ConfigError, match="not a GGUF file"):
            read_gguf(path)


def test_encoders_and_parts_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="not a causal language model"):
        read_gguf(write(tmp_path / "bert.gguf", "nomic-bert"))
    with pytest.raises(ConfigError, match="one of 3 parts"):
        read_gguf(write(tmp_path / "part.gguf", parts=3))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(position=st.integers(4, 500), value=st.integers(0, 255))
def test_a_damaged_byte_never_crashes(tmp_path, whole, position, value):
    damaged = bytearray(whole)
    damaged[position] = value
    path = tmp_path / "damaged.gguf"
    path.write_bytes(damaged)
    with suppress(ConfigError):
        read_gguf(path)


def test_the_embedded_file_has_the_registered_shape():
    name = os.environ.get("SLM_EVAL_EMBEDDED_GGUF")
    if name is None or not Path(name).is_file():
        pytest.skip("set SLM_EVAL_EMBEDDED_GGUF to the embedded model's .gguf to check its header")
    found = read_gguf(Path(name))
    card = resolve_model("smollm2-135m-q4_1").card
    assert found.parameters == card.parameters
    assert found.architecture == card.architecture
