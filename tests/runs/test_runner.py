"""A block is answered at once, one model is in memory at a time, errors stay where they belong."""

from __future__ import annotations

import time
from typing import Any

import pytest

from slm_eval.cases.case import Response
from slm_eval.cases.datasets import rows
from slm_eval.engines.base import EngineInfo
from slm_eval.errors import EngineError
from slm_eval.models.resolve import resolve_models
from slm_eval.runs.handle import CaseHandle
from slm_eval.runs.plan import BlockKey
from slm_eval.runs.runner import Runner
from slm_eval.runs.settings import Settings
from slm_eval.task import Suite, Task


class Engine:
    """Answers with the prompt; notes what it was asked, in which batches."""

    info = EngineInfo("fake", "1", "none", "none", "1")

    def __init__(self, log: list[Any], alias: str) -> None:
        self.log, self.alias = log, alias
        log.append(("open", alias))

    def run(self, requests: Any, on_answer: Any) -> None:
        self.log.append([request.prompt for request in requests])
        for index in reversed(range(len(requests))):
            prompt = requests[index].prompt
            if prompt == "lost":
                continue
            bad = EngineError("no") if prompt == "bad" else None
            on_answer(index, bad or Response(text=prompt.upper()))

    def close(self) -> None:
        self.log.append(("close", self.alias))


@pytest.fixture
def log(monkeypatch):
    seen: list[Any] = []
    monkeypatch.setattr(
        "slm_eval.engines.open.open_engine",
        lambda spec, model, options=None: Engine(seen, model.alias),
    )
    return seen


def block(name: str, model: str, *inputs: str) -> tuple[BlockKey, list[CaseHandle]]:
    given = [{"id": f"r{i}", "input": text, "expected": ""} for i, text in enumerate(inputs)]
    suite = Suite(name, Task(name=name, rows=rows(given), prompt="{input}"), 1.0)
    handles = [CaseHandle(suite, model, row, i, 1.0) for i, row in enumerate(given)]
    return BlockKey(f"f.py::test_{name}", model), handles


def runner(*blocks: tuple[BlockKey, list[CaseHandle]], **settings: Any) -> Runner:
    models = tuple(dict.fromkeys(key.model for key, _ in blocks))
    asked = Settings(models=models, engine="fake", **settings)
    made = Runner(asked, resolve_models(models, weightless=True))
    for key, handles in blocks:
        made.expect(key, handles)
    return made


def test_the_first_case_runs_its_whole_block_once(log):
    key, handles = block("a", "m", "x", "y", "z")
    made = runner((key, handles))
    assert made.answered(handles[2]) is None
    assert [made.response(handle).text for handle in reversed(handles)] == ["Z", "Y", "X"]
    assert log == [("open", "m"), ["x", "y", "z"]]
    made.close()
    assert log[-1] == ("close", "m")


def test_one_model_is_open_at_a_time(log):
    first, second = block("a", "one", "x"), block("a", "two", "x")
    made = runner(first, second)
    made.response(first[1][0])
    made.response(second[1][0])
    made.close()
    events = [entry for entry in log if isinstance(entry, tuple)]
    assert events == [("open", "one"), ("close", "one"), ("open", "two"), ("close", "two")]


def test_errors_and_lost_answers_belong_to_their_case(log):
    key, handles = block("a", "m", "x", "bad", "lost")
    made = runner((key, handles))
    assert made.response(handles[0]).text == "X"
    with pytest.raises(EngineError, match=r"^no$"):
        made.response(handles[1])
    with pytest.raises(EngineError, match="gave no answer"):
        made.response(handles[2])
    assert made.answered(handles[1]).prompt_sha256
    made.close()


def test_early_stopping_asks_in_chunks(log):
    key, handles = block("a", "m", *(f"q{i}" for i in range(40)))
    made = runner((key, handles), early_stop=True)
    made.response(handles[0])
    assert [len(entry) for entry in log if isinstance(entry, list)] == [32]
    made.response(handles[35])
    assert [len(entry) for entry in log if isinstance(entry, list)] == [32, 8]
    made.close()


def test_a_model_that_cannot_be_opened_is_tried_once(monkeypatch):
    tries = []

    def refuse(spec, model, options=None):
        tries.append(model.alias)
        raise EngineError("no device")

    monkeypatch.setattr("slm_eval.engines.open.open_engine", refuse)
    key, handles = block("a", "m", "x", "y")
    made = runner((key, handles))
    for handle in handles:
        with pytest.raises(EngineError, match="no device"):
            made.response(handle)
    assert tries == ["m"]
    made.close()


class Slow(Engine):
    """Takes a moment for each request."""

    def run(self, requests: Any, on_answer: Any) -> None:
        for index, request in enumerate(requests):
            self.log.append(request.prompt)
            time.sleep(0.02)
            on_answer(index, Response(text=request.prompt))


def asked_ahead(monkeypatch, **options: Any) -> list[Any]:
    """Return what the engine was asked while only the first of two blocks was wanted."""
    seen: list[Any] = []
    monkeypatch.setattr(
        "slm_eval.engines.open.open_engine", lambda _, model, __=None: Slow(seen, model.alias)
    )
    first, second = block("a", "m", "x0", "x1"), block("b", "m", "y0", "y1")
    models = resolve_models(("m",), weightless=True)
    made = Runner(Settings(models=("m",), engine="fake"), models, **options)
    for key, handles in (first, second):
        made.expect(key, handles)
    for handle in first[1]:
        made.response(handle)
    time.sleep(0.2)  # a scorer that takes its time
    asked = [entry for entry in seen if isinstance(entry, str)]
    made.close()
    return asked


def test_the_next_block_is_computed_while_this_one_is_scored(monkeypatch):
    assert asked_ahead(monkeypatch) == ["x0", "x1", "y0", "y1"]


def test_blocks_that_another_process_may_have_are_left_alone(monkeypatch):
    assert asked_ahead(monkeypatch, owns_all=False) == ["x0", "x1"]
