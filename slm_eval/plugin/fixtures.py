"""The fixtures: `response` answers the case, `model` is the model itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from slm_eval.cases.case import Decoding, Generation, LogLikelihoods, Request, Response
from slm_eval.errors import ModelDoesNotFit
from slm_eval.plugin.state import STATE, State
from slm_eval.runs.fitting import check_fit

if TYPE_CHECKING:
    from slm_eval.engines.base import Engine
    from slm_eval.models.resolve import ModelRef
    from slm_eval.runs.handle import CaseHandle


class Model:
    """The model under test, for tests that ask it something of their own.

    Loading waits until the first question. Answers given here are never stored.
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

    def ask(self, request: Request) -> Response:
        """Return the answer to one request, unbatched. Raises `EngineError`."""
        return self._state.runner.ask(self.ref.alias, request)

    def generate(self, prompt: str, **decoding: Any) -> Response:
        """Return generated text; keyword arguments are fields of `Decoding`."""
        return self.ask(Generation(prompt, Decoding(**decoding)))

    def loglikelihoods(self, prompt: str, continuations: list[str]) -> Response:
        """Return the log-likelihood of each continuation of `prompt`."""
        return self.ask(LogLikelihoods(prompt, tuple(continuations)))


@pytest.fixture
def response(case: CaseHandle, request: pytest.FixtureRequest) -> Response:
    """What the model answered to this case; the first case of a suite runs the whole suite."""
    runner = request.config.stash[STATE].runner
    try:
        return runner.response(case)
    except ModelDoesNotFit as error:
        pytest.skip(str(error))


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
