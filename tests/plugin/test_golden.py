"""Reviewed answers: compared, updated on request, and one model's never touched by another's."""

import pytest

from slm_eval.plugin.golden import same_up_to_tie

ANSWER = """
def respond(request):
    return {answer!r}
"""


@pytest.fixture
def golden_project(project):
    project.engine(source=ANSWER.format(answer="as reviewed"))
    project.suite(
        "golden",
        n=2,
        arguments="case, response, golden",
        body="case.check(golden.agrees(case, response))",
        gates="Gate('score', at_least=1.0)",
    )
    return project


def files(project):
    root = project.root / "golden" / "test_golden"
    return {str(path.relative_to(root)): path.read_text() for path in root.rglob("*.txt")}


def record(project, model):
    return project.run("--snapshot-update", models=(model,), own_process=True, snapshots=True)


def test_without_reviewed_answers_the_suite_is_skipped_with_the_command(golden_project):
    run = golden_project.run("-rs", own_process=True, snapshots=True)
    assert run.code == 1
    assert "--snapshot-update" in run.text
    assert run.gate("golden")["verdict"] == "not_evaluated"


def test_recorded_answers_are_compared_and_a_change_is_a_miss(golden_project):
    assert record(golden_project, "m").code == 0
    assert golden_project.run(own_process=True, snapshots=True).code == 0
    golden_project.engine(source=ANSWER.format(answer="something else"))
    run = golden_project.run(own_process=True, snapshots=True)
    assert run.code == 1
    assert run.gate("golden")["value"] == 0.0


def test_updating_one_model_leaves_the_answers_of_another(golden_project):
    record(golden_project, "a")
    before = files(golden_project)
    golden_project.engine(source=ANSWER.format(answer="another model's words"))
    record(golden_project, "b")
    after = files(golden_project)
    assert {name: after.get(name) for name in before} == before
    assert len(after) == 2 * len(before) == 4


def test_updating_under_xdist_is_refused(golden_project):
    run = golden_project.run("--snapshot-update", "-n", "2", snapshots=True)
    assert run.code == 1
    assert "run it without -n" in run.text
    assert not files(golden_project)


@pytest.mark.parametrize(
    ("answer", "ties", "same"),
    [
        ("the red fox", (), True),
        ("the red hen", (), False),
        ("the red hen", (8,), True),
        ("the red hen", (9,), False),
        ("a red fox", (4,), False),
        ("the red", (7,), True),
        ("the red", (), False),
    ],
)
def test_a_difference_is_tolerated_from_a_logit_tie_on(answer, ties, same):
    assert same_up_to_tie(answer, "the red fox", ties) is same
