"""`python -m buildkite_rest.conformance`."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from typing import NoReturn

from .._base.command_line import report

_EXTRA = frozenset({"hypothesis", "pyrate_limiter", "requests", "rich", "schemathesis", "yaml"})


def _main() -> int:
    try:
        from .cli import main  # noqa: PLC0415 - its dependencies may be missing
    except ModuleNotFoundError as error:
        if error.name not in _EXTRA:
            raise
        report(f"{error.name} is not installed; it comes with buildkite-rest[conformance]")
        return 2
    return main()


def _exit(status: int) -> NoReturn:
    """Exit, even if a thread that waits for a response would keep the interpreter running."""
    if all(thread.daemon or thread is threading.main_thread() for thread in threading.enumerate()):
        sys.exit(status)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()
    os._exit(status)


if __name__ == "__main__":
    try:
        _exit(_main())
    except KeyboardInterrupt:
        sys.exit(130)
