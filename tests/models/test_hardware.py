"""Named machines, the probe, and what a manifest says of this one."""

import json
import re
import sys
from types import SimpleNamespace

import pytest

from slm_eval.errors import ConfigError
from slm_eval.models import probe as probing
from slm_eval.models.hardware import (
    GB,
    accelerator_count,
    find_hardware,
    hardware_names,
    machine_class,
    machine_summary,
    probe,
)


@pytest.mark.parametrize(
    ("spelling", "gigabytes", "kind"),
    [
        ("rtx-4060", 8, "cuda"),
        ("RTX 4060", 8, "cuda"),
        ("NVIDIA GeForce RTX 4070", 12, "cuda"),
        ("rtx4090", 24, "cuda"),
        ("A100 80GB", 80, "cuda"),
        ("MacBook M3 Pro", 18, "mps"),
        ("m4_max", 48, "mps"),
    ],
)
def test_named_machines_however_spelt(spelling, gigabytes, kind):
    machine = find_hardware(spelling)
    assert (machine.total_bytes, machine.kind) == (gigabytes * GB, kind)
    assert machine.usable_share == (0.75 if kind == "mps" else 1.0)


def test_budget_is_total_times_share_times_margin():
    assert find_hardware("rtx-4060").budget_bytes(0.85) == 6_800_000_000
    assert find_hardware("m4-max").budget_bytes(0.5) == 18 * GB


def test_unknown_hardware_gets_the_closest_names():
    with pytest.raises(ConfigError, match=r"did you mean rtx-40[679]0") as caught:
        find_hardware("rtx-4080")
    assert "this" in str(caught.value)
    assert hardware_names()[-1] == "this"


def test_this_machine_on_the_cpu(monkeypatch):
    machine = probe("cpu")
    assert machine.kind == "cpu"
    assert 0 < machine.free_bytes <= machine.total_bytes
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert find_hardware("this").kind != "cuda"


@pytest.mark.parametrize("device", ["tpu", "cuda:x", ""])
def test_unknown_devices_are_refused(device):
    with pytest.raises(ConfigError, match="accepted are auto, cuda, mps, cpu"):
        probe(device)


def test_no_gpu_to_be_seen(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    with pytest.raises(ConfigError, match="use auto or cpu"):
        probe("cuda")


class FakeNvml:
    """The few calls of NVML that the probe makes, for two GPUs."""

    class NVMLError(Exception):
        pass

    class NVMLError_NotSupported(NVMLError):  # noqa: N801
        pass

    def __init__(self, shared=False):
        self.shared = shared
        self.open = 0

    def nvmlInit(self):  # noqa: N802
        self.open += 1

    def nvmlShutdown(self):  # noqa: N802
        self.open -= 1

    def nvmlDeviceGetHandleByIndex(self, index):  # noqa: N802
        if index >= 2:
            raise self.NVMLError("invalid argument")
        return index

    def nvmlDeviceGetHandleByUUID(self, uuid):  # noqa: N802
        return {"GPU-b": 1}[uuid]

    def nvmlDeviceGetName(self, handle):  # noqa: N802
        return [b"NVIDIA A", "NVIDIA B"][handle]

    def nvmlSystemGetDriverVersion(self):  # noqa: N802
        return "570.1"

    def nvmlDeviceGetMemoryInfo(self, handle):  # noqa: N802
        if self.shared:
            raise self.NVMLError_NotSupported
        return SimpleNamespace(total=(handle + 1) * 8 * GB, free=GB)


@pytest.fixture
def nvml(monkeypatch):
    fake = FakeNvml()
    monkeypatch.setitem(sys.modules, "pynvml", fake)
    monkeypatch.setattr(probing, "version", lambda name: "2.13.0")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    return fake


def test_gpu_is_preferred_and_described(nvml):
    gpu = probe()
    assert (gpu.name, gpu.kind, gpu.total_bytes, gpu.free_bytes, gpu.driver) == (
        "NVIDIA A",
        "cuda",
        8 * GB,
        GB,
        "570.1",
    )
    assert probe("cuda:1").total_bytes == 16 * GB
    assert accelerator_count() == 2
    assert nvml.open == 0
    assert machine_class().endswith("-nvidia-a")
    assert machine_class("cpu").endswith("-cpu")
    assert machine_summary()["accelerator_bytes"] == 8 * GB


@pytest.mark.parametrize(
    ("visible", "name"), [("1", "NVIDIA B"), ("GPU-b", "NVIDIA B"), ("1,0", "NVIDIA B")]
)
def test_visible_devices_are_respected(nvml, monkeypatch, visible, name):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert probe("cuda").name == name


def test_a_gpu_that_torch_cannot_use_does_not_count(nvml, monkeypatch):
    monkeypatch.setattr(probing, "version", lambda name: "2.13.0+cpu")
    assert probe().kind != "cuda"


def test_a_gpu_without_memory_of_its_own_gets_the_ram(nvml):
    nvml.shared = True
    gpu = probe("cuda")
    assert gpu.total_bytes == probe("cpu").total_bytes
    assert "shares" in gpu.notes[-1]


def test_apple_unified_memory_has_its_share(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    monkeypatch.setattr(probing.platform, "system", lambda: "Darwin")
    monkeypatch.setattr(probing.platform, "machine", lambda: "arm64")
    assert (probe().kind, probe().usable_share) == ("mps", 0.75)
    assert probe("cpu").usable_share == 1.0


def test_control_group_limits(tmp_path):
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (inner / "memory.max").write_text("max\n")
    (tmp_path / "a" / "memory.max").write_text("5000\n")
    assert probing.cgroup_limit_bytes(tmp_path, "/a/b") == 5000
    assert probing.cgroup_limit_bytes(tmp_path, "/") is None
    (tmp_path / "memory").mkdir()
    (tmp_path / "memory" / "memory.limit_in_bytes").write_text(str(2**63 - 4096))
    assert probing.cgroup_limit_bytes(tmp_path, "/") is None
    (tmp_path / "memory" / "memory.limit_in_bytes").write_text("4000")
    assert probing.cgroup_limit_bytes(tmp_path, "/a/b") == 4000


def test_a_limit_below_the_ram_is_the_budget(monkeypatch):
    monkeypatch.setattr(probing, "cgroup_limit_bytes", lambda: GB)
    machine = probe("cpu")
    assert machine.total_bytes == GB
    assert "limit 1.0 GB" in machine.notes[0]


def test_summary_and_class_of_this_machine():
    summary = machine_summary("cpu")
    assert json.loads(json.dumps(summary)) == summary
    assert summary["ram_bytes"] > 0
    assert re.fullmatch(r"[a-z0-9_.-]+-\d+c-[a-z0-9_.-]+-cpu", summary["machine_class"])
