"""The harness' side of the parity check: lm-evaluation-harness alone, in its own interpreter.

    LM_EVAL_PYTHON bench/parity_harness.py JOBS.json OUT.json

JOBS names tasks of the harness with rows to ask; they are handed over as local JSON, so that
nothing is fetched. OUT has, for each job and row, the requests, the answers and the metrics.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from local_rows import local_rows


def main():
    """Run every job; ask the model only where the jobs name one."""
    given = json.loads(Path(sys.argv[1]).read_text())
    import datasets

    datasets.disable_progress_bars()
    model = None
    if given["model"]:
        from lm_eval.models.huggingface import HFLM

        model = HFLM(
            pretrained=given["model"],
            dtype=given["dtype"],
            batch_size=given["batch"],
            device=given["device"],
        )
    with tempfile.TemporaryDirectory() as folder:
        done = [run(job, model, Path(folder) / str(n)) for n, job in enumerate(given["jobs"])]
    Path(sys.argv[2]).write_text(json.dumps({"jobs": done, "versions": versions()}))


def run(job, model, folder):
    """Return requests, answers and metrics of each row of a job."""
    task = local_task(job, folder)
    task.build_all_requests()
    print(f"harness: {job['yaml']}, {len(job['ids'])} cases", file=sys.stderr, flush=True)
    by_doc = [[] for _ in job["ids"]]
    for instance in task.instances:
        by_doc[instance.doc_id].append(instance)
    out = {"requests": [[request(each) for each in doc] for doc in by_doc]}
    if model is not None:
        ask = getattr(model, task.instances[0].request_type)
        for instance, answer in zip(
            task.instances, ask(task.instances, disable_tqdm=True), strict=True
        ):
            instance.resps.append(answer)
        task.apply_filters()
        out["answers"] = [[plain(each.resps[0]) for each in doc] for doc in by_doc]
        out["metrics"] = [metrics(task, doc) for doc in by_doc]
    return out


def request(instance):
    """Return what one request asks: context and continuation, or context and stop strings."""
    context, rest = instance.args
    return [context, rest if isinstance(rest, str) else list(rest["until"])]


def plain(answer):
    """Return a text, or a log-likelihood without the word on greediness."""
    return answer if isinstance(answer, str) else float(answer[0])


def metrics(task, instances):
    """Return one row's metrics; with several filters as ``METRIC,FILTER``."""
    instances.sort(key=lambda instance: instance.idx)
    found = {}
    for name in instances[0].filtered_resps:
        results = task.process_results(
            instances[0].doc, [each.filtered_resps[name] for each in instances]
        )
        for metric, value in results.items():
            # IFEval's metric of instructions is a list of verdicts: how many were followed.
            number = float(sum(value) if isinstance(value, list) else value)
            found[metric if name == "none" else f"{metric},{name}"] = number
    return found


def local_task(job, folder):
    """Return the harness' own task, reading the job's rows from local files."""
    import lm_eval
    from lm_eval.api.task import ConfigurableTask
    from lm_eval.tasks._yaml_loader import load_yaml

    path = Path(lm_eval.__file__).parent / "tasks" / job["yaml"]
    config = load_yaml(path, resolve_func=True, recursive=True)
    for key in ("include", "tag", "task_alias", "training_split", "validation_split", "test_split"):
        config.pop(key, None)
    config |= local_rows(job["rows"], folder) | {"test_split": job["split"]}
    return ConfigurableTask(config=config | job["overrides"])


def versions():
    """Return the versions that the answers depend on."""
    from importlib.metadata import version

    return {name: version(name) for name in ("lm_eval", "torch", "transformers")}


if __name__ == "__main__":
    main()
