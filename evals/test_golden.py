"""Ten greedy answers, reviewed by a person: a change of weights, tokenizer or template shows here.

A text may differ from where two logits were exactly tied. After a wanted change, read the diff of
`pytest evals/test_golden.py --snapshot-update` as you would read code.
"""

from slm_eval import Decoding, Gate, rows, suite

PROMPTS = {
    "capital": "The capital of France is",
    "primes": "The first five prime numbers are",
    "fable": "Once upon a time, a small fox",
    "water": "Water boils at a temperature of",
    "planets": "The planets of the solar system, in order from the sun, are",
    "python": "def fibonacci(n):\n",
    "translation": "English: Good morning, how are you?\nItalian:",
    "opposites": "hot is to cold as tall is to",
    "recipe": "To make a simple tomato sauce, first",
    "months": "January, February, March,",
}


@suite(
    rows([{"id": name, "input": prompt} for name, prompt in PROMPTS.items()], required=["input"]),
    prompt="{input}",
    decoding=Decoding(max_new_tokens=32),
    gates=[Gate("score", at_least=1.0)],
)
def test_golden(case, response, golden):
    case.check(golden.agrees(case, response))
