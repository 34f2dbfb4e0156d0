"""`--lf` after a rejected run: the misses of the failed gates, and the gates."""

from __future__ import annotations

A_GATE = "test_a[m:gate:score.at_least]"


def test_lf_selects_the_misses_of_failed_gates_and_shows_each(project):
    project.engine(0, 1, 2)
    project.suite("a")
    project.suite("b", gates="Gate('score', at_least=0.25)")
    run = project.run()
    assert run.code == 1
    assert run.gate("a")["verdict"] == "failed"
    assert run.gate("b")["verdict"] == "passed"

    again = project.run("--lf")
    assert again.code == 1
    assert again.shown == {
        "test_a[m:r0]": "FAILED",
        "test_a[m:r1]": "FAILED",
        "test_a[m:r2]": "FAILED",
        A_GATE: "SKIPPED",
    }
    assert again.gate("a")["verdict"] == "not_evaluated"
    assert again.text.count("answer    no") == 3
    again.result.stdout.fnmatch_lines(["m: UNDECIDED (1 not evaluated)*no verdict is claimed*"])

    project.engine()
    mended = project.run("--lf")
    assert list(mended.shown.values()) == ["PASSED"] * 3
    assert mended.code == 1
    assert project.run().code == 0


def test_lf_under_xdist(project):
    project.engine(0, 1, 2)
    project.suite("a")
    assert project.run("-n", "2").code == 1
    again = project.run("--lf")
    assert set(again.shown) == {"test_a[m:r0]", "test_a[m:r1]", "test_a[m:r2]", A_GATE}


def test_accepted_run_leaves_nothing_for_lf(project):
    project.engine(0)
    project.suite("a")
    assert project.run().code == 0
    again = project.run("--lf")
    assert again.code == 0
    assert len(again.shown) == 5
