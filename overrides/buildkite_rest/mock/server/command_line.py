"""Command line of `buildkite-rest mock`. Works without the extra `mock`."""

from __future__ import annotations

import argparse
from datetime import datetime
from pathlib import Path

from ..._base.command_line import HelpFormatter, Parser, whole_number

_LONGEST_SHOWN = 60
_EXAMPLE = "2026-03-02T09:15:00Z"
_EPILOG = """\
While it runs, requests to /_mock/ on the origin of the API control it. They need no token:
  GET    /_mock/           current state
  POST   /_mock/reset      restore the state at the start
  PATCH  /_mock/faults     {"next": [{"kind": "502", "times": 2}]}, {"latency": 0.1}, {"fault_rate": 0.1}
                           kinds: 429, 500, 502, 503, 520, reset, truncate
  POST   /_mock/responses  {"method": "GET", "path": "/v2/organizations/{org}", "status": 404, "times": 1}
                           with a body as "json", "text" or "content" (Base64), and "headers"
  DELETE /_mock/responses  remove these responses
  GET    /_mock/requests   latest requests; ?method=GET&path=/v2/organizations/{org} selects some
  PATCH  /_mock/limits     {"rate_limit": 200, "user_rate_limit": null}
  POST   /_mock/clock      {"advance": 3600} moves the clock forward by seconds
"""


class InvalidOptionError(Exception):
    """An option with an invalid value."""

    def __init__(self, option: str, reason: object) -> None:
        super().__init__(f"{option}: {reason}")


def parser(program: str) -> Parser:
    """Return the parser of the command `program`."""
    parser = Parser(
        prog=program,
        description="A mock of the Buildkite REST API. Serves until Ctrl-C.",
        epilog=_EPILOG,
        formatter_class=HelpFormatter,
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to bind (default: %(default)s)")
    parser.add_argument("--port", type=whole_number, default=0, help="port of the API (default: any free one)")
    parser.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="serve /_mock/ under this name too (IP addresses and names without a dot always work)",
    )
    parser.add_argument("--seed", type=whole_number, default=0, help="seed of the data (default: %(default)s)")
    parser.add_argument(
        "--builds",
        type=whole_number,
        default=300,
        help="number of builds, besides six fixed ones (default: %(default)s)",
    )
    parser.add_argument(
        "--build-seconds",
        type=float,
        default=2.0,
        metavar="SECONDS",
        help="duration of a build that is created (default: %(default)g)",
    )
    parser.add_argument(
        "--start",
        type=_moment,
        metavar="TIME",
        help=f"time of the clock at the start, such as {_EXAMPLE}; the initial builds end before it "
        "(default: the current time)",
    )
    parser.add_argument("--latency", type=float, default=0.0, metavar="SECONDS", help="wait before each response")
    parser.add_argument(
        "--fault-rate",
        type=float,
        default=0.0,
        metavar="SHARE",
        help="share of requests that fail with 5xx, 0 to 1",
    )
    parser.add_argument(
        "--rate-limit", type=whole_number, metavar="N", help="requests per organization and minute (default: no limit)"
    )
    parser.add_argument(
        "--user-rate-limit", type=whole_number, metavar="N", help="requests per user and minute (default: no limit)"
    )
    parser.add_argument("--public-key", type=Path, metavar="FILE", help="RSA public key (PEM) of the token for JWTs")
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
