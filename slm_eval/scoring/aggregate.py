"""Metrics of a whole suite: functions over the records of its cases, for `@suite(metrics=[...])`.

A record has at least the keys ``score``, ``label`` and ``prediction``: what `case.check` was given.
No records is a `ValueError`, never 0.0.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from slm_eval.errors import ConfigError

Record = Mapping[str, Any]

NO_PREDICTION = "(none)"
"""The column of a confusion matrix that counts the cases whose prediction is None."""


def mean(records: Sequence[Record]) -> float:
    """Return the arithmetic mean of the scores."""
    _require(records, "mean")
    return sum(float(record["score"]) for record in records) / len(records)


def accuracy(records: Sequence[Record]) -> float:
    """Return the share of cases that are right.

    With labels a case is right when its prediction equals its label (None never does). Without any
    it is right when its score is 1, and a score other than 0 or 1 raises `ConfigError`: use `mean`.
    """
    _require(records, "accuracy")
    if any(record.get("label") is not None for record in records):
        pairs = _pairs(records, "accuracy")
        return sum(label == prediction for label, prediction in pairs) / len(pairs)
    for record in records:
        if record["score"] not in (0.0, 1.0):
            raise ConfigError(
                f"accuracy needs scores of 0 or 1, got {record['score']!r}; "
                "use mean, or give case.check a label= and prediction="
            )
    return mean(records)


def macro_f1(records: Sequence[Record]) -> float:
    """Return the unweighted mean over the classes of F1 = 2 TP / (2 TP + FP + FN).

    The classes are those seen as a label or as a prediction. So a class that is only ever predicted
    or never hit counts with F1 = 0, and one that is neither label nor prediction is left out: no
    division by zero is left. A prediction of None is a miss of its label (FN) and no class.
    These are scikit-learn's numbers for ``f1_score(average="macro")`` where every case has a
    prediction.
    """
    _require(records, "macro_f1")
    pairs = Counter(_pairs(records, "macro_f1"))
    classes = _classes(pairs)
    return sum(_f1(pairs, name) for name in classes) / len(classes)


def confusion_matrix(records: Sequence[Record]) -> dict[str, dict[str, int]]:
    """Return the number of cases as ``matrix[label][prediction]``, classes sorted, zeros included.

    Rows and columns are the classes seen as a label or as a prediction; a last column ``"(none)"``
    counts predictions of None where there are any.
    """
    _require(records, "confusion_matrix")
    pairs = Counter(_pairs(records, "confusion_matrix"))
    classes = _classes(pairs)
    has_none = any(prediction is None for _, prediction in pairs)
    columns: list[str | None] = [*classes, None] if has_none else [*classes]
    return {
        label: {NO_PREDICTION if name is None else name: pairs[label, name] for name in columns}
        for label in classes
    }


Pair = tuple[str, str | None]


def _f1(pairs: Counter[Pair], name: str) -> float:
    true_positives = pairs[name, name]
    of_label = sum(count for (label, _), count in pairs.items() if label == name)
    of_prediction = sum(count for (_, prediction), count in pairs.items() if prediction == name)
    # 2 TP + FP + FN = (TP + FN) + (TP + FP), which no class that was seen has at zero.
    return 2 * true_positives / (of_label + of_prediction)


def _classes(pairs: Counter[Pair]) -> list[str]:
    return sorted({name for pair in pairs for name in pair if name is not None})


def _pairs(records: Sequence[Record], metric: str) -> list[Pair]:
    pairs: list[Pair] = []
    for index, record in enumerate(records):
        label, prediction = record.get("label"), record.get("prediction")
        if label is None:
            raise ConfigError(
                f"{metric} needs a label of every case, and record {index} has none: "
                "call case.check(score, label=..., prediction=...)"
            )
        pairs.append((str(label), None if prediction is None else str(prediction)))
    return pairs


def _require(records: Sequence[Record], metric: str) -> None:
    if not records:
        raise ValueError(f"{metric} of no records is undefined; score at least one case")
