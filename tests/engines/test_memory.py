"""Out of memory: what did not fit is let go of before anything else is tried."""

import gc
import weakref

import pytest

from slm_eval.engines.memory import out_of_memory, run_halving


class Tensor:
    """Stands for what a pass holds."""


def test_nothing_of_a_failed_batch_is_alive_when_its_halves_run():
    held = []

    def run(batch):
        gc.collect()
        assert [tensor() for tensor in held] == [None] * len(held)
        tensor = Tensor()
        held.append(weakref.ref(tensor))
        if len(batch) > 1:
            raise MemoryError(f"{tensor}")

    run_halving(range(4), run, give_up=lambda *_: pytest.fail("each fits alone"))
    assert len(held) == 7


def test_what_is_no_lack_of_memory_is_raised():
    def fail():
        raise ValueError("else")

    with pytest.raises(ValueError, match="else"):
        out_of_memory(fail)
    assert out_of_memory(lambda: None) is None
