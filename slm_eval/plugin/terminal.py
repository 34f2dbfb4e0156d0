"""What a person reads: models and their fit first, the table of suites and verdicts last."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from slm_eval.errors import SlmEvalError

if TYPE_CHECKING:
    from slm_eval.plugin.controller import Controller
    from slm_eval.plugin.state import State

VERDICT_COLOURS = {"ACCEPTED": "green", "REJECTED": "red", "UNDECIDED": "yellow"}


class Terminal:
    """Adds our lines to pytest's own report; says nothing in a session without suites."""

    def __init__(self, state: State, controller: Controller) -> None:
        self._state = state
        self._controller = controller

    def pytest_report_header(self, config: pytest.Config) -> list[str]:
        """Announce aliases and say whether each model that was asked for fits."""
        return self._model_lines() if config.getoption("slm_model") else []

    def pytest_report_collectionfinish(self, config: pytest.Config) -> list[str]:
        """The same for a default model, once there is a suite to run on it."""
        if not self._state.suites or config.getoption("slm_model"):
            return []
        return self._model_lines()

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(
        self, report: pytest.CollectReport | pytest.TestReport
    ) -> tuple[str, str, tuple[str, dict[str, bool]]] | None:
        """Show a tolerated miss as `m` / `MISS`, not as a skip."""
        if getattr(report, "slm_miss", False):
            return "miss", "m", ("MISS", {"yellow": True})
        return None

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Write the table, the place of the files, and a verdict per model."""
        conclusion = self._controller.conclusion
        if conclusion is None or self._controller.folder is None:
            return
        from slm_eval.reports.terminal import suite_lines, verdict_lines

        terminalreporter.section("slm_eval")
        for line in suite_lines(conclusion.results, conclusion.seconds):
            terminalreporter.write_line(line)
        for line in (*self._state.notices, *conclusion.recorded_baselines):
            terminalreporter.write_line(line)
        terminalreporter.write_line(f"files: {_short(self._state, self._controller)}")
        for name, line in verdict_lines(conclusion, smoke=self._state.settings.smoke):
            colour = VERDICT_COLOURS[conclusion.verdicts[name].name]
            terminalreporter.write_line(f"{name}: {line}", bold=True, **{colour: True})

    def _model_lines(self) -> list[str]:
        from slm_eval.runs.fitting import fits_asked

        lines = []
        for model in self._state.models:
            lines += [f"model: {notice}" for notice in model.notices]
            try:
                fits = fits_asked(model, self._state.settings)
            except SlmEvalError as error:
                raise pytest.UsageError(str(error)) from None
            lines += [f"fit: {fit.message}" for fit in fits]
        return lines


def _short(state: State, controller: Controller) -> str:
    folder = controller.folder
    assert folder is not None
    root = state.config.rootpath
    return str(folder.relative_to(root) if folder.is_relative_to(root) else folder)
