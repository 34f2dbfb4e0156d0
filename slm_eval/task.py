"""What a test file says: a `Task` (what is asked and how it scores) bound to a test by `@suite`.

    @suite(jsonl("fixtures/sentiment_it.jsonl"), prompt="Sentiment: '{input}' -> ",
           gates=[Gate("score", at_least=0.80)])
    def test_sentiment_it(case, response):
        case.check(contains(response.text, case.expected))

The decorator only marks the function; the plugin reads the mark. The packaged benchmarks are Tasks
built from these same arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from string import Formatter
from typing import TYPE_CHECKING, Any, TypeVar

from slm_eval.cases.case import Case, Chat, Decoding, Generation, LogLikelihoods, Request, Row
from slm_eval.cases.sized import CountTokens, SizedPrompt, count_words
from slm_eval.errors import ConfigError, DataError, closest

if TYPE_CHECKING:
    from slm_eval.cases.datasets import LoadedRows, RowSource
    from slm_eval.verdicts.gate import Gate

SUITE_ATTRIBUTE = "__slm_suite__"

GREEDY = Decoding()

F = TypeVar("F", bound=Callable[..., Any])
SuiteMetric = Callable[[Sequence[dict[str, Any]]], Any]


@dataclass(frozen=True, kw_only=True)
class Task:
    """Rows, prompt, decoding and how to score: everything about a benchmark but its thresholds.

    prompt: a `str.format` template over the row's fields, a function of the row, or a
        `SizedPrompt` that is fitted to a length in the model's own tokens. It is rendered only when
        a response is needed.
    choices: a function of the row giving the continuations whose log-likelihoods are asked;
        None asks for generated text.
    contexts: a function of the row giving the text before each choice, where it is not the prompt
        for all of them.
    decoding: how text is generated, or a function of the row that says so (a seed per sample).
    validate: called with every row at collection; raises `DataError` for one that cannot be
        scored, a malformed gold answer for one.
    case_id, cluster, expected, input: a field name or a function of the row.
    clustered: cases of one cluster score alike, and the clusters are a sample of many (MMLU's
        subjects): intervals are then widened by what a cluster's cases share.
    cost_s: seconds per case that the embedded model needs on two CPU cores; with `budget_s` it
        sizes the default subset, the same on every machine.
    in_default: which rows the default subset is drawn from; None means all of them.
    case_metrics: names of the further metrics that the suite hands to `case.check`, so that a
        policy naming another one is refused.
    partial_metrics: the same for metrics that only some cases record: gates judge those cases.
    suite_metrics: suite-level metrics that every suite of the task has, before the suite's own.
    """

    name: str
    rows: RowSource
    prompt: str | Callable[[Row], str] | SizedPrompt
    choices: Callable[[Row], Sequence[str]] | None = None
    contexts: Callable[[Row], Sequence[str]] | None = None
    case_id: Callable[[Row], str] | str | None = None
    cluster: Callable[[Row], str] | str | None = None
    expected: Callable[[Row], Any] | str = "expected"
    input: Callable[[Row], Any] | str = "input"
    decoding: Decoding | Callable[[Row], Decoding] = GREEDY
    validate: Callable[[Row], None] | None = None
    in_default: Callable[[Row], bool] | None = None
    chat: Chat | None = None
    clustered: bool = False
    shots: int = 0
    cost_s: float = 0.5
    budget_s: float = 60.0
    threshold: float = 1.0
    case_metrics: tuple[str, ...] = ()
    partial_metrics: tuple[str, ...] = ()
    suite_metrics: tuple[SuiteMetric, ...] = ()
    version: str = "1"

    def case(self, row: Row, index: int) -> Case:
        """Return the `Case` of `row`, the `index`-th of its rows."""
        return Case(
            id=self.id_of(row, index),
            row=row,
            input=_value(row, self.input),
            expected=_value(row, self.expected),
            cluster=self.cluster_of(row),
        )

    def id_of(self, row: Row, index: int) -> str:
        """Return the id of a row's case: `case_id`, the row's own ``id``, or its number."""
        return str(_value(row, self.case_id) if self.case_id else row.get("id", f"{index:04d}"))

    def cluster_of(self, row: Row) -> str | None:
        """Return the group that a row belongs to, if any."""
        cluster = _value(row, self.cluster) if self.cluster else row.get("cluster")
        return None if cluster is None else str(cluster)

    def request(self, case: Case, count: CountTokens = count_words) -> Request:
        """Return what the model is asked for `case`: the prompt is rendered here.

        count: how many tokens a text is to the model, for a prompt that is sized by them.
        """
        prompt = self._prompt(case.row, count)
        if self.choices is None:
            return Generation(prompt, self.decoding_of(case.row), self.chat)
        contexts = () if self.contexts is None else tuple(self.contexts(case.row))
        return LogLikelihoods(prompt, tuple(self.choices(case.row)), self.chat, contexts)

    def _prompt(self, row: Row, count: CountTokens) -> str:
        if isinstance(self.prompt, str):
            return self.prompt.format_map(row)
        if callable(self.prompt):
            return self.prompt(row)
        return self.prompt.render(row, count)

    def decoding_of(self, row: Row) -> Decoding:
        """Return how the answer to `row` is generated."""
        return self.decoding(row) if callable(self.decoding) else self.decoding

    def default_examples(self) -> int:
        """Return how many cases fit the budget: at least 10, whatever one of them costs."""
        return max(10, int(self.budget_s / self.cost_s))

    def when_loaded(self, _loaded: LoadedRows) -> Task:
        """Return the task as its rows make it: itself, unless a subclass learns from them."""
        return self

    def check_rows(self, rows: Sequence[Row]) -> None:
        """Raise `DataError` for a row that the task's own `validate` refuses, or that lacks a field
        which the prompt template names."""
        if self.validate is not None:
            for row in rows:
                self.validate(row)
        if not isinstance(self.prompt, str):
            return
        named = {
            str(name).split(".")[0].split("[")[0]
            for _, name, _, _ in Formatter().parse(self.prompt)
            if name is not None
        }
        for index, row in enumerate(rows):
            for name in sorted(named):
                if name not in row:
                    raise DataError(
                        f"the prompt of {self.name} names {{{name}}}, but row {index + 1} of "
                        f"{self.rows.name} has only {', '.join(sorted(row))}{closest(name, row)}"
                    )


def _value(row: Row, field: Callable[[Row], Any] | str) -> Any:
    return field(row) if callable(field) else row.get(field)


@dataclass(frozen=True)
class Suite:
    """A Task bound to a test function with what it must reach.

    `exclusive` suites measure time: they need the machine to themselves, never read stored
    responses and are skipped under ``-n``.
    """

    name: str
    task: Task
    threshold: float
    gates: tuple[Gate, ...] = ()
    metrics: tuple[SuiteMetric, ...] = ()
    exclusive: bool = False

    @property
    def all_metrics(self) -> tuple[SuiteMetric, ...]:
        """The suite-level metrics: the task's, then the suite's own."""
        return (*self.task.suite_metrics, *self.metrics)

    def metric_names(self) -> set[str]:
        """Return every metric name that a gate or a policy may name."""
        return {
            "score",
            "extraction_failures",
            "truncated",
            *self.task.case_metrics,
            *self.task.partial_metrics,
            *(metric.__name__ for metric in self.all_metrics),
            *(gate.metric for gate in self.gates),
        }


def suite(
    source: Task | RowSource,
    *,
    threshold: float | None = None,
    gates: Sequence[Gate] = (),
    metrics: Sequence[SuiteMetric] = (),
    exclusive: bool = False,
    **task: Any,
) -> Callable[[F], F]:
    """Bind rows (with `prompt=` and the other fields of `Task`) or a whole Task to a test function.

    threshold: the score that one example must reach (default: the Task's, 1.0).
    gates: what the suite as a whole must reach; without gates every miss is a failure.
    metrics: suite-level metrics, functions over all recorded cases such as `macro_f1`; each is a
        list of dicts with ``score``, ``metrics``, ``label``, ``prediction``, ``cluster``,
        ``extracted``.

    Further keyword arguments are fields of `Task`; given with a Task they replace its own.

    Raises `ConfigError` for an unknown argument, a missing prompt, or two gates under one key.
    """
    bound = _task(source, task)
    keys = [gate.key for gate in gates]
    for key in keys:
        if keys.count(key) > 1:
            raise ConfigError(f"two gates are both called {key}; keep one of them")
    reach = bound.threshold if threshold is None else threshold

    def bind(function: F) -> F:
        name = function.__name__.removeprefix("test_")
        named = bound if bound.name else replace(bound, name=name)
        setattr(
            function,
            SUITE_ATTRIBUTE,
            Suite(name, named, reach, tuple(gates), tuple(metrics), exclusive),
        )
        return function

    return bind


def _task(source: Task | RowSource, fields: dict[str, Any]) -> Task:
    known = Task.__dataclass_fields__.keys() - {"rows"}
    for field in fields:
        if field not in known:
            raise ConfigError(f"@suite has no argument {field!r}{closest(field, known)}")
    if isinstance(source, Task):
        return replace(source, **fields)
    if "prompt" not in fields:
        raise ConfigError(
            f'@suite({source.name}) needs prompt=: a template such as "{{input}}", or a function '
            "of the row"
        )
    return Task(**{"name": "", **fields, "rows": source})
