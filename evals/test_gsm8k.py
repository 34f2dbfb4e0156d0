"""GSM8K: word problems after five worked examples; the strict reading of the answer is the score.

The gates are for models that no policy names: right answers, and answers that can be read at all.
"""

from slm_eval import Gate, suite
from slm_eval.benchmarks.gsm8k import gsm8k, score


@suite(
    gsm8k(shots=5),
    gates=[Gate("score", at_least=0.30), Gate("extraction_failures", at_most=0.10)],
)
def test_gsm8k(case, response):
    score(case, response)
