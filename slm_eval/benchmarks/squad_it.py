"""SQuAD-it, test split: questions about a passage in Italian, a quarter of them without an answer.

Rows are those of SQuAD-it (Croce et al. 2018), which has answerable questions only; the others are
made by handing over another article's passage (`passages.py`). The score is SQuAD 2.0's F1
(Rajpurkar et al. 2018): token F1 against the best of the accepted answers, Italian articles
dropped where more is left, and for a question without an answer 1 for declining, else 0. The
instruction and its two worked examples are our own.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from slm_eval.benchmarks.datasets.italian import SQUAD_IT
from slm_eval.benchmarks.passages import ANSWERABLE, UNANSWERABLE, PassageRows
from slm_eval.cases.case import Decoding
from slm_eval.errors import DataError
from slm_eval.scoring.abstention import is_refusal
from slm_eval.scoring.overlap import squad_exact_match, token_f1
from slm_eval.task import Task

if TYPE_CHECKING:
    from slm_eval.cases.case import Response, Row
    from slm_eval.runs.handle import CaseHandle

ABSENT = "non presente"
STOP = ("\n\n", "\nTesto:", "\nDomanda:")
PROMPT = """\
Rispondi alla domanda con poche parole prese dal testo. Se il testo non contiene la risposta, \
scrivi: non presente

Testo: Il vecchio faro di Porto Corvo, alto 35 metri, fu costruito nel 1859 e restaurato due volte.
Domanda: Quanto è alto il faro?
Risposta: 35 metri

Testo: La signora Bruni coltiva pomodori dietro casa e il sabato li vende in piazza.
Domanda: In che anno fu aperta la scuola?
Risposta: non presente

Testo: {context}
Domanda: {question}
Risposta:"""
_ABSENT = re.compile(r"(?i)\bnon (?:è |sono )?(?:present[ei]|menzionat[oaie]|indicat[oaie])\b")


def squad_it(share: float = 0.25) -> Task:
    """Return SQuAD-it: 7,608 questions; `share` of them get a passage without the answer."""
    return Task(
        name="squad_it",
        rows=PassageRows(SQUAD_IT, share),
        prompt=PROMPT,
        validate=validate,
        cluster="kind",
        input="question",
        expected=lambda row: row["answers"] or [ABSENT],
        decoding=Decoding(max_new_tokens=32, stop=STOP),
        shots=2,
        threshold=0.5,
        case_metrics=("exact",),
        partial_metrics=("answerable_f1", "declined_accuracy"),
        cost_s=0.6,
        budget_s=10,
    )


def validate(row: Row) -> None:
    """Raise `DataError` for an answerable question whose accepted answers are none, or blank."""
    answers = row["answers"]
    if row["kind"] == ANSWERABLE and not (answers and all(answer.strip() for answer in answers)):
        raise DataError(f"squad_it row {row['id']} has no accepted answer: {row['question']!r}")


def declines(answer: str) -> bool:
    """Return whether an answer says that the passage does not hold what was asked."""
    return bool(_ABSENT.search(answer)) or is_refusal(answer)


def score(case: CaseHandle, response: Response) -> None:
    """Record F1 as the score and `exact` beside it, read from the answer's first line of text.

    An accepted answer that reads like a refusal is an answer. Each kind of question has a mean of
    its own as well: `answerable_f1` and `declined_accuracy`.
    """
    lines = (response.answer or "").strip().splitlines()
    answer = lines[0].strip() if lines else ""
    kind = case.row["kind"]
    exact = squad_exact_match(answer, case.expected, language="it") if answer else 0.0
    accepted = kind == ANSWERABLE and exact == 1.0
    declined = not accepted and declines(answer)
    if kind == UNANSWERABLE or declined or not answer:
        f1 = exact = float(declined and kind == UNANSWERABLE)
    else:
        f1 = token_f1(answer, case.expected, language="it")
    own: dict[str, Any] = {"answerable_f1" if kind == ANSWERABLE else "declined_accuracy": f1}
    said = "declined" if declined else "answered"
    case.check(f1, exact=exact, extracted=bool(answer), label=kind, prediction=said, **own)
