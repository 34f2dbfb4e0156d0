"""The line that a person follows while the engine works through a block."""

from __future__ import annotations

import time
from contextlib import nullcontext
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

    from slm_eval.runs.plan import BlockKey

FIRST_LINE_AFTER_S = 5.0
REDRAW_EVERY_S = 0.2
PRINT_EVERY_S = 20.0


class ProgressLine:
    """Rewrites one line on a terminal; prints a line now and then where there is none.

    Says nothing about blocks that end within seconds, in quiet runs, and in xdist workers, whose
    output belongs to the controller.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._started_s = 0.0
        self._shown_s = 0.0
        self._key: BlockKey | None = None

    def __call__(self, key: BlockKey, done: int, total: int) -> None:
        now = time.monotonic()
        if key != self._key:
            self._key, self._started_s, self._shown_s = key, now, 0.0
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        if reporter is None or self._config.get_verbosity() < 0:
            return
        if hasattr(self._config, "workerinput"):
            return
        elapsed_s = now - self._started_s
        rewrite = reporter.isatty
        wait_s = REDRAW_EVERY_S if rewrite else PRINT_EVERY_S
        last = done == total
        if elapsed_s < FIRST_LINE_AFTER_S or (now - self._shown_s < wait_s and not last):
            return
        self._shown_s = now
        left = "done" if last else f"{elapsed_s / done * (total - done):.0f} s left"
        suite = key.suite.rsplit("::", 1)[-1].removeprefix("test_")
        text = f"{key.model} {suite}: {done} of {total} answered in {elapsed_s:.0f} s, {left}"
        self._write(reporter, text, rewrite=rewrite, last=last)

    def _write(
        self, reporter: pytest.TerminalReporter, text: str, *, rewrite: bool, last: bool
    ) -> None:
        capture = self._config.pluginmanager.get_plugin("capturemanager")
        with capture.global_and_fixture_disabled() if capture else nullcontext():
            if rewrite:
                reporter.rewrite(text, erase=True)
                if last:
                    reporter.rewrite("", erase=True)
            else:
                reporter.ensure_newline()
                reporter.write_line(text)
