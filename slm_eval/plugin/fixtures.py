"""The fixtures: `response` answers the case, `model` is the model itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from slm_eval.cases.case import Decoding, Generation, LogLikelihoods, Request, Response
from slm_eval.errors import ModelDoesNotFit, SandboxUnavailable
from slm_eval.plugin.state import STATE, State
from slm_eval.runs.fitting import check_fit

if TYPE_CHECKING:
    from slm_eval.engines.base import Engine
    from slm_eval.models.resolve import ModelRef
    from slm_eval.runs.handle import CaseHandle
    from slm_eval.sandbox import Sandbox


class Model:
    """The model under test, for tests that ask it something of their own.

    Loading waits until the first question. Answers given here are stored only where asked.
    """

    def __init__(self, state: State, ref: ModelRef) -> None:
        self._state = state
        self.ref = ref

    @property
    def name(self) -> str:
        """The model's short name, as in test ids."""
        return self.ref.alias

    @property
    def engine(self) -> Engine:
        """The engine that answers, loaded now if need be."""
        return self._state.runner.engine(self.ref.alias)

    def ask(self, request: Request, *, stored: bool = False) -> Response:
        """Return the answer to one request, unbatched. Raises `EngineError`.

        stored: the response store may answer, and keeps the answer; not where time is measured.
        """
        return self._state.runner.ask(self.ref.alias, request, stored=stored)

    def generate(self, prompt: str, **decoding: Any) -> Response:
        """Return generated text; keyword arguments are fields of `Decoding`."""
        return self.ask(Generation(prompt, Decoding(**decoding)))

    def loglikelihoods(self, prompt: str, continuations: list[str]) -> Response:
        """Return the log-likelihood of each continuation of `prompt`."""
        return self.ask(LogLikelihoods(prompt, tuple(continuations)))


@pytest.fixture
def response(case: CaseHandle) -> Response:
    """What the model answered to this case; the first case of a suite runs the whole suite."""
    # Not by way of `request`: pytest makes it anew for each case, at a cost that is felt.
    assert case.runner is not None, "blocks are planned over every selected case"
    try:
        return case.runner.response(case)
    except ModelDoesNotFit as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    """Where programs of a model run; skips, saying why, where nothing isolates them.

    Name it before `response`, so that no answers are made that could not be judged.
    """
    from slm_eval.sandbox import open_sandbox

    state = request.config.stash[STATE]
    try:
        found = open_sandbox(allow_unsafe=state.settings.allow_unsafe_code)
    except SandboxUnavailable as error:
        pytest.skip(str(error))
    state.notice(str(found.report))
    return found


@pytest.fixture(scope="session")
def model(request: pytest.FixtureRequest) -> Model:
    """The model under test; skips with the arithmetic, before loading, when it does not fit."""
    state = request.config.stash[STATE]
    ref = next(model for model in state.models if model.alias == request.param)
    try:
        check_fit(ref, state.settings)
    except ModelDoesNotFit as error:
        pytest.skip(str(error))
    return Model(state, ref)
