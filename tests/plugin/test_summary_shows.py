"""What a reader is told of a suite beside its score: chat, cut prompts, lengths left out."""

from __future__ import annotations

from slm_eval.cli import main

CHAT = """
from slm_eval import Gate, rows, suite
from slm_eval.cases.case import Chat
ROWS = [{"id": f"r{i}", "input": f"q{i}", "expected": "yes"} for i in range(4)]
GATES = [Gate("score", at_least=0.5), Gate("truncated", at_most=0.5)]

@suite(rows(ROWS), prompt="{input}", chat=Chat(system="Be brief.", thinking=False), gates=GATES)
def test_turn(case, response):
    case.check(response.text == case.expected)

@suite(rows(ROWS), prompt="{input}", gates=GATES[:1])
def test_plain(case, response):
    case.check(response.text == case.expected)
"""
CUTS = """
from slm_eval.cases.case import Response

def respond(request):
    return Response(text="yes", prompt_tokens=9, truncated="q1" in request.prompt)
"""


def page(run):
    return (run.latest / "summary.md").read_text(encoding="utf-8")


def chats(run):
    return {suite["suite"]: suite["chat"] for suite in run.summary["suites"]}


def test_each_suite_says_whether_it_was_asked_through_the_template(project):
    project.write("test_chat.py", CHAT)
    project.engine()
    turn = {"system": "Be brief.", "thinking": False}
    run = project.run()
    assert chats(run) == {"turn": turn, "plain": None}
    assert "- chat template on: m turn (a system prompt, thinking off)\n" in page(run)
    assert chats(project.run("--slm-chat", "off")) == {"turn": None, "plain": None}
    on = project.run("--slm-chat", "on")
    assert chats(on) == {"turn": turn, "plain": {"system": None, "thinking": None}}
    assert "- chat template on: m plain\n" in page(on)


def test_cut_prompts_are_shown_gated_or_not(project, capsys):
    project.write("test_chat.py", CHAT)
    project.engine(source=CUTS)
    run = project.run()
    assert [suite["metrics"]["truncated"]["value"] for suite in run.summary["suites"]] == [0.25] * 2
    assert run.code == 0
    assert "| m | plain | truncated | 0.250 |" in page(run)
    assert sum(" truncated " in line and " 0.250 " in line for line in run.result.outlines) == 2
    capsys.readouterr()
    assert main(["show", str(run.latest)]) == 0
    assert sum(" truncated " in line for line in capsys.readouterr().out.splitlines()) == 2


def test_a_prompt_that_fits_needs_no_line(project):
    project.write("test_chat.py", CHAT)
    project.engine()
    run = project.run()
    assert "truncated" not in run.summary["suites"][1]["metrics"]
    assert run.gate("turn", 1)["verdict"] == "passed"
