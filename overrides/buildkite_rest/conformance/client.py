"""The clients of the runner itself, and the probe of a server before a run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from math import ceil, isfinite
from typing import Any, Final

from attrs import frozen

from .. import (
    APIConnectionError,
    APIStatusError,
    AuthenticationError,
    Buildkite,
    BuildkiteError,
    DecodeError,
    NotFoundError,
    RateLimitError,
    RateLimitPacing,
    RetryPolicy,
)
from .._base.json_values import as_array, is_array
from .._http.library import default_client
from .._policy.retries import requested_pause
from .certificates import context_of, trusted_certificates
from .options import Options
from .pacing import RequestSchedule
from .request_log import RequestLog
from .response_sizes import limited
from .spec import CannotRunError, Operation

#: Seconds for each request of the probe, retries included.
_PROBE_DEADLINE: Final = 90
#: Retries of each request of the probe.
_RETRIES: Final = 2
#: Missing scopes that a message lists.
_LISTED_SCOPES: Final = 5
#: Headers with the limits of the organization and of the user.
_LIMITS: Final = ("RateLimit-Limit", "RateLimit-User-Limit")
#: Requests per minute that no run reaches. Limits from here on are ignored.
_UNLIMITED: Final = 60_000
#: Digits of a limit. `int` rejects thousands of them.
_DIGITS: Final = 19

Observer = Callable[[str, int, Callable[[], bytes]], object]
"""Called with the path and the status of a response, and a function that returns its body."""


def make_client(
    options: Options,
    schedule: RequestSchedule,
    log: RequestLog,
    *,
    retries: RetryPolicy,
    timeout: float = 30.0,
    rate_limits: RateLimitPacing | None = None,
    strict: bool = False,
    observe: Observer | None = None,
) -> Buildkite:
    """Return a client whose requests wait for their turn and are logged. `observe` gets each path, status and body."""
    certificates = trusted_certificates()
    http_client = default_client(timeout, context=None if certificates is None else context_of(certificates))
    # The client signs a request after this hook, immediately before it is sent.
    http_client.event_hooks = {"request": [partial(_wait, schedule, log)], "response": [partial(_record, log, observe)]}
    return Buildkite(
        options.auth,
        base_url=options.base_url,
        retries=retries,
        pacing=rate_limits,
        strict=strict,
        http_client=http_client,
    )


def _wait(schedule: RequestSchedule, log: RequestLog, request: Any) -> None:
    schedule.wait_for_turn()
    log.claim()
    log.start(request.method, str(request.url))


def _record(log: RequestLog, observe: Observer | None, response: Any) -> None:
    log.record(response.request.method, str(response.request.url), response.status_code)
    if observe is not None:
        observe(response.request.url.path, response.status_code, partial(_body, response))


def _body(response: Any) -> bytes:
    """Read the body of a response up to the limit of its size. The client cannot decode the start of a larger one."""
    content, is_complete = limited(response.iter_bytes())
    response._content = content
    if not is_complete:
        response.close()
    return content


@frozen
class TokenAccess:
    """The access of the token."""

    scopes: frozenset[str]
    limit: int | None
    """Requests per minute, or None without a rate limit."""


def probe(options: Options, operations: Iterable[Operation], schedule: RequestSchedule, log: RequestLog) -> TokenAccess:
    """Check that the server is the API and that the token has scopes and an organization to test.

    Raises:
        CannotRunError: The server is not the API, or the token has no usable scope or no access to the organization.
    """
    url = options.base_url
    # Waits for a turn do not count against the deadline.
    retries = RetryPolicy(max_retries=_RETRIES, deadline=_PROBE_DEADLINE + (_RETRIES + 1) * options.interval)
    unexpected: BuildkiteError | None = None
    with make_client(options, schedule, log, retries=retries, timeout=10.0, strict=True) as client:
        try:
            client.meta.get()
        except APIConnectionError as error:
            raise CannotRunError(f"{url} cannot be reached: {error.reason}") from None
        except (DecodeError, AuthenticationError) as error:
            unexpected = error  # a failure that the run reports, if the server is the API
        except BuildkiteError as error:
            raise CannotRunError(_problem(url, "is not the Buildkite REST API", error)) from None
    with make_client(options, schedule, log, retries=retries, timeout=10.0) as client:
        try:
            token = client.access_token.get()
        except AuthenticationError as error:
            if unexpected is not None and not isinstance(error.body, dict):
                raise CannotRunError(f"{url} is not the Buildkite REST API: {unexpected}") from None
            raise CannotRunError(f"{url} rejects the token: {error}") from None
        except BuildkiteError as error:
            if unexpected is not None:
                raise CannotRunError(f"{url} is not the Buildkite REST API: {unexpected}") from None
            raise CannotRunError(_problem(url, "does not return the scopes of the token", error)) from None
        found = getattr(token, "scopes", None)
        if unexpected is not None and not is_array(found):
            raise CannotRunError(f"{url} is not the Buildkite REST API: {unexpected}")
        scopes = frozenset(each for each in as_array(found) if isinstance(each, str))
        if not scopes and found != []:
            raise CannotRunError(f"{url} does not return the scopes of the token, but something else")
        _check_scopes(scopes, operations)
        if options.organization is not None:
            _check_organization(client, options.organization)
        return TokenAccess(scopes, _limit(client))


def _check_scopes(scopes: frozenset[str], operations: Iterable[Operation]) -> None:
    required = sorted({scope for operation in operations for scope in operation.scopes})
    if required and scopes.isdisjoint(required):
        more = f" and {len(required) - _LISTED_SCOPES} more" if len(required) > _LISTED_SCOPES else ""
        raise CannotRunError(f"the token has none of the scopes {', '.join(required[:_LISTED_SCOPES])}{more}")


def _check_organization(client: Buildkite, slug: str) -> None:
    try:
        client.organizations.get(slug)
    except NotFoundError:
        raise CannotRunError(f"the token has no access to an organization {slug}") from None
    except APIStatusError:
        return  # a failure that the run reports


def _problem(url: str, problem: str, error: BuildkiteError) -> str:
    """Return a message about an error, with the name of the option instead of that of an argument of the client."""
    if isinstance(error, RateLimitError):
        seconds = requested_pause(error.status, error.headers, error.body)
        wait = "later" if seconds is None or not isfinite(seconds) else f"in {ceil(seconds)} s"
        return f"{url} limits the rate of requests. Repeat the command {wait}."
    if isinstance(error, APIConnectionError):
        return f"{url} cannot be reached: {error.reason}"
    return f"{url} {problem}: {error}".replace("Check base_url", "Check --base-url")


def _limit(client: Buildkite) -> int | None:
    try:
        headers = next(iter(client.organizations.list(max_items=1).pages())).headers
    except APIStatusError as error:
        headers = error.headers
    values = [headers.get(name, "") for name in _LIMITS]
    limits = [int(value) for value in values if value.isdecimal() and len(value) < _DIGITS]
    limit = min(limits, default=_UNLIMITED)
    return None if limit >= _UNLIMITED else limit
