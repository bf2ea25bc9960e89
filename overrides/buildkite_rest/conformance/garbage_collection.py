"""Python's garbage collection during a run."""

from __future__ import annotations

import gc
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

#: New objects before a collection of each generation. With Python's own numbers, collections are 9 % of a run.
_THRESHOLDS: Final = (10_000, 30, 100)


@contextmanager
def rare_collections() -> Generator[None]:
    """Collect garbage less often, and only what is created in the block: not modules."""
    former, are_frozen = gc.get_threshold(), gc.get_freeze_count() > 0
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
    try:
        yield
    finally:
        gc.set_threshold(*former)
        if not are_frozen:  # or the objects that the caller froze would be visited again
            gc.unfreeze()
