"""The commands of `buildkite-rest`, and arguments without one: `--version`, `--help` and unknown names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Final

from .._base.command_line import HelpFormatter, Parser, report
from .._base.safe_text import safe_repr
from .._version import __version__
from .output import OK, USAGE, Output

PROGRAM: Final = "buildkite-rest"
COMMANDS: Final = {
    "api": "send a request to the API and print the response",
    "spec": "print the OpenAPI document of the API",
    "mock": "serve a mock of the API (extra: mock)",
    "conformance": "check a server against the OpenAPI document (extra: conformance)",
    "completion": "print a completion script for a shell (extra: completion)",
}
_EPILOG: Final = """\
`buildkite-rest COMMAND --help` lists the options of a command.

examples:
  buildkite-rest api /v2/user
  buildkite-rest api /v2/organizations/{org}/builds -q state=failed --paginate --jsonl
  buildkite-rest spec --output openapi.json
  buildkite-rest mock --port 8000

Commands that call the API read the token from $BUILDKITE_API_TOKEN.
"""


def parser(options_of: Mapping[str, Parser] | None = None) -> Parser:
    """Return the parser of the options without a command, with the parsers of commands if they are passed."""
    options = Parser(
        prog=PROGRAM,
        usage=f"{PROGRAM} [-h] [--version] COMMAND ...",
        description="The Buildkite REST API on the command line.",
        epilog=_EPILOG,
        formatter_class=HelpFormatter,
    )
    options.add_argument("--version", action="store_true", help="print the version")
    commands = options.add_subparsers(title="commands", metavar="COMMAND")
    for name, text in COMMANDS.items():
        parents = [options_of[name]] if options_of and name in options_of else []
        commands.add_parser(name, help=text, add_help=False, parents=parents)
    return options


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
