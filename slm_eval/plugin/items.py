"""The two kinds of test that are no function call: a gate, and a suite without usable rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from slm_eval.errors import SlmEvalError
    from slm_eval.verdicts.gate import Gate


class _FunctionSibling(pytest.Item):
    """A test that stands beside a function's own: same place in the file, same marks."""

    def __init__(self, *, function: Callable[..., Any], **kwargs: Any) -> None:
        # Given in full, so that pytest sees the brackets as parameters: `--lf` compares them.
        kwargs.setdefault("nodeid", f"{kwargs['parent'].nodeid}::{kwargs['name']}")
        super().__init__(**kwargs)
        self._function = function
        for mark in getattr(function, "pytestmark", []):
            if mark.name not in {"parametrize", "usefixtures"}:
                self.own_markers.append(mark)
                self.keywords[mark.name] = mark

    def reportinfo(self) -> tuple[Any, int | None, str]:
        code = getattr(self._function, "__code__", None)
        line = code.co_firstlineno - 1 if code is not None else None
        return self.path, line, self.name


class GateItem(_FunctionSibling):
    """A gate under its own test id. It runs nothing: its verdict is reported when all cases ran."""

    def __init__(self, *, gate: Gate, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.gate = gate

    def runtest(self) -> None:
        """Do nothing: see `plugin.controller`."""


class UnusableSuiteItem(_FunctionSibling):
    """Stands for a suite whose rows are malformed (fails) or cannot be had (is skipped)."""

    def __init__(self, *, error: SlmEvalError, unreachable: bool, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.error = error
        self.unreachable = unreachable

    def runtest(self) -> None:
        if self.unreachable:
            pytest.skip(str(self.error))
        pytest.fail(str(self.error), pytrace=False)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException]) -> str:  # type: ignore[override]
        return str(excinfo.value)
