"""HumanEval: the request, every canonical solution, and what the tests may take from where."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slm_eval.benchmarks.datasets.code import HUMANEVAL
from slm_eval.benchmarks.humaneval import check_row, humaneval, program, score
from slm_eval.cases.case import Generation, Response
from slm_eval.cases.datasets import DatasetContext, rows
from slm_eval.errors import ConfigError, DataError, Miss, SourceUnavailable
from slm_eval.runs.handle import CaseHandle
from slm_eval.sandbox import open_sandbox, sandbox_level
from slm_eval.sources import SourceContext
from slm_eval.task import Suite

MIRROR = Path(__file__).resolve().parents[2].parent / "shared" / "data"
ROW = {
    "id": "humaneval-000",
    "task_id": "HumanEval/0",
    "prompt": 'def helper(x):\n    return x + 1\n\n\ndef twice(x):\n    """ Return 2 x. """\n',
    "entry_point": "twice",
    "canonical_solution": "    return 2 * x\n",
    "test": "def check(candidate):\n    assert candidate(2) == 4\n    assert helper(3) == 4\n",
}


@pytest.fixture(scope="module")
def sandbox():
    if not sandbox_level().isolates:
        pytest.skip("nothing isolates a program on this machine")
    return open_sandbox()


def checked(sandbox, text):
    handle = CaseHandle(Suite("humaneval", humaneval(), 0.0), "m", ROW, 0, 0.0)
    score(handle, Response(text=text), sandbox)
    return handle.checked


def test_request_is_the_harness_own():
    task = humaneval()
    request = task.request(task.case(ROW, 0))
    assert isinstance(request, Generation)
    assert request.prompt == ROW["prompt"]
    assert request.decoding.stop == ("\nclass", "\ndef", "\n#", "\nif", "\nprint")
    assert (request.decoding.max_new_tokens, request.decoding.temperature) == (1024, 0.0)


@pytest.mark.parametrize(
    ("text", "passed", "extracted", "note"),
    [
        ("    return 2 * x\n", 1.0, True, "passed"),
        ("    return x\n", 0.0, True, "failed: AssertionError"),
        ("", 0.0, False, "the answer is empty"),
        (" \n", 0.0, False, "the answer is empty"),
        ("<think>well</think>\n\n    y = 2\n    return y * x\n", 1.0, True, "passed"),
        ("<think>well</think>    return 2 * x", 1.0, True, "passed"),
        ("```python\nreturn 2 * x", 0.0, False, "unreadable: SyntaxError"),
        ("    return 2 * x\ndef helper(x): return 0\n", 1.0, True, "passed"),
        ("    raise SystemExit(0)\n", 0.0, True, "error: RemoteError: SystemExit"),
        ("<think>well", 0.0, False, "never finished"),
    ],
)
def test_scores(sandbox, text, passed, extracted, note):
    found = checked(sandbox, text)
    assert (found.score, found.extracted) == (passed, extracted)
    assert note in found.note


def test_a_wrong_program_is_a_miss(sandbox):
    handle = CaseHandle(Suite("humaneval", humaneval(), 1.0), "m", ROW, 0, 1.0)
    with pytest.raises(Miss):
        score(handle, Response(text="    return x"), sandbox)


@settings(max_examples=15, deadline=None)
@given(
    st.text(max_size=60)
    | st.binary(max_size=30).map(lambda b: b.decode("utf-8", "surrogateescape"))
)
def test_garbage_scores_zero(sandbox, text):
    # Indented so that it cannot be a docstring's harmless neighbour by chance alone.
    assert checked(sandbox, f"    return {text!r}, (\n{text}").score == 0.0


def test_an_enormous_answer_scores_zero(sandbox):
    assert checked(sandbox, "    x = 1\n" * 2_000_000).score == 0.0
    assert checked(sandbox, "    return " + "(" * 100_000).score == 0.0


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("canonical_solution", "    return (\n", "not Python that runs"),
        ("test", "def check(", "not Python that runs"),
        ("entry_point", "thrice", "defines no 'thrice'"),
    ],
)
def test_a_malformed_row_is_refused(name, value, why):
    check_row(ROW)
    with pytest.raises(DataError, match=f"humaneval-000.*{why}"):
        check_row({**ROW, name: value})


def test_samples_are_rows_with_seeds_of_their_own():
    task = humaneval(samples=2, temperature=0.8, seed=5)
    task = type(task)(**{**vars(task), "rows": type(task.rows)(rows([ROW], required=["id"]), 2)})
    loaded = task.rows.load(DatasetContext()).rows
    cases = [task.case(row, index) for index, row in enumerate(loaded)]
    assert [case.id for case in cases] == ["humaneval-000/s0", "humaneval-000/s1"]
    assert {case.cluster for case in cases} == {"humaneval-000"}
    decodings = [task.request(case).decoding for case in cases]
    assert [decoding.seed for decoding in decodings] == [5, 6]
    assert {decoding.temperature for decoding in decodings} == {0.8}
    assert [metric.__name__ for metric in task.suite_metrics] == ["pass_at_1", "pass_at_2"]
    assert task.default_examples() > 164 * 100
    with pytest.raises(ConfigError, match="alike"):
        humaneval(samples=2)


def test_every_canonical_solution_passes(sandbox):
    try:
        loaded = HUMANEVAL.load(DatasetContext(sources=SourceContext(mirror=MIRROR, offline=True)))
    except SourceUnavailable as error:
        pytest.skip(str(error))
    programs = [program(row, row["canonical_solution"]) for row in loaded.rows]
    verdicts = sandbox.check_all(programs)
    failed = {r["id"]: v for r, v in zip(loaded.rows, verdicts, strict=True) if not v.passed}
    assert failed == {}
    assert len(verdicts) == 164
    for row in loaded.rows:
        check_row(row)
