"""What a manifest says of the machine, and the class under which its baselines are kept."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

from slm_eval.models.probe import cgroup_limit_bytes, probe


@cache
def cpu_model() -> str:
    """Return the processor's name as the system gives it (``AMD EPYC``)."""
    system = platform.system()
    if system == "Linux":
        found = re.search(r"^model name\s*:\s*(.+)$", _read("/proc/cpuinfo"), re.MULTILINE)
        if found:
            return found[1].strip()
    if system == "Darwin":
        command = ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=5, check=True)
            return done.stdout.strip()
        except (OSError, subprocess.SubprocessError):
            pass
    return platform.processor() or platform.machine()


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def cpu_cores() -> int:
    """Return the number of processors that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def machine_summary(device: str = "auto") -> dict[str, Any]:
    """Describe the machine for a manifest, in plain builtins; bytes are bytes.

    `device` as for `probe`: what the run computes on. Accelerator fields are None on a CPU.
    """
    import psutil

    hardware = probe(device)
    accelerated = hardware.kind != "cpu"
    total = int(psutil.virtual_memory().total)
    return {
        "os": f"{platform.system()} {platform.release()}",
        "architecture": platform.machine(),
        "python": platform.python_version(),
        "cpu": cpu_model(),
        "cores": cpu_cores(),
        "ram_bytes": min(total, cgroup_limit_bytes() or total),
        "device": hardware.kind,
        "accelerator": _accelerator(hardware.name, hardware.kind) if accelerated else None,
        "accelerator_bytes": hardware.total_bytes if accelerated else None,
        "driver": hardware.driver,
        "machine_class": machine_class(device),
    }


def machine_class(device: str = "auto") -> str:
    """Return a short name that is the same for machines whose timings compare.

    System, instruction set, usable cores, processor and accelerator, for example
    ``linux-x86_64-2c-amd-epyc-cpu``. `device` as for `probe`.
    """
    hardware = probe(device)
    accelerator = "cpu" if hardware.kind == "cpu" else _accelerator(hardware.name, hardware.kind)
    parts = (platform.system(), platform.machine(), f"{cpu_cores()}c", cpu_model(), accelerator)
    return "-".join(_slug(part) for part in parts)


def _accelerator(name: str, kind: str) -> str:
    return f"{cpu_model()} GPU" if kind == "mps" else name


def _slug(text: str) -> str:
    text = re.sub(r"\((R|TM|r|tm)\)|\bCPU\b|@.*|\b\d+-Core\b|\bProcessor\b", " ", text)
    return re.sub(r"[^a-z0-9_.]+", "-", text.lower()).strip("-") or "unknown"
