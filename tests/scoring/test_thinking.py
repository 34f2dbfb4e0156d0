"""Thinking: the answer is what stands outside the blocks, and a cut thought gives none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slm_eval.cases.case import Response
from slm_eval.errors import ConfigError
from slm_eval.scoring.thinking import answer_of, split_thinking

PIECES = st.lists(
    st.sampled_from(["<think>", "</think>", "a", " ", "\n", "<think", "\0", "\U0001f600"])
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("42", ("", "42", True)),
        ("    return 42\n", ("", "    return 42\n", True)),
        ("", ("", "", True)),
        ("<think>\nhm\n</think>\n\n42", ("hm", "42", True)),
        ("<think></think>42", ("", "42", True)),
        ("<think>a</think><think>b</think> 42", ("a\nb", "42", True)),
        ("hm\n</think>\n42", ("hm", "42", True)),
        (
            "<think>hm</think>\n \n    a = 1\n    return a\n\n",
            ("hm", "    a = 1\n    return a", True),
        ),
        ("<think>hm</think>\r\n\r\n\treturn 42", ("hm", "\treturn 42", True)),
        ("<think>hm</think> \n\n", ("hm", "", True)),
        ("<think>the answer is 42", ("the answer is 42", None, False)),
        ("<think>a</think> 4 <think>b", ("a\nb", None, False)),
    ],
)
def test_split(text, expected):
    assert split_thinking(text) == expected


def test_a_block_that_the_template_opened():
    assert split_thinking("hm 42", opened=True) == ("hm 42", None, False)
    assert split_thinking("hm</think>42", opened=True) == ("hm", "42", True)
    assert split_thinking("\n<think>hm</think>42", opened=True) == ("hm", "42", True)


@given(PIECES.map("".join), st.booleans())
def test_any_text_is_split(text, opened):
    thought, answer, finished = split_thinking(text, opened=opened)
    assert (answer is not None) is finished
    assert thought.strip() in text or "\n" in thought
    if answer is not None:
        assert "<think>" not in answer


@given(st.text())
def test_text_without_a_block_is_the_answer(text):
    if "think>" not in text:
        assert split_thinking(text) == ("", text, True)


def test_a_response_tells_answer_and_thought_apart():
    done = Response(text="hm</think>\n42", thinking_opened=True)
    assert (answer_of(done), done.thought, done.finished_thinking) == ("42", "hm", True)
    cut = Response(text="the answer is 42", thinking_opened=True)
    assert (answer_of(cut), cut.thought, cut.finished_thinking) == (None, cut.text, False)
    assert answer_of(Response(text=" 42\n")) == " 42\n"


def test_log_likelihoods_hold_no_answer():
    with pytest.raises(ConfigError, match="no text to split"):
        answer_of(Response())
