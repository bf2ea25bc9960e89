"""The clients that ask the server something besides the requests that the runner makes up."""

from __future__ import annotations

from functools import partial

from .. import Buildkite, ConfigurationError, RateLimitPacing, RetryPolicy
from .._http import default_client
from .options import Options
from .pace import Pace
from .problems import CannotRunError


def client_of(
    options: Options,
    pace: Pace,
    *,
    retries: RetryPolicy,
    timeout: float = 30.0,
    pacing: RateLimitPacing | None = None,
    strict: bool = False,
) -> Buildkite:
    """Return a client whose requests wait for their turn.

    Raises:
        CannotRunError: None can be made.
    """
    try:
        connections = default_client(timeout)
    except ConfigurationError:
        raise
    except Exception as error:  # of many kinds, for what the environment says of proxies and certificates
        reason = f"{error}; look at the variables for proxies, such as HTTP_PROXY, and at SSL_CERT_FILE"
        raise CannotRunError(f"no HTTP client can be made: {reason}") from None
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
