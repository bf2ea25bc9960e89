"""`buildkite-rest mock`, also `python -m buildkite_rest.mock`: run the mock server until Ctrl-C or SIGTERM."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from .._base.command_line import HelpFormatter, Parser, exit_without_output, report, whole_number, write_text

# Everything else is imported in functions: Ctrl-C during a module-level import could not be handled, and this module
# works without the extra `mock`.
if TYPE_CHECKING:
    from collections.abc import Sequence

    from . import MockServer

_CANNOT_RUN = 2
_PROGRAM = "python -m buildkite_rest.mock"
_LONGEST_SHOWN = 60
_EXAMPLE = "2026-03-02T09:15:00Z"


def main(arguments: Sequence[str] | None = None, program: str = _PROGRAM) -> int:
    """Serve, and return the exit status. `program` is the name of the command in messages."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return _main(arguments, program)
    except KeyboardInterrupt:
        return 0


def _main(arguments: Sequence[str] | None, program: str) -> int:
    from . import EXTRA  # noqa: PLC0415

    reader = _parser(program)
    try:
        server = _server(reader, arguments)
        try:
            server.__enter__()
        except OSError as error:
            reader.error(f"--host and --port: {error.strerror}")
    except ModuleNotFoundError as error:
        if error.name not in EXTRA:
            raise
        report(f"{program}: {error.name} is not installed; it comes with buildkite-rest[mock]")
        return _CANNOT_RUN
    try:
        _print_addresses(server, program)
        while True:
            time.sleep(3600)
    finally:
        server.__exit__(None, None, None)


def _parser(program: str) -> Parser:
    """Return the parser. Its options without a value in the command line are left out of the result."""
    parser = Parser(
        prog=program,
        description="A mock of the Buildkite REST API. Serves until Ctrl-C.",
        epilog="While it runs, requests to /_mock/ on the origin of the API control it. They need no token.",
        formatter_class=HelpFormatter,
        argument_default=argparse.SUPPRESS,
    )
    parser.add_argument("--host", help="address to bind (default: 127.0.0.1)")
    parser.add_argument("--port", type=whole_number, help="port of the API (default: any free one)")
    parser.add_argument("--seed", type=whole_number, help="seed of the data (default: 0)")
    parser.add_argument("--builds", type=whole_number, help="number of builds, besides six fixed ones (default: 300)")
    parser.add_argument("--build-seconds", type=float, help="duration of a build that is created (default: 2)")
    parser.add_argument(
        "--start",
        type=_moment,
        metavar="TIME",
        help=f"time of the clock at the start, such as {_EXAMPLE}; the initial builds end before it "
        "(default: the current time)",
    )
    parser.add_argument("--latency", type=float, metavar="SECONDS", help="wait before each response")
    parser.add_argument("--fault-rate", type=float, help="share of requests that fail with 5xx, 0 to 1")
    parser.add_argument("--rate-limit", type=whole_number, help="requests per organization and minute")
    parser.add_argument("--user-rate-limit", type=whole_number, help="requests per user and minute")
    parser.add_argument(
        "--public-key", type=_content, metavar="FILE", help="RSA public key (PEM) of the token for JWTs"
    )
    parser.add_argument("--log", action="store_true", help="print a line for each request")
    return parser


def _moment(text: str) -> datetime:
    """Parse a time in ISO 8601 with a time zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text[:_LONGEST_SHOWN]} is not a time with a time zone; use {_EXAMPLE}")
    return moment


def _content(path: str) -> str:
    """Read a file."""
    try:
        return Path(path).read_text(encoding="latin-1")
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{path[:_LONGEST_SHOWN]}: {error.strerror}") from error


def _server(reader: Parser, arguments: Sequence[str] | None) -> MockServer:
    """Return the server. Each option is an argument of `MockServer`, but for two."""
    options = vars(reader.parse_args(arguments))
    from . import MockServer, clock_from  # noqa: PLC0415

    if "start" in options:
        options["clock"] = clock_from(options.pop("start"))
    if "log" in options:
        options["log"] = _print_line
    try:
        return MockServer(**options)
    except ValueError as error:
        name, _, reason = str(error).partition(" ")
        reader.error(f"argument --{name.replace('_', '-')}: {reason}")


def _print_addresses(server: MockServer, program: str) -> None:
    from shlex import quote  # noqa: PLC0415

    from .._auth.environment import GRAPHQL_URL_VARIABLE, REST_URL_VARIABLE, TOKEN  # noqa: PLC0415
    from .resources.access_tokens import EXPIRED_TOKEN, GLOBEX_TOKEN, NO_SCOPES_TOKEN  # noqa: PLC0415

    urls = f"{REST_URL_VARIABLE}={quote(server.url)} {GRAPHQL_URL_VARIABLE}={quote(server.graphql_url)}"
    text = f"""\
API                {server.url}
storage            {server.storage_url}
token, all scopes  {server.token}
token, read only   {server.read_only_token}
token, no scopes   {NO_SCOPES_TOKEN}
token, globex      {GLOBEX_TOKEN}
token, expired     {EXPIRED_TOKEN}
token for JWTs     {server.jwt_token_uuid}

To let a program use it:
export {urls}
export {TOKEN}={server.token}
"""
    if sys.stdout is not None:  # a daemon may have none
        try:
            write_text(text)
        except OSError as error:
            exit_without_output(error, f"{program}: ")


def _print_line(line: str) -> None:
    with suppress(OSError):
        write_text(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
