"""Command line of `buildkite-rest conformance cleanup`. Parsing and `--help` work without the extra `conformance`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Final

from .._base.command_line import HelpFormatter, OpaqueParser, file_path, parse_arguments
from .argument_tokens import given_tokens, hiding
from .cli import add_credentials, add_rate_limit

_EPILOG: Final = """\
exit status: 0 nothing is left of what the journal names, 1 something is or may be, 2 the cleanup was not possible, for
example because the token has no access to the organization.

Only objects with an id or a unique name in the journal are deleted. The command can be repeated. If the server has
another URL than during the run, pass it as --base-url.
"""


def main(arguments: Sequence[str] | None, program: str) -> int:
    """Run, and return the exit status. `program` is the name of the command in messages."""
    tokens = given_tokens(sys.argv[1:] if arguments is None else arguments)
    namespace = parse_arguments(parser(program, hiding(tokens)), arguments)
    run: Callable[..., int] = import_module(".cleanup_command", __package__).run
    return run(namespace, program, tokens)


def parser(program: str, hide: Callable[[str], str] = str) -> OpaqueParser:
    """Return the parser of the command `program`. `hide` masks credentials in its errors."""
    options = OpaqueParser(
        hide,
        prog=program,
        description="Delete what an interrupted run has left behind.",
        epilog=_EPILOG,
        formatter_class=HelpFormatter,
    )
    options.add_argument("journal", type=file_path, metavar="JOURNAL", help="the journal of the run")
    options.add_argument("--base-url", metavar="URL", help="URL of the API, also another one than in the journal")
    add_credentials(options)
    add_rate_limit(options)
    options.add_argument(
        "--spec", type=file_path, metavar="FILE", help="another OpenAPI document than the one of the package"
    )
    options.add_argument("--log-requests", type=file_path, metavar="FILE", help="log all requests as JSON lines")
    return options
