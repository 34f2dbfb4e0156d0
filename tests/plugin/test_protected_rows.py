"""Rows of a protected data set: no text of a row or an answer in console, JUnit or run folder."""

import csv
import json

import pytest

SECRET = "XYZZY"

SUITE = """
from dataclasses import replace
import pytest
from slm_eval import Gate, suite
from slm_eval.benchmarks.datasets.knowledge import GPQA_DIAMOND
from slm_eval.benchmarks.gpqa import gpqa_diamond, score

TASK = replace(gpqa_diamond(), rows=replace(GPQA_DIAMOND, count=3))

@suite(TASK, gates=[{gates}])
def test_gpqa(case, response{more}):
    print("printed", case.input, response.text)
    {body}
"""
GATE = "Gate('score', at_least=0.0)"
# It quotes the question, as models do, and never gives a letter.
RESPOND = "def respond(request):\n    return 'I see. ' + request.prompt.split('Choices')[0]\n"


@pytest.fixture
def gated(project, tmp_path_factory, monkeypatch):
    """A project whose mirror and cache lie elsewhere, with three rows full of the secret word."""
    outside = tmp_path_factory.mktemp("outside")
    monkeypatch.setenv("SLM_EVAL_CACHE", str(outside / "cache"))
    monkeypatch.setenv("SLM_EVAL_MIRROR", str(outside / "mirror"))
    file = outside / "mirror" / "gpqa" / "gpqa_diamond.csv"
    file.parent.mkdir(parents=True)
    wrong = [f"Incorrect Answer {n}" for n in (1, 2, 3)]
    fields = ["Record ID", "High-level domain", "Subdomain", "Question", "Correct Answer", *wrong]
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(fields)
        for n in range(3):
            texts = [f"{SECRET} {name} {n}" for name in fields[3:]]
            writer.writerow([f"rec{n}", "Physics", "Optics", *texts])
    project.engine(source=RESPOND)
    return project


def run(project, *args, body="score(case, response)", gates=GATE, more="", **options):
    project.write("test_gpqa.py", SUITE.format(body=body, gates=gates, more=more))
    loud = ["-rA", "--showlocals", "--tb=long", "--full-trace"]
    junit = ["--junit-xml=junit.xml", "-o", "junit_logging=all"]
    return project.run(*loud, *junit, *args, **options)


def assert_silent(done):
    assert SECRET not in done.text
    files = [path for path in done.root.rglob("*") if path.is_file()]
    assert {"junit.xml", "cases.jsonl", "summary.json"} <= {path.name for path in files}
    for path in files:
        assert SECRET.encode() not in path.read_bytes(), path


BODIES = [
    pytest.param("score(case, response)", "miss", id="miss"),
    pytest.param("case.check(0, note=case.input + response.text)", "miss", id="note"),
    pytest.param("assert response.text == case.input", "failed", id="assertion"),
    pytest.param("raise ValueError(response.text)", "failed", id="error"),
    pytest.param("case.check(response.text)", "failed", id="no-score"),
    pytest.param("case.check(1, label=case.input, prediction=response.text)", "hit", id="labels"),
    pytest.param("pytest.skip(case.input)", "skipped", id="skip"),
    pytest.param("pytest.xfail(case.input)", "skipped", id="xfail"),
]


@pytest.mark.parametrize(("body", "outcome"), BODIES)
def test_nothing_is_shown_of_a_whole_suite(gated, body, outcome):
    done = run(gated, body=body)
    assert set(done.outcomes.values()) == {outcome}
    assert_silent(done)


def test_a_miss_that_fails_is_named_by_its_prompts_hash(gated):
    done = run(gated, "--slm-strict")
    assert done.outcomes == dict.fromkeys(("rec0", "rec1", "rec2"), "miss")
    assert done.code == 1
    assert_silent(done)
    digest = done.cases[0]["prompt_sha256"]
    assert f"prompt    sha256 {digest}; the rows are protected" in done.text
    assert "score 0 < 1 (no answer could be extracted)" in done.text


def test_where_an_error_came_from_is_still_said(gated):
    done = run(gated, body="raise ValueError(response.text)")
    assert "ValueError at test_gpqa.py:13, its message withheld" in done.text


def test_nothing_is_shown_when_a_fixture_fails_after_the_case(gated):
    gated.write(
        "conftest.py",
        "import pytest\n\n@pytest.fixture\ndef broken(case):\n    yield\n"
        "    raise RuntimeError(case.input)\n",
    )
    done = run(gated, more=", broken")
    assert done.code == 1
    assert_silent(done)


def test_nothing_is_shown_across_workers(gated):
    done = run(gated, "-n", "2", "--slm-strict", body="score(case, response)")
    assert done.outcomes == dict.fromkeys(("rec0", "rec1", "rec2"), "miss")
    assert_silent(done)


def test_what_a_run_says_of_itself_stays_readable(gated):
    """An engine's own error is no secret, nor is it that the gates were decided early."""
    gated.engine(source="def respond(request):\n    raise RuntimeError('no memory')\n")
    done = run(gated)
    assert "no memory" in done.text
    gated.engine(source=RESPOND)
    early = run(gated, "--slm-early-stop", gates="Gate('score', at_least=0.9)")
    assert [case["why"] for case in early.cases][1:] == ["decided after 1 of 3"] * 2
    assert early.gate("gpqa")["verdict"] == "failed"


def test_the_recording_of_a_protected_run_answers_nothing(gated):
    run(gated)
    recording = (gated.root / "reports" / "latest").resolve()
    done = run(gated, engine=f"replay:{recording}")
    assert set(done.outcomes.values()) == {"error"}
    assert "a protected data set are not recorded" in done.text


def test_golden_answers_are_refused(gated):
    done = run(
        gated, body="case.check(golden.agrees(case, response))", more=", golden", snapshots=True
    )
    assert set(done.outcomes.values()) == {"failed"}
    assert_silent(done)
    assert not (gated.root / "golden").exists()


def test_the_summary_says_that_the_first_use_pinned_the_rows(gated):
    done = run(gated)
    (entry,) = done.summary["datasets"]
    assert entry["first_use"] is True
    assert json.loads((done.latest / "summary.json").read_text())["datasets"] == [entry]
