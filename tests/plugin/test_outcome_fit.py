"""A model that does not fit: skipped with the arithmetic, before anything is loaded."""

from __future__ import annotations

ASKED = ("--slm-hardware", "rtx-4060")


def test_model_that_does_not_fit_is_skipped_with_the_arithmetic(project):
    project.suite(n=2)
    project.suite("b", n=1, gates="")
    project.write("test_model.py", "def test_model(model):\n    raise AssertionError\n")
    run = project.run(*ASKED, "-rs", models=("qwen3-7b",), engine=None)
    assert run.code == 1
    assert run.shown == {
        "test_a[qwen3-8b:r0]": "SKIPPED",
        "test_a[qwen3-8b:r1]": "SKIPPED",
        "test_a[qwen3-8b:gate:score.at_least]": "SKIPPED",
        "test_b[qwen3-8b:r0]": "SKIPPED",
        "test_model[qwen3-8b]": "SKIPPED",
    }
    run.result.stdout.fnmatch_lines(
        [
            "model: qwen3-7b*Qwen/Qwen3-8B*",
            "fit: qwen3-8b bf16 needs 18.2 GB*RTX 4060 8.0 GB x 0.85*does not fit*",
            "qwen3-8b: UNDECIDED (1 not evaluated)",
            "SKIPPED [[]2] test_a.py:*: qwen3-8b bf16 needs 18.2 GB*does not fit*",
        ]
    )
    assert "does not fit" in run.gate()["why"]
    assert run.summary["exit_code"] == 1


def test_collect_only_shows_the_same_arithmetic_and_leaves_nothing(project):
    project.suite()
    run = project.run(*ASKED, "--collect-only", "-q", models=("qwen3-7b",), engine=None)
    assert run.code == 0
    assert "test_a.py::test_a[qwen3-8b:r0]" in run.text
    run = project.run(*ASKED, "--collect-only", models=("qwen3-7b",), engine=None)
    run.result.stdout.fnmatch_lines(["fit: qwen3-8b bf16 needs 18.2 GB*does not fit*"])
    assert not (project.root / "reports").exists()


def test_suite_without_gates_that_does_not_fit_is_undecided(project):
    project.suite(gates="", n=1)
    run = project.run(*ASKED, models=("qwen3-7b",), engine=None)
    assert run.code == 1
    assert run.verdicts == {"qwen3-8b": "UNDECIDED (nothing evaluated)"}


def test_suite_metrics_of_a_model_that_does_not_fit_are_no_errors(project):
    project.suite(
        top="from slm_eval import accuracy",
        more="metrics=[accuracy]",
        gates="Gate('accuracy', at_least=0.5)",
    )
    run = project.run(*ASKED, models=("qwen3-7b",))
    assert run.code == 1
    assert run.verdicts["qwen3-8b"] == "UNDECIDED (1 not evaluated)"
    assert "does not fit" in run.gate()["why"]
