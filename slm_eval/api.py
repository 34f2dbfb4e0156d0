"""Evaluation without pytest: one function from examples and a metric to a score.

The model is found, checked against the memory and run by the same parts as under pytest.
"""

from __future__ import annotations

import math
from numbers import Real
from typing import TYPE_CHECKING, Any

from slm_eval.errors import ConfigError, EngineError, SlmEvalError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from slm_eval.cases.case import Case, Request, Response
    from slm_eval.engines.base import Engine

    MetricFn = Callable[[str, Any], float]
    Prompt = str | Callable[[Mapping[str, Any]], str]

SHOWN_CHARACTERS = 60


class IncompleteBenchmarkError(SlmEvalError):
    """Some examples have no score; all that was computed stands in `result`.

    result: as `benchmark_slm_for_custom_task` returns it, with `task_score` None. An example
        without a score has ``score`` None and the reason under ``error``; its ``generated`` text
        is kept where there is one.
    """

    def __init__(self, message: str, result: dict[str, Any]) -> None:
        super().__init__(message)
        self.result = result


def benchmark_slm_for_custom_task(
    model_name: str,
    task_examples: Iterable[Mapping[str, Any]],
    metric_fn: MetricFn,
    *,
    prompt: Prompt = "{input}",
    max_new_tokens: int = 256,
    stop: Sequence[str] = (),
    chat: bool = False,
    engine: str = "transformers",
    batch_size: int | None = None,
    device: str = "auto",
    dtype: str = "auto",
    hardware: str | None = None,
) -> dict[str, Any]:
    """Let a model answer every example, and score the answers.

    model_name: as for ``--model``: a registry name, a Hub id, a local folder or ``.gguf`` file.
    task_examples: mappings with ``input`` and ``expected``, and what else the prompt names.
    metric_fn: ``(generated, expected) -> score``, a finite number; True and False are 1 and 0.
    prompt: a `str.format` template over an example's fields, or a function of the example.
    max_new_tokens, stop: where an answer ends; decoding is greedy. chat: use the chat template.
    engine, batch_size, device, dtype: as ``--slm-engine`` and so on; None and ``auto`` choose.
    hardware: ask also whether the model fits this machine (``rtx-4060``); it still runs here.

    Returns ``model`` (its short name), ``task_score`` (the mean score), ``avg_latency_ms``,
    ``total_examples``, ``hardware`` (the class of the machine that it ran on) and ``detail``, in
    the order of the examples: ``{input, expected, generated, score, latency_ms}`` for each.

    Examples are answered in batches, and a latency is an example's share of its batch's wall time:
    what it costs in bulk, not how long a single request would wait. Latencies are None where the
    engine measures none (recorded responses).

    Raises `DataError` for no examples, or for one that lacks a field, by its index; `ConfigError`
    for an unknown model or option; `ModelDoesNotFit` before anything is loaded; and
    `IncompleteBenchmarkError`, with all that was computed, when an answer or a score failed.
    """
    from slm_eval.engines.base import EngineOptions
    from slm_eval.engines.open import open_engine
    from slm_eval.models.resolve import resolve_model
    from slm_eval.runs.fitting import check_fit
    from slm_eval.runs.settings import Settings

    cases, requests = _rendered(task_examples, prompt, max_new_tokens, stop, chat=chat)
    options = EngineOptions(device=device, dtype=dtype, batch_size=batch_size)
    settings = Settings((model_name,), engine=engine, options=options, hardware=hardware)
    model = resolve_model(model_name, weightless=settings.weightless)
    check_fit(model, settings)
    opened = open_engine(engine, model, options)
    try:
        answers = _answers(opened, requests)
    finally:
        opened.close()
    return _result(model.alias, _machine(opened.info.device), cases, answers, metric_fn)


def _rendered(
    examples: Iterable[Mapping[str, Any]],
    prompt: Prompt,
    max_new_tokens: int,
    stop: Sequence[str],
    *,
    chat: bool,
) -> tuple[list[Case], list[Request]]:
    from slm_eval.cases.case import Chat, Decoding
    from slm_eval.cases.jsonl import REQUIRED, check_rows, rows
    from slm_eval.task import Task

    if max_new_tokens < 1:
        raise ConfigError(f"max_new_tokens={max_new_tokens!r} must be a whole number of at least 1")
    placed = ((f"task_examples[{index}]", example) for index, example in enumerate(examples))
    checked = check_rows(placed, REQUIRED, "task_examples")
    task = Task(
        name="custom_task",
        rows=rows(checked, name="task_examples"),
        prompt=prompt,
        decoding=Decoding(max_new_tokens, (stop,) if isinstance(stop, str) else tuple(stop)),
        chat=Chat() if chat else None,
    )
    task.check_rows(checked)
    cases = [task.case(row, index) for index, row in enumerate(checked)]
    return cases, [task.request(case) for case in cases]


def _answers(engine: Engine, requests: Sequence[Request]) -> list[Response | EngineError]:
    """Return an answer to each request; what ends the whole run is the answer of those left."""
    answers: dict[int, Response | EngineError] = {}
    missing = EngineError("the engine gave no answer")
    try:
        engine.run(requests, answers.__setitem__)
    except Exception as error:
        missing = EngineError(f"the engine stopped: {type(error).__name__}: {error}")
        missing.__cause__ = error
    return [answers.get(index, missing) for index in range(len(requests))]


def _result(
    model: str,
    machine: str,
    cases: Sequence[Case],
    answers: Sequence[Response | EngineError],
    metric_fn: MetricFn,
) -> dict[str, Any]:
    """Score every answer, also after one that fails, and return the whole or raise it."""
    detail: list[dict[str, Any]] = []
    errors: dict[int, Exception] = {}
    for index, (case, answer) in enumerate(zip(cases, answers, strict=True)):
        entry = _entry(case, answer)
        detail.append(entry)
        try:
            entry["score"] = _score(metric_fn, answer, case.expected)
        except Exception as error:
            errors[index] = error
            entry["error"] = f"{type(error).__name__}: {error}"
    latencies = [entry["latency_ms"] for entry in detail if entry["latency_ms"] is not None]
    result = {
        "model": model,
        "task_score": None if errors else sum(entry["score"] for entry in detail) / len(detail),
        "avg_latency_ms": sum(latencies) / len(latencies) if latencies else None,
        "total_examples": len(detail),
        "hardware": machine,
        "detail": detail,
    }
    if errors:
        first, cause = next(iter(errors.items()))
        raise IncompleteBenchmarkError(_incomplete(first, detail, len(errors)), result) from cause
    return result


def _entry(case: Case, answer: Response | EngineError) -> dict[str, Any]:
    response = None if isinstance(answer, EngineError) else answer
    latency_s = response.latency_s if response else None
    return {
        "input": case.input,
        "expected": case.expected,
        "generated": response.text if response else None,
        "score": None,
        "latency_ms": None if latency_s is None else latency_s * 1000,
    }


def _score(metric_fn: MetricFn, answer: Response | EngineError, expected: Any) -> float:
    if isinstance(answer, EngineError):
        raise answer
    value: Any = metric_fn(answer.text or "", expected)
    number = float(value) if isinstance(value, Real) or hasattr(value, "item") else math.nan
    if not math.isfinite(number):
        raise ValueError(f"metric_fn returned {value!r}; a finite number is needed")
    return number


def _incomplete(index: int, detail: Sequence[dict[str, Any]], count: int) -> str:
    asked = str(detail[index]["input"])
    shown = asked if len(asked) <= SHOWN_CHARACTERS else asked[:SHOWN_CHARACTERS] + "..."
    return (
        f"task_examples[{index}] (input {shown!r}) has no score: {detail[index]['error']}; "
        f"{count} of {len(detail)} lack one, the others are in this error's `result`"
    )


def _machine(device: str) -> str:
    from slm_eval.models.machine import machine_class

    # Engines without weights compute on no device of their own.
    return machine_class(device if device.partition(":")[0] in {"cpu", "cuda", "mps"} else "auto")
