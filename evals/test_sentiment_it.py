"""Sentiment of Italian sentences: which of three labels is the likeliest continuation.

Guessing gives 0.33. The gates are for models that no policy names. `loss` is the nats lost on the
right label: guessing evenly loses 1.10, and it still moves where the score is at chance.
"""

from slm_eval import Gate, accuracy, confusion_matrix, jsonl, macro_f1, suite
from slm_eval.scoring import best_choice, choice_loss

LABELS = ("positivo", "negativo", "neutro")
PROMPT = """\
Classifica il sentiment della frase: positivo, negativo o neutro.

Frase: Servizio pessimo, sono furioso.
Sentiment: negativo

Frase: Il negozio si trova in via Roma.
Sentiment: neutro

Frase: Il gelato è squisito, lo adoro.
Sentiment: positivo

Frase: {input}
Sentiment:"""


@suite(
    jsonl("fixtures/sentiment_it.jsonl"),
    prompt=PROMPT,
    choices=lambda _row: [f" {label}" for label in LABELS],
    shots=3,
    cost_s=0.15,
    case_metrics=("loss",),
    metrics=[accuracy, macro_f1, confusion_matrix],
    gates=[Gate("accuracy", at_least=0.70), Gate("macro_f1", at_least=0.65)],
)
def test_sentiment_it(case, response):
    prediction = LABELS[best_choice(response)]
    loss = choice_loss(response, LABELS.index(case.expected))
    case.check(prediction == case.expected, label=case.expected, prediction=prediction, loss=loss)
