import os
from types import SimpleNamespace

import pytest

from slm_eval.models import hardware
from slm_eval.models.machine import cpu_cores
from slm_eval.plugin.workers import take_share


@pytest.fixture
def environment(monkeypatch):
    """The environment of a worker, a copy without what decides about its share."""
    deciding = {"CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS"}
    made = {name: value for name, value in os.environ.items() if name not in deciding}
    monkeypatch.setattr(os, "environ", made)
    return made


def worker(number, count=2):
    return SimpleNamespace(workerinput={"workerid": f"gw{number}", "workercount": count})


@pytest.mark.parametrize(
    ("given", "seen"),
    [
        (None, ["0", "1", "2", "0"]),
        ("4,5,6", ["4", "5", "6", "4"]),
        ("GPU-a, GPU-b,MIG-c", ["GPU-a", "GPU-b", "MIG-c", "GPU-a"]),
    ],
)
def test_each_worker_sees_one_accelerator_of_those_given(environment, monkeypatch, given, seen):
    monkeypatch.setattr(hardware, "accelerator_count", lambda: 3)
    found = []
    for number in range(4):
        environment.pop("CUDA_VISIBLE_DEVICES", None)
        if given is not None:
            environment["CUDA_VISIBLE_DEVICES"] = given
        take_share(worker(number, count=4))
        found.append(environment["CUDA_VISIBLE_DEVICES"])
    assert found == seen


@pytest.mark.parametrize("count", [0, 1])
def test_one_accelerator_or_none_is_left_as_it_is(environment, monkeypatch, count):
    monkeypatch.setattr(hardware, "accelerator_count", lambda: count)
    take_share(worker(1))
    assert "CUDA_VISIBLE_DEVICES" not in environment
    environment["CUDA_VISIBLE_DEVICES"] = "7"
    take_share(worker(1))
    assert environment["CUDA_VISIBLE_DEVICES"] == "7"


def test_workers_divide_the_cores(environment):
    take_share(worker(0, count=2))
    assert environment["OMP_NUM_THREADS"] == str(max(1, cpu_cores() // 2))


def test_more_workers_than_cores_have_a_thread_each(environment):
    take_share(worker(0, count=1000))
    assert environment["OMP_NUM_THREADS"] == "1"


def test_threads_that_the_user_chose_stay(environment):
    environment["OMP_NUM_THREADS"] = "3"
    take_share(worker(0))
    assert environment["OMP_NUM_THREADS"] == "3"


def test_a_run_without_workers_takes_everything(environment):
    before = dict(environment)
    take_share(SimpleNamespace())
    assert environment == before
