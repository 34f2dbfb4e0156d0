"""`tiny` lies beside the tests of the engines; no package is made of the folder."""

import importlib.util
import sys
from pathlib import Path

import pytest

_spec = importlib.util.spec_from_file_location("tiny", Path(__file__).parent / "tiny.py")
sys.modules["tiny"] = module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(module)


@pytest.fixture(autouse=True)
def _one_thread():
    """Tiny matrices on several threads only wait for each other."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
