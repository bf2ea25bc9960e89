"""`buildkite-rest mock`, also `python -m buildkite_rest.mock`: run the mock server until Ctrl-C or SIGTERM.

While it runs, requests to `/_mock/` control it, see `server.control`.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from typing import TYPE_CHECKING

from .._base.command_line import discard_output, report, write_text

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
    from .server.command_line import InvalidOptionError, parser  # noqa: PLC0415

    reader = parser(program)
    try:
        return _run(reader.parse_args(arguments), program)
    except InvalidOptionError as error:
        report(f"{reader.prog}: {error}")
        return _CANNOT_RUN


def _run(options: Namespace, program: str) -> int:
    from . import EXTRA  # noqa: PLC0415
    from .server.command_line import InvalidOptionError  # noqa: PLC0415

    try:
        # Imported here, where a missing extra can be reported.
        from . import MockServer, clock_from  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if error.name not in EXTRA:
            raise
        report(f"{program}: {error.name} is not installed; it comes with buildkite-rest[mock]")
        return _CANNOT_RUN
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
    return _serve(server, options, program)


def _serve(server: MockServer, options: Namespace, program: str) -> int:
    from shlex import quote  # noqa: PLC0415

    from .._auth.environment import GRAPHQL_URL_VARIABLE, REST_URL_VARIABLE, TOKEN  # noqa: PLC0415
    from .resources.access_tokens import EXPIRED_TOKEN, GLOBEX_TOKEN, NO_SCOPES_TOKEN  # noqa: PLC0415
    from .server.command_line import InvalidOptionError  # noqa: PLC0415

    try:
        server.__enter__()
    except OSError as error:
        raise InvalidOptionError("--host and --port", error.strerror) from error
    try:
        failure = _print_line(f"API                {server.url}")
        if failure is not None and not options.port:
            report(f"{program}: cannot write the URL to standard output: {failure}. Pass --port to serve without it.")
            return _CANNOT_RUN
        _print_line(f"storage            {server.storage_url}")
        _print_line(f"token, all scopes  {server.token}")
        _print_line(f"token, read only   {server.read_only_token}")
        _print_line(f"token, no scopes   {NO_SCOPES_TOKEN}")
        _print_line(f"token, globex      {GLOBEX_TOKEN}")
        _print_line(f"token, expired     {EXPIRED_TOKEN}")
        _print_line(f"token for JWTs     {server.jwt_token_uuid}")
        _print_line("\nTo let a program use it:")
        urls = f"{REST_URL_VARIABLE}={quote(server.url)} {GRAPHQL_URL_VARIABLE}={quote(server.graphql_url)}"
        _print_line(f"export {urls}")
        _print_line(f"export {TOKEN}={server.token}")
        while True:
            time.sleep(3600)
    finally:
        server.__exit__(None, None, None)


def _print_line(line: str) -> str | None:
    """Print a line. If that fails, return the reason and discard all later lines."""
    if sys.stdout is None:
        return "it is closed"
    try:
        write_text(f"{line}\n")
    except OSError as error:
        discard_output()
        return error.strerror or type(error).__name__
    return None


if __name__ == "__main__":
    sys.exit(main())
