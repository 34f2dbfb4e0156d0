"""Programs, judged by running them in the sandbox: HumanEval, MBPP, its translations, and SQL.

The score is pass@1. The gates are for models that no policy names; `extraction_failures` counts
answers that are no program. Answers end after 128 to 256 tokens, so that the suites keep their
time; the harness allows more, as the tasks do by themselves. TypeScript needs a node that strips
types (22.13 or later) and is skipped where there is none.
"""

from slm_eval import Gate, suite
from slm_eval.benchmarks import humaneval, javascript, mbpp, sql


@suite(
    humaneval.humaneval(max_new_tokens=256),
    gates=[Gate("score", at_least=0.15), Gate("extraction_failures", at_most=0.20)],
)
def test_humaneval(case, sandbox, response):
    humaneval.score(case, response, sandbox)


@suite(
    mbpp.mbpp(own_examples=True, max_new_tokens=192),
    gates=[Gate("score", at_least=0.15), Gate("extraction_failures", at_most=0.20)],
)
def test_mbpp(case, sandbox, response):
    mbpp.score(case, response, sandbox)


@suite(
    javascript.javascript(max_new_tokens=192),
    gates=[Gate("score", at_least=0.15), Gate("extraction_failures", at_most=0.20)],
)
def test_javascript(case, sandbox, response):
    javascript.score(case, response, sandbox)


@suite(
    javascript.typescript(max_new_tokens=128),
    budget_s=5,
    gates=[Gate("score", at_least=0.15), Gate("extraction_failures", at_most=0.20)],
)
def test_typescript(case, sandbox, response):
    javascript.score(case, response, sandbox)


@suite(
    sql.sql(),
    gates=[Gate("score", at_least=0.25), Gate("extraction_failures", at_most=0.10)],
)
def test_sql(case, sandbox, response):
    sql.score(case, response, sandbox)
