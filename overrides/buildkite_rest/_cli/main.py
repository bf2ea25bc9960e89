"""`buildkite-rest`: finds the command, and passes it the other arguments."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from difflib import get_close_matches

from .._base.command_line import report
from .._base.safe_text import safe_repr
from .._version import __version__
from .commands import COMMANDS, PROGRAM, parser
from .errors import INTERRUPTED, OK, USAGE

# Commands are imported in functions: the others need not be installed, and Ctrl-C during an import is handled.


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command, and return the exit status."""
    name, *rest = (sys.argv[1:] if arguments is None else arguments) or ["--help"]
    try:
        return _run(name, rest)
    except KeyboardInterrupt:
        return INTERRUPTED


def _run(name: str, arguments: Sequence[str]) -> int:
    program = f"{PROGRAM} {name}"
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
            return _without_command([name, *arguments])


def _without_command(arguments: Sequence[str]) -> int:
    name = arguments[0]
    if not name.startswith("-"):
        close = get_close_matches(name, COMMANDS, n=1)
        hint = f"Did you mean {close[0]}?" if close else f"Commands: {', '.join(COMMANDS)}."
        report(f"{PROGRAM}: there is no command {safe_repr(name)}. {hint}")
        return USAGE
    options = parser().parse_args(arguments)
    if options.version:
        from .output import Output  # noqa: PLC0415

        Output(f"{PROGRAM}: ").write(f"{PROGRAM} {__version__}\n".encode())
    return OK
