"""The Italian sentiment rows: balanced, unique, composed, with every kind of hard sentence."""

import json
import unicodedata
from collections import Counter
from pathlib import Path

ROWS = [
    json.loads(line)
    for line in (Path(__file__).parents[2] / "fixtures" / "sentiment_it.jsonl")
    .read_text("utf-8")
    .splitlines()
]


def test_labels_are_balanced():
    counts = Counter(row["expected"] for row in ROWS)
    assert counts.keys() == {"positivo", "negativo", "neutro"}
    assert len(set(counts.values())) == 1
    assert min(counts.values()) >= 44


def test_ids_and_sentences_are_unique():
    assert [row["id"] for row in ROWS] == [f"sent-it-{n:03d}" for n in range(1, len(ROWS) + 1)]
    assert len({row["input"].casefold() for row in ROWS}) == len(ROWS)


def test_hard_sentences_of_every_kind():
    kinds = Counter((row["expected"], row["cluster"]) for row in ROWS)
    assert {kind for _, kind in kinds} == {"semplice", "negazione", "ironia", "misto"}
    for label in ("positivo", "negativo"):
        assert min(kinds[label, kind] for kind in ("negazione", "ironia", "misto")) >= 5
    assert min(kinds["neutro", kind] for kind in ("negazione", "misto")) >= 4


def test_text_is_composed_and_clean():
    for row in ROWS:
        text = row["input"]
        assert text == unicodedata.normalize("NFC", text)
        assert text == " ".join(text.split())
        assert text[-1] in ".!?"


def test_domains_vary():
    domains = Counter(row["domain"] for row in ROWS)
    assert len(domains) >= 10
    assert max(domains.values()) <= len(ROWS) / 5
