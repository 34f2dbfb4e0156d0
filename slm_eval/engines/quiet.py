"""transformers without its progress bars, advice and warnings: ours say what matters."""

from __future__ import annotations

import logging
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def quiet_libraries() -> Iterator[None]:
    """Silence transformers, huggingface_hub and Python warnings; put everything back after."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import transformers

        control: Any = transformers.utils.logging
        bars = control.is_progress_bar_enabled()
        verbosity = control.get_verbosity()
        hub = logging.getLogger("huggingface_hub")
        hub_level = hub.level
        control.set_verbosity(logging.CRITICAL)
        control.disable_progress_bar()
        hub.setLevel(logging.CRITICAL)
        try:
            yield
        finally:
            control.set_verbosity(verbosity)
            hub.setLevel(hub_level)
            if bars:
                control.enable_progress_bar()


@contextmanager
def quiet_gguf() -> Iterator[None]:
    """Silence the bar of the GGUF reader, which asks nobody whether it is wanted."""
    from functools import partial

    import transformers.modeling_gguf_pytorch_utils as reader

    module: Any = reader
    loud = module.tqdm
    module.tqdm = partial(loud, disable=True)
    try:
        yield
    finally:
        module.tqdm = loud
