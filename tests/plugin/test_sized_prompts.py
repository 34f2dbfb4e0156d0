"""Prompts fitted to a length: in words without a tokenizer; too long ones said case by case."""

from __future__ import annotations

import json

SUITE = """
from slm_eval import Gate, suite
from slm_eval.benchmarks.long_context import needle, ruler, score
from slm_eval.scoring.context_length import depth_by_length, effective_context

@suite(
    needle([256, 512, 1024], [0, 1]),
    metrics=[effective_context(), depth_by_length],
    gates=[Gate("effective_context_tokens", at_least=512)],
)
def test_needle(case, response):
    score(case, response)

@suite(ruler([512], ["niah_multivalue", "fwe"]), gates=[Gate("score", at_least=0.9)])
def test_ruler(case, response):
    score(case, response)
"""
FINDS = """
import re
def respond(request):
    words = len(request.prompt.split())
    if "coded word" in request.prompt:
        return "no idea"
    key = request.prompt.split("number")[-1].split(" for ")[1].split(" mentioned")[0]
    found = re.findall(rf"numbers for {key} is: (\\d+)", request.prompt)
    return ", ".join(found) if words < LONGEST else "?"
"""


def test_lengths_count_and_the_effective_one_is_gated(project):
    project.write("test_inner_long.py", SUITE)
    project.engine(source=FINDS.replace("LONGEST", "600"))
    run = project.run()
    needle, ruler = run.summary["suites"]
    effective = needle["metrics"]["effective_context_tokens"]
    assert (effective["value"], "at_least" in effective) == (512, False)
    assert needle["metrics"]["depth_by_length"]["value"] == {
        depth: {"256": 1.0, "512": 1.0, "1024": 0.0} for depth in ("0 %", "100 %")
    }
    page = (run.latest / "summary.md").read_text(encoding="utf-8")
    assert "| depth \\ tokens | 256 | 512 | 1024 |" in page
    assert "| 100 % | 1.000 | 1.000 | 0.000 |" in page
    assert [gate["verdict"] for gate in needle["gates"] + ruler["gates"]] == ["passed", "failed"]
    assert run.outcomes["niah_multivalue-512-0"] == "hit"
    for case in run.cases:
        length = case["metrics"]["context_tokens"]
        answer = {"fwe-512-0": 50, "niah_multivalue-512-0": 128}.get(case["case_id"], 32)
        assert length - answer - 40 < case["prompt_tokens"] <= length - answer


def test_a_length_that_is_too_long_is_skipped_case_by_case(project):
    project.write("test_inner_long.py", SUITE)
    project.engine(source=FINDS.replace("LONGEST", "9999"))
    run = project.run("--slm-context", "600")
    whys = {case["case_id"]: case["why"] for case in run.cases if case["outcome"] == "skipped"}
    assert whys == dict.fromkeys(
        ("1024-depth000-0", "1024-depth100-0"),
        "a context of 1024 tokens is asked for; --slm-context allows 600: ask for shorter ones",
    )
    needle, _ = run.summary["suites"]
    assert needle["metrics"]["effective_context_tokens"]["value"] == 512
    (gate,) = needle["gates"]
    assert (gate["verdict"], needle["left_out"]) == ("passed", 2)
    told = "left out: m needle: 2 cases are longer than the model or the machine holds"
    page = (run.latest / "summary.md").read_text(encoding="utf-8")
    assert f"- {told}\n" in page
    assert told in run.text
    assert "| m | needle | effective_context_tokens | at least 512 |" in page
    assert " at least 512 " in run.text


def test_a_suite_of_nothing_but_too_long_cases_is_not_evaluated(project):
    project.write("test_inner_long.py", SUITE)
    project.engine(source=FINDS.replace("LONGEST", "9999"))
    run = project.run("--slm-context", "100", "-k", "needle")
    (gate,) = run.summary["suites"][0]["gates"]
    assert (gate["verdict"], run.code) == ("not_evaluated", 1)
    assert "tokens is asked for; --slm-context allows 100" in gate["why"]


def test_a_cut_prompt_is_an_error(project):
    project.write("test_inner_long.py", SUITE)
    cut = (
        "from slm_eval.cases.case import Response\n"
        "def respond(request):\n"
        "    return Response(text='?', prompt_tokens=9, truncated=True)\n"
    )
    project.engine(source=cut)
    run = project.run("-k", "test_ruler")
    assert set(run.outcomes.values()) == {"failed"}
    assert "the prompt was cut to 9 tokens" in run.cases[0]["why"]


def test_a_recording_is_replayed(project):
    project.write("test_inner_long.py", SUITE)
    project.engine(source=FINDS.replace("LONGEST", "9999"))
    first = project.run()
    again = project.run(engine=f"replay:{first.latest.resolve()}")
    assert {case["outcome"] for case in again.cases if case["suite"] == "needle"} == {"hit"}
    assert [case["prompt_sha256"] for case in again.cases] == [
        json.loads(line)["prompt_sha256"]
        for line in (first.latest / "cases.jsonl").read_text(encoding="utf-8").splitlines()
    ]


def test_collection_renders_nothing(project):
    project.write("test_inner_long.py", SUITE)
    project.write(
        "conftest.py",
        "import slm_eval.benchmarks.long_context.rows as rows\nrows.FittedPrompt.render = None\n",
    )
    run = project.run("--collect-only", "-q", own_process=True)
    assert run.code == 0
    assert "test_needle[m:1024-depth100-0]" in run.text


def test_the_default_subset_is_drawn_from_short_lengths(project):
    project.write(
        "test_inner_long.py",
        "from slm_eval import suite\n"
        "from slm_eval.benchmarks.long_context import needle, score\n"
        "@suite(needle())\n"
        "def test_needle(case, response):\n"
        "    score(case, response)\n",
    )
    collected = {
        examples: {
            line.partition(":m:")[0].partition("[m:")[2].partition("-")[0]
            for line in project.run("--collect-only", "-q", *examples).result.outlines
            if "[m:" in line
        }
        for examples in ((), ("--slm-examples", "all"))
    }
    assert collected[()] == {"512", "1024"}
    assert collected["--slm-examples", "all"] == {str(2**power) for power in range(9, 18)}
