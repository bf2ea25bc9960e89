"""`buildkite-rest`: finds the command, and passes it the other arguments."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Final

from .._base.command_line import HelpFormatter, Parser, report
from .._base.safe_text import safe_repr
from .._version import __version__
from .exit_statuses import INTERRUPTED, OK, USAGE
from .output import Output

PROGRAM: Final = "buildkite-rest"
COMMANDS: Final = {
    "api": "send a request to the API and print the response",
    "spec": "print the OpenAPI document of the API",
    "mock": "serve a mock of the API (extra: mock)",
    "conformance": "check a server against the OpenAPI document (extra: conformance)",
}
_EPILOG: Final = """\
`buildkite-rest COMMAND --help` lists the options of a command.

examples:
  buildkite-rest api /v2/user
  buildkite-rest api /v2/organizations/{org}/builds -q state=failed --paginate --jsonl
  buildkite-rest spec --format json > openapi.json
  buildkite-rest mock --port 8000

Commands that call the API read the token from $BUILDKITE_API_TOKEN, or sign JSON Web Tokens.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command, and return the exit status."""
    name, *rest = (sys.argv[1:] if arguments is None else arguments) or ["--help"]
    try:
        return _run(name, rest)
    except KeyboardInterrupt:
        return INTERRUPTED


def _run(name: str, arguments: Sequence[str]) -> int:
    """Import and run a command. The extras of the others need not be installed."""
    program = f"{PROGRAM} {name}"
    match name:
        case "api":
            from .api import main as run  # noqa: PLC0415
        case "spec":
            from .spec import main as run  # noqa: PLC0415
        case "mock":
            from ..mock.__main__ import main as run  # noqa: PLC0415
        case "conformance":
            from ..conformance.__main__ import main as run  # noqa: PLC0415
        case _:
            return _run_without_command(name, arguments)
    return run(arguments, program)


def _run_without_command(name: str, arguments: Sequence[str]) -> int:
    if not name.startswith("-"):
        close = get_close_matches(name, COMMANDS, n=1)
        hint = f"Did you mean {close[0]}?" if close else f"Commands: {', '.join(COMMANDS)}."
        report(f"{PROGRAM}: there is no command {safe_repr(name)}. {hint}")
        return USAGE
    options = Parser(
        prog=PROGRAM,
        usage=f"{PROGRAM} [-h] [--version] COMMAND ...",
        description="The Buildkite REST API on the command line.",
        epilog=_EPILOG,
        formatter_class=HelpFormatter,
    )
    options.add_argument("--version", action="store_true", help="print the version")
    commands = options.add_subparsers(title="commands", metavar="COMMAND")
    for command, text in COMMANDS.items():
        commands.add_parser(command, help=text, add_help=False)
    if options.parse_args([name, *arguments]).version:
        Output(f"{PROGRAM}: ").write(f"{PROGRAM} {__version__}\n".encode())
    return OK
