"""The shipped acceptance.toml: every number in it follows from the figures that were published."""

from importlib import import_module
from inspect import Parameter, isfunction, signature
from pathlib import Path
from pkgutil import walk_packages
from runpy import run_path

import pytest

from slm_eval import benchmarks
from slm_eval.models.published import published_figures
from slm_eval.models.registry import cards
from slm_eval.models.resolve import resolve_model
from slm_eval.task import SUITE_ATTRIBUTE, Suite
from slm_eval.verdicts.gate import Gate
from slm_eval.verdicts.policy import load_policy

ROOT = Path(__file__).parents[2]
POLICY = load_policy(ROOT / "acceptance.toml")
EMBEDDED = "smollm2-135m-q4_1"
MARGIN, MARGIN_APPROXIMATE = 5, 8
CHANCE = dict.fromkeys(("arc_easy", "arc_challenge", "mmlu", "hellaswag", "gpqa_diamond"), 25)
CHANCE["piqa"] = 50
SUITE_METRICS = {"acc": "score", "acc_norm": "acc_norm", "accuracy": "score"}
"""What our suites call a published metric; others (``pass@1``) have no suite yet."""


def shipped_suites():
    """Return every suite in evals/ by name."""
    functions = [
        value for path in ROOT.glob("evals/test_*.py") for value in run_path(path).values()
    ]
    found = (getattr(function, SUITE_ATTRIBUTE, None) for function in functions)
    return {suite.name: suite for suite in found if isinstance(suite, Suite)}


SUITES = shipped_suites()
FIGURES = [
    figure
    for figure in published_figures()
    if figure.benchmark in SUITES and figure.metric in SUITE_METRICS and figure.incomparable is None
]


def packaged_tasks():
    """Return the name of every task in slm_eval/benchmarks/ that needs no arguments."""
    found = walk_packages(benchmarks.__path__, "slm_eval.benchmarks.")
    functions = [
        value
        for module in found
        for name, value in vars(import_module(module.name)).items()
        if isfunction(value) and not name.startswith("_")
    ]
    return {
        function().name
        for function in functions
        if signature(function).return_annotation == "Task"
        and all(p.default is not Parameter.empty for p in signature(function).parameters.values())
    }


def rules(name):
    """Return what the policy says of a registry model, by suite, the entries for all left out."""
    return {
        suite: rule
        for entry in POLICY.entries
        if entry.match != ("*",) and entry.applies([name], [])
        for suite, rule in entry.suites.items()
    }


def test_every_packaged_task_has_a_suite():
    forms = {"mmlu_cloze", "needles"}
    assert packaged_tasks() | forms <= {suite.task.name for suite in SUITES.values()}


def test_only_suites_and_metrics_that_exist_are_named():
    POLICY.validate(SUITES, {name: suite.metric_names() for name, suite in SUITES.items()})


def test_every_registry_model_has_an_entry_of_its_own():
    named = [name for entry in POLICY.entries for name in entry.match if name != "*"]
    assert sorted(named) == sorted(card.name for card in cards())


@pytest.mark.parametrize("figure", FIGURES, ids=lambda f: f"{f.model}-{f.benchmark}")
def test_a_published_figure_gives_the_threshold(figure):
    rule = rules(figure.model)[figure.benchmark]
    key = f"{SUITE_METRICS[figure.metric]}.at_least"
    margin = MARGIN_APPROXIMATE if figure.approximate else MARGIN
    reach = round(figure.value - margin, 1)
    words = "(approximate) " if figure.approximate else ""
    arithmetic = f"published {figure.metric} {figure.value:g} {words}- {margin} = {reach:g}"
    assert arithmetic in rule.because
    if reach > CHANCE[figure.benchmark]:
        assert rule.gates[key] == pytest.approx(reach / 100)
    else:
        assert rule.because.startswith("at chance: ")
        assert rule.gates == {key: None, "extraction_failures.at_most": 0.0}


def test_no_number_without_a_published_figure():
    gated = {
        (card.name, suite)
        for card in cards()
        if card.name != EMBEDDED
        for suite, rule in rules(card.name).items()
        if rule.gates or rule.threshold is not None
    }
    assert gated == {(figure.model, figure.benchmark) for figure in FIGURES}


@pytest.mark.parametrize("asked", ["qwen3-7b", "Qwen/Qwen3-8B", "qwen3-8b@int4"])
def test_a_model_is_held_to_its_figure_by_every_name(asked):
    ref = resolve_model(asked)
    names = [name for name in (ref.alias, ref.hub_id, ref.card and ref.card.name) if name]
    code = [Gate("score", at_least=0.4)]
    assert POLICY.for_suite(names, [], "mmlu", code, 1).gates == (Gate("score", at_least=0.703),)


def test_baselines_and_reviewed_answers_block_nobody_else():
    for suite, embedded in (("prefill", False), ("decode", False), ("golden", True)):
        assert not POLICY.for_suite(["any"], [], suite, [], 1).required
        assert POLICY.for_suite([EMBEDDED], [], suite, [], 1).required is embedded
