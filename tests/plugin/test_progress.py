"""The progress line of a long block; silence for short ones, in quiet runs and in workers."""

import pytest

from slm_eval.plugin import progress

SLOW = """
import time

def respond(request):
    time.sleep(0.3)
    return "yes"
"""


@pytest.fixture
def slow_project(project):
    project.engine(source=SLOW)
    project.suite(n=4)
    return project


def test_a_long_block_says_how_far_it_is(slow_project, monkeypatch):
    monkeypatch.setattr(progress, "FIRST_LINE_AFTER_S", 0.0)
    monkeypatch.setattr(progress, "PRINT_EVERY_S", 0.0)
    run = slow_project.run()
    assert run.code == 0
    run.result.stdout.re_match_lines([r"m a: \d of 4 answered in \d+ s, (\d+ s left|done)"])


@pytest.mark.parametrize("arguments", [(), ("-q", "-q")])
def test_short_blocks_and_quiet_runs_say_nothing(slow_project, arguments):
    run = slow_project.run(*arguments)
    assert "answered in" not in run.text
