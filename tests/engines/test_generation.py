"""Generation: full batches, shared beginnings and stop strings give what one row alone gives."""

import math

import pytest
import tiny

from slm_eval.cases.case import Chat, Decoding, Generation
from slm_eval.engines.encoding import PromptTokens
from slm_eval.engines.generation import clusters
from slm_eval.engines.plain_generation import Prompt
from slm_eval.errors import EngineError

HEAD = "Question: the cat sat\nAnswer: one two three four five six yes no red blue the mat\n" * 3
ASKED = ("is the cat red?", "is the dog blue and in the mat?", "one", "is", "the the the the")
PROMPTS = [f"{HEAD}Question: {q}\nAnswer:" for q in ASKED] + ["the cat", "a", ""]


def naive(engine, prompt, new_tokens):
    """Generate greedily with a whole forward for every token."""
    import torch

    ids = engine.encoder.encode([prompt])[0] or [engine.encoder.prefix_id]
    start = len(ids)
    while len(ids) - start < new_tokens:
        with torch.no_grad():
            token = int(engine.loaded.model(torch.tensor([ids])).logits[0, -1].argmax())
        ids.append(token)
        if token == 2:
            break
    return engine.loaded.tokenizer.decode(ids[start:], skip_special_tokens=True)


@pytest.mark.parametrize("plain", [True, False], ids=["plain", "tree"])
@pytest.mark.parametrize("family", tiny.FAMILIES)
def test_greedy_text_equals_the_unbatched_way(family, plain):
    engine = tiny.engine(family, plain=plain, batch_size=3)
    requests = [
        Generation(p, Decoding(max_new_tokens=n))
        for p, n in zip(PROMPTS, (4, 12, 20, 7, 1, 15, 9, 5), strict=True)
    ]
    for request, answer in zip(requests, tiny.answers(engine, requests), strict=True):
        if not answer.tie_offsets:
            want = naive(engine, request.prompt, request.decoding.max_new_tokens)
            assert answer.text == want
        assert answer.output_tokens <= request.decoding.max_new_tokens
        assert answer.finish_reason in ("eos", "length")


def test_a_shared_beginning_is_computed_once(monkeypatch):
    engine = tiny.engine()
    sizes = []
    hidden = engine.halves.hidden

    def counted(ids, **kwargs):
        sizes.append(ids.numel())
        return hidden(ids, **kwargs)

    monkeypatch.setattr(engine.halves, "hidden", counted)
    tiny.answers(engine, [Generation(p, Decoding(max_new_tokens=1)) for p in PROMPTS[:5]])
    whole = [len(ids) for ids in engine.encoder.encode(PROMPTS[:5])]
    assert sum(sizes) < min(whole) + 60


@pytest.mark.parametrize("plain", [True, False], ids=["plain", "tree"])
def test_stop_strings_across_tokens_are_found_and_removed(plain):
    engine = tiny.engine(plain=plain)
    free = tiny.answers(engine, [Generation("the cat", Decoding(max_new_tokens=30))])[0]
    stop = free.text[7:10]
    (cut,) = tiny.answers(
        engine, [Generation("the cat", Decoding(max_new_tokens=30, stop=(stop, "never there")))]
    )
    assert cut.text == free.text[: free.text.index(stop)]
    assert cut.finish_reason == "stop"
    assert cut.output_tokens < free.output_tokens


@pytest.mark.parametrize("plain", [True, False], ids=["plain", "tree"])
def test_a_sample_depends_on_its_seed_and_prompt_only(plain):
    engine = tiny.engine(plain=plain)
    asked = [
        Generation(p, Decoding(max_new_tokens=10, temperature=1.0, top_p=0.9, top_k=50, seed=s))
        for p in PROMPTS[:4]
        for s in (0, 1)
    ]
    together = [a.text for a in tiny.answers(engine, asked)]
    alone = [tiny.answers(engine, [each])[0].text for each in asked]
    assert together == alone
    assert together[0] != together[1]


@pytest.mark.parametrize("plain", [True, False], ids=["plain", "tree"])
@pytest.mark.parametrize("at", [0, 1, 4, 9])
def test_out_of_memory_keeps_what_is_finished_and_loses_nothing(plain, at, monkeypatch):
    engine = tiny.engine(plain=plain)
    asked = [Generation(p, Decoding(max_new_tokens=3 + 2 * i)) for i, p in enumerate(PROMPTS)]
    want = [a.text for a in tiny.answers(engine, asked)]
    name = "outputs" if plain else "hidden"
    whole, calls = getattr(engine.halves, name), []

    def failing(*args, **kwargs):
        calls.append(1)
        if len(calls) == at + 1:
            raise MemoryError
        return whole(*args, **kwargs)

    monkeypatch.setattr(engine.halves, name, failing)
    assert [a.text for a in tiny.answers(engine, asked)] == want


def test_a_prompt_too_large_for_the_fast_path_alone_goes_the_plain_path(monkeypatch):
    engine = tiny.engine()
    asked = [Generation(p, Decoding(max_new_tokens=4)) for p in PROMPTS]
    want = [a.text for a in tiny.answers(engine, asked)]

    def full(*_):
        raise MemoryError

    monkeypatch.setattr("slm_eval.engines.generation._Run.forward", full)
    assert [a.text for a in tiny.answers(engine, asked)] == want


def test_a_group_of_prompts_is_a_batch_of_its_own_only_where_that_saves_more_than_its_steps():
    def prompts(count, shared, new_tokens):
        for at in range(count):
            tokens = PromptTokens((*range(shared), 1000 + at))
            yield Prompt(at, Generation("", Decoding(max_new_tokens=new_tokens)), tokens)

    def depths(*sizes):
        return [depth for depth, _ in clusters(list(prompts(*sizes)), rows=8, step_tokens=10)]

    assert depths(5, 100, 16) == [100]
    assert depths(5, 100, 64) == [0]
    assert depths(8, 100, 64) == [100]
    assert depths(5, 20, 1) == [0]


def test_nan_is_an_error_of_its_own_prompt():
    import torch

    engine = tiny.engine()
    (bad,) = engine.encoder.encode(["blue"])
    with torch.no_grad():
        engine.loaded.model.get_input_embeddings().weight[bad[0]] = math.nan
    fine, broken = tiny.answers(
        engine, [Generation(p, Decoding(max_new_tokens=3)) for p in ("the cat", "blue")]
    )
    assert isinstance(fine.text, str)
    assert isinstance(broken, EngineError)


def test_no_room_and_no_template_are_errors_of_their_case():
    engine = tiny.engine(max_context=32)
    fine, crowded, chatty, cut = tiny.answers(
        engine,
        [
            Generation("the cat", Decoding(max_new_tokens=2)),
            Generation("the cat", Decoding(max_new_tokens=32)),
            Generation("the cat", Decoding(max_new_tokens=2), chat=Chat()),
            Generation("the cat " * 50, Decoding(max_new_tokens=4)),
        ],
    )
    assert fine.text is not None
    assert "leaves no room" in str(crowded)
    assert "--slm-chat off" in str(chatty)
    assert cut.truncated
    assert cut.prompt_tokens == 28
