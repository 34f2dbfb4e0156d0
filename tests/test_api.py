"""The function for people who are not in pytest, on the fake engine."""

import json
import math

import numpy
import pytest

from slm_eval import benchmark_slm_for_custom_task as benchmark
from slm_eval.api import IncompleteBenchmarkError
from slm_eval.engines.fake import FakeEngine
from slm_eval.errors import ConfigError, DataError, ModelDoesNotFit

EXAMPLES = [{"input": f"q{i}", "expected": str(i % 2)} for i in range(4)]
RESPOND = """
from slm_eval.cases.case import Response

def respond(request):
    if request.prompt.endswith("q3") and "fail" in request.prompt:
        raise RuntimeError("no answer")
    if request.chat is not None:
        return "chat"
    return Response(text=request.prompt[-1] + "|" + "".join(request.decoding.stop), latency_s=0.25)
"""


@pytest.fixture
def engine(tmp_path):
    (tmp_path / "respond.py").write_text(RESPOND, encoding="utf-8")
    return f"fake:{tmp_path / 'respond.py'}"


def equal(generated, expected):
    return generated[0] == expected


def test_the_result_is_plain_and_whole(engine):
    result = benchmark("anything", EXAMPLES, equal, prompt="Q: {input}", engine=engine)
    assert json.loads(json.dumps(result)) == result
    assert list(result) == [
        "model",
        "task_score",
        "avg_latency_ms",
        "total_examples",
        "hardware",
        "detail",
    ]
    assert (result["model"], result["task_score"], result["total_examples"]) == ("anything", 0.5, 4)
    assert result["avg_latency_ms"] == 250.0
    assert result["hardware"]
    first = {"input": "q0", "expected": "0", "generated": "0|", "score": 1.0, "latency_ms": 250.0}
    assert result["detail"][0] == first


def test_what_the_model_is_asked(engine):
    def last(generated, expected):
        return numpy.float32(generated.endswith("|."))

    given = {"engine": engine, "prompt": lambda row: row["input"].upper()}
    assert benchmark("m", EXAMPLES, last, stop=".", **given)["task_score"] == 1.0
    said = benchmark("m", iter(EXAMPLES), lambda text, _: text == "chat", chat=True, engine=engine)
    assert said["task_score"] == 1.0
    assert said["avg_latency_ms"] == 0.0


@pytest.mark.parametrize(
    ("examples", "told"),
    [
        ([], "task_examples holds no rows"),
        ([*EXAMPLES, {"input": "x"}], r"task_examples\[4\]: field 'expected' is missing"),
        ([{"expected": "x"}], r"task_examples\[0\]: field 'input' is missing"),
        (["x"], r"task_examples\[0\]: expected an object"),
    ],
)
def test_bad_examples_are_named_before_anything_runs(examples, told):
    with pytest.raises(DataError, match=told):
        benchmark("no-such-model", examples, equal)


def test_bad_arguments():
    with pytest.raises(DataError, match=r"names {question}"):
        benchmark("m", EXAMPLES, equal, prompt="{question}", engine="fake")
    with pytest.raises(ConfigError, match="max_new_tokens=0"):
        benchmark("m", EXAMPLES, equal, max_new_tokens=0, engine="fake")
    with pytest.raises(ConfigError, match="did you mean smollm2-135m"):
        benchmark("smolm2-135m", EXAMPLES, equal)


def test_a_model_that_does_not_fit_is_refused_before_loading():
    with pytest.raises(ModelDoesNotFit, match=r"qwen3-8b .* does not fit"):
        benchmark("qwen3-7b", EXAMPLES, equal, engine="fake", hardware="rtx-4060", dtype="bf16")


@pytest.mark.parametrize("bad", [math.nan, math.inf, "1", None])
def test_a_metric_that_fails_loses_nothing(engine, bad):
    def metric(generated, expected):
        return bad if generated[0] == "2" else 1.0

    with pytest.raises(IncompleteBenchmarkError, match=r"examples\[2\] \(input 'q2'\)") as told:
        benchmark("m", EXAMPLES, metric, engine=engine)
    result = told.value.result
    assert "1 of 4 lack one" in str(told.value)
    assert result["task_score"] is None
    assert [entry["score"] for entry in result["detail"]] == [1.0, 1.0, None, 1.0]
    assert result["detail"][2]["generated"] == "2|"
    assert "finite number is needed" in result["detail"][2]["error"]


def test_a_metric_that_raises_is_the_cause(engine):
    def metric(generated, expected):
        return 1 / int(generated[0])

    with pytest.raises(IncompleteBenchmarkError, match="ZeroDivisionError") as told:
        benchmark("m", EXAMPLES, metric, engine=engine)
    assert isinstance(told.value.__cause__, ZeroDivisionError)
    assert told.value.result["detail"][3]["score"] == pytest.approx(1 / 3)


def test_an_engine_error_loses_nothing(engine):
    with pytest.raises(IncompleteBenchmarkError, match=r"\[3\].*no answer") as told:
        benchmark("m", EXAMPLES, equal, prompt="fail {input}", engine=engine)
    assert [entry["generated"] for entry in told.value.result["detail"]] == ["0|", "1|", "2|", None]


class Stopping(FakeEngine):
    """Answers one request, then the device is lost."""

    def run(self, requests, on_answer):
        super().run(requests[:1], on_answer)
        raise OSError("device lost")


def test_an_engine_that_stops_keeps_what_it_answered(monkeypatch):
    monkeypatch.setattr("slm_eval.engines.open.open_engine", lambda *_: Stopping())
    with pytest.raises(IncompleteBenchmarkError, match=r"\[1\].*device lost; 3 of 4") as told:
        benchmark("m", EXAMPLES, lambda *_: 1, engine="fake")
    assert told.value.result["detail"][0]["score"] == 1.0
