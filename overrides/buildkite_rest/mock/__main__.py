"""`buildkite-rest mock`, also `python -m buildkite_rest.mock`: run the mock server until Ctrl-C or SIGTERM.

While it runs, requests to `/_mock/` control it, see `server.control`.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from .._base.command_line import exit_without_output, report, write_text

# Everything else is imported in functions: Ctrl-C during a module-level import could not be handled.
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

    from . import MockServer

_CANNOT_RUN = 2
_PROGRAM = "python -m buildkite_rest.mock"


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
    from .server.command_line import InvalidOptionError, parser  # noqa: PLC0415

    reader = parser(program)
    try:
        server = _server(reader.parse_args(arguments))
        try:
            server.__enter__()
        except OSError as error:
            raise InvalidOptionError("--host and --port", error.strerror) from error
    except InvalidOptionError as error:
        report(f"{reader.prog}: {error}")
        return _CANNOT_RUN
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


def _server(options: Namespace) -> MockServer:
    from . import MockServer, clock_from  # noqa: PLC0415
    from .server.command_line import InvalidOptionError  # noqa: PLC0415

    try:
        server = MockServer(
            host=options.host,
            port=options.port,
            seed=options.seed,
            builds=options.builds,
            clock=time.time if options.start is None else clock_from(options.start),
            build_seconds=options.build_seconds,
            latency=options.latency,
            fault_rate=options.fault_rate,
            rate_limit=options.rate_limit,
            user_rate_limit=options.user_rate_limit,
            log=_print_line if options.log else None,
            hosts=options.allow_host,
        )
    except ValueError as error:
        name, _, reason = str(error).partition(" ")
        option = "allow-host" if name == "hosts" else name.replace("_", "-")
        raise InvalidOptionError(f"argument --{option}", reason) from error
    if options.public_key is not None:
        try:
            server.register_public_key(options.public_key.read_text(encoding="ascii"))
        except OSError as error:
            raise InvalidOptionError(f"--public-key {options.public_key}", error.strerror) from error
        except ValueError as error:
            reason = "this is not an RSA public key of 2048 to 4096 bits in PEM format"
            raise InvalidOptionError(f"--public-key {options.public_key}", reason) from error
    return server


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
