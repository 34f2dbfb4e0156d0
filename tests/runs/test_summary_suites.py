"""A suite's entry in the summary: chat, ties, cut prompts, and lengths that were left out."""

import pytest
from jsonschema import Draft202012Validator

from slm_eval.cases.case import Chat
from slm_eval.cases.datasets import rows
from slm_eval.engines.base import EngineOptions
from slm_eval.runs.finish import Conclusion
from slm_eval.runs.ledger import BlockLog
from slm_eval.runs.plan import BlockKey
from slm_eval.runs.results import suite_result
from slm_eval.runs.schema import schema
from slm_eval.runs.settings import Settings
from slm_eval.runs.summary import summary_dict
from slm_eval.task import Suite, Task
from slm_eval.verdicts.gate import Gate

HASH = "a" * 64
TURN = {"system": None, "thinking": False}


def record(name, score=1.0, **fields):
    """Return the record of a case that was answered, or skipped with a reason."""
    unknown = dict.fromkeys(("cluster", "latency_s", "prompt_tokens", "output_tokens"))
    done = {"case_id": name, "score": score, "metrics": {}, "outcome": "hit", "why": None}
    return unknown | done | {"extracted": True, "truncated": False} | fields


def skipped(name, why):
    return record(name, None, outcome="skipped", why=why, extracted=None, truncated=None)


def judged(records, *gates, **info):
    """Return the result of a suite that recorded `records` under `gates`."""
    known = {"suite": "s", "version": "1", "rows": len(records), "shots": 0, "threshold": 1.0}
    known |= {"declared": len(records), "selected": len(records), "whole": True, "seed": 0}
    known |= {"chat": None, "dataset": None, "too_long": [], "selected_gates": []}
    known["gates"] = [
        vars(gate) | {"nodeid": gate.key, "location": ("t.py", 1, "t")} for gate in gates
    ]
    log = BlockLog(BlockKey("t.py::test_s", "m"), known | info, records)
    log.engine = {"chat_template_sha256": HASH}
    return suite_result(log)


def entry(result):
    """Return the suite's entry in `summary.json`, which follows its schema."""
    (suite,) = summary_dict("r", Settings(), [], Conclusion([result], {}, 0, 0.0))["suites"]
    suite_schema = schema("summary")["$defs"]["suite"] | {"$defs": schema("summary")["$defs"]}
    Draft202012Validator(suite_schema).validate(suite)
    return suite


@pytest.mark.parametrize(
    ("option", "own", "effective"),
    [
        (None, None, None),
        (None, Chat(system="s"), Chat(system="s")),
        (True, None, Chat()),
        (True, Chat(thinking=False), Chat(thinking=False)),
        (False, Chat(), None),
    ],
)
def test_the_option_overrules_the_tasks_own_chat(option, own, effective):
    task = Task(name="t", rows=rows([{"id": "a"}]), prompt="p", chat=own)
    assert Settings(options=EngineOptions(chat=option)).chat_for(task) == effective


def test_the_template_is_named_only_where_it_was_used():
    on, off = entry(judged([record("a")], chat=TURN)), entry(judged([record("a")]))
    assert (on["chat"], on["chat_template_sha256"]) == (TURN, HASH)
    assert (off["chat"], off["chat_template_sha256"]) == (None, None)


def test_cases_with_ties_are_counted():
    records = [record("a", tie_offsets=[3, 9]), record("b", tie_offsets=[]), record("c")]
    assert entry(judged(records))["ties"] == 1


def test_cut_prompts_are_a_metric_where_there_are_any():
    gate = Gate("truncated", at_most=0)
    cut = entry(judged([record("a", truncated=True), *map(record, "bcd")], gate))
    assert cut["metrics"]["truncated"]["value"] == 0.25
    assert cut["gates"][0]["verdict"] == "failed"
    whole = entry(judged([*map(record, "abcd")], gate))
    assert "truncated" not in whole["metrics"]
    assert (whole["gates"][0]["value"], whole["gates"][0]["verdict"]) == (0.0, "passed")


def test_a_policy_may_name_cut_prompts():
    task = Task(name="t", rows=rows([{"id": "a"}]), prompt="p")
    assert "truncated" in Suite("s", task, 1.0).metric_names()


def test_a_length_left_out_blocks_no_gate():
    gate = Gate("score", at_least=0.9)
    result = judged([record("a"), skipped("b", "long"), skipped("c", "long")], gate, too_long="bc")
    assert result.gates[0].result.why == "1 >= 0.9"
    assert (entry(result)["left_out"], entry(result)["n"]) == (2, 1)


@pytest.mark.parametrize(
    ("records", "too_long", "why"),
    [
        ([record("a"), skipped("b", "no sandbox")], "", "no sandbox"),
        ([record("a"), skipped("b", "too long"), skipped("c", "no sandbox")], "b", "no sandbox"),
        ([skipped("a", "too long"), skipped("b", "too long")], "ab", "too long"),
    ],
)
def test_any_other_skip_still_blocks(records, too_long, why):
    gate = judged(records, Gate("score", at_least=0.9), too_long=too_long).gates[0].result
    assert (gate.verdict, gate.why) == ("not_evaluated", why)


def test_what_did_not_run_is_still_missed():
    result = judged([record("a"), skipped("b", "x")], Gate("score", at_least=0.5), too_long="b")
    result.log.info["declared"] = 9
    (line,) = suite_result(result.log).gates
    assert (line.result.verdict, line.result.why) == ("not_evaluated", "7 of 9 did not run")


@pytest.mark.parametrize(("effective", "known"), [(1024.0, True), (512.0, None)])
def test_an_effective_length_says_when_nothing_longer_was_asked(effective, known):
    records = [record("a", metrics={"context_tokens": 512.0})]
    records.append(record("b", metrics={"context_tokens": 1024.0}))
    log = judged(records).log
    found = {"value": effective, "ci_low": 0.0, "ci_high": effective, "n": 2}
    log.aggregates = {"effective_context_tokens": found}
    metrics = entry(suite_result(log))["metrics"]
    assert metrics["effective_context_tokens"].get("at_least") is known
