"""Mathematical answers: found in a text, and compared by what they mean.

Equivalence is math-verify's (Kydlíček et al. 2025, "Fixing Open LLM Leaderboard with Math-Verify"),
asked in a process of its own with limits of time and memory: LaTeX that hangs its parser, or an
expression that cannot be evaluated, is not equivalent.
"""

from __future__ import annotations

import re

from slm_eval.scoring.math_process import MATH
from slm_eval.scoring.numbers import Extraction

LONGEST = 20_000
"""Characters of a text that are looked at: its end, where a solution has its answer."""

# An escaped brace is a brace that is printed; two backslashes before one are a line break.
_TOKENS = re.compile(r"\\(?:boxed|fbox)\s*\{|\\\\(?!boxed|fbox)|\\[{}]|[{}]")
# Mathematics between delimiters, and nothing else.
_WRAPPED = re.compile(
    r"\${1,2}([^$]*)(?<!\\)\${1,2}|\\\(((?:(?!\\[()]).)*)\\\)|\\\[((?:(?!\\[\[\]]).)*)\\\]",
    re.DOTALL,
)
_BARE = re.compile(r"\\boxed\s+([^\s{}$][^\n$]*)")


def last_boxed(text: str) -> Extraction:
    r"""Return what stands in the last ``\boxed{…}`` of `text` that is closed.

    Braces may be nested; white space around the content is gone. ``\fbox{…}`` counts too and,
    where no box has braces, ``\boxed 5`` up to the next ``$`` or line break. An empty box holds no
    answer.
    """
    found = (-1, "")
    opened: list[tuple[int, int] | None] = []
    for match in _TOKENS.finditer(text):
        token = match[0]
        if token == "{":
            opened.append(None)
        elif token == "}":
            box = opened.pop() if opened else None
            if box is not None and box[0] > found[0]:
                found = box[0], text[box[1] : match.start()]
        elif token.endswith("{") and len(token) > 2:
            opened.append((match.start(), match.end()))
    if found[0] < 0:
        bare = _BARE.findall(text)
        found = 0, bare[-1] if bare else ""
    return Extraction(found[1].strip() or None)


def malformed(gold: str) -> str | None:
    r"""Return what is wrong with a gold answer, None for a sound one.

    Checked is what needs no parser: it is not empty, and braces, ``\left`` and ``\right``,
    ``\begin`` and ``\end`` pair up.
    """
    if not _inner(gold):
        return "is empty"
    depth = 0
    for token in re.findall(r"\\.|[{}]", gold, re.DOTALL):
        depth += {"{": 1, "}": -1}.get(token, 0)
        if depth < 0:
            break
    if depth:
        return "has braces that do not pair up"
    for one, other in ((r"\left", r"\right"), (r"\begin", r"\end")):
        left, right = (
            len(re.findall(rf"{re.escape(name)}(?![a-zA-Z])", gold)) for name in (one, other)
        )
        if left != right:
            return f"has {one} {left} times and {other} {right} times"
    return None


def gold_fault(gold: str, solution: str) -> str | None:
    r"""Return what is wrong with a gold answer, which is the last box of a worked `solution`.

    None for one that is sound and stands there.
    """
    box = last_boxed(solution).value
    if box is None:
        return r"is in no closed \boxed{} of its solution"
    wrong = malformed(gold)
    if wrong is None and box != gold.strip():
        return f"is not what the solution's last box holds, {box!r}"
    return wrong


def math_equivalent(gold: str, answer: str) -> bool:
    r"""Return whether two final answers mean the same: ``\frac{1}{2}`` and ``0.5``.

    Each is LaTeX or plain text, with or without ``$…$``, ``\(…\)`` or ``\boxed{…}`` around it. An
    empty one equals nothing, itself included; one longer than `LONGEST` equals itself alone. `gold`
    comes first: ``x = 5`` answers ``5``, and not the reverse everywhere.

    Total: garbage, and what cannot be compared within the limits of time and memory, is False.
    Raises `ConfigError` with the remedy where math-verify is missing.
    """
    if max(len(gold), len(answer)) > LONGEST:
        return gold == answer and bool(gold.strip())
    gold, answer = _inner(gold), _inner(answer)
    if not gold or not answer:
        return False
    return gold == answer or MATH.equivalent(gold, answer)


def math_match(extraction: Extraction, gold: str) -> float:
    """Return 1.0 if the extracted answer and `gold` are equivalent, else 0.0; nothing found is 0.0.

    Raises `ConfigError` as `math_equivalent` does.
    """
    return 0.0 if extraction.value is None else float(math_equivalent(gold, extraction.value))


def solution_match(solution: str, text: str | None) -> float:
    """Return 1.0 if the answer that `text` comes to is that of the worked `solution`, else 0.0.

    Both answers are found by math-verify itself: a box, a formula or a number. This is the metric
    ``math_verify`` of lm-evaluation-harness 0.4.13 (`lm_eval/tasks/minerva_math/utils.py`). Of a
    text longer than `LONGEST` the end is read.

    Raises `ConfigError` as `math_equivalent` does.
    """
    if not (text or "").strip() or not solution.strip():
        return 0.0
    return float(MATH.equivalent(solution[-LONGEST:], (text or "")[-LONGEST:], whole=True))


def _inner(text: str) -> str:
    """Return `text` without the white space, delimiters and box that are around the whole of it."""
    for _ in range(4):
        text = text.strip()
        wrapped = _WRAPPED.fullmatch(text)
        if wrapped is None:
            break
        text = next(part for part in wrapped.groups() if part is not None)
    if text.startswith("\\boxed") and text.endswith("}") and text.count("\\boxed") == 1:
        return last_boxed(text).value or ""
    return text
