"""The number that a worked solution ends in, as lm-evaluation-harness 0.4.13 reads GSM8K.

Source: `lm_eval/tasks/gsm8k/gsm8k.yaml` (filters ``strict-match`` and ``flexible-extract``, metric
``exact_match`` with ``ignore_case`` and four ``regexes_to_ignore``), `filters/extraction.py` and
`api/metrics.py`. There an answer that cannot be found is the text ``[invalid]``; here it is None.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from slm_eval.cases.text import text_of
from slm_eval.errors import ConfigError

_STRICT = re.compile(r"#### (\-?[0-9\.\,]+)")
_FLEXIBLE = re.compile(r"(-?[$0-9.,]{2,})|(-?[0-9]+)")
_FULL_STOP = re.compile(r"\.$")


@dataclass(frozen=True, slots=True)
class Extraction:
    """What was found in an answer: `value` as written there, None when nothing was."""

    value: str | None

    @property
    def found(self) -> bool:
        """Whether there is a value, right or wrong."""
        return self.value is not None


def strict_number(text: str | None) -> Extraction:
    """Return the number after the first ``#### `` (harness filter ``strict-match``)."""
    match = _STRICT.search(text_of(text, "to take a number from"))
    return Extraction(match[1] if match else None)


def flexible_number(text: str | None) -> Extraction:
    """Return the last thing that looks like a number (harness filter ``flexible-extract``).

    As there, two or more of ``$ . ,`` and digits count, so that a closing ``...`` is taken too.
    """
    found = [match[0] for match in _FLEXIBLE.finditer(text_of(text, "to take a number from"))]
    return Extraction(found[-1] if found else None)


def normalised_number(text: str) -> str:
    """Return `text` as the harness compares it.

    Gone are commas, dollar signs, all up to the last ``#### `` and one full stop at the end.
    """
    bare = text.replace(",", "").replace("$", "")
    # The harness' own `.*#### ` takes the square of the length where there is no such mark.
    return _FULL_STOP.sub("", bare.rpartition("#### ")[2]).lower()


def number_match(extraction: Extraction, expected: str) -> float:
    """Return 1.0 if the extracted number and `expected` are the same text once normalised.

    expected: the gold number, or the whole gold solution with its ``#### `` line.
    Numbers compare as text, as in the harness: ``18.00`` is not ``18``. Nothing extracted is 0.0.
    """
    if extraction.value is None:
        return 0.0
    return float(normalised_number(extraction.value) == normalised_number(expected))


def number_close(
    extraction: Extraction, expected: float | str, *, absolute: float = 0.0, relative: float = 0.0
) -> float:
    """Return 1.0 if the extracted number is near `expected`, else 0.0; nothing extracted is 0.0.

    Near is within `absolute`, or within `relative` times the size of `expected`; ``18.00`` is
    ``18`` here. What is no finite number (``...``, ``inf``) is near nothing.

    Raises `ConfigError` for an expected value that is no finite number, or a tolerance below 0.
    """
    gold = _finite(str(expected))
    if gold is None:
        raise ConfigError(f"expected is {expected!r}; a finite number is needed")
    if not (absolute >= 0 and relative >= 0):
        raise ConfigError(
            f"absolute={absolute!r} and relative={relative!r}: tolerances are 0 or more"
        )
    value = None if extraction.value is None else _finite(extraction.value)
    if value is None:
        return 0.0
    return float(abs(value - gold) <= max(absolute, relative * abs(gold)))


def _finite(text: str) -> float | None:
    try:
        value = float(normalised_number(text))
    except ValueError:
        return None
    return value if math.isfinite(value) else None
