"""Messages on standard error, which a daemon may not have."""

from __future__ import annotations

import contextlib
import sys


def report(line: str) -> None:
    """Print a line on standard error. Without one, `print` would write it to standard output."""
    if sys.stderr is not None:
        with contextlib.suppress(OSError):  # nobody reads it any more
            print(line, file=sys.stderr, flush=True)
