"""Machines by name, and `this` one: which memory a model has to fit into."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from typing import Any, cast

from slm_eval.errors import ConfigError, closest
from slm_eval.models.machine import machine_class, machine_summary
from slm_eval.models.probe import GB, USABLE_SHARE, Hardware, accelerator_count, probe

__all__ = [
    "GB",
    "Hardware",
    "accelerator_count",
    "find_hardware",
    "hardware_names",
    "machine_class",
    "machine_summary",
    "probe",
]


@cache
def _data() -> dict[str, Any]:
    text = files("slm_eval.models").joinpath("hardware.json").read_text(encoding="utf-8")
    return cast("dict[str, Any]", json.loads(text))


def hardware_names() -> tuple[str, ...]:
    """Return the names that `find_hardware` takes, ``this`` last."""
    return (*(machine["name"] for machine in _data()["machines"]), "this")


def _plain(name: str) -> str:
    plain = re.sub(r"[^a-z0-9]", "", name.lower())
    return re.sub(r"^(nvidia|geforce|apple)+", "", plain)


def find_hardware(name: str | Hardware = "this", *, device: str = "auto") -> Hardware:
    """Return the machine of this name, however it is spelt (``RTX 4060``); ``this`` is probed.

    `device` restricts the probe of this machine, as `probe` does. An unknown name raises
    `ConfigError` with the closest ones.
    """
    if isinstance(name, Hardware):
        return name
    wanted = _plain(name)
    if wanted == "this":
        return probe(device)
    for machine in _data()["machines"]:
        spellings = (machine["name"], machine["label"], *machine["aliases"])
        if wanted in map(_plain, spellings):
            return Hardware(
                name=machine["label"],
                kind=machine["kind"],
                total_bytes=machine["total_gb"] * GB,
                usable_share=USABLE_SHARE[machine["kind"]],
            )
    raise ConfigError(
        f"hardware {name!r} is not known{closest(name, hardware_names())}; "
        f"accepted are {', '.join(hardware_names())}"
    )
