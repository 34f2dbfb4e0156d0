"""Every path against a reference that is too simple to be wrong: one row, one forward."""

import math

import pytest
import tiny

from slm_eval.cases.case import LogLikelihoods
from slm_eval.engines.packed import ALONE_TOKENS, by_cost
from slm_eval.engines.plain import Row
from slm_eval.errors import EngineError

HEAD = "Question: the cat sat\nAnswer: one two three four five six yes no red blue the mat\n" * 3
REQUESTS = [
    *(
        LogLikelihoods(f"{HEAD}Question: {q}\nAnswer:", (" yes", " no", " the red cat is", " the"))
        for q in ("is the cat red?", "is the dog blue?", "one", "is the cat red or blue?")
    ),
    LogLikelihoods("", ("the cat", " a")),
    LogLikelihoods("the cat  ", ("sat", " sat")),
    LogLikelihoods("one", (" two three four", " two three five", " two")),
]


def reference(made, encoder, request):
    """Score one request naively."""
    import torch

    (tokens,) = encoder.scored([request])
    values = []
    for each in tokens:
        with torch.no_grad():
            logits = made(torch.tensor([each.inputs])).logits[0].float().log_softmax(-1)
        at = range(len(each.inputs) - len(each.targets), len(each.inputs))
        values.append(sum(float(logits[i, t]) for i, t in zip(at, each.targets, strict=True)))
    return values


@pytest.mark.parametrize("plain", [True, False], ids=["plain", "tree"])
@pytest.mark.parametrize("family", tiny.FAMILIES)
def test_both_paths_agree_with_the_naive_reference(family, plain):
    engine = tiny.engine(family, plain=plain)
    assert (engine.attention is None) == plain
    if not plain:
        engine.budget.most = 64
    for request, answer in zip(REQUESTS, tiny.answers(engine, REQUESTS), strict=True):
        want = reference(engine.loaded.model, engine.encoder, request)
        assert [c.loglikelihood for c in answer.choices] == pytest.approx(want, abs=1e-3)
        assert answer.latency_s > 0
    if not plain:
        assert engine._scorer.computed_tokens < engine._scorer.plain_tokens / 2


def test_a_long_prompt_is_cut_on_the_left_and_says_so():
    short, long = tiny.answers(
        tiny.engine(max_context=24),
        [LogLikelihoods("the cat", (" sat",)), LogLikelihoods("the cat " * 40, (" sat on", " a"))],
    )
    assert (short.truncated, long.truncated) == (False, True)
    assert long.prompt_tokens <= 24


@pytest.mark.parametrize("plain", [True, False], ids=["plain", "tree"])
def test_nan_is_an_error_of_its_own_request(plain):
    import torch

    engine = tiny.engine(plain=plain)
    (bad,) = engine.encoder.encode(["blue"])
    with torch.no_grad():
        engine.loaded.model.get_input_embeddings().weight[bad[0]] = math.nan
    good, broken = tiny.answers(
        engine, [LogLikelihoods("the cat", (" sat", " is")), LogLikelihoods("blue", (" cat",))]
    )
    assert len(good.choices) == 2
    assert isinstance(broken, EngineError)
    assert "NaN" in str(broken)


@pytest.mark.parametrize("plain", [True, False], ids=["plain", "tree"])
@pytest.mark.parametrize("first", [0, 1, 3])
def test_out_of_memory_halves_and_loses_nothing(plain, first, monkeypatch):
    engine = tiny.engine(plain=plain)
    want = tiny.answers(engine, REQUESTS)
    engine.budget.most = budget = 1024 if plain else 64
    hidden, calls = engine.halves.hidden, []

    def failing(*args, **kwargs):
        calls.append(1)
        if len(calls) == first + 1:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
        return hidden(*args, **kwargs)

    monkeypatch.setattr(engine.halves, "hidden", failing)
    for a, b in zip(tiny.answers(engine, REQUESTS), want, strict=True):
        assert [c.loglikelihood for c in a.choices] == pytest.approx(
            [c.loglikelihood for c in b.choices], abs=1e-4
        )
    if len(calls) > first:
        assert engine._scorer.tokens < budget or engine._scorer.fallback.tokens < 2048


def test_out_of_memory_at_batch_one_is_the_error_of_its_cases(monkeypatch):
    engine = tiny.engine()

    def failing(*_args, **_kwargs):
        raise MemoryError

    monkeypatch.setattr(engine.halves, "hidden", failing)
    for answer in tiny.answers(engine, REQUESTS):
        assert isinstance(answer, EngineError)
        assert "out of memory at batch 1" in str(answer)


def test_a_long_row_that_shares_nothing_takes_the_plain_path():
    long, other, short = range(ALONE_TOKENS), range(1, 40), range(2, 40)
    rows = [Row(tuple(tokens)) for tokens in ((*long, 5), (*long, 6), other, short)]
    assert by_cost(rows) == (rows, [])
    assert by_cost(rows[1:]) == (rows[2:], rows[1:2])


@pytest.mark.parametrize("plain", [True, False], ids=["plain", "tree"])
def test_the_batch_size_asked_for_bounds_a_pass(plain):
    free, bound = tiny.engine(plain=plain), tiny.engine(plain=plain, batch_size=1)
    longest = max(len(bound.encoder.encode([r.prompt])[0]) for r in REQUESTS) + 4
    passes = []
    whole = bound.halves.hidden

    def counted(ids, **options):
        passes.append(ids.numel())
        return whole(ids, **options)

    bound.halves.hidden = counted
    want = [a.choices[0].loglikelihood for a in tiny.answers(free, REQUESTS)]
    got = [a.choices[0].loglikelihood for a in tiny.answers(bound, REQUESTS)]
    assert got == pytest.approx(want, abs=1e-3)
    assert max(passes) <= longest


def test_ctrl_c_passes_and_what_was_answered_stands(monkeypatch):
    engine = tiny.engine()
    engine.budget.most = 64
    got = {}

    def stop(index, answer):
        got[index] = answer
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        engine.run(REQUESTS, stop)
    assert len(got) == 1
    assert len(tiny.answers(engine, REQUESTS)) == len(REQUESTS)


def test_a_model_that_cannot_branch_says_so_once(monkeypatch, caplog):
    made = tiny.loaded()
    monkeypatch.setattr(type(made.model), "_supports_attention_backend", False)
    from slm_eval.engines.base import EngineOptions
    from slm_eval.engines.transformers_engine import TransformersEngine

    engine = TransformersEngine.of(made, EngineOptions())
    assert engine.attention is None
    (notice,) = engine.info.notices
    assert "prefixes are not shared" in notice
    assert len([r for r in caplog.records if "prefixes are not shared" in r.message]) == 1
    assert len(tiny.answers(engine, REQUESTS)[0].choices) == 4


def test_no_buffer_of_sequence_by_vocabulary(monkeypatch):
    engine = tiny.engine()
    rows = []
    logits = engine.halves.logits
    monkeypatch.setattr(
        engine.halves, "logits", lambda hidden: rows.append(len(hidden)) or logits(hidden)
    )
    tiny.answers(engine, [LogLikelihoods(HEAD.strip(), (" yes", " no"))])
    assert rows == [1]
