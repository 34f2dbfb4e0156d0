"""Several answers to one prompt: seeds that count up, one response that holds them all."""

from __future__ import annotations

import pytest
import tiny

from slm_eval.cases.case import Decoding, Generation, LogLikelihoods, Response
from slm_eval.engines.fake import FakeEngine
from slm_eval.errors import DataError, EngineError

HOT = Decoding(max_new_tokens=6, temperature=2.0, seed=5)


def test_samples_are_what_as_many_requests_would_give():
    several, one = Generation("the cat", HOT, samples=3), Generation("a dog", HOT)
    alone = [
        Generation("the cat", Decoding(max_new_tokens=6, temperature=2.0, seed=seed))
        for seed in (5, 6, 7)
    ]
    engine = tiny.engine()
    mixed = tiny.answers(engine, [several, LogLikelihoods("the", (" cat",)), one])
    apart = tiny.answers(tiny.engine(), alone)
    assert mixed[0].samples == tuple(answer.text for answer in apart)
    assert mixed[0].text == mixed[0].samples[0]
    assert len(set(mixed[0].samples)) > 1
    assert mixed[0].output_tokens == sum(answer.output_tokens for answer in apart)
    assert mixed[1].choices
    assert mixed[2].samples == ()


def test_an_error_of_one_sample_is_the_answer():
    def respond(request):
        if request.decoding.seed == 6:
            raise ValueError("no")
        return Response(text=str(request.decoding.seed))

    (answer,) = tiny.answers(FakeEngine(respond), [Generation("x", HOT, samples=3)])
    assert isinstance(answer, EngineError)
    (answer,) = tiny.answers(FakeEngine(respond), [Generation("x", Decoding(seed=7), samples=2)])
    assert answer.samples == ("7", "8")


def test_no_samples_is_no_request():
    with pytest.raises(DataError, match="at least one"):
        Generation("x", samples=0)


@pytest.mark.parametrize("plain", [True, False], ids=["plain", "tree"])
def test_equal_generations_run_once(plain):
    engine = tiny.engine(plain=plain)
    cat, dog = (Generation(text, Decoding(max_new_tokens=4)) for text in ("the cat", "a dog"))
    (want,) = tiny.answers(engine, [cat])
    given = []
    run = engine._generator.generate

    def counted(prompts, on_answer):
        given.append(len(prompts))
        run(prompts, on_answer)

    engine._generator.generate = counted
    answers = tiny.answers(engine, [cat, dog, cat, Generation("the cat", cat.decoding, samples=3)])
    assert given == [2 + 2]  # three samples have seeds 0, 1 and 2, of which 0 is `cat`
    assert [a.text for a in (answers[0], answers[2])] == [want.text] * 2
    assert answers[3].samples == (want.text,) * 3
