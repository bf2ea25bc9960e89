"""`buildkite-rest conformance`, also `python -m buildkite_rest.conformance`."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import NoReturn

from . import PROGRAM

# All else is imported in `main` or later: dependencies may be missing, and Ctrl-C during an import is handled.

_EXTRA = frozenset({"hypothesis", "jsonschema_rs", "pyrate_limiter", "requests", "rich", "schemathesis", "yaml"})
#: Modules of the commands. A run has no name.
_COMMANDS = {"traffic": ".traffic.cli", "cleanup": ".cleanup_cli"}


def main(arguments: Sequence[str] | None = None, program: str = PROGRAM) -> int:
    """Run, and exit with the status. `program` is the name of the command in messages."""
    try:
        _exit(_run(sys.argv[1:] if arguments is None else arguments, program))
    except KeyboardInterrupt:
        sys.exit(130)


def _run(arguments: Sequence[str], program: str) -> int:
    name = arguments[0] if arguments and arguments[0] in _COMMANDS else None
    try:
        run: Callable[[Sequence[str], str], int] = import_module(_COMMANDS.get(name or "", ".cli"), __package__).main
        return run(arguments, program) if name is None else run(arguments[1:], f"{program} {name}")
    except ModuleNotFoundError as error:
        if error.name not in _EXTRA:
            raise
        report: Callable[[str], None] = import_module(".._base.command_line", __package__).report
        report(f"{program}: {error.name} is not installed; it comes with buildkite-rest[conformance]")
        return 2


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
