"""Long context: RULER's wording, what is hidden where, and lengths that are met."""

import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slm_eval.benchmarks.long_context import needle, ruler, score
from slm_eval.benchmarks.long_context.aggregation import (
    CommonWords,
    FrequentWords,
    VariableTracking,
)
from slm_eval.benchmarks.long_context.niah import NEEDLE, Niah
from slm_eval.benchmarks.long_context.rows import RULER_KINDS, build
from slm_eval.benchmarks.long_context.text import NOISE, essay, largest, words
from slm_eval.cases.case import Response
from slm_eval.cases.datasets import DatasetContext
from slm_eval.errors import ConfigError, DataError, EngineError
from slm_eval.runs.handle import CaseHandle
from slm_eval.task import Suite


def tokens(text):
    """Stands for a tokenizer: a token for about four characters of a word."""
    return sum(1 + len(word) // 4 for word in text.split())


def rows(task):
    return task.rows.load(DatasetContext()).rows


def test_one_needle_is_asked_for_in_the_singular():
    sample = Niah("noise").sample("s", [0.5])
    ((key, value),) = sample.pairs
    assert sample.prompt(2) == (
        "A special magic number is hidden within the following text. Make sure to memorize it. "
        f"I will quiz you about the number afterwards.\n{NOISE}\n"
        f"One of the special magic numbers for {key} is: {value}.\n{NOISE}\n"
        f"What is the special magic number for {key} mentioned in the provided text? "
        f"The special magic number for {key} mentioned in the provided text is"
    )


def test_several_needles_are_asked_for_in_the_plural():
    sample = Niah("essay", queries=3).sample("s")
    prompt = sample.prompt(20)
    keys = re.search(r"numbers for ([^?]*) mentioned in the provided text are$", prompt)[1]
    first, second, third = keys.replace("and ", "").split(", ")
    assert prompt.startswith("Some special magic numbers are hidden within the following text.")
    known = dict(sample.pairs)
    assert sample.expected == (known[first], known[second], known[third])


@pytest.mark.parametrize("depth", [0.0, 0.25, 0.5, 1.0])
def test_a_needle_lies_at_its_depth(depth):
    sample = Niah("essay").sample("s", [depth])
    context = sample.prompt(80).split("\n")[1]
    ((key, value),) = sample.pairs
    before, after = context.split(NEEDLE.format(kind="numbers", key=key, value=value))
    assert before.count(".") == 80 * depth
    assert before.count(".") + after.count(".") == 80


def test_needles_nobody_asks_for_have_other_keys():
    sample = Niah("needles", key="uuids", value="uuids").sample("s")
    prompt = sample.prompt(50)
    (key, value) = sample.pairs[0]
    assert len(re.findall(r"One of the special magic uuids for \S+ is", prompt)) == 51
    assert prompt.count(f"for {key} is:") == 1
    assert prompt.count(value) == 1


def test_the_chain_of_variables_leads_to_the_value():
    task = VariableTracking("s")
    text = task.prompt(30).split("Memorize and track")[2]
    value = re.search(r"the value (\d+) in the text above", text)[1]
    holders = set()
    for name, source in re.findall(r"VAR ([A-Z]{5}) = (?:VAR )?(\w+)", text):
        if source == value or source in holders:
            holders.add(name)
    assert holders == set(task.expected)
    assert text.endswith(f"5 variables are assgined the value {value}, they are:")


@pytest.mark.parametrize(("length", "common", "other"), [(1024, 6, 1), (8192, 30, 3)])
def test_common_words_come_up_more_often(length, common, other):
    task = CommonWords("s", length)
    text = task.prompt(700).split("Below is a numbered list")[2]
    listed = re.findall(r"\d+\. (\S+)", text.split("Memorize")[1])
    assert [int(n) for n in re.findall(r"(\d+)\. ", text)] == list(range(1, len(listed) + 1))
    counts = Counter(listed)
    assert {word for word, n in counts.items() if n == common} == set(task.expected)
    assert set(counts.values()) == {common, other}
    assert len(counts) == 700 > sum(map(len, words().values()))


def test_frequent_words_are_the_three_after_the_dots():
    task = FrequentWords("s", 1024)
    coded = task.prompt(300).split("coded words. ")[1].split("\n")[0].split()
    (dots, _), *most = Counter(coded).most_common(4)
    assert dots == "..."
    assert [word for word, _ in most] == list(task.expected)


@pytest.mark.parametrize("length", [1024, 4096])
@pytest.mark.parametrize("kind", RULER_KINDS)
def test_every_kind_fills_its_length_and_holds_its_answer(kind, length):
    task = ruler([length], [kind])
    (row,) = rows(task)
    request = task.request(task.case(row, 0), tokens)
    limit = length - request.decoding.max_new_tokens
    slack = tokens(build(row).prompt(100)) - tokens(build(row).prompt(90))
    assert limit - slack <= tokens(request.prompt) <= limit
    assert all(text in request.prompt for text in row["expected"])
    again = task.request(task.case(row, 0), tokens)
    assert again == request


def test_the_grid_and_its_default_part():
    task = needle(needles=2)
    ids = [row["id"] for row in rows(task)]
    assert len(ids) == len(set(ids)) == 45
    default = [row["id"] for row in rows(task) if task.in_default(row)]
    assert default == [f"{n}-depth{d:03d}-0" for n in (512, 1024) for d in (0, 50, 100)]
    assert all(row["depths"] == [row["depth"], (row["depth"] + 1) / 2] for row in rows(task))
    assert all(len(set(row["expected"])) == 2 for row in rows(task))
    named = needle([4096, 32768])
    assert all(map(named.in_default, rows(named)))
    assert {row["kind"] for row in rows(ruler()) if row["length"] == 512} == {
        kind for kind in RULER_KINDS if kind not in {"vt", "cwe"}
    }


def test_seeds_change_what_is_hidden_and_nothing_else():
    one, same, other = needle([512]), needle([512]), needle([512], seed=1)
    assert rows(one) == rows(same)
    assert [row["id"] for row in rows(one)] == [row["id"] for row in rows(other)]
    assert all(a["expected"] != b["expected"] for a, b in zip(rows(one), rows(other), strict=True))


@pytest.mark.parametrize(
    "make",
    [
        lambda: needle([]),
        lambda: needle([512, 512]),
        lambda: needle([100]),
        lambda: needle(depths=[1.5]),
        lambda: needle(needles=0),
        lambda: needle(samples=0),
        lambda: ruler([512], ["vt"]),
    ],
)
def test_arguments_out_of_range(make):
    with pytest.raises(ConfigError):
        make()


def test_an_unknown_kind_is_named_with_its_neighbours():
    with pytest.raises(ConfigError, match="no kind 'niah_single'; did you mean niah_single_"):
        ruler(kinds=["niah_single"])


def test_a_length_that_the_tokenizer_makes_too_short_is_said():
    task = needle([256])
    row = rows(task)[0]
    with pytest.raises(DataError, match=r"256-depth000-0: .* ask for a greater length"):
        task.request(task.case(row, 0), lambda text: 3 * len(text))


@given(st.integers(0, 200), st.floats(0.5, 60), st.integers(0, 5000), st.integers(0, 3))
def test_fitting_is_never_over_and_within_a_unit(base, each, room, least):
    asked = []

    def size(units):
        asked.append(units)
        return base + int(units * each)

    limit = size(least) + room
    found = largest(size, least, limit, "x")
    assert size(found) <= limit < size(found + 1) + each
    assert len(asked) < 20


def handle(task, row):
    return CaseHandle(Suite("needle", task, 0.0), "m", row, 0, 0.0)


def test_score():
    task = needle([512], needles=4)
    row = rows(task)[0]
    case = handle(task, row)
    score(case, Response(text=f" {row['expected'][0]}, {row['expected'][3]}."))
    assert (case.checked.score, case.checked.extracted) == (0.5, True)
    assert case.checked.metrics == {"context_tokens": 512.0, "depth": 0.0}
    assert set(case.checked.metrics) <= set(task.case_metrics)
    for unread in (f"<think>{row['expected']}", "", " \n"):
        case = handle(task, row)
        score(case, Response(text=unread))
        assert (case.checked.score, case.checked.extracted) == (0.0, False)


def test_a_cut_prompt_is_an_error_and_no_miss():
    task = needle([512])
    with pytest.raises(EngineError, match="512-depth000-0: the prompt was cut to 300 tokens"):
        score(handle(task, rows(task)[0]), Response(text="x", prompt_tokens=300, truncated=True))


def test_the_filler_is_plain_sentences_without_digits():
    assert len(essay()) >= 100
    assert all(re.fullmatch(r"[A-Z][^.!?0-9]*\.", sentence) for sentence in essay())
