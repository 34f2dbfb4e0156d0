"""What becomes of one case: hit, miss, failure, error (the first rows of the table of outcomes)."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

GATE = "test_a[m:gate:score.at_least]"


def test_hits_and_tolerated_misses(project):
    project.engine(1, 3)
    project.suite()
    run = project.run("--junit-xml=junit.xml")
    assert run.code == 0
    assert run.shown == {
        "test_a[m:r0]": "PASSED",
        "test_a[m:r1]": "MISS",
        "test_a[m:r2]": "PASSED",
        "test_a[m:r3]": "MISS",
        GATE: "PASSED",
    }
    assert run.outcomes == {"r0": "hit", "r1": "miss", "r2": "hit", "r3": "miss"}
    assert run.verdicts == {"m": "ACCEPTED"}
    run.result.stdout.fnmatch_lines(["m: ACCEPTED", "*3 passed, 2 miss in*"])
    in_junit(project)


def in_junit(project):
    tree = ET.parse(project.root / "junit.xml")
    by_name = {case.get("name"): case for case in tree.iter("testcase")}
    assert len(by_name) == len(list(tree.iter("testcase"))) == 5
    miss = by_name["test_a[m:r1]"]
    skipped = miss.find("skipped")
    assert skipped is not None
    assert skipped.get("message") == "score 0 < 1"
    properties = {p.get("name"): p.get("value") for p in miss.iter("property")}
    assert properties == {"slm.outcome": "miss", "slm.score": "0.0"}
    gate = {p.get("name"): p.get("value") for p in by_name[GATE].iter("property")}
    assert gate == {"slm.verdict": "passed", "slm.value": "0.5"}
    assert by_name[GATE].find("skipped") is None


def test_dots_are_short_without_v(project):
    project.engine(1)
    project.suite()
    run = project.run("-q", "-q")
    assert ".m..." in run.text


def test_failed_gate_is_one_failure_and_the_misses_stay_misses(project):
    project.engine(0, 1, 2)
    project.suite()
    run = project.run()
    assert run.code == 1
    assert run.shown[GATE] == "FAILED"
    assert list(run.shown.values()).count("MISS") == 3
    assert run.verdicts == {"m": "REJECTED (1 gate)"}
    run.result.stdout.fnmatch_lines(
        [f"FAILED test_a.py::{GATE} - score: 0.25 < 0.5", "*1 failed, 1 passed, 3 miss in*"]
    )


@pytest.mark.parametrize(
    ("arguments", "gates", "gate_verdict", "verdict"),
    [
        pytest.param([], "", None, "REJECTED (1 failed case)", id="no-gates"),
        pytest.param(
            ["--slm-strict"],
            "Gate('score', at_least=0.5)",
            "passed",
            "REJECTED (1 failed case)",
            id="strict",
        ),
        pytest.param(
            ["-k", "r1 or r2"],
            "Gate('score', at_least=0.5)",
            "not_evaluated",
            "UNDECIDED (1 not evaluated)",
            id="k",
        ),
        pytest.param(
            ["test_a.py::test_a[m:r1]"],
            "Gate('score', at_least=0.5)",
            "not_evaluated",
            "UNDECIDED (1 not evaluated)",
            id="nodeid",
        ),
    ],
)
def test_miss_that_fails_shows_prompt_expected_and_answer(
    project, arguments, gates, gate_verdict, verdict
):
    project.engine(1)
    project.suite(gates=gates)
    run = project.run(*arguments)
    assert run.code == 1
    assert run.shown["test_a[m:r1]"] == "FAILED"
    run.result.stdout.fnmatch_lines(
        [
            "prompt    Question q1",
            "expected  yes",
            "answer    no",
            "FAILED test_a.py::test_a?m:r1? - score 0 < 1",
        ]
    )
    assert run.outcomes["r1"] == "miss"
    assert run.verdicts == {"m": verdict}
    if gate_verdict is not None:
        assert run.gate()["verdict"] == gate_verdict


def test_part_of_a_suite_without_a_miss_claims_no_verdict(project):
    project.suite()
    run = project.run("-k", "r2")
    assert run.code == 1
    assert run.shown == {"test_a[m:r2]": "PASSED"}
    assert run.gate()["why"] == "1 of 4 cases were selected"
    run.result.stdout.fnmatch_lines(["m: UNDECIDED (1 not evaluated)*no verdict is claimed*"])


def test_gate_selected_alone_is_not_evaluated(project):
    project.suite()
    run = project.run(f"test_a.py::{GATE}")
    assert run.code == 1
    assert run.shown == {GATE: "SKIPPED"}
    assert run.gate()["verdict"] == "not_evaluated"


def test_folders_and_ids_may_hold_brackets_spaces_and_colons(project):
    ids = ["a b", "x::y", "ü[1]", "m:r0"]
    path = project.suite(n=4, gates="Gate('score', at_least=1)", more=f"case_id={ids}.__getitem__")
    text = path.read_text().replace("__getitem__", "__getitem__(int(row['id'][1:]))")
    project.write("evals[old]/test_a.py", text.replace("case_id=", "case_id=lambda row: "))
    path.unlink()
    run = project.run()
    assert run.code == 0, run.text
    assert [case["case_id"] for case in run.cases] == ids
    assert run.verdicts == {"m": "ACCEPTED"}


def test_miss_shows_choices_with_their_loglikelihoods(project):
    project.engine(source="def respond(request):\n    return [-1.5, -0.25]\n")
    body = "case.check(response.choices[0].loglikelihood > response.choices[1].loglikelihood)"
    project.suite(gates="", n=1, body=body, more="choices=lambda row: [' yes', ' no']")
    run = project.run()
    run.result.stdout.re_match_lines([r"\s+-1\.500  ' yes'", r"\s+-0\.250  ' no'"])


def test_scorer_that_raises_is_never_tolerated(project):
    project.engine(2)
    body = "case.check(1 / 0 if case.id == 'r1' else response.text == case.expected)"
    project.suite(body=body)
    run = project.run()
    assert run.code == 1
    assert run.shown["test_a[m:r1]"] == "FAILED"
    assert run.shown["test_a[m:r2]"] == "MISS"
    assert run.shown[GATE] == "SKIPPED"
    assert run.outcomes["r1"] == "failed"
    assert "ZeroDivisionError" in run.cases[1]["why"]
    assert run.gate()["verdict"] == "not_evaluated"
    assert run.gate()["why"] == "1 of 4 cases errored"
    assert run.verdicts == {"m": "REJECTED (1 error)"}


def test_engine_error_belongs_to_its_case(project):
    project.engine(
        source="def respond(request):\n"
        "    if 'q1' in request.prompt:\n"
        "        raise RuntimeError('out of memory at batch 1')\n"
        "    return 'yes'\n"
    )
    project.suite()
    run = project.run()
    assert run.code == 1
    assert run.shown["test_a[m:r1]"] == "ERROR"
    assert run.outcomes == {"r0": "hit", "r1": "error", "r2": "hit", "r3": "hit"}
    assert "out of memory at batch 1" in run.cases[1]["why"]
    assert run.cases[1]["prompt_sha256"]
    assert run.gate()["verdict"] == "not_evaluated"
    assert run.verdicts == {"m": "REJECTED (1 error)"}


def test_nan_loglikelihood_is_an_error_of_its_case(project):
    project.engine(
        source="def respond(request):\n"
        "    return [float('nan') if 'q1' in request.prompt else -1.0, -2.0]\n"
    )
    body = "case.check(response.choices[0].loglikelihood > -1.5)"
    project.suite(body=body, more="choices=lambda row: ['a', 'b']")
    run = project.run()
    assert run.code == 1
    assert run.outcomes == {"r0": "hit", "r1": "error", "r2": "hit", "r3": "hit"}
    assert run.verdicts == {"m": "REJECTED (1 error)"}


def test_extraction_failures_are_misses_counted_and_gated(project):
    project.engine(1, 2)
    project.suite(
        gates="Gate('score', at_least=0.5), Gate('extraction_failures', at_most=0.25)",
        body="found = response.text == 'yes'; case.check(found, extracted=found)",
    )
    run = project.run()
    assert run.code == 1
    assert run.shown["test_a[m:r1]"] == "MISS"
    assert [case["extracted"] for case in run.cases] == [True, False, False, True]
    assert run.summary["suites"][0]["extraction_failures"] == 2
    assert run.gate(index=0)["verdict"] == "passed"
    assert run.gate(index=1)["verdict"] == "failed"
    assert run.gate(index=1)["value"] == 0.5
    assert "no answer could be extracted" in project.run("--slm-strict").text
