"""A small project made in `pytester`, with suites answered by the fake engine."""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

import slm_eval

PLUGIN = "slm_eval.plugin"
SHOWN = re.compile(
    r"^\[gw\d+\] \[ *\d+%\] (?P<word>[A-Z]+) (?P<id>\S+)|^(?P<id0>\S+::\S+) (?P<word0>[A-Z]+)\b"
)

RESPOND = """
WRONG = {wrong!r}

def respond(request):
    return "no" if int(request.prompt.split("q")[-1]) in WRONG else "yes"
"""

SUITE = """
from slm_eval import Gate, rows, suite
{top}
ROWS = [{{"id": f"r{{i}}", "input": f"q{{i}}", "expected": "yes"}} for i in range({n})]

@suite(rows(ROWS), prompt="Question {{input}}", gates=[{gates}]{more})
def test_{name}({arguments}):
    {body}
"""


@pytest.fixture(scope="session", autouse=True)
def _preloaded() -> None:
    """Import what runs import: pytester forgets modules first imported by an in-process run.

    A second import of slm_eval's modules would make classes of the same name that are not the
    same, and numpy refuses to be imported twice.
    """
    for heavy in ("numpy", "scipy.stats", "rich.table", "rich.console", "xml.etree.ElementTree"):
        importlib.import_module(heavy)
    engines = {"slm_eval.engines.open", "slm_eval.engines.fake", "slm_eval.engines.replay"}
    for module in pkgutil.walk_packages(slm_eval.__path__, "slm_eval."):
        if not module.name.startswith("slm_eval.engines.") or module.name in engines:
            importlib.import_module(module.name)


@dataclass
class Run:
    """One pytest run: its result, and what it left in `reports/latest`."""

    result: pytest.RunResult
    root: Path

    @property
    def code(self) -> int:
        return int(self.result.ret)

    @property
    def text(self) -> str:
        return self.result.stdout.str() + self.result.stderr.str()

    @property
    def shown(self) -> dict[str, str]:
        """The word that ``-v`` shows for each test, by the part of its id after ``::``."""
        found = {}
        for line in self.result.outlines:
            match = SHOWN.match(line)
            if match:
                nodeid = match["id"] or match["id0"]
                found[nodeid.partition("::")[2]] = match["word"] or match["word0"]
        return found

    @property
    def latest(self) -> Path:
        return self.root / "reports" / "latest"

    @property
    def summary(self) -> dict[str, Any]:
        return json.loads((self.latest / "summary.json").read_text(encoding="utf-8"))

    @property
    def cases(self) -> list[dict[str, Any]]:
        text = (self.latest / "cases.jsonl").read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines()]

    @property
    def outcomes(self) -> dict[str, str]:
        return {case["case_id"]: case["outcome"] for case in self.cases}

    def gate(self, suite: str = "a", index: int = 0) -> dict[str, Any]:
        entry = next(entry for entry in self.summary["suites"] if entry["suite"] == suite)
        return entry["gates"][index]

    @property
    def verdicts(self) -> dict[str, str]:
        return {model["name"]: model["verdict_line"] for model in self.summary["models"]}


class Project:
    """Writes suites and a fake engine into pytester's folder and runs pytest there."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.root = pytester.path

    def engine(self, *wrong: int, source: str | None = None) -> None:
        """Write fake.py: it answers ``yes``, and ``no`` to the questions numbered in `wrong`."""
        text = source if source is not None else RESPOND.format(wrong=set(wrong))
        self.write("fake.py", text)

    def suite(
        self,
        name: str = "a",
        *,
        n: int = 4,
        gates: str = "Gate('score', at_least=0.5)",
        body: str = "case.check(response.text == case.expected)",
        arguments: str = "case, response",
        more: str = "",
        top: str = "",
    ) -> Path:
        """Write test_NAME.py, a suite of `n` cases r0, r1, ..."""
        if more:
            more = ", " + more
        source = SUITE.format(
            name=name, n=n, gates=gates, body=body, arguments=arguments, more=more, top=top
        )
        return self.write(f"test_{name}.py", source)

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def run(
        self,
        *args: str,
        models: tuple[str, ...] = ("m",),
        engine: str | None = "fake:fake.py",
        own_process: bool = False,
        snapshots: bool = False,
    ) -> Run:
        """Run pytest in this process, or in one of its own: for xdist, crashes and Ctrl-C."""
        options = [] if "-q" in args else ["-v"]
        options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
        # Not used inside, and importing them in each process costs more than most of these runs.
        unused = ["hypothesispytest", "anyio", "platformdirs"] + ["syrupy"] * (not snapshots)
        for name in unused:
            options += ["-p", f"no:{name}"]
        registered = {point.value for point in entry_points(group="pytest11")}
        if PLUGIN not in registered:
            options += ["-p", PLUGIN]
        for model in models:
            options += ["--slm-model", model]
        if engine is not None:
            options += ["--slm-engine", engine]
        if not own_process and not any(arg.startswith("-n") for arg in args):
            result = self.pytester.runpytest_inprocess(*options, *args)
        else:
            result = self.pytester.runpytest_subprocess(*options, *args)
        return Run(result, self.root)


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Project:
    """An empty project with an engine that always answers ``yes``."""
    monkeypatch.setenv("PYTHONPATH", str(Path(slm_eval.__file__).parents[1]))
    monkeypatch.delenv("SLM_EVAL_NO_MODEL_OPTION", raising=False)
    pytester.makeini("[pytest]\naddopts = --strict-markers\nmarkers =\n    slow: takes long\n")
    made = Project(pytester)
    made.engine()
    return made
