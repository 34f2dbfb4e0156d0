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
from typing import TYPE_CHECKING, Any, Literal

from slm_eval.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

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

    total = int(psutil.virtual_memory().total)
    free = available_bytes()
    limit = cgroup_limit_bytes()
    notes: tuple[str, ...] = ()
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
    return min((limit for limit, _ in _limited_groups(root, own)), default=None)


def available_bytes(root: Path = Path("/sys/fs/cgroup"), own: str | None = None) -> int:
    """Return the bytes of RAM that this process may still take, by system and control groups."""
    import psutil

    left = [limit - _used(group) for limit, group in _limited_groups(root, own)]
    return max(0, min([int(psutil.virtual_memory().available), *left]))


def _limited_groups(root: Path, own: str | None) -> Iterator[tuple[int, Path]]:
    """Yield each memory limit in bytes with the folder of the control group that sets it."""
    folder = root / (_own_cgroup() if own is None else own).lstrip("/")
    groups = [group for group in (folder, *folder.parents) if group.is_relative_to(root)]
    files = [group / "memory.max" for group in groups]
    for file in (*files, root / "memory" / "memory.limit_in_bytes"):
        limit = _limit(file)
        if limit is not None:
            yield limit, file.parent


def _used(group: Path) -> int:
    """Return the bytes that a control group cannot give back: its use without the file cache.

    Its figure counts all files that were read, which leave when room is needed; the system's
    figure of available memory leaves them out as well.
    """
    try:
        lines = (group / "memory.stat").read_text(encoding="ascii").splitlines()
    except (OSError, ValueError):
        lines = []
    stat = dict(line.split(" ", 1) for line in lines if " " in line)
    used = _limit(group / "memory.current") or _limit(group / "memory.usage_in_bytes") or 0
    # Version 1 has the sums over a group's children under names of their own.
    total = "total_" if "total_inactive_file" in stat else ""
    cached = sum(int(stat.get(f"{total}{name}_file", 0)) for name in ("inactive", "active"))
    return max(0, used - cached)


def _own_cgroup() -> str:
    try:
        lines = Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    return next((line[3:] for line in lines if line.startswith("0::")), "")


def _limit(path: Path) -> int | None:
    """Return the bytes in a control group's file, None where there are none or no limit."""
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
