"""`buildkite-rest conformance`, also `python -m buildkite_rest.conformance`."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Sequence
from typing import NoReturn

from .._base.command_line import report
from . import PROGRAM

_EXTRA = frozenset({"hypothesis", "pyrate_limiter", "requests", "rich", "schemathesis", "yaml"})


def main(arguments: Sequence[str] | None = None, program: str = PROGRAM) -> int:
    """Run, and exit with the status. `program` is the name of the command in messages."""
    try:
        _exit(_run(arguments, program))
    except KeyboardInterrupt:
        sys.exit(130)


def _run(arguments: Sequence[str] | None, program: str) -> int:
    given = sys.argv[1:] if arguments is None else arguments
    try:
        if given[:1] == ["traffic"]:
            from .recorded.cli import main as check_traffic  # noqa: PLC0415 - PyYAML may be missing

            return check_traffic(given[1:], f"{program} traffic")
        if given[:1] == ["cleanup"]:
            from .cleanup_cli import main as clean_up  # noqa: PLC0415

            return clean_up(given[1:], f"{program} cleanup")
        from .cli import main  # noqa: PLC0415 - its dependencies may be missing
    except ModuleNotFoundError as error:
        if error.name not in _EXTRA:
            raise
        report(f"{program}: {error.name} is not installed; it comes with buildkite-rest[conformance]")
        return 2
    return main(given, program)


def _exit(status: int) -> NoReturn:
    """Exit, even if a thread that waits for a response would keep the interpreter running."""
    if all(thread.daemon or thread is threading.main_thread() for thread in threading.enumerate()):
        sys.exit(status)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()
    os._exit(status)


if __name__ == "__main__":
    main()
