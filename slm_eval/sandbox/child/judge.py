"""The judge: runs the tests, which are trusted, against functions that live in the candidate.

The verdict is made in this process, where no line of the program runs: the program hands over
copies of plain values, which are compared here. It has no way to the tests, the expected values or
the verdict's pipe, which it never held.
"""

from __future__ import annotations

import builtins
from typing import Any

from . import frames, wire

MESSAGE_LIMIT = 500


class Died(BaseException):
    """The candidate ended, or sent what is no reply: no test can go on."""


class RemoteError(Exception):
    """An exception of the program whose type is not a built-in one."""


class Candidate:
    """The other end: sends requests, and stands for what cannot cross."""

    def __init__(self, reading: int, writing: int) -> None:
        self._reading = reading
        self._writing = writing
        self.ended: str | None = None

    def start(self, source: str) -> None:
        """Have the program run. Raises what it raised."""
        self._exchange(source)

    def reference(self, name: str) -> Any:
        """Return the program's global `name`: a copy if it is plain, else a stand-in."""
        return self.request(["name", name])

    def request(self, request: list[Any]) -> Any:
        """Return the result of one operation. Raises the program's own exception."""
        return self._exchange(wire.encode(request, _as_handle))

    def _exchange(self, message: Any) -> Any:
        try:
            frames.send(self._writing, message)
            reply = frames.receive(self._reading)
        except (OSError, frames.FrameError) as error:
            raise self._died(str(error)) from None
        if isinstance(reply, dict) and "error" in reply:
            raise _exception(reply["error"])
        if not isinstance(reply, dict) or "value" not in reply:
            raise self._died("the program wrote to the pipe of its results")
        try:
            return wire.decode(reply["value"], lambda number: Remote(self, number))
        except (wire.WireError, RecursionError, ValueError) as error:
            raise self._died(f"a result that cannot be read: {error}") from None

    def _died(self, why: str) -> Died:
        self.ended = self.ended or why
        return Died(why)


class Remote:
    """Something of the program's that stays there: can be called, and has attributes.

    It equals nothing but itself, whatever its own ``__eq__`` would say.
    """

    __slots__ = ("_candidate", "_number")

    def __init__(self, candidate: Candidate, number: int) -> None:
        object.__setattr__(self, "_candidate", candidate)
        object.__setattr__(self, "_number", number)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._candidate.request(["call", self, list(args), kwargs])

    def __getattr__(self, name: str) -> Any:
        return self._candidate.request(["get", self, name])

    def __setattr__(self, name: str, value: Any) -> None:
        self._candidate.request(["set", self, name, value])


def _as_handle(value: Any) -> Any:
    if type(value) is Remote:
        return wire.handle_form(value._number)
    raise TypeError(f"a test hands over a {type(value).__name__}, which cannot cross")


def _exception(told: Any) -> Exception:
    name, message = (str(part)[:MESSAGE_LIMIT] for part in told)
    kind = getattr(builtins, name, None)
    if isinstance(kind, type) and issubclass(kind, Exception):
        try:
            return kind(message)
        except TypeError:
            pass
    return RemoteError(f"{name}: {message}")


def judge(job: dict[str, Any], candidate: Candidate) -> dict[str, Any]:
    """Return the verdict of the tests: `passed`, its `outcome` in a word, and `why`.

    job: `program`, never run here; `setup` and `tests`, trusted Python; `remote`, the names that
        the tests take from the program. Names of the program hide those of the setup.
    """
    try:
        names: dict[str, Any] = {"__name__": "tests"}
        exec(compile(job["setup"], "<setup>", "exec", dont_inherit=True), names)
        tests = compile(job["tests"], "<tests>", "exec", dont_inherit=True)
    except Exception as error:
        return _verdict("broken", f"the tests cannot be set up: {_told(error)}")
    try:
        candidate.start(job["program"])
        for name in job["remote"]:
            names[name] = candidate.reference(name)
    except Died as error:
        return _verdict("exited", f"before the tests: {error}")
    except SyntaxError as error:
        return _verdict("unreadable", _told(error))
    except Exception as error:
        return _verdict("error", f"before the tests: {_told(error)}")
    try:
        exec(tests, names)
    except Died as error:
        return _verdict("exited", str(error))
    except AssertionError as error:
        return _verdict("failed", _told(error))
    except Exception as error:
        return _verdict("error", _told(error))
    if candidate.ended is not None:
        # A test with a bare `except` caught what says so.
        return _verdict("exited", candidate.ended)
    return {"passed": True, "outcome": "passed", "why": ""}


def _verdict(outcome: str, why: str) -> dict[str, Any]:
    return {"passed": False, "outcome": outcome, "why": why[:MESSAGE_LIMIT]}


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".strip().removesuffix(":")
