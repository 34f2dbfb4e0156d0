"""ARC-Easy and ARC-Challenge, as lm-evaluation-harness asks them: 0-shot, `acc` and `acc_norm`.

Guessing gives about 0.25. The gates are for models that no policy names.
"""

from slm_eval import Gate, suite
from slm_eval.benchmarks.arc import arc_challenge, arc_easy, score


@suite(arc_easy(), gates=[Gate("score", at_least=0.55), Gate("acc_norm", at_least=0.50)])
def test_arc_easy(case, response):
    score(case, response)


@suite(arc_challenge(), gates=[Gate("acc_norm", at_least=0.30)])
def test_arc_challenge(case, response):
    score(case, response)
