"""A small real run with the fake engine: both kinds of request, errors, an unusable suite."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import slm_eval

FAKE = """
def respond(request):
    if "boom" in request.prompt:
        raise RuntimeError("boom")
    if hasattr(request, "continuations"):
        return [-1.0, -2.5]
    return request.prompt.split()[-1]
"""
SUITES = """
from slm_eval import Gate, jsonl, rows, suite

def table(records):
    return {"a": {"a": len(records)}}

def error_rate(records):
    return 1 - sum(record["score"] for record in records) / len(records)

@suite(
    rows([{"id": f"r{i}", "input": f"q {i}", "expected": str(i % 4), "cluster": f"c{i % 3}"}
          for i in range(12)], name="generated"),
    prompt="{input}",
    gates=[Gate("score", at_least=0.9), Gate("error_rate", at_most=0.9)],
    metrics=[table, error_rate],
)
def test_generation(case, response):
    right = response.text == case.expected
    case.check(right, length=len(response.text), label="a", prediction="a", extracted=right)

@suite(
    rows([{"id": "one", "input": "x\\u2028y", "expected": [0]}], name="chosen"),
    prompt="{input}",
    choices=lambda row: (" a", " b"),
    gates=[Gate("score", at_least=1)],
)
def test_choices(case, response):
    case.check(response.choices[0].loglikelihood > response.choices[1].loglikelihood)

@suite(rows([{"id": "bad", "input": "boom", "expected": 1}], name="broken"), prompt="{input}")
def test_error(case, response):
    case.check(1)

@suite(jsonl("nowhere.jsonl"), prompt="{input}", gates=[Gate("score", at_least=1)])
def test_no_rows(case, response):
    case.check(1)
"""


def run_pytest(folder, *arguments):
    """Run pytest with the plugin in `folder`; return the finished process."""
    environment = {**os.environ, "PYTHONPATH": str(Path(slm_eval.__file__).parents[1])}
    environment.pop("PYTEST_ADDOPTS", None)
    command = [sys.executable, "-m", "pytest", "-p", "slm_eval.plugin", "-p", "no:cacheprovider"]
    return subprocess.run(
        [*command, "--slm-engine", "fake:fake.py", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="session")
def small_run(tmp_path_factory):
    """Return the project folder of a run of two models; its run is `reports/latest`."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    (folder / "fake.py").write_text(FAKE, encoding="utf-8")
    (folder / "test_small.py").write_text(SUITES, encoding="utf-8")
    done = run_pytest(folder, "--model", "first", "--model", "second")
    assert done.returncode == 1, done.stdout + done.stderr
    return folder
