"""Out of memory, in its several spellings, and the way to live with it: halve and go on."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Item = TypeVar("Item")


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether `error` means that memory ran out (torch has four ways to say it)."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and (
        "out of memory" in text or "can't allocate memory" in text or "not enough memory" in text
    )


def free_device_memory() -> None:
    """Give cached blocks back to the accelerator, where there is one."""
    import gc

    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def out_of_memory(action: Callable[[], None]) -> BaseException | None:
    """Run `action`; return the error when memory ran out, None when it did not.

    The error comes without its traceback, whose frames would keep the tensors that did not fit.
    """
    try:
        action()
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        error.__context__ = None
        return error.with_traceback(None)
    return None


def run_halving(
    batch: Sequence[Item],
    run: Callable[[Sequence[Item]], None],
    give_up: Callable[[Item, BaseException], None],
    on_halved: Callable[[int], None] = lambda _size: None,
) -> None:
    """Run `batch`; when memory runs out run its halves instead, down to single items.

    run: must deliver nothing before it can deliver all of its batch.
    give_up: called for an item that does not fit alone. on_halved: called with the failed size.
    """
    reason = out_of_memory(lambda: run(batch))
    if reason is None:
        return
    free_device_memory()
    if len(batch) == 1:
        give_up(batch[0], reason)
        return
    on_halved(len(batch))
    middle = len(batch) // 2
    run_halving(batch[:middle], run, give_up, on_halved)
    run_halving(batch[middle:], run, give_up, on_halved)
