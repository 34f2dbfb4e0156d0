"""MMLU: 57 subjects, five worked questions before each, a letter to choose.

In cloze form, without worked questions, the text of each answer is scored in place of its letter:
what small models do better at. Guessing gives 0.25. The gates are for models that no policy names.
"""

from slm_eval import Gate, suite
from slm_eval.benchmarks.mmlu import mmlu, score, score_cloze


@suite(mmlu(shots=5), gates=[Gate("score", at_least=0.40)])
def test_mmlu(case, response):
    score(case, response)


@suite(
    mmlu(shots=0, form="cloze"), cost_s=0.15, budget_s=6, gates=[Gate("acc_norm", at_least=0.30)]
)
def test_mmlu_cloze(case, response):
    score_cloze(case, response)
