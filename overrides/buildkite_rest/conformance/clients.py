"""The clients that ask the server something besides the requests that the runner makes up."""

from __future__ import annotations

from functools import partial

from .. import Buildkite, RateLimitPacing, RetryPolicy
from .._http.library import default_client
from .options import Options
from .pace import Pace


def client_of(
    options: Options,
    pace: Pace,
    *,
    retries: RetryPolicy,
    timeout: float = 30.0,
    pacing: RateLimitPacing | None = None,
    strict: bool = False,
) -> Buildkite:
    """Return a client whose requests wait for their turn."""
    connections = default_client(timeout)
    # Requests are signed after this, when they are about to be sent.
    connections.event_hooks = {"request": [partial(_wait, pace)]}
    return Buildkite(
        options.auth,
        base_url=options.base_url,
        retries=retries,
        pacing=pacing,
        strict=strict,
        http_client=connections,
    )


def _wait(pace: Pace, _request: object) -> None:
    pace.wait_for_turn()
