"""Same prompts, log-likelihoods, texts and per-case metrics as lm-evaluation-harness 0.4.13?

    python bench/parity_benchmarks.py --lm-eval-python PYTHON [--rows 12] [--suites piqa,boolq]
    python bench/parity_benchmarks.py --lm-eval-python PYTHON --prompts-only --rows all

Runs our tasks and the harness' own task files on the same rows and weights, and writes a markdown
table (`--out docs/parity.md`). PYTHON is an interpreter with ``lm-eval[hf]==0.4.13``: this
one, where both are installed. Rows that only a mirror has need SLM_EVAL_MIRROR.

Exits with 1 when a request differs by a byte, a log-likelihood by more than rounding (1e-3 nats and
a hundred-thousandth of itself), a generated text, or a metric of a case.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

import parity_humaneval
import parity_table
from comparison import HERE, model_folder, our_engine
from local_rows import nltk_data
from parity_suites import COMPARED, jobs

from slm_eval.cases.case import Generation
from slm_eval.cases.datasets import DatasetContext
from slm_eval.cases.subset import stratified_subset
from slm_eval.errors import SourceUnavailable
from slm_eval.runs.handle import CaseHandle
from slm_eval.task import Suite


def main():
    """Run both sides and write the table."""
    args = arguments()
    args.model_name = Path(args.model).name if args.model else "the embedded smollm2-135m-q4_1"
    args.model = None if args.prompts_only else model_folder(args.model)
    asked, unreachable = {}, []
    wanted = args.suites.split(",")
    for name in wanted:
        if name == "humaneval":
            continue  # its metric is code that only the Hub serves: see `parity_humaneval`
        try:
            asked[name] = handles(name, args.rows)
        except SourceUnavailable:
            unreachable.append(name)
    ours = {name: our_side(cases) for name, cases in asked.items()}
    if args.model:
        answer(asked, ours, args)
    theirs, versions = their_side(asked, args)
    results = [
        parity_table.compare(name, COMPARED[name], ours[name], theirs[name]) for name in asked
    ]
    if args.model and "humaneval" in wanted:
        results.append(parity_humaneval.beside(args))
    text = parity_table.table(results, unreachable, args, versions)
    print(text)
    if args.out:
        Path(args.out).write_text(text, encoding="utf-8")
    return int(not all(result.agrees for result in results))


def arguments():
    """Return what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lm-eval-python", default=sys.executable)
    parser.add_argument("--suites", default=",".join([*COMPARED, "humaneval"]))
    parser.add_argument("--rows", default="12", help="cases of each suite, or all")
    parser.add_argument("--prompts-only", action="store_true", help="load no model")
    parser.add_argument("--model", help="model folder; default: the embedded model, converted")
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--batch", type=int, default=8, help="the harness' batch size")
    parser.add_argument("--out", help="the markdown file that the table goes to")
    return parser.parse_args()


def handles(name, rows):
    """Return the suite's cases: as many as asked for, drawn as a run of the suite draws them."""
    compared = COMPARED[name]
    task = compared.task()
    loaded = task.rows.load(DatasetContext()).rows
    ids = [task.id_of(row, index) for index, row in enumerate(loaded)]
    clusters = [task.cluster_of(row) or "" for row in loaded]
    count = len(loaded) if rows == "all" else int(rows)
    chosen = stratified_subset(ids, clusters, count, 0)
    # Below every score: nothing is a miss, which would end the scoring function.
    suite = Suite(name, task, -1.0)
    return [CaseHandle(suite, "parity", loaded[index], index, -1.0) for index in chosen]


def our_side(cases):
    """Return our cases by id, each with the requests as pairs of context and continuation."""
    found = {}
    for case in cases:
        request = case.request()
        if isinstance(request, Generation):
            pairs = [[request.prompt, list(request.decoding.stop)]]
        else:
            contexts = request.contexts or [request.prompt] * len(request.continuations)
            pairs = [list(pair) for pair in zip(contexts, request.continuations, strict=True)]
        found[case.id] = {"requests": pairs}
    return found


def answer(asked, ours, args):
    """Have our engine answer everything, and score it with the suites' own functions."""
    engine = our_engine(args.model, args.device, args.dtype)
    for name, cases in asked.items():
        got = {}
        engine.run([case.request() for case in cases], got.__setitem__)
        for index, case in enumerate(cases):
            response = got[index]
            if isinstance(response, Exception):
                raise response
            COMPARED[name].score(case, response)
            values = [choice.loglikelihood for choice in response.choices] or [response.text]
            metrics = {"score": case.checked.score, **case.checked.metrics}
            ours[name][case.id] |= {"answers": values, "metrics": metrics}
        print(f"ours: {name}, {len(cases)} cases", file=sys.stderr, flush=True)
    engine.close()


def their_side(asked, args):
    """Return the harness' cases by suite and id: {file: {requests, answers, metrics}}."""
    work = [
        (name, job)
        for name, cases in asked.items()
        for job in jobs(name, [(case.id, case.row) for case in cases])
    ]
    with tempfile.TemporaryDirectory() as folder:
        given, out = Path(folder) / "jobs.json", Path(folder) / "out.json"
        settings = {key: getattr(args, key) for key in ("model", "dtype", "device", "batch")}
        given.write_text(json.dumps({**settings, "jobs": [job for _, job in work]}))
        command = [args.lm_eval_python, str(HERE / "parity_harness.py"), str(given), str(out)]
        environment = dict(os.environ)
        if "ifeval" in asked:
            environment["NLTK_DATA"] = str(nltk_data(Path(folder) / "nltk"))
        if subprocess.run(command, check=False, env=environment).returncode:
            sys.exit(f"{args.lm_eval_python} failed: see above")
        result = json.loads(out.read_text())
    theirs = defaultdict(lambda: defaultdict(dict))
    for (name, job), answers in zip(work, result["jobs"], strict=True):
        for place, case_id in enumerate(job["ids"]):
            theirs[name][case_id][job["file"]] = {
                key: values[place] for key, values in answers.items()
            }
    return theirs, result["versions"]


if __name__ == "__main__":
    sys.exit(main())
