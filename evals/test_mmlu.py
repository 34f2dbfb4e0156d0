"""MMLU: 57 subjects, five worked questions before each, a letter to choose.

Guessing gives 0.25. The gate is for models that no policy names.
"""

from slm_eval import Gate, suite
from slm_eval.benchmarks.mmlu import mmlu, score


@suite(mmlu(shots=5), gates=[Gate("score", at_least=0.40)])
def test_mmlu(case, response):
    score(case, response)
