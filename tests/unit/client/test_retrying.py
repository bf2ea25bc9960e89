import httpx
import pytest
from tests.unit.client.support import Script, build, response

from buildkite_rest import APIConnectionError, APITimeoutError, ServerError

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
        (httpx.RemoteProtocolError("server disconnected"), APIConnectionError),
        (httpx.ReadTimeout("timed out"), APITimeoutError),
        (httpx.WriteError("broken pipe"), APIConnectionError),
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
