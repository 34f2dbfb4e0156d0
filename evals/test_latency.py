"""Time of a single unbatched request, measured by pytest-benchmark: prefill and decode.

Held against a baseline that the first run on a class of machine records. The margins are wide, in
milliseconds: they catch a model that became several times slower, not the noise of a busy machine.
Measures nothing under `-n`, where workers would disturb each other.
"""

import statistics

from slm_eval import Gate, rows, suite

SENTENCE = "The quick brown fox jumps over the lazy dog and runs into the dark forest. "
ROUNDS = 5
NEW_TOKENS = 16

PREFILLS = rows([{"id": f"repeat-{n}", "input": SENTENCE * n} for n in (4, 32)], required=["input"])
DECODES = rows([{"id": "continue", "input": SENTENCE}], required=["input"])


def milliseconds(benchmark, function):
    """Run `function` in rounds; return each round's time in ms, also with --benchmark-disable."""
    benchmark.pedantic(function, rounds=ROUNDS, warmup_rounds=1)
    return [seconds * 1000 for seconds in benchmark.stats.stats.data]


@suite(
    PREFILLS,
    prompt="{input}",
    exclusive=True,
    case_metrics=("prefill_ms",),
    gates=[Gate("prefill_ms", quantile=0.5, no_worse_than="recorded", margin=500)],
)
def test_prefill(case, model, benchmark):
    """Time to the first token (TTFT) of prompts of about 64 and 512 tokens."""
    times_ms = milliseconds(benchmark, lambda: model.generate(case.input, max_new_tokens=1))
    case.check(1, prefill_ms=statistics.median(times_ms))


@suite(
    DECODES,
    prompt="{input}",
    exclusive=True,
    case_metrics=("decode_ms",),
    gates=[Gate("decode_ms", quantile=0.5, no_worse_than="recorded", margin=60)],
)
def test_decode(case, model, benchmark):
    """Time per output token (TPOT) after the first, one sequence at a time."""
    first = milliseconds_of_first(model, case.input)
    times_ms = milliseconds(
        benchmark, lambda: model.generate(case.input, max_new_tokens=NEW_TOKENS)
    )
    case.check(1, decode_ms=(statistics.median(times_ms) - first) / (NEW_TOKENS - 1))


def milliseconds_of_first(model, prompt):
    """Return the median time to the first token in ms."""
    import time

    times_ms = []
    for _ in range(ROUNDS):
        started_s = time.perf_counter()
        model.generate(prompt, max_new_tokens=1)
        times_ms.append((time.perf_counter() - started_s) * 1000)
    return statistics.median(times_ms)
