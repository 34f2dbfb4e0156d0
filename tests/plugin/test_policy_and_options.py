"""acceptance.toml and the options: what they change, and what they refuse in one line."""

from __future__ import annotations

import pytest

POLICY = """
version = 1
[[model]]
match = "*"
[model.suites.a]
threshold = 0.25
because = "measured 0.30 (n=200)"
gates."score.at_least" = {bound}
[[model]]
match = "other"
[model.suites.a]
gates."score.at_least" = false
gates."extraction_failures.at_most" = 0
"""


def test_policy_overrides_threshold_and_gates_per_model(project):
    project.suite(body="case.check(0.5)")
    project.write("acceptance.toml", POLICY.format(bound=0.75))
    run = project.run(models=("m", "other"))
    assert run.code == 1
    assert set(run.outcomes.values()) == {"hit"}
    assert run.cases[0]["threshold"] == 0.25
    assert "test_a[other:gate:extraction_failures.at_most]" in run.shown
    assert "test_a[other:gate:score.at_least]" not in run.shown
    assert run.gate()["why"] == "0.5 < 0.75; measured 0.30 (n=200)"
    assert run.verdicts == {"m": "REJECTED (1 gate)", "other": "ACCEPTED"}
    ids = set(run.shown)
    elsewhere = project.write("policies/lax.toml", POLICY.format(bound=0.5))
    run = project.run("--slm-policy", str(elsewhere), models=("m", "other"))
    assert run.code == 0
    assert set(run.shown) == ids


@pytest.mark.parametrize(
    ("suite", "key", "arguments", "message"),
    [
        ("sentimant", "score.at_least", [], "no such suite; did you mean sentiment?"),
        ("sentiment", "scroe.at_least", [], "no metric 'scroe'; did you mean score?"),
        ("sentiment", "scroe.at_least", ["-n", "2"], "no metric 'scroe'; did you mean score?"),
    ],
    ids=["suite", "metric", "n2"],
)
def test_policy_naming_what_does_not_exist_ends_the_run(project, suite, key, message, arguments):
    project.suite("sentiment", n=1)
    project.write(
        "acceptance.toml",
        f'version = 1\n[[model]]\nmatch = "*"\n[model.suites.{suite}]\ngates."{key}" = 0.5\n',
    )
    run = project.run(*arguments)
    assert message in run.text
    assert "Traceback" not in run.text
    assert run.code == 4
    assert not (project.root / "reports").exists()


def test_policy_may_name_suites_that_were_not_selected(project):
    project.suite("a", n=1)
    project.suite("b", n=1)
    project.write(
        "acceptance.toml",
        'version = 1\n[[model]]\nmatch = "*"\n[model.suites.b]\ngates."score.at_least" = 0.5\n',
    )
    assert project.run("test_a.py").code == 0


WRONG = {
    "examples": (["--slm-examples", "some"], "--slm-examples some: a whole number"),
    "none": (["--slm-examples", "0"], "--slm-examples 0: a whole number of at least 1"),
    "batch": (["--slm-batch-size", "-1"], "--slm-batch-size -1: a whole number"),
    "context": (["--slm-context", "1k"], "--slm-context 1k: a whole number"),
    "seed": (["--slm-seed", "x"], "--slm-seed x: a whole number"),
    "chat": (["--slm-chat", "yes"], "--slm-chat yes: on or off"),
    "engine": (["--slm-engine", "fkae"], "--slm-engine fkae: transformers, replay:PATH"),
    "dtype": (["--slm-dtype", "float33"], "did you mean float32"),
    "no-file": (["--slm-engine", "fake:none.py"], "there is no such file"),
    "no-replay": (["--slm-engine", "replay:none"], "there is no such file"),
    "replay": (["--slm-engine", "replay"], "the recorded run is needed"),
    "hardware": (["--slm-hardware", "rtx-4061"], "rtx-4060"),
    "policy": (["--slm-policy", "none.toml"], "none.toml cannot be read"),
    "mirror": (["--slm-mirror", "nowhere"], "nowhere"),
}


@pytest.mark.parametrize(("arguments", "message"), WRONG.values(), ids=WRONG)
def test_wrong_option_values_end_the_run_with_one_line(project, arguments, message):
    project.suite(n=1)
    run = project.run(*arguments)
    assert run.code == 4, run.text
    (line,) = [line for line in run.result.errlines if line.startswith("ERROR: ")]
    assert message in line
    assert "Traceback" not in run.text


def test_unknown_model_names_the_closest(project):
    project.suite(n=1)
    run = project.run(models=("smolm2-135m",), engine=None)
    assert run.code == 4
    assert "did you mean smollm2-135m" in run.text
    assert "Traceback" not in run.text


def test_unknown_model_of_the_ini_file_is_told_as_well(project):
    project.pytester.makeini("[pytest]\nslm_model = smolm2-135m\n")
    project.suite(n=1)
    run = project.run(models=(), engine=None)
    assert run.code == 4
    assert "did you mean smollm2-135m" in run.text
    assert "Traceback" not in run.text


def test_ini_twins(project):
    project.pytester.makeini(
        "[pytest]\n"
        "slm_model = one two\nslm_engine = fake:fake.py\nslm_examples = 2\n"
        "slm_strict = true\nslm_report_dir = out\n"
    )
    project.suite(n=3, gates="Gate('score', at_least=0.1)")
    project.engine(0, 1, 2)
    run = project.run(models=(), engine=None)
    assert run.code == 1
    assert list(run.shown.values()).count("FAILED") == 6
    assert (project.root / "out" / "latest" / "summary.json").is_file()
    assert project.run("--slm-examples", "all", models=(), engine=None).shown.keys() >= {
        "test_a[one:r2]",
        "test_a[two:r2]",
    }


def test_the_chat_switch_reaches_the_requests(project):
    project.engine(source="def respond(request):\n    return f'{request.chat}'\n")
    project.suite(n=1, body="case.check(1)")
    assert project.run().cases[0]["text"] == "None"
    assert project.run("--slm-chat", "on").cases[0]["text"].startswith("Chat(")


def test_model_option_can_be_withdrawn(project, monkeypatch):
    project.write(
        "conftest.py",
        "def pytest_addoption(parser):\n    parser.addoption('--model', default='theirs')\n",
    )
    project.write(
        "test_theirs.py",
        "def test_theirs(pytestconfig):\n    assert pytestconfig.getoption('--model') == 'x'\n",
    )
    project.suite(n=1)
    monkeypatch.setenv("SLM_EVAL_NO_MODEL_OPTION", "1")
    run = project.run("--model", "x")
    assert run.code == 0
    assert set(run.shown) == {
        "test_theirs",
        "test_a[m:r0]",
        "test_a[m:gate:score.at_least]",
    }
    monkeypatch.delenv("SLM_EVAL_NO_MODEL_OPTION")
    (project.root / "conftest.py").unlink()
    run = project.run("test_a.py", "--model", "y", models=())
    assert set(run.shown) == {"test_a[y:r0]", "test_a[y:gate:score.at_least]"}
