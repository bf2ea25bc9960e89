"""Retries: the decision alone, and requests that are sent again."""

from datetime import UTC, datetime

import httpx
import pytest
from tests.unit.client.support import Script, build, response

from buildkite_rest import APIConnectionError, APITimeoutError, RetryPolicy, ServerError
from buildkite_rest._policy.retries import ConnectionFailure, ErrorStatus, retry_delay

POLICY = RetryPolicy(max_retries=4, backoff=1.0, max_backoff=8.0, max_rate_limit_wait=120.0, random=lambda: 0.5)
ORGANIZATION = {"RateLimit-Remaining": "0", "RateLimit-Reset": "42"}
USER = {"RateLimit-User-Remaining": "0", "RateLimit-User-Reset": "17"}
BOTH = {**ORGANIZATION, **USER}
REST = {"scope": "rest", "reset": 99}
REST_USER = {"scope": "rest_user", "reset": 99}


NOW = datetime(2026, 3, 2, 9, 14, 30, tzinfo=UTC).timestamp()


def delay(outcome, *, attempt=1, idempotent=True, policy=POLICY):
    return retry_delay(policy, outcome, attempt=attempt, idempotent=idempotent, now=lambda: NOW)


# The random number is 0.5: half a second on top of a reset, three quarters of a backoff.
RATE_LIMITS = {
    "organization": (BOTH, REST, 42.5),
    "user": (BOTH, REST_USER, 17.5),
    "no-headers": ({}, REST, 99.5),
    "unknown-scope": (BOTH, {"scope": "graphql", "reset": 7}, 7.5),
    "no-body-both-exhausted": (BOTH, None, 42.5),
    "no-body-user-exhausted": ({**BOTH, "RateLimit-Remaining": "3"}, None, 17.5),
    "retry-after": ({"Retry-After": "3"}, None, 3.5),
    "retry-after-longer-than-the-reset": ({**ORGANIZATION, "Retry-After": "50"}, None, 50.5),
    "retry-after-too-long": ({**ORGANIZATION, "Retry-After": "121"}, REST, None),
    "retry-after-of-a-gateway": ({"RateLimit-Remaining": "9", "RateLimit-Reset": "42", "Retry-After": "3"}, None, 3.5),
    "no-retry-after-and-nobody-exhausted": ({"RateLimit-Remaining": "9", "RateLimit-Reset": "42"}, None, 0.75),
    "invalid-retry-after": ({**ORGANIZATION, "Retry-After": "soon"}, None, 42.5),
    "retry-after-date": ({"Retry-After": "Mon, 02 Mar 2026 09:15:00 GMT"}, None, 30.5),
    "nothing": ({}, None, 0.75),
    "now": ({}, {"reset": 0}, 0.5),
    "invalid-reset": ({}, {"reset": "soon"}, 0.75),
    "longest": ({}, {"reset": 120}, 120.5),
    "too-long": ({}, {"reset": 120.1}, None),
}


@pytest.mark.parametrize("idempotent", [True, False], ids=["idempotent", "not-idempotent"])
@pytest.mark.parametrize(("headers", "body", "seconds"), RATE_LIMITS.values(), ids=RATE_LIMITS)
def test_a_rate_limit_is_waited_out(headers, body, seconds, idempotent):
    assert delay(ErrorStatus(429, headers, body), idempotent=idempotent) == seconds


@pytest.mark.parametrize(("attempt", "seconds"), [(1, 0.75), (2, 1.5), (3, 3.0), (4, 6.0), (5, None)])
@pytest.mark.parametrize(
    "outcome",
    [
        ErrorStatus(500, {}, None),
        ConnectionFailure(maybe_sent=True),
        ConnectionFailure(maybe_sent=False),
    ],
    ids=str,
)
def test_a_failure_is_waited_out_longer_each_time(outcome, attempt, seconds):
    assert delay(outcome, attempt=attempt) == seconds


@pytest.mark.parametrize("status", [300, 304, 400, 401, 403, 404, 408, 409, 422])
def test_a_permanent_error_is_not_retried(status):
    assert delay(ErrorStatus(status, {"Retry-After": "1"}, None)) is None


@pytest.mark.parametrize(
    ("value", "date", "seconds"),
    [
        ("Mon, 02 Mar 2026 09:15:00 GMT", None, 30.0),
        ("Mon, 02 Mar 2026 10:15:00 +0100", None, 30.0),
        ("Mon, 02 Mar 2026 09:16:30 GMT", None, 120.0),
        ("Mon, 02 Mar 2026 09:16:31 GMT", None, None),
        ("Mon, 02 Mar 2026 09:00:00 GMT", None, 0.75),
        ("Mon, 02 Mar 2026 09:15:00 GMT", "Mon, 02 Mar 2026 09:14:50 GMT", 10.0),
        ("Mon, 02 Mar 2026 09:15:00 GMT", "just now", 30.0),
        ("Mon, 02 Mar 99999 09:15:00 GMT", None, 0.75),
    ],
)
def test_retry_after_a_date(value, date, seconds):
    headers = {"Retry-After": value} | ({} if date is None else {"Date": date})
    assert delay(ErrorStatus(503, headers, None)) == seconds


@pytest.mark.parametrize(("number", "seconds"), [(0.0, 4.0), (1.0, 8.0)])
def test_a_backoff_has_a_cap_and_is_spread(number, seconds):
    policy = RetryPolicy(max_retries=2_000, backoff=1.0, max_backoff=8.0, random=lambda: number)
    assert delay(ConnectionFailure(maybe_sent=True), attempt=10, policy=policy) == seconds
    assert delay(ConnectionFailure(maybe_sent=True), attempt=2_000, policy=policy) == seconds


READ_ERROR = httpx.ReadError("connection reset")
CONNECT_ERROR = httpx.ConnectError("no route to host")
LIMITS = {"RateLimit_Reset": 42, "RateLimit_User_Reset": 17, "RateLimit_Remaining": 0, "RateLimit_User_Remaining": 0}


def get(client):
    return client.builds.get("acme", "web", 1)


def create(client):
    return client.builds.create("acme", "web", commit="HEAD", branch="main")


def rebuild(client):
    """A PUT that creates a build each time: the spec has `x-idempotent: false`."""
    return client.builds.rebuild("acme", "web", 1)


def cancel(client):
    return client.builds.cancel("acme", "web", 1)


SUCCESS = {get: 200, create: 201, rebuild: 200, cancel: 200}


def after(failure, call):
    """Respond with `failure` first, and then with the success of `call`."""
    return Script(failure, response(build(), SUCCESS[call]))


@pytest.mark.parametrize("call", [get, create, rebuild, cancel])
@pytest.mark.parametrize(("scope", "seconds"), [("rest", 42), ("rest_user", 17)])
def test_a_rate_limit_waits_for_the_limit_that_is_exhausted(connect, clock, call, scope, seconds):
    script = after(response({"message": "Slow down", "scope": scope, "reset": 99}, 429, **LIMITS), call)
    assert call(connect(script)).number == 1
    assert clock.sleeps == [seconds]


@pytest.mark.parametrize("call", [get, create, rebuild, cancel])
@pytest.mark.parametrize(
    "failure",
    [CONNECT_ERROR, httpx.ConnectTimeout("timed out"), httpx.PoolTimeout("timed out")],
    ids=lambda failure: type(failure).__name__,
)
def test_a_request_that_was_not_sent_is_retried(connect, clock, call, failure):
    script = after(failure, call)
    assert call(connect(script)).number == 1
    assert len(script.requests) == 2
    assert clock.sleeps == [0.25]


@pytest.mark.parametrize("call", [get, cancel])
@pytest.mark.parametrize(
    "failure",
    [response({}, 500), response({}, 502), response({}, 520), READ_ERROR, httpx.ReadTimeout("timed out")],
    ids=str,
)
def test_an_idempotent_request_is_retried(connect, call, failure):
    script = after(failure, call)
    assert call(connect(script)).number == 1
    assert len(script.requests) == 2


@pytest.mark.parametrize("call", [create, rebuild])
@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (response({}, 500), ServerError),
        (response({}, 503, Retry_After=1), ServerError),
        (READ_ERROR, APIConnectionError),
        (httpx.ReadTimeout("timed out"), APITimeoutError),
    ],
    ids=str,
)
def test_a_request_that_may_have_been_processed_is_not_retried(connect, clock, call, failure, error):
    script = after(failure, call)
    with pytest.raises(error):
        call(connect(script))
    assert len(script.requests) == 1
    assert clock.sleeps == []


def test_a_body_is_sent_again_whole(connect):
    script = after(CONNECT_ERROR, create)
    create(connect(script))
    first, second = (request.content for request in script.requests)
    assert first == second == b'{"commit": "HEAD", "branch": "main"}'


def test_a_page_in_the_middle_is_fetched_again(connect):
    script = Script(response([build(1)], Link='<?page=2>; rel="next"'), response({}, 502), response([build(2)]))
    assert [found.number for found in connect(script).builds.list("acme", "web")] == [1, 2]
    assert script.paths[1] == script.paths[2]
