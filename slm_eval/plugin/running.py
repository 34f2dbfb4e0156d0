"""Running one case: what its test body did becomes an outcome, a record and a report.

The score's meaning is decided here, in the process that ran the case, because `--lf`, JUnit, xdist
and the terminal all read the report as it was made.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pytest

from slm_eval.errors import Miss, SlmEvalError
from slm_eval.plugin.blocks import aggregate, announce_all, decided
from slm_eval.plugin.protection import is_protected, may_quote, withhold
from slm_eval.plugin.state import STATE, LiveBlock, State
from slm_eval.runs.record import case_record, plain

if TYPE_CHECKING:
    from slm_eval.runs.handle import CaseHandle
    from slm_eval.runs.record import Record

FAILURE_TEXT_LIMIT = 4000


def skip_if_pointless(item: pytest.Item) -> None:
    """Skip a case whose suite needs the machine to itself, or whose gates are already decided."""
    state = item.config.stash[STATE]
    block = state.live_block(item)
    if block is None:
        return
    if block.suite.suite.exclusive and state.on_worker:
        pytest.skip(
            "measures time, so it needs the machine to itself: run it without -n, "
            f"pytest {block.key.suite} --slm-model {block.key.model} -n 0"
        )
    if block.suite.suite.exclusive and state.settings.engine.startswith("replay"):
        pytest.skip("measures time, which recorded answers do not have: run it on a model")
    if state.settings.early_stop and item.nodeid in state.handles:
        seen = decided(block)
        if seen is not None:
            block.stopped_early = True
            pytest.skip(f"decided after {seen} of {len(block.suite.declared)}")


def enforce_check(item: pytest.Item) -> None:
    """After the test body: raise unless `case.check` was called once, and met the threshold."""
    handle = item.config.stash[STATE].handles.get(item.nodeid)
    if handle is not None:
        handle.enforce()


def cheap_miss(item: pytest.Item, call: pytest.CallInfo[Any]) -> bool:
    """Return whether the exception is a recorded miss that pytest has nothing to say about."""
    if call.excinfo is None or not isinstance(call.excinfo.value, Miss):
        return False
    handle = item.config.stash[STATE].handles.get(item.nodeid)
    recorded = handle is not None and handle.checked is not None
    return recorded and item.get_closest_marker("xfail") is None


def attach(item: pytest.Item, call: pytest.CallInfo[Any], report: pytest.TestReport) -> None:
    """Give a case's report its outcome, its record and its properties, as plain builtins."""
    state = item.config.stash[STATE]
    block = state.live_block(item)
    handle = state.handles.get(item.nodeid)
    if block is None or handle is None:
        _attach_unusable(item, report, state)
        return
    if is_protected(block):
        withhold(item, call, report)
    ends = call.when == "call" or (call.when == "setup" and not report.passed)
    if not ends:
        if call.when == "teardown" and report.failed:
            block.failing += 1
            report.slm = {"broken_teardown": True}  # type: ignore[attr-defined]
        return
    _finish_case(state, block, item, handle, call, report)


def _finish_case(
    state: State,
    block: LiveBlock,
    item: pytest.Item,
    handle: CaseHandle,
    call: pytest.CallInfo[Any],
    report: pytest.TestReport,
) -> None:
    error = call.excinfo.value if call.excinfo is not None else None
    is_miss = isinstance(error, Miss) and handle.checked is not None
    note = None if is_protected(block) or handle.checked is None else handle.checked.note
    if is_miss and not hasattr(report, "wasxfail"):
        reason = f"{error}: {note}" if note else str(error)
        if _tolerated(state, block):
            _make_miss(item, report, reason)
        else:
            _explain_miss(state, item, handle, report, reason, protected=is_protected(block))
    elif isinstance(error, SlmEvalError) and report.failed and not is_protected(block):
        report.longrepr = str(error)
    outcome = _outcome(report, is_miss=is_miss, in_setup=call.when == "setup")
    record = _record(state, block, item, handle, outcome, report, call)
    if outcome == "miss":
        record["why"] = plain(note)
    block.records.append(record)
    block.failing += report.failed
    item.user_properties.append(("slm.outcome", outcome))
    if handle.checked is not None:
        item.user_properties.append(("slm.score", handle.checked.score))
    if note:
        item.user_properties.append(("slm.note", plain(note)))
    report.slm = _message(state, block, item, record)  # type: ignore[attr-defined]


def _tolerated(state: State, block: LiveBlock) -> bool:
    """A miss is data when a gate will judge the whole suite; otherwise it is a failure."""
    has_gates = bool(block.suite.policies[block.key.model].gates)
    return has_gates and block.whole and not state.picked and not state.settings.strict


def _make_miss(item: pytest.Item, report: pytest.TestReport, reason: str) -> None:
    report.outcome = "skipped"
    report.longrepr = (str(item.path), (item.location[1] or 0) + 1, reason)
    report.slm_miss = True  # type: ignore[attr-defined]


def _explain_miss(
    state: State,
    item: pytest.Item,
    handle: CaseHandle,
    report: pytest.TestReport,
    reason: str,
    *,
    protected: bool,
) -> None:
    """Show prompt, expected and answer in place of a traceback into the framework."""
    from slm_eval.plugin.text import failure_text

    answered = state.runner.answered(handle)
    if protected:
        digest = answered.prompt_sha256 if answered else None
        lines = [
            reason,
            "",
            f"prompt    sha256 {digest}; the rows are protected, so no text is shown",
        ]
    else:
        prompt = state.runner.request(handle).prompt
        lines = [
            reason,
            "",
            f"prompt    {_shown(prompt)}",
            f"expected  {_shown(handle.expected)}",
            f"answer    {_shown(_answer(answered.answer) if answered else None)}",
        ]
    report.outcome = "failed"
    report.longrepr = failure_text(item, reason, "\n".join(lines))


def _answer(answer: Any) -> Any:
    if isinstance(answer, Exception):
        return answer
    if answer.text is not None:
        return answer.text
    return "".join(
        f"\n          {choice.loglikelihood:10.3f}  {choice.text!r}" for choice in answer.choices
    )


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else str(value)
    if len(text) <= FAILURE_TEXT_LIMIT:
        return text
    half = FAILURE_TEXT_LIMIT // 2
    cut = len(text) - FAILURE_TEXT_LIMIT
    return f"{text[:half]}\n... {cut} characters ...\n{text[-half:]}"


def _outcome(report: pytest.TestReport, *, is_miss: bool, in_setup: bool) -> str:
    if is_miss:
        return "miss"
    if report.failed:
        return "error" if in_setup else "failed"
    return "skipped" if report.skipped else "hit"


def _record(
    state: State,
    block: LiveBlock,
    item: pytest.Item,
    handle: CaseHandle,
    outcome: str,
    report: pytest.TestReport,
    call: pytest.CallInfo[Any],
) -> Record:
    error = call.excinfo.value if call.excinfo is not None else None
    answered = state.runner.answered(handle)
    answer = answered.answer if answered else None
    why = None
    if outcome in {"failed", "error"} and error is not None:
        why = f"{type(error).__name__}: {error}"
    elif outcome == "skipped":
        why = _skip_reason(report)
    return case_record(
        item.nodeid,
        handle,
        outcome,
        response=None if answer is None or isinstance(answer, Exception) else answer,
        prompt_sha256=answered.prompt_sha256 if answered else None,
        seed=answered.seed if answered else None,
        why=why,
        protected=is_protected(block),
        why_protected=may_quote(call),
    )


def _skip_reason(report: pytest.TestReport) -> str:
    if hasattr(report, "wasxfail"):
        return f"xfail: {report.wasxfail}"
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return reason.removeprefix("Skipped: ")


def _message(state: State, block: LiveBlock, item: pytest.Item, record: Record) -> dict[str, Any]:
    """Return what crosses to the controlling process with this case."""
    message: dict[str, Any] = {"record": record}
    if not state.announced:
        message["infos"] = announce_all(state)
    info = state.runner.infos.get(block.key.model)
    if info is not None and not block.engine_announced:
        block.engine_announced = True
        message["engine"] = plain(asdict(info))
    block.waiting.discard(item.nodeid)
    if not block.waiting:
        message["aggregates"] = aggregate(block)
    return message


def _attach_unusable(item: pytest.Item, report: pytest.TestReport, state: State) -> None:
    from slm_eval.plugin.items import UnusableSuiteItem

    key = state.plan.block_of.get(item.nodeid)
    if isinstance(item, UnusableSuiteItem) and key is not None and report.when == "call":
        report.slm = {  # type: ignore[attr-defined]
            "infos": announce_all(state),
            "unusable": str(item.error),
            "unusable_failed": not item.unreachable,
        }
