"""Long context: one needle and several at each depth of each length, and RULER's generated kinds.

Lengths are in the model's own tokens, prompt and answer together. A default run asks short ones,
`--slm-examples all` all from 512 to 131,072 that the model and the machine hold. The effective
length is the longest at which the score, and that of all shorter ones, is at least 0.856. The gates
are for models that no policy names.
"""

from slm_eval import Gate, suite
from slm_eval.benchmarks.long_context import needle, ruler, score
from slm_eval.scoring.context_length import depth_by_length, effective_context, score_by_length


@suite(
    needle(),
    metrics=[effective_context(), depth_by_length],
    gates=[Gate("effective_context_tokens", at_least=1024)],
)
def test_needle(case, response):
    score(case, response)


@suite(
    needle(depths=(0.0, 0.5), needles=3),
    budget_s=5,
    metrics=[effective_context(), depth_by_length],
    gates=[Gate("score", at_least=0.5)],
)
def test_needles(case, response):
    score(case, response)


@suite(ruler(), metrics=[effective_context(), score_by_length], gates=[Gate("score", at_least=0.5)])
def test_ruler(case, response):
    score(case, response)
