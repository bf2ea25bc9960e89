"""`python -m buildkite_rest.mock`: run the mock server until Ctrl-C or SIGTERM.

While it runs, requests to `/_mock/` on the origin of the API ask and tell the mock itself. They need no token, are not
counted, and no fault hits them:

- `GET /_mock/`: how things stand.
- `POST /_mock/reset`: everything is again as it was at the start.
- `PATCH /_mock/faults`: `{"next": [{"kind": "502", "times": 2}]}`, `{"latency": 0.1}`, `{"fault_rate": 0.1}`.
- `PATCH /_mock/limits`: `{"rate_limit": 200, "user_rate_limit": null}`.
- `POST /_mock/clock`: `{"advance": 3600}` puts the clock forward.
"""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
import time
from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING

from .command_line import WANTED_KEY, InvalidOptionError, parser, read_key
from .standard_error import report

if TYPE_CHECKING:
    from . import MockServer

_EXTRA = frozenset({"anyio", "jsonschema_rs", "python_multipart", "starlette", "uvicorn", "yaml"})
_CANNOT_RUN = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve, and return the exit status."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    reader = parser()
    try:
        return _run(reader.parse_args(arguments))
    except InvalidOptionError as error:
        report(f"{reader.prog}: {error}")
        return _CANNOT_RUN
    except KeyboardInterrupt:
        return 0


def _run(options: Namespace) -> int:
    try:
        # Only here is it known what to say when the extra is not installed.
        from . import MockServer  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if error.name not in _EXTRA:
            raise
        report(f"{error.name} is not installed; it comes with buildkite-rest[mock]")
        return _CANNOT_RUN
    server = MockServer(
        host=options.host,
        port=options.port,
        seed=options.seed,
        builds=options.builds,
        latency=options.latency,
        fault_rate=options.fault_rate,
        rate_limit=options.rate_limit,
        user_rate_limit=options.user_rate_limit,
        log=_say if options.log else None,
        hosts=options.allow_host,
    )
    if options.public_key is not None:
        pem = read_key(options.public_key)
        try:
            server.register_public_key(pem)
        except ValueError as error:
            raise InvalidOptionError("--public-key", options.public_key, WANTED_KEY) from error
    _serve(server, options)
    return 0


def _serve(server: MockServer, options: Namespace) -> None:
    from .seed.accounts import EXPIRED_TOKEN, GLOBEX_TOKEN, NO_SCOPES_TOKEN  # noqa: PLC0415

    try:
        server.__enter__()
    except OSError as error:
        where = f"{options.host} {options.port}"
        raise InvalidOptionError("--host and --port", where, error.strerror or error) from error
    try:
        _say(f"API                {server.url}")
        _say(f"storage            {server.storage_url}")
        _say(f"token, all scopes  {server.token}")
        _say(f"token, read only   {server.read_only_token}")
        _say(f"token, no scopes   {NO_SCOPES_TOKEN}")
        _say(f"token, globex      {GLOBEX_TOKEN}")
        _say(f"token, expired     {EXPIRED_TOKEN}")
        _say(f"token for JWTs     {server.jwt_token_uuid}")
        while True:
            time.sleep(3600)
    finally:
        server.__exit__(None, None, None)


def _say(line: str) -> None:
    with contextlib.suppress(OSError):  # nobody reads it any more
        print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
