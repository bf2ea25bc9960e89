"""Arguments without the name of a command: `--version`, `--help` and unknown names."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from .._base.command_line import report
from .._base.safe_text import safe_repr
from .._version import __version__
from .commands import COMMANDS, PROGRAM, parser
from .errors import OK, USAGE
from .output import Output


def main(arguments: Sequence[str]) -> int:
    """Run, and return the exit status."""
    name = arguments[0]
    if not name.startswith("-"):
        close = get_close_matches(name, COMMANDS, n=1)
        hint = f"Did you mean {close[0]}?" if close else f"Commands: {', '.join(COMMANDS)}."
        report(f"{PROGRAM}: there is no command {safe_repr(name)}. {hint}")
        return USAGE
    options = parser().parse_args(arguments)
    if options.version:
        Output(f"{PROGRAM}: ").write(f"{PROGRAM} {__version__}\n".encode())
    return OK
