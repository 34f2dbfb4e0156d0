"""One process, two workers, or no xdist at all: the same numbers."""

from __future__ import annotations

from xml.etree import ElementTree as ET

METRICS = """
import numpy as np
import pytest
from slm_eval import Gate, rows, suite

ROWS = [
    {"id": f"r{i}", "input": f"q{i}", "expected": "yes", "cluster": f"c{i % 3}"} for i in range(9)
]

def share_of_c0(records):
    mine = [r["score"] for r in records if r["cluster"] == "c0"]
    return sum(mine) / len(mine) if mine else 0.0

@suite(
    rows(ROWS),
    prompt="{input}",
    gates=[
        Gate("score", at_least=0.9),
        Gate("share_of_c0", at_least=0.5),
        Gate("length", at_most=3),
    ],
    metrics=[share_of_c0],
)
def test_c(case, response):
    case.check(
        np.bool_(response.text == case.expected),
        label=case.expected,
        prediction=response.text,
        length=np.float32(len(response.text)),
    )

@pytest.mark.parametrize("value", [1, 2], ids=["m:1", "else:gate:x"])
def test_plain_with_colons(value):
    pass
"""


def numbers(run):
    summary = run.summary
    changing = {"seconds", "tokens_per_second"}
    return (
        summary["verdict"],
        summary["exit_code"],
        [(model["name"], model["verdict_line"]) for model in summary["models"]],
        sorted(
            (
                {key: value for key, value in suite.items() if key not in changing}
                for suite in summary["suites"]
            ),
            key=lambda suite: (suite["model"], suite["suite"]),
        ),
    )


def lines(run):
    found = [{**case, "latency_s": None} for case in run.cases]
    return sorted(found, key=lambda case: case["nodeid"])


def test_numbers_do_not_depend_on_processes(project):
    project.engine(1, 2, 5)
    project.suite()
    project.suite("b", n=3, gates="")
    project.write("test_c.py", METRICS)
    models = ("m", "other")
    here = project.run(models=models)
    first, first_lines = numbers(here), lines(here)
    assert len(first_lines) == 2 * (4 + 3 + 9)
    for arguments in (["-n", "2"], ["-n", "2", "--dist=loadgroup"], ["-p", "no:xdist"]):
        run = project.run(*arguments, models=models)
        assert run.code == here.code == 1
        assert numbers(run) == first
        assert lines(run) == first_lines
        assert run.shown == here.shown


def test_each_block_stays_whole_on_one_worker(project):
    project.write(
        "conftest.py",
        "import os, pytest\n"
        "@pytest.fixture(autouse=True)\n"
        "def where(record_property):\n"
        "    record_property('worker', os.environ.get('PYTEST_XDIST_WORKER'))\n",
    )
    project.suite("a", n=6)
    project.suite("b", n=6)
    run = project.run("-n", "2", "--junit-xml=j.xml", models=("m", "other"))
    workers: dict[str, set[str]] = {}
    for case in ET.parse(project.root / "j.xml").iter("testcase"):
        for found in case.iter("property"):
            if found.get("name") == "worker":
                block = case.get("name", "").partition(":")[0]
                workers.setdefault(block, set()).add(found.get("value"))
    assert run.code == 0
    assert len(workers) == 4
    assert all(len(where) == 1 for where in workers.values())
    # The first worker to be free goes on with the model that it holds.
    same = [workers[f"test_a[{model}"] == workers[f"test_b[{model}"] for model in ("m", "other")]
    assert any(same)
