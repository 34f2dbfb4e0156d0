"""Blocks under `-n`: each worker answers its own and no other's; and what engines have to say."""

from slm_eval.engines.fake import FakeEngine

COUNTING = """
import os, time

def respond(request):
    time.sleep(0.01)
    with open("asked.log", "a") as log:
        log.write(f"{request.prompt}\\n")
    return "yes"
"""


def test_no_case_is_computed_twice_under_workers(project):
    project.engine(source=COUNTING)
    for name in "abcdef":
        project.suite(name, n=6)
        path = project.root / f"test_{name}.py"
        path.write_text(path.read_text().replace('"Question', f'"{name}: Question'))
    assert project.run("-n", "2").code == 0
    asked = (project.root / "asked.log").read_text().splitlines()
    assert len(asked) == len(set(asked)) == 6 * 6


def test_two_samples_keep_two_seeds_whatever_the_seed_of_the_run(project):
    body = "case.check(True, note=response.text)"
    more = "decoding=lambda row: Decoding(temperature=1.0, seed=int(row['id'][1:]))"
    project.engine(source="def respond(request): return f'seed {request.decoding.seed}'")
    project.suite("a", body=body, more=more, top="from slm_eval.cases.case import Decoding")
    run = project.run("--slm-seed", "3")
    assert [case["text"] for case in run.cases] == [f"seed {seed}" for seed in range(4)]
    assert [case["seed"] for case in run.cases] == [0, 1, 2, 3]


def test_what_an_engine_has_to_say_is_said_once(project, monkeypatch):
    from dataclasses import replace

    plain = FakeEngine.__init__

    def told(self, *args):
        plain(self, *args)
        self.info = replace(self.info, notices=("prefixes are not shared",))

    monkeypatch.setattr(FakeEngine, "__init__", told)
    for name in "ab":
        project.suite(name)
    assert project.run().text.count("prefixes are not shared") == 1
