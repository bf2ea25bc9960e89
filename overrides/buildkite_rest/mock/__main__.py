"""`python -m buildkite_rest.mock`: run the mock server until Ctrl-C.

While it runs, requests to `/_mock/` reset it, spoil answers, change limits and put the clock forward; see
`buildkite_rest.mock.engine.control`.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

_EXTRA = frozenset({"anyio", "jsonschema_rs", "starlette", "uvicorn", "yaml"})


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve, and return the exit status."""
    options = _parser().parse_args(arguments)
    try:
        # Only here is it known what to say when the extra is not installed.
        from . import MockServer  # noqa: PLC0415
        from .seed.accounts import EXPIRED_TOKEN, GLOBEX_TOKEN, NO_SCOPES_TOKEN  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if error.name not in _EXTRA:
            raise
        print(f"{error.name} is not installed: pip install 'buildkite-rest[mock]'", file=sys.stderr)
        return 2
    server = MockServer(
        host=options.host,
        port=options.port,
        seed=options.seed,
        builds=options.builds,
        latency=options.latency,
        fault_rate=options.fault_rate,
        rate_limit=options.rate_limit,
        user_rate_limit=options.user_rate_limit,
    )
    try:
        if options.public_key is not None:
            server.register_public_key(options.public_key.read_text())
        with server:
            print(f"API                {server.url}")
            print(f"storage            {server.storage_url}")
            print(f"token, all scopes  {server.token}")
            print(f"token, read only   {server.read_only_token}")
            print(f"token, no scopes   {NO_SCOPES_TOKEN}")
            print(f"token, globex      {GLOBEX_TOKEN}")
            print(f"token, expired     {EXPIRED_TOKEN}")
            print(f"token for JWTs     {server.jwt_token_uuid}", flush=True)
            while True:
                time.sleep(3600)
    except KeyboardInterrupt:
        return 0
    except OSError as error:
        print(error, file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m buildkite_rest.mock", description="A mock of the Buildkite REST API."
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to bind (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="port of the API (default: any free one)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the data (default: %(default)s)")
    parser.add_argument("--builds", type=int, default=300, help="number of builds (default: %(default)s)")
    parser.add_argument("--latency", type=float, default=0.0, metavar="SECONDS", help="wait before each answer")
    parser.add_argument(
        "--fault-rate", type=float, default=0.0, metavar="SHARE", help="share of requests that fail with 5xx, 0 to 1"
    )
    parser.add_argument(
        "--rate-limit", type=int, metavar="N", help="requests per organization and minute (default: any number)"
    )
    parser.add_argument(
        "--user-rate-limit", type=int, metavar="N", help="requests per user and minute (default: any number)"
    )
    parser.add_argument("--public-key", type=Path, metavar="FILE", help="RSA public key (PEM) of the token for JWTs")
    return parser


if __name__ == "__main__":
    sys.exit(main())
