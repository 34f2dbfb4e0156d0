"""Competition problems after four worked solutions; the boxed answer is the score.

MATH-500 is the part of Hendrycks MATH that most people quote; the whole has 5,000 problems in seven
subjects, of which a default run asks ten, briefly.

Answers have 256 tokens, the harness' default, or 128 where a default run has little time; one that
was cut off has no box and is counted as an extraction failure. A model that thinks aloud needs
more, its chat template and no worked solutions:
`@suite(math500(shots=0, max_new_tokens=8192), chat=Chat())`. The gates are for models that no
policy names.
"""

from slm_eval import Gate, suite
from slm_eval.benchmarks.hendrycks_math import hendrycks_math
from slm_eval.benchmarks.math500 import math500, score


@suite(
    math500(shots=4, max_new_tokens=256),
    gates=[Gate("score", at_least=0.20), Gate("extraction_failures", at_most=0.25)],
)
def test_math500(case, response):
    score(case, response)


@suite(
    hendrycks_math(shots=4, max_new_tokens=128),
    budget_s=8,
    gates=[Gate("score", at_least=0.10), Gate("extraction_failures", at_most=0.50)],
)
def test_hendrycks_math(case, response):
    score(case, response)
