"""Rows of our own, which come with the package."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any


def packaged(name: str) -> list[dict[str, Any]]:
    """Return the rows of the jsonl file `name` in `slm_eval/benchmarks/`."""
    text = files("slm_eval.benchmarks").joinpath(name).read_text("utf-8")
    return [json.loads(line) for line in text.splitlines()]
