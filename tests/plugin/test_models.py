"""Several models in one run, and the `model` fixture."""

from __future__ import annotations

import pytest

ENGINE_LOG = """
import slm_eval.engines.open as opening
from slm_eval.engines.fake import FakeEngine

class Watched(FakeEngine):
    '''Writes down when it is opened and closed.'''

    def __init__(self, alias):
        super().__init__(lambda request: "yes")
        self.alias = alias
        note(f"open {alias}")

    def close(self):
        note(f"close {self.alias}")

def note(line):
    with open("engines.log", "a", encoding="utf-8") as file:
        file.write(line + "\\n")

opening.open_engine = lambda spec, model, options=None: Watched(model.alias)
"""
ASKING = """
import pytest
from slm_eval import Gate, rows, suite
from slm_eval.errors import EngineError

def test_plain(model):
    assert model.generate("q7", max_new_tokens=3).text == "yes"
    assert model.name in {"m", "other"}

@pytest.mark.parametrize("model", [1], indirect=False)
def test_parameter_of_the_same_name(model):
    assert model == 1

@suite(rows([{"id": "r0", "input": "q0", "expected": "yes"}]), prompt="{input}")
def test_in_suite(case, response, model):
    assert model.name == case.model
    case.check(response.text == model.generate("q1").text)
"""


def test_models_run_one_after_the_other(project, monkeypatch):
    monkeypatch.setattr("slm_eval.engines.open.open_engine", None)  # restored afterwards
    project.write("conftest.py", ENGINE_LOG)
    project.suite("a", n=2)
    project.suite("b", n=2, gates="")
    run = project.run(models=("one", "two"), own_process=True)
    assert run.code == 0
    log = (project.root / "engines.log").read_text().splitlines()
    assert log == ["open one", "close one", "open two", "close two"]
    cases = [name for name in run.shown if "gate:" not in name]
    assert cases == [
        f"test_{suite}[{model}:r{i}]"
        for model in ("one", "two")
        for suite in ("a", "b")
        for i in range(2)
    ]
    assert run.verdicts == {"one": "ACCEPTED", "two": "ACCEPTED"}
    assert [(s["model"], s["suite"]) for s in run.summary["suites"]] == [
        ("one", "a"),
        ("one", "b"),
        ("two", "a"),
        ("two", "b"),
    ]


def test_one_model_may_be_rejected_and_the_other_accepted(project):
    project.suite(body="case.check(case.model == 'good')")
    run = project.run(models=("good", "bad"))
    assert run.code == 1
    assert run.verdicts == {"good": "ACCEPTED", "bad": "REJECTED (1 gate)"}
    assert run.summary["verdict"] == "REJECTED"
    run.result.stdout.fnmatch_lines(["good: ACCEPTED", "bad: REJECTED (1 gate)"])


def test_choosing_one_model_s_tests_claims_nothing_for_the_other(project):
    project.suite()
    run = project.run("-k", "one", models=("one", "two"))
    assert {name.partition("[")[2].partition(":")[0] for name in run.shown} == {"one"}
    assert run.verdicts["one"] == "ACCEPTED"
    assert run.verdicts["two"].startswith("UNDECIDED")
    assert run.code == 1


def test_model_fixture_in_plain_tests_and_suites(project):
    project.write("test_asking.py", ASKING)
    run = project.run(models=("m", "other"))
    assert run.code == 0
    assert run.shown == {
        "test_plain[m]": "PASSED",
        "test_in_suite[m:r0]": "PASSED",
        "test_plain[other]": "PASSED",
        "test_in_suite[other:r0]": "PASSED",
        "test_parameter_of_the_same_name[1]": "PASSED",
    }


def test_model_fixture_raises_what_the_engine_says(project):
    project.engine(source="def respond(request):\n    raise RuntimeError('no power')\n")
    project.write("test_plain.py", "def test_plain(model):\n    model.generate('q')\n")
    run = project.run()
    assert run.code == 1
    assert "no power" in run.text
    assert not (project.root / "reports").exists()


def test_the_same_model_asked_twice_runs_once(project):
    project.suite(n=1)
    run = project.run(models=("m", "m"))
    assert run.code == 0
    assert [case["nodeid"] for case in run.cases] == ["test_a.py::test_a[m:r0]"]
    assert run.verdicts == {"m": "ACCEPTED"}
    run.result.assert_outcomes(passed=2)


@pytest.mark.parametrize("name", ["Org/Name-1.5", "name@int4"])
def test_aliases_keep_ids_parsable(project, name):
    project.suite(n=1)
    run = project.run(models=(name,))
    assert run.code == 0
    (case, _) = run.shown
    alias = case.partition("[")[2].partition(":")[0]
    assert not set(alias) & set(":/[] ")
    assert run.verdicts == {alias: "ACCEPTED"}
