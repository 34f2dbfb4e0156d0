"""Rows that cannot be had, and rows that are wrong: one test that says so, the others run on."""

from __future__ import annotations

import pytest

UNREACHABLE = """
from slm_eval import Gate, suite
from slm_eval.errors import SourceUnavailable

class Nowhere:
    name = "nowhere"
    def load(self, context):
        raise SourceUnavailable("nowhere: tried mirror and Hub; pass --slm-mirror DIR")

@suite(Nowhere(), prompt="Q {input}", gates=[Gate("score", at_least=0.5)])
def test_far(case, response):
    case.check(1)
"""
BROKEN = """
from slm_eval import Gate, jsonl, suite

@suite(jsonl("broken.jsonl"), prompt="Q {input}", gates=[Gate("score", at_least=0.5)])
def test_broken(case, response):
    case.check(1)
"""
OPTIONAL = """
version = 1
[[model]]
match = "*"
[model.suites.far]
required = false
"""


def test_rows_out_of_reach_are_one_skipped_item_that_blocks(project):
    project.write("test_far.py", UNREACHABLE)
    project.suite()
    run = project.run("-rs")
    assert run.code == 1
    assert run.shown["test_far[m:rows]"] == "SKIPPED"
    assert run.shown["test_far[m:gate:score.at_least]"] == "SKIPPED"
    assert run.shown["test_a[m:r0]"] == "PASSED"
    assert "tried mirror and Hub" in run.text
    assert run.gate("far")["verdict"] == "not_evaluated"
    assert run.verdicts == {"m": "UNDECIDED (1 not evaluated)"}
    run.result.stdout.fnmatch_lines(["m: UNDECIDED (1 not evaluated)"])


def test_rows_out_of_reach_of_an_optional_suite_do_not_block(project):
    project.write("test_far.py", UNREACHABLE)
    project.write("acceptance.toml", OPTIONAL)
    project.suite()
    run = project.run()
    assert run.code == 0
    assert run.gate("far")["verdict"] == "not_evaluated"
    assert run.gate("far")["required"] is False
    assert run.verdicts == {"m": "ACCEPTED"}


def test_nothing_but_an_unreachable_optional_suite_is_not_accepted(project):
    project.write("test_far.py", UNREACHABLE)
    project.write("acceptance.toml", OPTIONAL)
    run = project.run()
    assert run.code == 1
    assert run.verdicts == {"m": "UNDECIDED (nothing evaluated)"}


@pytest.mark.parametrize("own_process", [False, True], ids=["here", "n2"])
def test_broken_row_names_file_and_line_and_the_others_run(project, own_process):
    project.write("test_broken.py", BROKEN)
    project.write("broken.jsonl", '{"input": "q0", "expected": "yes"}\n{"input": \n')
    project.suite()
    run = project.run(*(["-n", "2"] if own_process else []))
    assert run.code == 1
    assert run.shown["test_broken[m:rows]"] == "FAILED"
    assert run.shown["test_a[m:r0]"] == "PASSED"
    assert "broken.jsonl:2: broken JSON" in run.text
    assert run.gate("broken")["verdict"] == "not_evaluated"
    assert "broken.jsonl:2" in run.gate("broken")["why"]
    assert run.gate("a")["verdict"] == "passed"
    assert run.verdicts == {"m": "REJECTED (1 error)"}


WRONG_ROWS = {
    "no-expected": ('{"input": "q0"}\n', "broken.jsonl:1: field 'expected' is missing"),
    "duplicate-ids": (
        '{"id": "x", "input": "q0", "expected": "y"}\n' * 2,
        "broken.jsonl:2: the id 'x' is already that of",
    ),
    "empty": ("\n", "holds no rows"),
    "missing-file": (None, "there is no file broken.jsonl"),
}


@pytest.mark.parametrize(("content", "message"), WRONG_ROWS.values(), ids=WRONG_ROWS)
def test_wrong_rows_are_told(project, content, message):
    project.write("test_broken.py", BROKEN)
    if content is not None:
        project.write("broken.jsonl", content)
    run = project.run()
    assert run.code == 1
    assert run.shown["test_broken[m:rows]"] == "FAILED"
    assert message in run.text


def test_wrong_tasks_are_told_one_by_one(project):
    project.write(
        "test_wrong.py",
        """
from slm_eval import rows, suite
ROWS = [{"id": "r0", "input": "q0", "expected": "yes", "kind": "k"} for _ in range(1)]
TWICE = [{"id": f"r{i}", "input": "q0", "expected": "yes"} for i in range(2)]

@suite(rows(ROWS), prompt="{imput}")
def test_field(case, response):
    case.check(1)

@suite(rows(TWICE), prompt="{input}", case_id=lambda row: "same")
def test_twice(case, response):
    case.check(1)

@suite(rows(ROWS), prompt="{input}", case_id=lambda row: "gate:x")
def test_gate_like(case, response):
    case.check(1)

@suite(rows(ROWS), prompt="{input}")
def test_no_case():
    pass

@suite(rows(ROWS), prompt="{input}")
def test_fine(case, response):
    case.check(1)
""",
    )
    run = project.run()
    assert run.shown == {
        "test_field[m:rows]": "FAILED",
        "test_twice[m:rows]": "FAILED",
        "test_gate_like[m:rows]": "FAILED",
        "test_no_case[m:rows]": "FAILED",
        "test_fine[m:r0]": "PASSED",
    }
    assert "{imput}, but row 1 of rows has only" in run.text
    assert "did you mean input?" in run.text
    assert "rows 1 and 2 have the same id 'same'" in run.text
    assert "row 1 has the id 'gate:x'" in run.text
    assert "needs the argument `case`" in run.text


@pytest.mark.parametrize(
    ("decorator", "message"),
    [
        ("@suite(rows(ROWS))", "needs prompt="),
        ("@suite(rows(ROWS), prompt='{input}', tresholds=1)", "did you mean threshold"),
        (
            "@suite(rows(ROWS), prompt='{input}', gates=[Gate('score', at_least=1)] * 2)",
            "two gates are both called score.at_least",
        ),
    ],
)
def test_wrong_suite_arguments_are_collection_errors(project, decorator, message):
    project.write(
        "test_wrong.py",
        "from slm_eval import Gate, rows, suite\n"
        "ROWS = [{'input': 'q0', 'expected': 'yes'}]\n"
        f"{decorator}\ndef test_wrong(case, response):\n    case.check(1)\n",
    )
    run = project.run()
    assert run.code == 2
    assert message in run.text
