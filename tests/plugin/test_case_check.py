"""`case.check` in a test body: once, with a number, whatever else the body does."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("body", "message"),
    [
        pytest.param("pass", "never called case.check for r0", id="forgotten"),
        pytest.param("case.check(1); case.check(1)", "called twice for r0", id="twice"),
        pytest.param(
            "import contextlib\n"
            "    with contextlib.suppress(AssertionError): case.check(0)\n"
            "    case.check(1)",
            "called twice for r0",
            id="twice-after-a-miss",
        ),
        pytest.param("case.check(float('nan'))", "score=nan; a finite number", id="nan"),
        pytest.param("case.check('1')", "score='1'; a finite number", id="text"),
        pytest.param("case.check(None)", "score=None; a finite number", id="none"),
        pytest.param("case.check(1, f1=float('inf'))", "f1=inf; a finite number", id="metric"),
    ],
)
def test_wrong_use_is_an_error_never_a_miss(project, body, message):
    project.suite(body=body, n=1)
    run = project.run()
    assert run.code == 1
    assert run.outcomes == {"r0": "failed"}
    assert message in run.text
    assert message in run.cases[0]["why"]
    assert run.verdicts == {"m": "REJECTED (1 error)"}


def test_swallowed_miss_is_still_a_miss(project):
    body = "try: case.check(0)\n    except AssertionError: pass"
    project.suite(body=body, n=2)
    run = project.run()
    assert set(run.outcomes.values()) == {"miss"}
    assert run.gate()["verdict"] == "failed"


def test_numpy_scores_bools_and_thresholds(project):
    body = "case.check(np.float64(0.5), f1=np.float32(0.25), hit=True)"
    project.suite(body=body, n=2, top="import numpy as np", more="threshold=0.5")
    run = project.run()
    assert run.code == 0
    assert run.cases[0]["score"] == 0.5
    assert run.cases[0]["metrics"] == {"f1": 0.25, "hit": 1.0}
    assert run.summary["suites"][0]["metrics"]["f1"]["value"] == 0.25


def test_plain_assertion_in_the_body_is_a_failure_not_a_miss(project):
    project.suite(body="case.check(1); assert response.text == 'never'", n=1)
    run = project.run()
    assert run.outcomes == {"r0": "failed"}
    assert run.verdicts == {"m": "REJECTED (1 error)"}


def test_fixtures_marks_and_properties_work(project):
    project.write(
        "test_marked.py",
        """
import pytest
from slm_eval import Gate, rows, suite
ROWS = [{"id": f"r{i}", "input": f"q{i}", "expected": "yes"} for i in range(2)]
GATES = [Gate("score", at_least=0.5)]

@pytest.fixture
def expected_text():
    return "yes"

@pytest.mark.slow
@suite(rows(ROWS), prompt="{input}", gates=GATES)
def test_marked(case, response, expected_text, tmp_path, record_property):
    record_property("folder", tmp_path.name)
    case.check(response.text == expected_text)

class TestGroup:
    @suite(rows(ROWS), prompt="{input}", gates=GATES)
    def test_method(self, case, response):
        assert isinstance(self, TestGroup)
        case.check(response.text == case.expected)

@pytest.mark.parametrize("sign", ["a", "b"])
def test_ordinary(sign):
    pass
""",
    )
    run = project.run()
    assert run.code == 0
    assert set(run.shown) == {
        "test_marked[m:r0]",
        "test_marked[m:r1]",
        "test_marked[m:gate:score.at_least]",
        "TestGroup::test_method[m:r0]",
        "TestGroup::test_method[m:r1]",
        "TestGroup::test_method[m:gate:score.at_least]",
        "test_ordinary[a]",
        "test_ordinary[b]",
    }
    assert set(run.shown.values()) == {"PASSED"}
    assert {suite["suite"] for suite in run.summary["suites"]} == {"marked", "method"}

    run = project.run("-m", "slow")
    assert run.code == 0
    assert len(run.shown) == 3
    assert all(name.startswith("test_marked") for name in run.shown)

    run = project.run("test_marked.py::TestGroup::test_method")
    assert run.code == 0
    assert len(run.shown) == 3
    run = project.run("--deselect", "test_marked.py::TestGroup::test_method[m:r1]")
    assert run.code == 1
    assert run.gate("method")["verdict"] == "not_evaluated"
    assert run.gate("marked")["verdict"] == "passed"


def test_expected_failures_are_respected(project):
    mark = "import pytest\n"
    body = "case.check(response.text == case.expected)"
    project.engine(1)
    path = project.suite(body=body, top=mark)
    path.write_text(path.read_text().replace("@suite", "@pytest.mark.xfail\n@suite"))
    run = project.run()
    assert run.shown["test_a[m:r1]"] == "XFAIL"
    assert run.shown["test_a[m:r0]"] == "XPASS"
    assert run.outcomes["r1"] == "miss"
    assert "MISS" not in run.shown.values()


def test_broken_fixture_and_broken_teardown_reject(project):
    top = (
        "import pytest\n"
        "@pytest.fixture\n"
        "def before(case):\n"
        "    assert case.id != 'r1'\n"
        "@pytest.fixture\n"
        "def after(case):\n"
        "    yield\n"
        "    assert case.id != 'r2'\n"
    )
    project.suite(top=top, arguments="case, response, before, after")
    run = project.run()
    assert run.code == 1
    assert run.outcomes == {"r0": "hit", "r1": "error", "r2": "hit", "r3": "hit"}
    assert run.gate()["verdict"] == "not_evaluated"
    assert run.verdicts == {"m": "REJECTED (2 errors)"}
