"""Any task of lm-evaluation-harness as a suite: its rows, prompts, metrics; our engine and gates.

    @lm_eval_suite("arc_easy", gates=[Gate("acc_norm", at_least=0.40)])
    def test_arc_easy(case, response):
        lm_eval_score(case, response)

Tasks of one's own are found with ``include_path=``, a folder of YAML files. Metrics keep the names
that they have in the harness; where a task has several filters each name ends in its filter's, as
in ``exact_match-strict-match``. `expected` is the harness's target, a case's id its document's
number. A group or tag becomes one suite of all its tasks: intervals are clustered by task, and
metrics are weighted by the tasks' sizes, which is also what most groups of the harness do.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from slm_eval.benchmarks.harness.loading import SEED
from slm_eval.benchmarks.harness.metrics import (
    aggregated_apart,
    headline_of,
    per_case,
    suite_metrics,
)
from slm_eval.benchmarks.harness.rows import HarnessRows
from slm_eval.cases.sized import count_words
from slm_eval.errors import ConfigError, DataError, closest
from slm_eval.task import F, SuiteMetric, Task, suite

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from slm_eval.cases.case import Case, Chat, Request, Response, Row
    from slm_eval.cases.datasets import LoadedRows
    from slm_eval.cases.sized import CountTokens
    from slm_eval.runs.handle import CaseHandle
    from slm_eval.verdicts.gate import Gate

MEASURED = 1.0
"""The score of a case that has none, because its task only measures (perplexity)."""


@dataclass(frozen=True, kw_only=True)
class LmEvalTask(Task):
    """A `Task` whose rows, requests and metrics are those of a task of the harness.

    headline: the metric that is the score; None takes the first that is averaged and better when
        higher, and scores 1 where there is none.
    """

    headline: str | None = None

    @property
    def harness(self) -> HarnessRows:
        """The rows, which know the harness's task."""
        assert isinstance(self.rows, HarnessRows)
        return self.rows

    def request(self, case: Case, _count: CountTokens = count_words) -> Request:
        """Return what the harness asks for `case`."""
        return self.harness.request(case.row, self.chat)

    def when_loaded(self, _loaded: LoadedRows) -> Task:
        """Return the task with what only its definition says: shots, version, metrics.

        Raises `ConfigError` when `headline` is no metric of it, or not one that is averaged.
        """
        state = self.harness.state
        metrics = [each for of_task in state.measured.values() for each in of_task]
        apart = aggregated_apart(state.measured)
        averaged = list(dict.fromkeys(m.name for m in metrics if m.name not in apart))
        if self.headline is not None and self.headline not in averaged:
            raise ConfigError(
                f"task {self.name!r} has no metric {self.headline!r} to be its score"
                f"{closest(self.headline, averaged)}; it averages {', '.join(averaged) or 'none'}"
            )
        # In a group a metric may be that of some tasks only: gates then judge their cases.
        everywhere = set.intersection(*({m.name for m in of} for of in state.measured.values()))
        documents = list(state.tasks.values())
        versions = sorted({each.version for each in documents})
        return replace(
            self,
            shots=max(each.shots for each in documents),
            version=versions[0] if len(versions) == 1 else "several",
            case_metrics=tuple(name for name in averaged if name in everywhere),
            partial_metrics=tuple(name for name in averaged if name not in everywhere),
            suite_metrics=suite_metrics(state.measured, state.values),
        )


def lm_eval_task(
    name: str,
    *,
    shots: int | None = None,
    score: str | None = None,
    include_path: str | Sequence[str] = (),
    chat: Chat | None = None,
    metadata: Mapping[str, Any] | None = None,
    fewshot_seed: int = SEED,
    unsafe_code: bool = False,
    shots_from_test: bool = False,
    cost_s: float = 0.5,
    budget_s: float = 60.0,
) -> LmEvalTask:
    """Return a task, group or tag of lm-evaluation-harness, by name or as the path of a YAML file.

    shots: worked examples; None takes the task's own number.
    score: which metric is the case's score; None the first that is averaged and better when higher.
    include_path: folders of YAML files, relative to the test file or the root of the project.
    chat: wrap the prompt as one user turn; description and examples stand in that turn.
    metadata: handed to the task, as the harness's ``--metadata``.
    fewshot_seed: of the examples' draw; the harness's own by default.
    unsafe_code: run tasks that execute the model's code in this process.
    shots_from_test: let examples be drawn from the rows under test, where a task has no others.

    Whether the task exists is known when its rows are loaded.
    """
    folders = (include_path,) if isinstance(include_path, str) else tuple(include_path)
    rows = HarnessRows(
        name, shots, folders, dict(metadata or {}), fewshot_seed, unsafe_code, shots_from_test
    )
    return LmEvalTask(
        name=name,
        rows=rows,
        prompt="",
        expected=lambda row: rows.documents(row).target(row["doc_id"]),
        input="doc",
        chat=chat,
        clustered=True,
        headline=score,
        cost_s=cost_s,
        budget_s=budget_s,
    )


def lm_eval_suite(
    name: str,
    *,
    threshold: float | None = None,
    gates: Sequence[Gate] = (),
    metrics: Sequence[SuiteMetric] = (),
    **options: Any,
) -> Callable[[F], F]:
    """Bind a task of lm-evaluation-harness to a test function, which calls `lm_eval_score`.

    threshold, gates, metrics: as in `suite`. options: those of `lm_eval_task`.
    """
    known = set(lm_eval_task.__kwdefaults__ or ())
    for option in options:
        if option not in known:
            raise ConfigError(f"lm_eval_suite has no argument {option!r}{closest(option, known)}")
    task = lm_eval_task(name, **options)
    return suite(task, threshold=threshold, gates=gates, metrics=metrics)


def lm_eval_score(case: CaseHandle, response: Response) -> None:
    """Record the harness's metrics of one case: filters, then metrics, exactly as it computes them.

    `extracted` is False where the score's filter found no answer, and for an empty one. Raises what
    the task's own code raises: a broken metric is a failure, never a miss.
    """
    task = case.suite.task
    if not isinstance(task, LmEvalTask):
        raise ConfigError(
            f"lm_eval_score scores suites of lm_eval_suite; {case.suite.name} is not one"
        )
    rows = task.harness
    answers = rows.answers(case.row, response, task.chat)
    values = rows.values(case.row, answers)
    rows.state.values[case.model, case.id] = case.row["task"], values
    averaged: dict[str, Any] = dict(per_case(values, aggregated_apart(rows.state.measured)))
    headline = task.headline or _headline(task, case.row, averaged)
    if headline is not None and headline not in averaged:
        raise DataError(
            f"{case.id}: the harness gave no number for {headline}; it gave "
            f"{', '.join(values) or 'nothing'}"
        )
    case.check(
        MEASURED if headline is None else averaged[headline],
        extracted=not _empty(response) and _extracted(rows, case.row, headline, answers),
        **averaged,
    )


def _empty(response: Response) -> bool:
    texts = response.samples or (response.text,)
    return response.text is not None and not any(text and text.strip() for text in texts)


def _headline(task: LmEvalTask, row: Row, averaged: Mapping[str, float]) -> str | None:
    """Return the metric that is the score where none was named.

    A metric that comes to several (``pass_at_k`` to ``pass@1``) is its first one.
    """
    declared = headline_of(task.harness.state.measured[row["task"]])
    if declared is None or declared in averaged:
        return declared
    return next(iter(averaged), declared)


def _extracted(rows: HarnessRows, row: Row, headline: str | None, answers: Sequence[Any]) -> bool:
    """Return False where the filter behind the score gave what it gives for want of an answer."""
    documents = rows.documents(row)
    if documents.task.OUTPUT_TYPE != "generate_until":
        return True
    measured = rows.state.measured[row["task"]]
    known = {each.name: each.filter for each in measured}
    filter_name = known.get(headline or "", measured[0].filter if measured else "")
    if not filter_name:
        return True
    found = answers[0].filtered_resps[filter_name]
    return not any(found in (fallback, [fallback]) for fallback in documents.fallbacks(filter_name))
