"""The harness's metrics under names that a gate can take, and where each is computed.

A metric that the harness averages is a per-case metric of ours; any other (perplexity, F1, BLEU)
is a suite-level one: the harness's own function over the values that the cases came to.
"""

from __future__ import annotations

import re
import warnings
from collections import defaultdict
from dataclasses import dataclass
from math import isfinite
from numbers import Real
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from slm_eval.task import SuiteMetric

Values = dict[str, Any]
"""What one case came to, by metric name: a number, or what an aggregation takes."""

RESERVED = {"score", "extracted", "label", "prediction", "extraction_failures", "truncated"}
"""Names that a run uses itself; the harness's metric of that name gets an underscore."""
SKIPPED = {"bypass"}
"""Stands in the harness for "no metric"."""


@dataclass(frozen=True)
class Measured:
    """One metric of one task under one filter.

    name: as a gate says it. aggregate: the harness's function over all values, None for the mean.
    """

    name: str
    metric: str
    filter: str
    aggregate: Callable[[list[Any]], Any] | None
    higher_is_better: bool


def metric_name(metric: str, filter_name: str, *, several: bool) -> str:
    """Return ``acc``, or ``exact_match-strict-match`` where a task has several filters."""
    text = f"{metric}-{filter_name}" if several else metric
    text = re.sub(r"[^\w@-]", "_", text.replace("+", "p"))
    if text in RESERVED:
        return f"{text}_"
    return text if re.match(r"[A-Za-z_]", text) else f"_{text}"


def measured(task: Any) -> list[Measured]:
    """Return what a task of the harness measures, in its own order: filters, then metrics."""
    filters = filter_names(task)
    found = []
    for filter_name in filters:
        for metric, aggregate in task.aggregation().items():
            if metric in SKIPPED:
                continue
            found.append(
                Measured(
                    metric_name(metric, filter_name, several=len(filters) > 1),
                    metric,
                    filter_name,
                    None if is_mean(aggregate) else aggregate,
                    bool(task.higher_is_better().get(metric, True)),
                )
            )
    return found


def filter_names(task: Any) -> list[str]:
    """Return the names of a task's filter pipelines, in order."""
    return [each.name for each in task._filters]


def is_mean(aggregate: Any) -> bool:
    """Return whether an aggregation function is the harness's plain mean."""
    from lm_eval.api.metrics import mean

    return aggregate is mean


def headline_of(metrics: Iterable[Measured]) -> str | None:
    """Return the first metric that is averaged and better when higher: it becomes the score."""
    return next((m.name for m in metrics if m.aggregate is None and m.higher_is_better), None)


def per_case(values: Mapping[str, Any], apart: Iterable[str]) -> dict[str, float]:
    """Return the values that are plain finite numbers, but those that are aggregated `apart`."""
    held_back = set(apart)
    found = {}
    for name, value in values.items():
        is_number = isinstance(value, Real) or (hasattr(value, "item") and not _is_array(value))
        if name not in held_back and is_number and isfinite(number := float(value)):
            found[name] = number
    return found


def _is_array(value: Any) -> bool:
    return getattr(value, "ndim", 0) > 0


def suite_metrics(
    tasks: Mapping[str, Sequence[Measured]], values: Mapping[tuple[str, str], tuple[str, Values]]
) -> tuple[SuiteMetric, ...]:
    """Return a suite-level metric for each name that some task does not simply average.

    tasks: what each task measures. values: of each (model, case id) its task and its values, which
    fill up as cases are scored. The tasks of a group are weighted by their number of cases.
    """
    from lm_eval.api.metrics import mean

    return tuple(
        _suite_metric(
            name,
            {
                task: each.aggregate or mean
                for task, metrics in tasks.items()
                for each in metrics
                if each.name == name
            },
            values,
        )
        for name in aggregated_apart(tasks)
    )


def aggregated_apart(tasks: Mapping[str, Sequence[Measured]]) -> list[str]:
    """Return the names of the metrics that some task does not simply average."""
    metrics = [each for of_task in tasks.values() for each in of_task]
    return list(dict.fromkeys(each.name for each in metrics if each.aggregate is not None))


def _suite_metric(
    name: str,
    functions: Mapping[str, Callable[[list[Any]], Any]],
    values: Mapping[tuple[str, str], tuple[str, Values]],
) -> SuiteMetric:
    def metric(records: Sequence[dict[str, Any]]) -> float:
        by_task: dict[str, list[Any]] = defaultdict(list)
        for record in records:
            task, found = values[record["model"], record["case_id"]]
            if name in found:
                by_task[task].append(found[name])
        count = sum(map(len, by_task.values()))
        if not count:
            raise ValueError(f"no case came to a value of {name}")
        with warnings.catch_warnings():
            # A resample may hold one class alone, of which scikit-learn warns.
            warnings.simplefilter("ignore")
            return sum(len(of) * float(functions[task](of)) for task, of in by_task.items()) / count

    metric.__name__ = name
    return metric
