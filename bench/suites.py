"""The rows that both sides answer, and our requests for them; prompts as in lm-eval 0.4.13."""

from __future__ import annotations

import re
from collections import defaultdict

from slm_eval.benchmarks.datasets.code import HUMANEVAL
from slm_eval.benchmarks.datasets.commonsense import HELLASWAG
from slm_eval.benchmarks.datasets.knowledge import ARC_EASY, MMLU_DEV, MMLU_TEST
from slm_eval.benchmarks.datasets.mathematics import GSM8K_TEST
from slm_eval.cases.case import Decoding, Generation, LogLikelihoods
from slm_eval.cases.datasets import DatasetContext

GSM8K_STOPS = ("Question:", "</s>", "<|im_end|>")
HUMANEVAL_STOPS = ("\nclass", "\ndef", "\n#", "\nif", "\nprint")
GSM8K_SHOTS = [
    ("A box holds 6 eggs. How many eggs are in 7 boxes?", "7 boxes hold 7*6=42 eggs.\n#### 42"),
    (
        "Anna has 15 euros and buys 3 notebooks at 2 euros each. How much is left?",
        "The notebooks cost 3*2=6 euros.\nShe has 15-6=9 euros left.\n#### 9",
    ),
    (
        "A train covers 60 km an hour. How far does it get in two and a half hours?",
        "In 2.5 hours it covers 60*2.5=150 km.\n#### 150",
    ),
    (
        "Marco reads 12 pages a day for 5 days. The book has 100 pages. How many remain?",
        "He reads 12*5=60 pages.\n100-60=40 pages remain.\n#### 40",
    ),
    (
        "Half of the 28 pupils in a class walk to school. 4 of those live next door. "
        "How many walk and do not live next door?",
        "28/2=14 pupils walk.\n14-4=10 of them do not live next door.\n#### 10",
    ),
]


def load(dataset):
    """Return the normalised rows of a packaged data set."""
    return list(dataset.load(DatasetContext()).rows)


def suite_rows(suite, limit=None):
    """Return rows of `suite`: arc_easy, mmlu:SUBJECT, hellaswag, gsm8k or humaneval."""
    name, _, subject = suite.partition(":")
    table = {
        "arc_easy": ARC_EASY,
        "mmlu": MMLU_TEST,
        "hellaswag": HELLASWAG,
        "gsm8k": GSM8K_TEST,
        "humaneval": HUMANEVAL,
    }
    rows = load(table[name])
    if subject:
        rows = [row for row in rows if row["subject"] == subject]
    return rows[:limit]


def shots(subject):
    """Return the five dev rows of an MMLU subject."""
    return [row for row in load(MMLU_DEV) if row["subject"] == subject]


def requests(suite, rows):
    """Return our requests for rows of `suite`, in order."""
    name, _, subject = suite.partition(":")
    if name == "mmlu":
        head = mmlu_head(subject)
        return [LogLikelihoods(head + mmlu_question(r), (" A", " B", " C", " D")) for r in rows]
    make = {"arc_easy": arc, "hellaswag": hellaswag, "gsm8k": gsm8k, "humaneval": humaneval}[name]
    return [make(row) for row in rows]


def mmlu_head(subject):
    """Return description and five worked examples of a subject."""
    spoken = subject.replace("_", " ")
    text = f"The following are multiple choice questions (with answers) about {spoken}.\n\n"
    for row in shots(subject):
        text += mmlu_question(row) + " " + "ABCD"[row["answer"]] + "\n\n"
    return text


def mmlu_question(row):
    """Return one MMLU question with its lettered choices."""
    listed = "".join(f"{c}. {t}\n" for c, t in zip("ABCD", row["choices"], strict=True))
    return f"{row['question'].strip()}\n{listed}Answer:"


def arc(row):
    """Return the request of one ARC row."""
    return LogLikelihoods(
        f"Question: {row['question']}\nAnswer:", tuple(f" {c}" for c in row["choices"])
    )


def hellaswag(row):
    """Return the request of one HellaSwag row."""
    query = f"{row['activity_label']}: {row['ctx_a']} {row['ctx_b'].capitalize()}"
    return LogLikelihoods(clean(query), tuple(f" {clean(c)}" for c in row["choices"]))


def clean(text):
    """Return HellaSwag text without the marks of WikiHow."""
    text = re.sub(r"\[.*?\]", "", text.strip().replace(" [title]", ". "))
    return text.replace("  ", " ")


def gsm8k(row):
    """Return the request of one GSM8K row, after five worked examples."""
    head = "".join(f"Question: {q}\nAnswer: {a}\n\n" for q, a in GSM8K_SHOTS)
    return Generation(
        f"{head}Question: {row['question']}\nAnswer:", Decoding(256, stop=GSM8K_STOPS)
    )


def humaneval(row):
    """Return the request of one HumanEval row."""
    return Generation(row["prompt"], Decoding(192, stop=HUMANEVAL_STOPS))


def accuracy(rows, answers):
    """Return the share of rows whose likeliest choice is right, given lists of log-likelihoods."""
    hits = [
        max(range(len(a)), key=a.__getitem__) == r["answer"]
        for r, a in zip(rows, answers, strict=True)
    ]
    return sum(hits) / len(hits)


def by_suite(pairs):
    """Return {suite: [item, ...]} of (suite, item) pairs, order kept."""
    grouped = defaultdict(list)
    for suite, item in pairs:
        grouped[suite].append(item)
    return grouped
