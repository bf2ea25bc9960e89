"""The commands of `buildkite-rest`, and its help."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .._base.command_line import HelpFormatter, Parser

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
