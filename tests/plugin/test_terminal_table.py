"""The table at the end of a run, as reviewed text."""

from __future__ import annotations

import re


def table(run):
    """Return our section of the output without what changes from run to run."""
    lines = run.result.outlines
    start = next(at for at, line in enumerate(lines) if "= slm_eval =" in line)
    section = []
    for line in lines[start + 1 :]:
        if line.startswith("=="):
            break
        line = re.sub(r"^in [\d.]+ s$", "in N s", line)
        section.append(re.sub(r"reports/\d{8}-\d{6}-\w+", "reports/RUN", line))
    return "\n".join(line for line in section if line)


def test_whole_run(project, snapshot):
    project.engine(1, 2)
    project.suite(
        "sentiment",
        n=8,
        gates="Gate('score', at_least=0.7), Gate('extraction_failures', at_most=0.1)",
    )
    project.suite(
        "speed",
        n=3,
        gates="Gate('prefill_ms', at_most=900, quantile=0.95), Gate('prefill_ms', "
        "no_worse_than='nightly')",
        body="case.check(1, prefill_ms=1234.5)",
    )
    project.suite("free", n=3, gates="", body="case.check(1)")
    run = project.run("--slm-baseline", "base", models=("m", "other"))
    text = re.sub(r"base/\S+?/(m|other)-fake-none-none/", r"base/MACHINE/\1/", table(run))
    assert text.replace(str(project.root), "ROOT") == snapshot


def test_smoke_and_undecided(project, snapshot):
    project.engine(0)
    project.suite("wide", n=40, gates="Gate('score', at_least=0.9, confidence=0.95)")
    run = project.run("--slm-examples", "10")
    assert table(run) == snapshot


def test_part_of_a_suite(project, snapshot):
    project.engine(0)
    project.suite("part", n=4)
    run = project.run("-k", "r0 or gate")
    assert table(run) == snapshot
