"""Tasks of lm-evaluation-harness as suites, against the harness itself on the same tiny model."""

from __future__ import annotations

import json
import math
import random
from importlib.metadata import entry_points
from pathlib import Path
from statistics import fmean

import pytest

import slm_eval
from slm_eval import Decoding, Response, lm_eval_score, lm_eval_suite, load_run
from slm_eval.cases.case import Choice
from slm_eval.cases.datasets import DatasetContext
from slm_eval.errors import ConfigError, DataError, EngineError, Miss, SourceUnavailable
from slm_eval.runs.handle import CaseHandle
from slm_eval.runs.schema import validate_run
from slm_eval.sources import SourceContext
from slm_eval.task import SUITE_ATTRIBUTE

pytestmark = pytest.mark.filterwarnings("ignore")

WORDS = ("the", "a", "of", "cat", "dog", "sat", "mat", "one", "two", "three", "yes", "no", "red")
MAX_CONTEXT = 96

YAML = """
task: {name}
dataset_path: json
dataset_kwargs:
  data_files:
    train: train.jsonl
    test: test.jsonl
training_split: train
test_split: test
{body}
metadata:
  version: 2.5
"""
MEAN = "  - metric: {}\n    aggregation: mean\n    higher_is_better: true\n"
BODIES = {
    "choices": """
output_type: multiple_choice
doc_to_text: "Question: {{question}}\\nAnswer:"
doc_to_target: "{{gold}}"
doc_to_choice: "{{choices}}"
metric_list:
""" + "".join(map(MEAN.format, ("acc", "acc_norm", "acc_bytes", "acc_mutual_info", "exact_match")))
    + """
  - metric: mcc
    aggregation: matthews_corrcoef
    higher_is_better: true
  - metric: brier_score
    aggregation: brier_score
    higher_is_better: false
""",
    "endings": """
output_type: multiple_choice
doc_to_text: "{{gold}}"
doc_to_target: "{{ending}}"
doc_to_choice: "{{choices}}"
metric_list:
""" + MEAN.format("acc"),
    "lambada_like": """
output_type: loglikelihood
doc_to_text: "{{text.split(' ')[:-1]|join(' ')}}"
doc_to_target: "{{' '+text.split(' ')[-1]}}"
metric_list:
  - metric: perplexity
    aggregation: perplexity
    higher_is_better: false
  - metric: acc
    aggregation: mean
    higher_is_better: true
""",
    "whole_texts": """
output_type: loglikelihood_rolling
doc_to_text: ""
doc_to_target: "{{text}}"
metric_list:
  - metric: word_perplexity
  - metric: byte_perplexity
  - metric: bits_per_byte
""",
    "words": """
output_type: generate_until
doc_to_text: "Question: {{question}}\\nAnswer:"
doc_to_target: "{{ending}}"
generation_kwargs:
  until: ["Question:", "\\n"]
  max_gen_toks: 12
  do_sample: false
  temperature: 0.0
metric_list:
  - metric: exact_match
    aggregation: mean
    higher_is_better: true
    ignore_case: true
  - metric: bleu
    aggregation: bleu
    higher_is_better: true
filter_list:
  - name: strict
    filter:
      - function: regex
        regex_pattern: "(cat|dog)"
      - function: take_first
  - name: any-word
    filter:
      - function: regex
        regex_pattern: "(\\\\w+)"
      - function: take_first
""",
    "many": """
output_type: generate_until
repeats: 3
doc_to_text: "{{question}}"
doc_to_target: "{{ending}}"
generation_kwargs:
  until: ["\\n"]
  max_gen_toks: 4
  do_sample: true
  temperature: 1.5
metric_list:
""" + MEAN.format("exact_match") + """
filter_list:
  - name: vote
    filter:
      - function: majority_vote
      - function: take_first
""",
}  # fmt: skip


def documents(count, seed):
    draw = random.Random(seed)

    def words(n):
        return " ".join(draw.choices(WORDS, k=n))

    return [
        {
            "question": words(4),
            "choices": [words(n) for n in (1, 2, 3)],
            "gold": draw.randrange(3),
            "ending": words(1),
            "text": words(draw.choice((5, 30, 150))),
        }
        for _ in range(count)
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the tasks' YAML files and, named relative to them, their rows."""
    folder = tmp_path_factory.mktemp("tasks")
    for name, body in BODIES.items():
        (folder / f"{name}.yaml").write_text(YAML.format(name=name, body=body))
    (folder / "all.yaml").write_text("group: both\ntask:\n  - choices\n  - endings\n")
    for split, count in (("train", 12), ("test", 9)):
        lines = [json.dumps(row) for row in documents(count, count)]
        (folder / f"{split}.jsonl").write_text("\n".join(lines))
    return folder


@pytest.fixture(scope="module", autouse=True)
def _cache(tmp_path_factory):
    import datasets

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path_factory.mktemp("hf"))
        yield


def collected(name, folder, **options):
    """Return the suite of a task, and its cases, as collection leaves them."""
    bound = lm_eval_suite(name, include_path=str(folder), threshold=0, **options)
    suite = getattr(bound(lambda case, response: None), SUITE_ATTRIBUTE)
    context = DatasetContext(sources=SourceContext(offline=True))
    loaded = suite.task.rows.load(context)
    task = suite.task.when_loaded(loaded)
    suite = type(suite)("suite", task, suite.threshold, suite.gates, suite.metrics)
    return suite, [CaseHandle(suite, "m", row, i, 0.0) for i, row in enumerate(loaded.rows)]


@pytest.fixture(scope="module")
def tiny():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(Path(__file__).parents[1] / "engines")
        import tiny

        yield tiny


def scored(suite, handles, answers):
    """Score every case; return the metrics of the suite: means of cases, then suite-level ones."""
    for handle, answer in zip(handles, answers, strict=True):
        lm_eval_score(handle, answer)
    names = dict.fromkeys(name for handle in handles for name in handle.checked.metrics)
    found = {name: fmean(handle.checked.metrics[name] for handle in handles) for name in names}
    records = [{"model": "m", "case_id": handle.id} for handle in handles]
    return found | {metric.__name__: metric(records) for metric in suite.all_metrics}


def theirs(name, folder, tiny, shots, monkeypatch):
    """Return what the harness itself makes of a task, and its samples."""
    import lm_eval
    from lm_eval.models.huggingface import HFLM
    from lm_eval.tasks import TaskManager

    monkeypatch.chdir(folder)
    model = HFLM(
        pretrained=tiny.model(), tokenizer=tiny.tokenizer(), batch_size=3, max_length=MAX_CONTEXT
    )
    manager = TaskManager(include_path=str(folder), include_defaults=False)
    return lm_eval.simple_evaluate(
        model, tasks=[name], num_fewshot=shots, task_manager=manager, bootstrap_iters=0
    )


CASES = [
    ("choices", 0),
    ("choices", 3),
    ("endings", 0),
    ("endings", 2),
    ("lambada_like", 0),
    ("whole_texts", 0),
    ("words", 2),
]


@pytest.mark.parametrize(("name", "shots"), CASES, ids=lambda value: str(value))
def test_metrics_and_requests_are_those_of_the_harness(name, shots, folder, tiny, monkeypatch):
    suite, handles = collected(name, folder, shots=shots)
    requests = [handle.request() for handle in handles]
    ours = scored(suite, handles, tiny.answers(tiny.engine(max_context=MAX_CONTEXT), requests))

    evaluated = theirs(name, folder, tiny, shots, monkeypatch)
    several = name == "words"
    expected = {
        metric.replace(",", "-") if several else metric.partition(",")[0]: value
        for metric, value in evaluated["results"][name].items()
        if "," in metric and "_stderr" not in metric
    }
    assert ours == pytest.approx(expected, rel=1e-4)
    samples = {sample["doc_id"]: sample for sample in evaluated["samples"][name]}
    for handle, request in zip(handles, requests, strict=True):
        sample = samples[handle.row["doc_id"]]
        assert asked(request) == [
            argument[:1] if several else argument for argument in map(tuple, sample["arguments"])
        ]
        for metric, value in handle.checked.metrics.items():
            if metric in sample:
                assert value == sample[metric]


def asked(request):
    """Return a request as the harness's arguments."""
    if hasattr(request, "decoding"):
        return [(request.prompt,)]
    if request.rolling:
        return [request.continuations]
    contexts = request.contexts or (request.prompt,) * len(request.continuations)
    return list(zip(contexts, request.continuations, strict=True))


def test_several_samples_go_to_the_vote(folder):
    _, handles = collected("many", folder, shots=0)
    request = handles[0].request()
    assert (request.samples, request.decoding.temperature) == (3, 1.5)
    gold = handles[0].expected
    assert gold in WORDS
    lm_eval_score(handles[0], Response(text="x", samples=("x", gold, gold)))
    lm_eval_score(handles[1], Response(text=handles[1].expected, samples=("x", "x", "y")))
    assert [handle.checked.metrics["exact_match"] for handle in handles[:2]] == [1.0, 0.0]


def test_the_first_filter_scores_and_its_fallback_is_no_answer(folder):
    suite, handles = collected("words", folder, shots=0)
    assert suite.task.shots == 0
    assert suite.task.version == "2.5"
    assert set(suite.task.case_metrics) == {"exact_match-strict", "exact_match-any-word"}
    lm_eval_score(handles[0], Response(text=" the mat"))
    lm_eval_score(handles[1], Response(text=" the dog"))
    assert [handle.checked.extracted for handle in handles[:2]] == [False, True]
    _, cases = collected("words", folder, shots=0, score="exact_match-any-word")
    cases[0].threshold = 1.0
    with pytest.raises(Miss, match="score 0 < 1"):
        lm_eval_score(cases[0], Response(text="\ud800 nothing like it"))
    lm_eval_score(cases[1], Response(text=" \n"))
    assert (cases[1].checked.score, cases[1].checked.extracted) == (0.0, False)


@pytest.mark.parametrize("text", ["", "\ud800", "[" * 5000, "cat " * 100_000, "\0\n\u202e"])
def test_any_answer_has_a_score(folder, text):
    _, handles = collected("words", folder, shots=0)
    lm_eval_score(handles[0], Response(text=text))
    assert 0 <= handles[0].checked.score <= 1


def test_a_group_is_one_suite_in_clusters(folder):
    suite, handles = collected("both", folder, shots=0)
    assert [handle.id for handle in handles][8:10] == ["choices-0008", "endings-0000"]
    assert {handle.cluster for handle in handles} == {"choices", "endings"}
    assert suite.task.clustered
    assert suite.task.case_metrics == ("acc",)
    assert "acc_norm" in suite.task.partial_metrics
    for handle in handles:
        request = handle.request()
        choices = tuple(
            Choice(text, -float(len(text) + number), 1, False)
            for number, text in enumerate(request.continuations)
        )
        lm_eval_score(handle, Response(choices=choices))
    # The one task that has it gives it, by its own function.
    (brier,) = [metric for metric in suite.all_metrics if metric.__name__ == "brier_score"]
    assert 0 <= brier([{"model": "m", "case_id": handle.id} for handle in handles]) <= 2


def test_a_text_to_be_predicted_is_measured_not_judged(folder):
    suite, handles = collected("whole_texts", folder)
    assert suite.task.case_metrics == ()
    assert handles[0].expected is None
    lm_eval_score(handles[0], Response(choices=(Choice("a", -12.5, 3, False),)))
    assert (handles[0].checked.score, handles[0].checked.metrics) == (1.0, {})


def test_an_engine_that_knows_no_greedy_choice_cannot_be_scored(folder):
    _, handles = collected("lambada_like", folder)
    with pytest.raises(EngineError, match="greedy"):
        lm_eval_score(handles[0], Response(choices=(Choice(" cat", -1.0, 1, None),)))


def test_shots_come_from_elsewhere(folder, tmp_path):
    only_test = BODIES["words"] + "fewshot_split: test\nnum_fewshot: 2\n"
    (tmp_path / "own.yaml").write_text(YAML.format(name="own", body=only_test))
    for split in ("train", "test"):
        (tmp_path / f"{split}.jsonl").write_bytes((folder / f"{split}.jsonl").read_bytes())
    with pytest.raises(ConfigError, match="from the rows under test"):
        collected("own", tmp_path)
    suite, _ = collected("own", tmp_path, shots_from_test=True)
    assert suite.task.shots == 2


@pytest.mark.parametrize(
    ("addition", "error", "match"),
    [
        ("unsafe_code: true", ConfigError, "outside of any sandbox"),
        ("num_fewshot: 0", ConfigError, "0 worked examples by its definition"),
        ("dataset_name: none-such\ndataset_path: someone/nothing", SourceUnavailable, "offline"),
        ("test_split: nowhere", DataError, "cannot build task 'odd'"),
        ("process_docs: !function nothing_here.f", SourceUnavailable, "not installed"),
    ],
)
def test_what_cannot_be_run_is_said(folder, tmp_path, addition, error, match):
    body = BODIES["words"] + addition
    text = YAML.format(name="odd", body=body)
    for line in addition.splitlines():
        key = line.partition(":")[0]
        kept = [each for each in text.splitlines() if not each.startswith(key)]
        text = "\n".join([*kept, line])
    (tmp_path / "odd.yaml").write_text(text)
    (tmp_path / "train.jsonl").write_bytes((folder / "train.jsonl").read_bytes())
    (tmp_path / "test.jsonl").write_bytes((folder / "test.jsonl").read_bytes())
    with pytest.raises(error, match=match):
        collected("odd", tmp_path, shots=2)


def test_settings_of_generation():
    from slm_eval.benchmarks.harness.asking import decoding_of

    assert decoding_of("t", {"until": "x"}) == Decoding(256, ("x",))
    greedy = {"do_sample": False, "temperature": 0.7, "top_p": 0.9, "max_tokens": 5, "until": [""]}
    assert decoding_of("t", greedy) == Decoding(5)
    sampled = decoding_of(
        "t", {"do_sample": True, "top_p": 0.9, "max_gen_toks": 3, "max_tokens": 5}
    )
    assert sampled == Decoding(3, temperature=1.0, top_p=0.9)
    with pytest.raises(ConfigError, match="num_beams=4"):
        decoding_of("t", {"num_beams": 4})


def test_a_task_of_the_harness_without_its_rows_is_out_of_reach():
    bound = lm_eval_suite("arc_easy")
    rows = getattr(bound(lambda: None), SUITE_ATTRIBUTE).task.rows
    with pytest.raises(SourceUnavailable, match=r"rows of task 'arc_easy' cannot be had.*offline"):
        rows.load(DatasetContext(sources=SourceContext(offline=True)))


def test_names_are_checked(folder):
    with pytest.raises(ConfigError, match="did you mean fewshot_seed"):
        lm_eval_suite("choices", fewshot_sed=1)
    with pytest.raises(ConfigError, match="no folder"):
        collected("choices", "nowhere")
    with pytest.raises(ConfigError, match="did you mean acc"):
        collected("choices", folder, score="ac")


TEST = """
from slm_eval import Gate, lm_eval_score, lm_eval_suite

@lm_eval_suite("choices", include_path={folder!r}, shots=1, gates=[Gate("acc_norm", at_least=0)])
def test_choices(case, response):
    lm_eval_score(case, response)

@lm_eval_suite("whole_texts", include_path={folder!r}, gates=[Gate("bits_per_byte", at_most=99)])
def test_texts(case, response):
    lm_eval_score(case, response)
"""
FAKE = """
from slm_eval import Response
from slm_eval.cases.case import Choice

def respond(request):
    values = [-float(len(text)) for text in request.continuations]
    pairs = zip(request.continuations, values)
    return Response(choices=tuple(Choice(text, value, 1, False) for text, value in pairs))
"""
POLICY = """
version = 1
[[model]]
match = "m"
[model.suites.choices]
gates."mcc.at_least" = -1.0
gates."acc_bytes.at_most" = 1.0
"""


def test_a_whole_run(folder, pytester, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(slm_eval.__file__).parents[1]))
    pytester.makepyfile(test_it=TEST.format(folder=str(folder)))
    pytester.path.joinpath("fake.py").write_text(FAKE)
    pytester.path.joinpath("acceptance.toml").write_text(POLICY)
    pytester.makeini("[pytest]\n")
    installed = {point.value for point in entry_points(group="pytest11")}
    plugin = () if "slm_eval.plugin" in installed else ("-p", "slm_eval.plugin")
    options = ("--slm-model", "m", "--slm-engine", "fake:fake.py", "-p", "no:cacheprovider")
    result = pytester.runpytest_subprocess(*plugin, *options)
    run = load_run(pytester.path / "reports")
    assert result.ret == 0, result.stdout.str()
    suites = {suite["suite"]: suite for suite in run.summary["suites"]}
    assert suites["choices"]["shots"] == 1
    assert suites["choices"]["version"] == "2.5"
    assert {gate["metric"] for gate in suites["choices"]["gates"]} == {
        "acc_norm",
        "acc_bytes",
        "mcc",
    }
    measured = suites["texts"]["metrics"]["bits_per_byte"]
    assert measured["value"] == pytest.approx(1 / math.log(2))
    validate_run(run.folder)
