"""Mock server with a rate limit and a window of its own length: `python -m tests.benchmarks.limited_mock 120 30`.

Prints its URL and a token, and runs until its standard input is closed.
"""

from __future__ import annotations

import sys

from buildkite_rest.mock import MockServer
from buildkite_rest.mock.http import rate_limits


def main() -> None:
    limit, rate_limits.WINDOW_SECONDS = map(int, sys.argv[1:])
    with MockServer(rate_limit=limit) as server:
        print(server.url, server.token, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
