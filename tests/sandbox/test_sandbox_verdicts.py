"""What becomes of honest programs: every outcome, what they may do, and what crosses."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

import slm_eval
from slm_eval.errors import SandboxError, SandboxUnavailable
from slm_eval.sandbox import Limits, Program, Verdict, runtime
from slm_eval.sandbox import runner as runner_module
from slm_eval.sandbox.level import LevelReport, SandboxLevel
from slm_eval.sandbox.runner import open_sandbox

# setpriv itself still has the rights of root when it looks for a program; env has not.
AS_NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env", "-i")
QUICK = Limits(wall_s=1.0, cpu_s=1)


def program(source, tests="assert f(2) == 4", remote=("f",), **fields):
    return Program(source, tests, remote, **fields)


@pytest.mark.parametrize(
    ("source", "outcome", "why"),
    [
        ("def f(x): return x * x", "passed", ""),
        ("def f(x): return x", "failed", "AssertionError"),
        ("def f(x): return 1 / 0", "error", "ZeroDivisionError: division by zero"),
        ("def g(x): return x", "error", "KeyError"),
        ("def f(x) return x", "unreadable", "SyntaxError"),
        ("\ud800", "unreadable", "surrogate"),
        ("import nothing_of_the_kind", "error", "ModuleNotFoundError"),
        ("def f(x): raise SystemExit", "error", "SystemExit"),
        ("def f(x):\n import os\n os._exit(3)", "exited", "exit status 3"),
        ("def f(x):\n import time\n time.sleep(60)", "timeout", "not done after 1 s"),
        ("", "error", "KeyError"),
    ],
)
def test_outcomes(each_sandbox, source, outcome, why):
    verdict = each_sandbox.check(program(source, limits=QUICK))
    assert (verdict.outcome, verdict.passed) == (outcome, outcome == "passed")
    assert why in verdict.why
    assert verdict.judged() is verdict
    assert verdict.readable == (outcome != "unreadable")


@pytest.mark.parametrize(
    ("body", "outcome"),
    [("import time; time.sleep(60)", "timeout"), ("import os; os._exit(0)", "exited")],
)
def test_a_test_that_catches_everything_does_not_hide_how_the_program_ended(
    each_sandbox, body, outcome
):
    tests = "try:\n    f(2)\nexcept:\n    pass"
    verdict = each_sandbox.check(program(f"def f(x): {body}", tests, limits=QUICK))
    assert verdict.outcome == outcome


def test_tests_that_are_no_python_are_not_the_programs_fault(sandbox):
    verdict = sandbox.check(program("def f(x): return 4", tests="assert f(2 ="))
    assert verdict.outcome == "broken"
    with pytest.raises(SandboxError, match=r"not judged \(broken\)"):
        verdict.judged()


def test_a_helper_of_the_setup_is_not_the_programs(sandbox):
    source = "def f(x): return 0\ndef double(x): return 0"
    honest = program(source, "assert f(1) == double(1)", setup="def double(x): return 2 * x")
    assert sandbox.check(honest).outcome == "failed"


@pytest.mark.parametrize(
    "value",
    [
        "None", "True", "0", "-1.5", "2 ** 200", "-(2 ** 60)", "float('inf')", "'è\\ud83d'", "b'x'",
        "[1, [2]]", "(1, (2,))", "{1: 'a', (2, 3): None}", "{1, 2}", "frozenset({1})", "1 + 2j",
        "range(3)", "bytearray(b'y')", "[]", "{}", "''",
    ],
)  # fmt: skip
def test_values_cross_as_they_are(sandbox, value):
    tests = f"assert f({value}) == {value} and type(f({value})) is type({value})"
    assert sandbox.check(program("def f(x): return x", tests)).why == ""


@pytest.mark.parametrize(
    ("source", "tests"),
    [
        ("def f(n): return (i for i in range(n))", "assert list(f(3)) == [0, 1, 2]"),
        ("from collections import Counter\ndef f(s): return Counter(s)", "assert f('aa')=={'a':2}"),
        ("def f(d): return d.keys()", "assert f({'a': 1}) == {'a'}"),
        ("class f:\n def __init__(self, x): self.x = x", "p = f(2); p.x += 1; assert p.x == 3"),
        ("def f(x, *, y): return x - y", "assert f(x=5, y=2) == 3"),
        ("def f(g): return g.__name__\ndef g(): pass", "assert f(g) == 'g'"),
    ],
)
def test_what_tests_do_with_a_program(sandbox, source, tests):
    remote = ("f", "g") if "def g" in source else ("f",)
    assert sandbox.check(program(source, tests, remote)).why == ""


def test_exceptions_cross_by_their_built_in_type(sandbox):
    tests = "try:\n f(2)\nexcept ValueError as error:\n assert str(error) == 'two'\nelse:\n 1 / 0"
    assert sandbox.check(program("def f(x): raise ValueError('two')", tests)).passed


def test_the_standard_library_is_there_and_a_folder_to_write(sandbox):
    source = """
import asyncio, collections, decimal, hashlib, json, random, re, sqlite3, string, tempfile, typing
def f(x):
    with tempfile.TemporaryFile("w+") as file:
        file.write("4")
        file.seek(0)
        return int(file.read()) + asyncio.run(asyncio.sleep(0, 0))
"""
    if sandbox.level is not SandboxLevel.NAMESPACES:
        pytest.skip("this level has no folder to write")
    assert sandbox.check(program(source)).why == ""


def test_the_folder_is_gone_with_the_program(sandbox):
    if sandbox.level is not SandboxLevel.NAMESPACES:
        pytest.skip("this level has no folder to write")
    leaves = "def f(x):\n open('/tmp/trace', 'w').write('4')\n return 4"
    finds = "import os\ndef f(x): return 4 + os.path.exists('/tmp/trace')"
    assert [v.why for v in sandbox.check_all(map(program, (leaves, finds)))] == ["", ""]


def test_a_verdict_is_the_same_every_time(sandbox):
    # The order of a set of strings depends on the seed of their hashes.
    source = "def f(x): return ''.join({'a', 'b', 'c', 'd', 'e', 'f', 'g'})"
    order = [sandbox.check(program(source, "assert f(2) == '', f(2)")).why for _ in range(3)]
    assert len(set(order)) == 1


def test_what_it_printed_last_is_kept(sandbox):
    verdict = sandbox.check(program("print('first ' * 1000 + 'last')\ndef f(x): return 4"))
    assert verdict.passed
    assert verdict.output.endswith("first last\n")
    assert len(verdict.output) <= Limits().output_bytes


def test_standard_input_is_empty(sandbox):
    source = "import sys\ndef f(x): return 4 + len(sys.stdin.read())"
    assert sandbox.check(program(source)).passed


def test_many_at_once_keep_their_order(sandbox):
    programs = [
        program(f"def f(x): return {n}", f"assert f(2) == {n} and {n} % 3") for n in range(12)
    ]
    started_s = time.monotonic()
    verdicts = sandbox.check_all(programs)
    assert [v.passed for v in verdicts] == [bool(n % 3) for n in range(12)]
    assert time.monotonic() - started_s < 12 * 1.0


def nothing_isolates():
    return LevelReport(SandboxLevel.NONE, {"namespaces": "not permitted", "landlock": "missing"})


def test_without_isolation_nothing_runs_unless_asked_for(monkeypatch):
    monkeypatch.setattr(runner_module, "sandbox_report", nothing_isolates)
    with pytest.raises(SandboxUnavailable, match=r"not permitted.*--slm-allow-unsafe-code"):
        open_sandbox()
    unsafe = open_sandbox(allow_unsafe=True)
    assert unsafe.level is SandboxLevel.NONE
    assert unsafe.check(program("def f(x): return x * x")).passed
    assert unsafe.check(program("import os\nos._exit(0)")).outcome == "exited"


def test_the_report_says_what_is_in_force():
    text = str(nothing_isolates())
    assert text.startswith("sandbox: none: no isolation")
    assert "not landlock: missing" in text


@pytest.mark.parametrize(("found", "why"), [(None, "install Node.js"), ((20, 1), "22.13")])
def test_an_interpreter_that_is_missing_is_named(sandbox, monkeypatch, found, why):
    from slm_eval.sandbox.runtime import Node

    node = None if found is None else Node("/nowhere/node", found)
    monkeypatch.setattr(runner_module, "find_node", lambda: node)
    with pytest.raises(SandboxUnavailable, match=why):
        sandbox.check(program("", language="typescript"))


def test_only_a_known_outcome_is_a_verdict():
    from slm_eval.sandbox.process import _verdict

    forged = b'{"passed": true, "outcome": "fine", "why": "", "seconds": 0, "output": ""}'
    for output in (b"", b"passed", len(forged).to_bytes(4, "big") + forged, forged):
        verdict = _verdict(output, b"it broke", 1)
        assert verdict == Verdict("no_verdict", "it broke")


def python_of_everyone():
    """Return an interpreter of 3.11 or later that every user of the machine may run, or None."""
    code = "import sys; assert sys.version_info >= (3, 11); import json, ctypes, decimal"
    for path in (runtime.python(), "/usr/bin/python3", "/usr/local/bin/python3"):
        with contextlib.suppress(OSError):
            if subprocess.run([*AS_NOBODY, path, "-S", "-c", code], capture_output=True).returncode:
                continue
            return path
    return None


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"), reason="needs root to drop")
def test_a_user_without_rights_gets_walls_too():
    interpreter = python_of_everyone()
    if interpreter is None:
        pytest.skip("no interpreter that every user may run")
    package = Path(slm_eval.__file__).parent
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        for name in ("sandbox", "errors.py", "__init__.py"):
            target = Path(folder, "slm_eval", name)
            copy = shutil.copytree if (package / name).is_dir() else shutil.copy
            target.parent.mkdir(exist_ok=True)
            copy(package / name, target)
        code = "from slm_eval.sandbox import *; print(sandbox_report())"
        told = subprocess.run(
            [*AS_NOBODY, f"PYTHONPATH={folder}", interpreter, "-B", "-c", code],
            capture_output=True,
            text=True,
        )
    assert told.stdout.startswith(("sandbox: namespaces", "sandbox: landlock")), told
