"""The controlling process: keeps the ledger, and turns it into verdicts when all tests have run.

It is registered where there is no `workerinput`, with and without xdist, and knows cases only by
what their reports carry.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Literal

import pytest

from slm_eval.errors import SlmEvalError
from slm_eval.plugin.blocks import announce_all
from slm_eval.runs.finish import Conclusion, conclude
from slm_eval.runs.folder import new_run_folder, point_latest
from slm_eval.runs.ledger import Ledger
from slm_eval.runs.manifest import write_manifest
from slm_eval.runs.plan import BlockKey, parse
from slm_eval.runs.record import crashed_record

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

    from slm_eval.plugin.state import State
    from slm_eval.runs.results import GateLine

GateOutcome = tuple[Literal["passed", "failed", "skipped"], Any]
"""What pytest shows for a gate, and the text that says why."""


class Controller:
    """Listens to reports, then speaks the gates' verdicts under the gates' own test ids."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._ledger: Ledger | None = None
        self._started_s = time.time()
        self.folder: Path | None = None
        self.conclusion: Conclusion | None = None
        self._refused: str | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take a case's record out of its report; a crashed worker's report carries none."""
        message = getattr(report, "slm", None)
        if message is None:
            if report.when not in {"setup", "call", "teardown"}:
                self._crashed(report)
            return
        key = self._key(report.nodeid)
        if key is None:
            return
        ledger = self._open_ledger()
        for info in message.get("infos", ()):
            ledger.block(BlockKey(*info["key"])).info = info
        log = ledger.block(key)
        if "record" in message:
            ledger.add_case(key, message["record"], failing=report.failed)
        log.engine = message.get("engine", log.engine)
        for notice in log.engine.get("notices", ()):
            self._state.notice(notice)
        log.aggregates = message.get("aggregates", log.aggregates)
        log.broken_teardowns += message.get("broken_teardown", False)
        if "unusable" in message:
            log.unusable = message["unusable"]
            log.unusable_failed = message["unusable_failed"]

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, Any, Any]:
        """Send the verdicts as soon as the last test ran, however the run ended."""
        if self._state.live and not session.config.option.collectonly:
            self._open_ledger()
        try:
            result = yield
        except BaseException as error:
            if not session.config.option.collectonly:
                self._finish(session, interrupted=not isinstance(error, session.Failed))
            raise
        if self._refused is not None:
            raise pytest.UsageError(self._refused)
        if not session.config.option.collectonly:
            self._finish(session, interrupted=False)
        return result

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Hear from a worker which blocks it knew, its notices, and why it refused to run."""
        output = getattr(node, "workeroutput", None) or {}
        for info in output.get("slm_infos", ()):
            self._open_ledger().block(BlockKey(*info["key"])).info = info
        for line in output.get("slm_notices", ()):
            self._state.notice(line)
        self._refused = output.get("slm_refused", self._refused)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Exit 1 when a model is not ACCEPTED, or the files not whole, although no test failed."""
        if self.conclusion is None or self._ledger is None:
            return
        rejected = self.conclusion.exit_code or self._ledger.problem
        if session.exitstatus == pytest.ExitCode.OK and rejected:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _key(self, nodeid: str) -> BlockKey | None:
        parsed = parse(nodeid, self._state.aliases)
        return None if parsed is None else parsed[0]

    def _crashed(self, report: pytest.TestReport) -> None:
        """Record a case whose worker died: an error, whatever else is known of it."""
        parsed = parse(report.nodeid, self._state.aliases)
        if parsed is None:
            return
        key, case_id = parsed
        suite = key.suite.rsplit("::", 1)[-1].removeprefix("test_")
        record = crashed_record(report.nodeid, suite, key.model, case_id, str(report.longrepr))
        self._open_ledger().add_case(key, record, failing=True)

    def _open_ledger(self) -> Ledger:
        """Return the ledger; the first case makes the run's folder.

        Raises `pytest.UsageError` where that cannot be written.
        """
        if self._ledger is None:
            settings = self._state.settings
            try:
                self.folder = new_run_folder(settings.report_dir)
                write_manifest(self.folder, settings, self._state.models, self._started_s)
                self._ledger = Ledger(self.folder / "cases.jsonl")
            except SlmEvalError as error:
                raise pytest.UsageError(str(error)) from None
            except OSError as error:
                raise pytest.UsageError(
                    f"cannot write the run's files in {self.folder} ({error.strerror}); "
                    "make room or name another folder with --slm-report-dir"
                ) from None
        return self._ledger

    def _finish(self, session: pytest.Session, *, interrupted: bool) -> None:
        if self._ledger is None and not self._state.live:
            return
        ledger = self._open_ledger()
        # Blocks that never reached a report still count as "did not run".
        for info in announce_all(self._state):
            ledger.block(BlockKey(*info["key"])).info = info
        ledger.close()
        assert self.folder is not None
        self.conclusion = conclude(
            self._state.settings,
            self._state.models,
            ledger,
            started_s=self._started_s,
            failed_tests=session.testsfailed + (ledger.problem is not None),
            interrupted=interrupted,
        )
        self._write(self.folder, ledger, self.conclusion)
        for line in self.conclusion.gate_lines:
            if line.selected:
                _report_gate(session.config, line)
        _remember_misses(session.config, self.conclusion.misses_of_failed_gates)
        with ledger.writing(self.folder.parent / "latest"):
            point_latest(self.folder)
        if ledger.problem is not None:
            self._state.notice(ledger.problem)

    def _write(self, folder: Path, ledger: Ledger, conclusion: Conclusion) -> None:
        """Write both summaries; where there is no room the verdicts are still shown."""
        from slm_eval.reports.markdown import write_markdown
        from slm_eval.runs.summary import write_summary

        with ledger.writing(folder / "summary.json"):
            write_summary(folder, self._state.settings, self._state.models, conclusion)
        with ledger.writing(folder / "summary.md"):
            write_markdown(folder)


def _report_gate(config: pytest.Config, line: GateLine) -> None:
    """Report a verdict as the call and teardown of the gate's own test."""
    hook = config.hook
    location = line.location
    hook.pytest_runtest_logstart(nodeid=line.nodeid, location=location)
    now = time.time()
    phases: tuple[Literal["call", "teardown"], ...] = ("call", "teardown")
    torn_down: GateOutcome = ("passed", None)
    for when in phases:
        outcome, longrepr = _gate_outcome(line) if when == "call" else torn_down
        report = pytest.TestReport(
            nodeid=line.nodeid,
            location=location,
            keywords={line.nodeid: 1},
            outcome=outcome,
            longrepr=longrepr,
            when=when,
            start=now,
            stop=now,
            user_properties=[
                ("slm.verdict", line.result.verdict),
                ("slm.value", line.result.value),
            ],
        )
        hook.pytest_runtest_logreport(report=report)
    hook.pytest_runtest_logfinish(nodeid=line.nodeid, location=location)


def _gate_outcome(line: GateLine) -> GateOutcome:
    from slm_eval.plugin.text import located_failure

    result = line.result
    if result.verdict == "passed":
        return "passed", None
    path, lineno, _ = line.location
    reason = f"{result.gate.statistic}: {result.why}"
    if result.verdict == "failed":
        return "failed", located_failure(path, lineno, reason, f"gate failed: {reason}")
    words = "not evaluated" if result.verdict == "not_evaluated" else "inconclusive"
    return "skipped", (path, (lineno or 0) + 1, f"{words}: {reason}")


def _remember_misses(config: pytest.Config, nodeids: Sequence[str]) -> None:
    """Let `--lf` select the misses of failed gates: pytest forgets ids whose report is a skip."""
    plugin = config.pluginmanager.get_plugin("lfplugin")
    if plugin is None:
        return
    try:
        from _pytest.nodeid import NodeId
    except ImportError:  # pytest before 9.2 keys by string
        plugin.lastfailed.update(dict.fromkeys(nodeids, True))
    else:
        plugin.lastfailed.update({NodeId.parse(nodeid): True for nodeid in nodeids})
