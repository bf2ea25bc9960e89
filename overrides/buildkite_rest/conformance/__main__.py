"""`buildkite-rest conformance`, also `python -m buildkite_rest.conformance`."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Final, NoReturn

from . import PROGRAM

# All else is imported in `_run` or later: dependencies may be missing, and Ctrl-C during an import is handled.

_EXTRA: Final = frozenset({"hypothesis", "jsonschema_rs", "pyrate_limiter", "requests", "schemathesis", "yaml"})
#: New objects before a collection of each generation. With Python's own numbers, collections are 9 % of a run.
_THRESHOLDS: Final = (10_000, 30, 100)


def main(arguments: Sequence[str] | None = None, program: str = PROGRAM) -> NoReturn:
    """Run, and exit with the status. `program` is the name of the command in messages."""
    try:
        sys.exit(_run(arguments, program))
    except KeyboardInterrupt:
        sys.exit(130)


def _run(arguments: Sequence[str] | None, program: str) -> int:
    gc.set_threshold(*_THRESHOLDS)
    try:
        run: Callable[[Sequence[str] | None, str], int] = import_module(".cli", __package__).main
        return run(arguments, program)
    except ModuleNotFoundError as error:
        if error.name not in _EXTRA:
            raise
        report: Callable[[str], None] = import_module(".._base.command_line", __package__).report
        report(f"{program}: {error.name} is not installed; it comes with buildkite-rest[conformance]")
        return 2


if __name__ == "__main__":
    main()
