"""MBPP in JavaScript: prompt, tests made of Python assertions, and the problems left out."""

from pathlib import Path

import pytest

from slm_eval.benchmarks.datasets.code import MBPP, MBPP_JAVASCRIPT
from slm_eval.benchmarks.javascript import javascript, program, prompt, score, typescript
from slm_eval.benchmarks.mbpp_translated import SAME, TranslatedRows, _literals
from slm_eval.benchmarks.mbpp_translated import program as whole_program
from slm_eval.benchmarks.mbpp_unsound import UNSOUND
from slm_eval.cases.case import Response
from slm_eval.cases.datasets import DatasetContext
from slm_eval.errors import SourceUnavailable
from slm_eval.runs.handle import CaseHandle
from slm_eval.sandbox import find_node, open_sandbox, sandbox_level
from slm_eval.sandbox import runner as runner_module
from slm_eval.sources import SourceContext
from slm_eval.task import Suite

MIRROR = Path(__file__).resolve().parents[2].parent / "shared" / "data"
OFFLINE = DatasetContext(sources=SourceContext(mirror=MIRROR, offline=True))
ROW = {
    "id": "mbpp-javascript-011",
    "task_id": 11,
    "text": "Write a javascript function to pair.",
    "code": "function pair(a, b) {\n  return [a, b];\n}",
    "opening": "function pair(a, b) {",
    "entry_point": "pair",
    "test_list": [
        "assert pair(1, 'x') == (1, 'x')",
        "assert pair(0.5, {2: [3]}) == (.5, {2: [3]})",
    ],
}


@pytest.fixture(scope="module")
def sandbox():
    if not sandbox_level().isolates:
        pytest.skip("nothing isolates a program on this machine")
    if find_node() is None:
        pytest.skip("node is not on the PATH")
    return open_sandbox()


def test_prompt():
    assert prompt(ROW) == "//Write a javascript function to pair.\nfunction pair(a, b) {\n"
    request = javascript().request(javascript().case(ROW, 0))
    assert request.decoding.stop == ("\nfunction ", "\n/*", "\n//", "\nconsole.log", "\n```")


@pytest.mark.parametrize(
    ("text", "passed", "extracted"),
    [
        ("  return [a, b];\n}\n", 1.0, True),
        ("  return [b, a];\n}\n", 0.0, True),
        ("  return [a, b];\n", 0.0, False),
        ("", 0.0, False),
        ("  process.exit(0);\n}", 0.0, True),
        ("  return Promise.resolve([a, b]);\n}", 1.0, True),
        ("\udc80" * 10, 0.0, False),
    ],
)
def test_scores(sandbox, text, passed, extracted):
    handle = CaseHandle(Suite("js", javascript(), 0.0), "m", ROW, 0, 0.0)
    score(handle, Response(text=text), sandbox)
    assert (handle.checked.score, handle.checked.extracted) == (passed, extracted)


@pytest.mark.parametrize(
    ("found", "expected", "alike"),
    [
        ([1, 2], (1, 2), True), ([1], (1, 2), False), (3, 3.0, True), (0.1 + 0.2, 0.3, True),
        (1, True, False), (True, True, True), (0, False, False), ({"2": 1}, {2: 1}, True),
        ({"2": 1}, {3: 1}, False), (None, None, True), ("1", 1, False), (None, [1], False),
    ],
)  # fmt: skip
def test_alike(found, expected, alike):
    names = {}
    exec(SAME, names)
    assert names["same"](found, expected) is alike


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("assert f(1, [2]) == (3,)", [([1, [2]], (3,))]),
        ("assert f(-1) == {'a': None}", [([-1], {"a": None})]),
        ("assert f(g(1)) == 2", []),
        ("assert f(1)", []),
        ("assert f(x=1) == 2", []),
        ("assert f(1) != 2", []),
    ],
)
def test_an_assertion_with_literals_is_taken(text, found):
    assert _literals([text], "row") == found


@pytest.fixture(scope="module")
def rows(sandbox):
    try:
        return TranslatedRows("javascript").load(OFFLINE).rows
    except SourceUnavailable as error:
        pytest.skip(str(error))


def test_rows(rows):
    assert len(rows) == 447
    assert not {row["task_id"] for row in rows} & UNSOUND["javascript"]
    assert all(row["code"].startswith(row["opening"]) for row in rows)


def test_solutions_pass_and_those_left_out_do_not(rows, sandbox):
    wanted = rows[::6]
    verdicts = sandbox.check_all(whole_program(row, row["code"], "javascript") for row in wanted)
    assert {r["id"]: v for r, v in zip(wanted, verdicts, strict=True) if not v.passed} == {}
    tests = {row["task_id"]: row["test_list"] for row in MBPP.load(OFFLINE).rows}
    left_out = [
        {**row, "entry_point": row["code"].split("(")[0].split()[-1], "test_list": tests[number]}
        for row in MBPP_JAVASCRIPT.load(OFFLINE).rows
        # 45 computes for seconds before it fails.
        if (number := row["task_id"]) in UNSOUND["javascript"] - {45}
    ]
    verdicts = sandbox.check_all(
        whole_program(row, row["code"], "javascript") for row in left_out[::3]
    )
    assert [v.passed for v in verdicts] == [False] * len(verdicts)


def test_without_an_interpreter_the_rows_are_not_asked(monkeypatch):
    monkeypatch.setattr(runner_module, "find_node", lambda: None)
    with pytest.raises(SourceUnavailable, match=r"mbpp_javascript/test is not asked: .*Node\.js"):
        javascript().rows.load(OFFLINE)


def test_typescript(sandbox):
    row = {**ROW, "id": "mbpp-typescript-011", "opening": "function pair(a: any, b: any): any[] {"}
    if not find_node().runs_typescript:
        with pytest.raises(SourceUnavailable, match=r"cannot run TypeScript: install 22\.13"):
            typescript().rows.load(OFFLINE)
        pytest.skip("this node cannot run TypeScript")
    assert sandbox.check(program(row, "  const c: any = a;\n  return [c, b];\n}")).why == ""
