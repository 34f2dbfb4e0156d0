"""From gates to a decision: `evaluate_gate` for one gate, `model_verdict` for a model.

A model is REJECTED if any gate failed or any case errored; else UNDECIDED if a gate of a required
suite is inconclusive or not evaluated, or if nothing was evaluated at all; else ACCEPTED.
"Did not run" never looks like "passed".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from slm_eval.verdicts.estimate import Estimate
    from slm_eval.verdicts.gate import Gate

GateVerdict = Literal["passed", "failed", "inconclusive", "not_evaluated"]
ModelVerdictName = Literal["ACCEPTED", "REJECTED", "UNDECIDED"]


@dataclass(frozen=True)
class GateResult:
    """What became of one gate. `bound` is the number held against `value`; `why` is one line."""

    gate: Gate
    value: float | None
    estimate: Estimate | None
    verdict: GateVerdict
    required: bool
    why: str
    bound: float | None

    def as_dict(self) -> dict[str, Any]:
        """Return the gate's entry in ``summary.json``, of built-in types only."""
        gate = self.gate
        return {
            "metric": gate.metric,
            "at_least": gate.at_least,
            "at_most": gate.at_most,
            "quantile": gate.quantile,
            "confidence": gate.confidence,
            "value": self.value,
            "verdict": self.verdict,
            "required": self.required,
            "why": self.why,
        }


def evaluate_gate(
    gate: Gate,
    estimate: Estimate | None,
    *,
    required: bool,
    baseline: float | None = None,
    blocked: str | None = None,
    because: str = "",
) -> GateResult:
    """Hold `estimate` against `gate`.

    estimate: of the gate's own statistic (its quantile, and at its confidence where it has one);
        None when nothing was recorded.
    baseline: the value that a `no_worse_than` gate compares with, in the metric's unit.
    blocked: why the gate cannot be evaluated (part of the suite selected, a case errored, ...);
        the value is kept, the verdict is not_evaluated.
    because: the policy's reason for the bound, appended to `why`.
    """
    bound = gate.limit(baseline)
    verdict: GateVerdict = "not_evaluated"
    if blocked is not None:
        why = blocked
    elif estimate is None:
        why = f"no value of {gate.statistic} was recorded"
    elif bound is None:
        why = f"no baseline {gate.no_worse_than} of {gate.statistic} to compare with"
    else:
        verdict, why = _decide(gate, estimate, bound)
    value = None if estimate is None else float(estimate.value)
    if because:
        why = f"{why}; {because}"
    return GateResult(gate, value, estimate, verdict, required, why, bound)


def _decide(gate: Gate, estimate: Estimate, bound: float) -> tuple[GateVerdict, str]:
    if gate.confidence is None:
        passed = gate.meets(estimate.value, bound)
        relation = _relation(gate, passed)
        why = f"{_show(estimate.value)} {relation} {_show(bound)}{_source(gate, bound)}"
        return ("passed" if passed else "failed"), why
    if estimate.confidence != gate.confidence:
        return "not_evaluated", (
            f"needs an interval at {gate.confidence:.4g} confidence, "
            f"got one at {estimate.confidence:.4g}"
        )
    low, high = estimate.ci_low, estimate.ci_high
    worst, best = (low, high) if gate.wants_high else (high, low)
    interval = f"{gate.confidence:.4g} interval [{_end(low)}, {_end(high)}]"
    limit = f"{_show(bound)}{_source(gate, bound)}"
    if worst is not None and gate.meets(worst, bound):
        return "passed", f"{interval} {_relation(gate, True)} {limit}"
    if best is not None and not gate.meets(best, bound):
        return "failed", f"{interval} {_relation(gate, False)} {limit}"
    return "inconclusive", f"{limit} lies inside the {interval} (n={estimate.n})"


@dataclass(frozen=True)
class ModelVerdict:
    """The decision on one model and what led to it.

    `line` is what a person reads last: ``REJECTED (1 gate, 3 errors)``.
    """

    name: ModelVerdictName
    failed_gates: int = 0
    errored_cases: int = 0
    failed_cases: int = 0
    inconclusive: int = 0
    not_evaluated: int = 0
    nothing_evaluated: bool = False

    @property
    def line(self) -> str:
        """Return the name with its reasons in brackets."""
        if self.name == "ACCEPTED":
            return self.name
        if self.name == "REJECTED":
            parts = [
                _count(self.failed_gates, "gate"),
                _count(self.errored_cases, "error"),
                _count(self.failed_cases, "failed case"),
            ]
        else:
            parts = [
                f"{self.inconclusive} inconclusive" if self.inconclusive else "",
                f"{self.not_evaluated} not evaluated" if self.not_evaluated else "",
            ]
        reasons = ", ".join(filter(None, parts)) or "nothing evaluated"
        return f"{self.name} ({reasons})"


def model_verdict(
    results: Iterable[GateResult],
    errored_cases: int = 0,
    *,
    cases: int = 0,
    failed_cases: int = 0,
) -> ModelVerdict:
    """Decide on one model from its gates and cases.

    errored_cases: cases that raised anything but a Miss, in the engine, the scorer or the test.
    cases: cases that were evaluated at all (hit, miss or failed).
    failed_cases: misses that no gate takes up (a suite without gates, ``--slm-strict``); they
        reject as an error does. Misses under a partial selection are not counted here: no
        verdict is claimed for them beyond their gates' not_evaluated.
    """
    results = list(results)
    failed = sum(result.verdict == "failed" for result in results)
    needed = [result.verdict for result in results if result.required]
    inconclusive = needed.count("inconclusive")
    not_evaluated = needed.count("not_evaluated")
    nothing = cases == 0 and all(result.verdict == "not_evaluated" for result in results)
    name: ModelVerdictName = "ACCEPTED"
    if failed or errored_cases or failed_cases:
        name = "REJECTED"
    elif inconclusive or not_evaluated or nothing:
        name = "UNDECIDED"
    return ModelVerdict(
        name, failed, errored_cases, failed_cases, inconclusive, not_evaluated, nothing
    )


def exit_code(verdicts: Iterable[ModelVerdict], *, allow_unevaluated: bool = False) -> int:
    """Return 0 if every model is ACCEPTED, else 1; 0 for no models, as there is nothing to decide.

    `allow_unevaluated` lets a model pass that is UNDECIDED only for want of evaluation, never one
    with an inconclusive gate.
    """

    def passes(verdict: ModelVerdict) -> bool:
        if verdict.name == "UNDECIDED":
            return allow_unevaluated and not verdict.inconclusive
        return verdict.name == "ACCEPTED"

    return 0 if all(map(passes, verdicts)) else 1


def _relation(gate: Gate, passed: bool) -> str:
    if gate.wants_high:
        return ">=" if passed else "<"
    return "<=" if passed else ">"


def _source(gate: Gate, bound: float) -> str:
    if gate.no_worse_than is None:
        return ""
    sign = "-" if gate.wants_high else "+"
    base = bound + gate.margin if gate.wants_high else bound - gate.margin
    margin = f" {sign} {_show(gate.margin)}" if gate.margin else ""
    return f" ({gate.no_worse_than}: {_show(base)}{margin})"


def _show(value: float) -> str:
    return f"{value:.6g}" if abs(value) < 1000 else f"{value:.0f}"


def _end(value: float | None) -> str:
    return "?" if value is None else _show(value)


def _count(number: int, noun: str) -> str:
    if not number:
        return ""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
