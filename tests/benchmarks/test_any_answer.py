"""Every packaged benchmark that reads text, on answers that no one expects.

Scoring is total (no answer raises), bounded (by the time limit of these tests), in [0, 1] and the
same each time.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from slm_eval.benchmarks import (
    abstention,
    gpqa,
    gsm8k,
    hendrycks_math,
    humaneval,
    ifeval,
    javascript,
    math500,
    mbpp,
    sql,
    squad_it,
)
from slm_eval.benchmarks.long_context import needle, ruler
from slm_eval.benchmarks.long_context import score as long_context_score
from slm_eval.cases.case import Response
from slm_eval.cases.datasets import DatasetContext
from slm_eval.errors import Miss, SandboxUnavailable, SourceUnavailable
from slm_eval.runs.handle import CaseHandle
from slm_eval.sandbox import open_sandbox
from slm_eval.sources import SourceContext
from slm_eval.task import Suite

MIRROR = Path(__file__).resolve().parents[2].parent / "shared" / "data"
GPQA_ROW = {
    "id": "invented",
    "domain": "Physics",
    "subdomain": "Mechanics",
    "question": "What falls?",
    "correct": "A stone",
    "incorrect": ["A cloud", "A thought", "Nothing"],
}
BENCHMARKS = {
    "abstention": (abstention.abstention, abstention.score),
    "gpqa": (gpqa.gpqa_diamond, gpqa.score),
    "gsm8k": (gsm8k.gsm8k, gsm8k.score),
    "hendrycks_math": (hendrycks_math.hendrycks_math, hendrycks_math.score),
    "humaneval": (humaneval.humaneval, humaneval.score),
    "ifeval": (ifeval.ifeval, ifeval.score),
    "javascript": (javascript.javascript, javascript.score),
    "math500": (math500.math500, math500.score),
    "mbpp": (lambda: mbpp.mbpp(own_examples=True), mbpp.score),
    "needle": (needle, long_context_score),
    "ruler": (ruler, long_context_score),
    "sql": (sql.sql, sql.score),
    "squad_it": (squad_it.squad_it, squad_it.score),
}
IN_SANDBOX = {"humaneval", "javascript", "mbpp", "sql"}
ANSWERS = {
    "empty": "",
    "white space": " \n\t\u2028\u00a0",
    "half a surrogate pair": "\ud800 42 \udfff",
    "controls and directions": "\0\x1b[2J\u202e\ufeff" * 50,
    "not of any language": "".join(map(chr, range(1, 0x3000, 7))),
    "an unfinished thought": "<think>Let me see: the answer is 42",
    "a long thought": f"<think>{'42 ' * 50_000}</think>",
    "a million letters": "a" * 10**6,
    "a million digits": "#### " + "9" * 10**6,
    "a number in words": "#### nan inf -inf 1e999 0x7f ٤٢ ½",
    "open braces": "\\boxed{" * 100_000,
    "open brackets": "[" * 100_000 + "(" * 100_000,
    "LaTeX that nests": "\\boxed{" + "\\frac{1}{" * 5_000 + "2" + "}" * 5_001,
    "LaTeX that grows": "\\boxed{9^{9^{9^{9^{9}}}}}",
    "fences": "```python\n" * 20_000,
    "quotes": "'" * 99_999 + '"' * 99_999,
    "statements without end": "; " * 200_000 + "SELECT " * 100_000,
}


@pytest.fixture(scope="module")
def row_of():
    """Return a function from a benchmark's name to its task and first row."""
    known = {}

    def first(name):
        if name not in known:
            task = BENCHMARKS[name][0]()
            context = DatasetContext(sources=SourceContext(mirror=MIRROR, offline=True))
            try:
                loaded = None if name == "gpqa" else task.rows.load(context)
            except SourceUnavailable as error:
                pytest.skip(f"no rows of {name}: {error}")
            known[name] = task, loaded.rows[0] if loaded else GPQA_ROW
        return known[name]

    return first


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("name", BENCHMARKS)
def test_any_answer_gets_a_score(row_of, name, answer):
    task, row = row_of(name)
    try:
        further = [open_sandbox()] if name in IN_SANDBOX else []
    except SandboxUnavailable as error:
        pytest.skip(str(error))
    checked = []
    # A program costs a process each time; that it is judged alike again, the sandbox's tests say.
    for _ in range(1 if further else 2):
        case = CaseHandle(Suite(task.name, task, task.threshold), "m", row, 0, task.threshold)
        try:
            BENCHMARKS[name][1](case, Response(text=ANSWERS[answer]), *further)
        except Miss:
            assert case.checked.score < task.threshold
        checked.append(case.checked)
    assert 0.0 <= checked[0].score <= 1.0
    assert checked[0] == checked[-1]
