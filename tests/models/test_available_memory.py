"""What a container may still take, from control groups laid out as the kernel does."""

import psutil
import pytest

from slm_eval.engines import budget
from slm_eval.models.probe import available_bytes, probe

HUGE = 2**62


def group(folder, **files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("_", ".", 1)).write_text(f"{text}\n")


def test_a_control_group_leaves_its_limit_without_what_is_used(tmp_path):
    stat = "anon 500\ninactive_file 100\nactive_file 50"
    group(tmp_path / "a", memory_max=1000, memory_current=700, memory_stat=stat)
    assert available_bytes(tmp_path, "/a") == 1000 - (700 - 150)


def test_the_tightest_of_nested_groups_counts(tmp_path):
    group(tmp_path / "a", memory_max=1000, memory_current=900, memory_stat="")
    group(tmp_path / "a" / "b", memory_max=500, memory_current=200, memory_stat="")
    group(tmp_path / "a" / "b" / "c", memory_max="max", memory_current=200)
    assert available_bytes(tmp_path, "/a/b/c") == 100


def test_version_1_counts_the_children_too(tmp_path):
    stat = "inactive_file 1\nactive_file 1\ntotal_inactive_file 100\ntotal_active_file 200"
    files = {"memory_limit_in_bytes": 1000, "memory_usage_in_bytes": 900, "memory_stat": stat}
    group(tmp_path / "memory", **files)
    assert available_bytes(tmp_path, "") == 1000 - (900 - 300)


def test_a_group_over_its_limit_leaves_nothing(tmp_path):
    group(tmp_path, memory_max=1000, memory_current=1200)
    assert available_bytes(tmp_path, "/") == 0


@pytest.mark.parametrize("limit", ["max", HUGE])
def test_without_a_limit_the_systems_memory_counts(tmp_path, limit):
    group(tmp_path, memory_max=limit, memory_current=5)
    assert 0 < available_bytes(tmp_path, "/") <= psutil.virtual_memory().total


def test_budget_and_probe_ask_the_same(monkeypatch):
    monkeypatch.setattr(budget, "available_bytes", lambda: 123)
    assert budget.free_bytes("cpu") == 123
    monkeypatch.setattr("slm_eval.models.probe.available_bytes", lambda: 456)
    assert probe("cpu").free_bytes == 456
