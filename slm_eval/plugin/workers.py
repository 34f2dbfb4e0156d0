"""What one xdist worker may take of the machine: an accelerator, or a share of the cores."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest


def take_share(config: pytest.Config) -> None:
    """Set the environment that the libraries read when they are first loaded in this worker.

    Several accelerators: worker N sees only the Nth of those that this run was given, by itself or
    by `CUDA_VISIBLE_DEVICES`. One or none: the CPU's threads are divided, because workers that
    each start a thread per core slow one another down.
    """
    worker = getattr(config, "workerinput", None)
    if worker is None:
        return
    from slm_eval.models.hardware import accelerator_count
    from slm_eval.models.machine import cpu_cores

    accelerators = accelerator_count()
    if accelerators > 1:
        number = int(worker["workerid"].removeprefix("gw")) % accelerators
        given = os.environ.get("CUDA_VISIBLE_DEVICES")
        own = str(number) if given is None else given.split(",")[number].strip()
        os.environ["CUDA_VISIBLE_DEVICES"] = own
    share = cpu_cores() // int(worker["workercount"])
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, share)))
