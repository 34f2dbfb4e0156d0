"""The pytest plugin: everything that speaks pytest, and nothing else.

The hooks here are one line each; what they do lives in the modules of this folder, in the order in
which a run passes through them:

    state       what the plugin knows during one session
    options     the command line and the ini file become `Settings`
    collect     a suite's function becomes a test per case and a test per gate (items)
    blocks      the selected tests become blocks, one per suite and model
    fixtures    the first `response` of a block runs it whole (progress, golden)
    running     the test body's score becomes an outcome and a record on the report (text)
    scheduler   under xdist, blocks stay whole and models stay where they are
    workers     what one xdist worker may take of the machine
    controller  reports become the ledger, the ledger becomes verdicts
    terminal    what a person reads

Loading this module imports neither torch nor transformers.
"""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any

import pytest

from slm_eval.errors import SlmEvalError
from slm_eval.plugin import collect, options
from slm_eval.plugin.fixtures import model, response, sandbox
from slm_eval.plugin.golden import golden
from slm_eval.plugin.items import GateItem
from slm_eval.plugin.state import STATE, State

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["golden", "model", "response", "sandbox"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Register `--model` and the `--slm-...` options."""
    options.add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Read the settings; a mistake in them ends the run with one line."""
    try:
        state = State(config, options.read_settings(config))
        if state.settings.policy is not None:
            _ = state.policy
        if config.getoption("slm_model") or config.getini("slm_model"):
            _ = state.models
        if state.settings.hardware:
            from slm_eval.models.hardware import find_hardware

            find_hardware(state.settings.hardware)
    except SlmEvalError as error:
        raise pytest.UsageError(str(error)) from None
    config.stash[STATE] = state
    # What `pytest_collection_finish` freezes; after pytest's own last collections, which would
    # otherwise walk every item and record twice more.
    config.add_cleanup(gc.unfreeze)
    if not state.on_worker:
        from slm_eval.plugin.controller import Controller
        from slm_eval.plugin.terminal import Terminal

        controller = Controller(state)
        config.pluginmanager.register(controller, "slm_eval_controller")
        config.pluginmanager.register(Terminal(state, controller), "slm_eval_terminal")


@pytest.hookimpl(wrapper=True)
def pytest_pycollect_makeitem(
    collector: pytest.Module | pytest.Class, name: str, obj: object
) -> Generator[None, Any, Any]:
    """Collect a suite's cases, then append its gates to the same function."""
    suite = collect.suite_of(obj)
    collectable = suite is not None and collector.istestfunction(obj, name)
    if suite is None or not collectable:
        return (yield)
    state = collector.config.stash[STATE]
    collected = collect.prepare(state, collector, name, suite)
    items = yield
    return collect.finish_suite(state, collector, name, collected, list(items or []))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Parametrise suites over models and cases."""
    collect.generate_tests(metafunc.config.stash[STATE], metafunc)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep each model's tests together, and check the policy against what was collected."""
    state = config.stash[STATE]
    if not state.suites:
        return
    collect.order_by_model(state, items)
    try:
        collect.check_policy(state)
    except SlmEvalError as error:
        if not state.on_worker:
            raise pytest.UsageError(str(error)) from None
        # A worker cannot end the run: it runs nothing, and the controller says why.
        config.workeroutput["slm_refused"] = str(error)  # type: ignore[attr-defined]
        state.suites.clear()
        items.clear()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Plan blocks over the tests that were selected."""
    from slm_eval.plugin.blocks import plan_blocks

    state = session.config.stash[STATE]
    plan_blocks(state, session.items)
    if state.plan.blocks:
        # Thousands of items live until the end: the collector need not walk them again and again.
        gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Pass a gate by: its verdict comes later, but the fixtures before it are torn down now."""
    if not isinstance(item, GateItem):
        return None
    from _pytest.runner import runtestprotocol

    for report in runtestprotocol(item, log=False, nextitem=nextitem):
        if report.failed:
            item.ihook.pytest_runtest_logreport(report=report)
    return True


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip cases that cannot tell anything: time under `-n`, gates already decided."""
    from slm_eval.plugin.running import skip_if_pointless

    skip_if_pointless(item)


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, Any, Any]:
    """See that the test body called `case.check` exactly once."""
    result = yield
    from slm_eval.plugin.running import enforce_check

    enforce_check(pyfuncitem)
    return result


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[Any]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a miss into data, and attach the case's record to its report."""
    from slm_eval.plugin.running import attach, cheap_miss

    # A miss is data: pytest must not format a traceback for each of thousands.
    excinfo = call.excinfo
    if cheap_miss(item, call):
        call.excinfo = None
    try:
        report = yield
    finally:
        call.excinfo = excinfo
    attach(item, call, report)
    return report


@pytest.hookimpl(optionalhook=True, tryfirst=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keep blocks whole; `--dist=each` stays what it is."""
    if config.getoption("dist") == "each":
        return None
    from slm_eval.plugin.scheduler import BlockScheduling

    return BlockScheduling(config, log, config.stash[STATE].aliases)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """`-n auto` means the number of accelerators, or 1, where a model is named for the run."""
    if not (config.getoption("slm_model") or config.getini("slm_model")):
        return None
    from slm_eval.models.hardware import accelerator_count

    return max(1, accelerator_count())


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Let a worker that reported no case still say which gates were not evaluated, and more."""
    state = session.config.stash.get(STATE, None)
    if state is not None and state.on_worker and state.live:
        from slm_eval.plugin.blocks import announce_all

        output = session.config.workeroutput  # type: ignore[attr-defined]
        output["slm_infos"] = announce_all(state)
        output["slm_notices"] = state.notices


def pytest_unconfigure(config: pytest.Config) -> None:
    """Free the model in memory."""
    state = config.stash.get(STATE, None)
    if state is not None and "runner" in vars(state):
        state.runner.close()
