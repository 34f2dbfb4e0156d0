"""This machine's memory and accelerator, asked without torch.

NVML for an NVIDIA GPU, Apple's unified memory, or else RAM, never more than the control group
allows. Gigabytes are 10^9 bytes.
"""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal

from slm_eval.errors import ConfigError

Device = Literal["cuda", "mps", "cpu"]
GB = 10**9
# Metal's recommendedMaxWorkingSetSize is about 65-75 % of memory: sources in hardware.json.
USABLE_SHARE: dict[Device, float] = {"cuda": 1.0, "mps": 0.75, "cpu": 1.0}


@dataclass(frozen=True, slots=True)
class Hardware:
    """A memory budget. `usable_share` is the part of `total_bytes` that the device may hold.

    `free_bytes` is what was free when probed, None for a named machine. `driver` is NVIDIA's.
    """

    name: str
    kind: Device
    total_bytes: int
    usable_share: float = 1.0
    free_bytes: int | None = None
    driver: str | None = None
    notes: tuple[str, ...] = ()

    def budget_bytes(self, safety_margin: float) -> int:
        """Bytes that a model may need: total x usable share x safety margin."""
        return int(self.total_bytes * self.usable_share * safety_margin)


def probe(device: str = "auto") -> Hardware:
    """Return this machine's budget for `device`: ``auto``, ``cuda``, ``cuda:N``, ``mps``, ``cpu``.

    ``auto`` prefers an NVIDIA GPU, then Apple's, then RAM. Raises `ConfigError` for a device that
    is unknown or not here.
    """
    kind, _, index = device.strip().lower().partition(":")
    if kind not in ("auto", "cuda", "mps", "cpu") or not (index.isdecimal() or not index):
        raise ConfigError(f"device {device!r} is not known; accepted are auto, cuda, mps, cpu")
    if kind in ("auto", "cuda"):
        gpu = _nvidia(int(index or 0))
        if gpu is not None:
            return gpu
        if kind == "cuda":
            raise ConfigError(
                f"device {device!r}: no such NVIDIA GPU that NVML and this torch can use; "
                "use auto or cpu"
            )
    here = _memory_kind()
    if kind == "mps" and here != "mps":
        raise ConfigError(f"device {device!r} needs macOS on Apple silicon; use auto or cpu")
    return _memory("cpu" if kind == "cpu" else here)


def _memory_kind() -> Device:
    apple = platform.system() == "Darwin" and platform.machine() == "arm64"
    return "mps" if apple else "cpu"


def _memory(kind: Device) -> Hardware:
    import psutil

    memory = psutil.virtual_memory()
    limit = cgroup_limit_bytes()
    notes: tuple[str, ...] = ()
    total, free = int(memory.total), int(memory.available)
    if limit is not None and limit < total:
        notes = (f"control group limit {limit / GB:.1f} GB of {total / GB:.1f} GB RAM",)
        total, free = limit, min(free, limit)
    name = "unified memory" if kind == "mps" else "RAM"
    return Hardware(name, kind, total, USABLE_SHARE[kind], free, notes=notes)


def cgroup_limit_bytes(root: Path = Path("/sys/fs/cgroup"), own: str | None = None) -> int | None:
    """Return the smallest memory limit of this process's control groups, None without one.

    Version 2 walks from the process's own group (`own`) up to `root`; version 1 is read at its
    root, which is the container's.
    """
    if own is None:
        own = _own_cgroup()
    limits = []
    folder = root / own.lstrip("/")
    for group in (folder, *folder.parents):
        limits.append(_limit(group / "memory.max"))
        if group == root:
            break
    limits.append(_limit(root / "memory" / "memory.limit_in_bytes"))
    return min((limit for limit in limits if limit is not None), default=None)


def _own_cgroup() -> str:
    try:
        lines = Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    return next((line[3:] for line in lines if line.startswith("0::")), "")


def _limit(path: Path) -> int | None:
    try:
        text = path.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return None
    # Version 1 writes a number near 2^63 where there is no limit.
    return int(text) if text.isdecimal() and 0 < int(text) < 2**60 else None


def _torch_without_cuda() -> bool:
    try:
        return version("torch").endswith("+cpu")
    except PackageNotFoundError:
        return False


def _nvidia(index: int) -> Hardware | None:
    """Return the `index`-th visible NVIDIA GPU, None when there is none that torch could use."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    chosen = _visible_device(visible, index)
    if chosen is None or _torch_without_cuda():
        return None
    try:
        import pynvml

        pynvml.nvmlInit()
    except Exception:
        # Any failure to load NVML, whatever its kind, means that there is no GPU to ask.
        return None
    try:
        return _ask_nvml(pynvml, chosen)
    except pynvml.NVMLError:
        return None
    finally:
        pynvml.nvmlShutdown()


def accelerator_count() -> int:
    """Return the number of accelerators visible here: NVIDIA GPUs, or 1 on Apple silicon."""
    count = 0
    while _nvidia(count) is not None:
        count += 1
    return count or int(_memory_kind() == "mps")


def _visible_device(visible: str | None, index: int) -> int | str | None:
    """Return the NVML index or UUID of CUDA's device `index`; None when it is hidden."""
    if visible is None:
        return index
    listed = [part.strip() for part in visible.split(",")]
    if index >= len(listed) or listed[index] in ("", "-1"):
        return None
    return int(listed[index]) if listed[index].isdecimal() else listed[index]


def _ask_nvml(nvml: Any, chosen: int | str) -> Hardware:
    if isinstance(chosen, int):
        handle = nvml.nvmlDeviceGetHandleByIndex(chosen)
    else:
        handle = nvml.nvmlDeviceGetHandleByUUID(chosen)
    name, driver = nvml.nvmlDeviceGetName(handle), nvml.nvmlSystemGetDriverVersion()
    try:
        memory = nvml.nvmlDeviceGetMemoryInfo(handle)
    except nvml.NVMLError_NotSupported:
        # GPUs that share the system's memory (GB10, Jetson) have none of their own to report.
        ram = _memory("cpu")
        note = (*ram.notes, "shares the system's memory")
        return Hardware(
            _text(name), "cuda", ram.total_bytes, 1.0, ram.free_bytes, _text(driver), note
        )
    total, free = int(memory.total), int(memory.free)
    return Hardware(_text(name), "cuda", total, 1.0, free, _text(driver))


def _text(value: str | bytes) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
