"""The real embedded model, end to end; skips where neither mirror nor index can serve it."""

from types import SimpleNamespace

import pytest
import tiny

from slm_eval.cases.case import Chat, Decoding, Generation, LogLikelihoods
from slm_eval.engines.base import EngineOptions
from slm_eval.engines.open import open_engine
from slm_eval.errors import SourceUnavailable
from slm_eval.models.weights import embedded_gguf


@pytest.fixture(scope="module")
def engine():
    try:
        embedded_gguf()
    except SourceUnavailable as error:
        pytest.skip(f"the embedded model cannot be had here: {error}")
    model = SimpleNamespace(
        name="smollm2-135m-q4_1",
        alias="smollm2-135m-q4_1",
        kind="embedded",
        hub_id=None,
        revision=None,
        path=None,
        quantisation=None,
    )
    made = open_engine("transformers", model, EngineOptions())
    yield made
    made.close()


def test_it_knows_a_capital_and_stops_when_told(engine):
    scored, said, chatted = tiny.answers(
        engine,
        [
            LogLikelihoods("The capital of France is", (" Paris", " Rome", " purple bananas")),
            Generation("1, 2, 3, 4,", Decoding(max_new_tokens=24, stop=("9",))),
            Generation("Reply with one word.", Decoding(max_new_tokens=8), chat=Chat()),
        ],
    )
    values = [choice.loglikelihood for choice in scored.choices]
    assert values == sorted(values, reverse=True)
    # lm-evaluation-harness 0.4.13 on the same weights: -0.25808
    assert values[0] == pytest.approx(-0.25808, abs=1e-3)
    assert scored.choices[0].is_greedy
    assert said.text == " 5, 6, 7, 8, "
    assert said.finish_reason == "stop"
    assert chatted.prompt_tokens > 20
    assert engine.info.parameters == 134_515_008
    assert engine.info.chat_template_sha256
