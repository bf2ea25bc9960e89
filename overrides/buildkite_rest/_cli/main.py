"""`buildkite-rest`: finds the command, and passes it the other arguments."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from .output import INTERRUPTED

# Commands are imported in functions: the others need not be installed, and Ctrl-C during an import is handled.


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command, and return the exit status."""
    name, *rest = (sys.argv[1:] if arguments is None else arguments) or ["--help"]
    try:
        return _run(name, rest)
    except KeyboardInterrupt:
        return INTERRUPTED


def _run(name: str, arguments: Sequence[str]) -> int:
    program = f"buildkite-rest {name}"
    match name:
        case "api":
            from . import api  # noqa: PLC0415

            return api.main(arguments, program)
        case "spec":
            from . import spec  # noqa: PLC0415

            return spec.main(arguments, program)
        case "mock":
            from ..mock.__main__ import main as serve  # noqa: PLC0415

            return serve(arguments, program)
        case "conformance":
            from ..conformance.__main__ import main as check  # noqa: PLC0415

            return check(arguments, program)
        case "completion":
            from . import completion  # noqa: PLC0415

            return completion.main(arguments, program)
        case _:
            from . import commands  # noqa: PLC0415

            return commands.main([name, *arguments])
