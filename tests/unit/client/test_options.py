"""Options for some calls, raw responses, and the rate limits of the last response."""

import asyncio
from contextlib import suppress

import httpx
import pytest
from tests.unit.client.support import Script, response

from buildkite_rest import (
    AsyncBuildkite,
    Buildkite,
    NotFoundError,
    RateLimit,
    RateLimits,
)

TOKEN = {"uuid": "u", "scopes": []}
LIMITS = {
    "RateLimit-Scope": "rest",
    "RateLimit-Limit": "200",
    "RateLimit-Remaining": "150",
    "RateLimit-Reset": "42",
    "RateLimit-User-Scope": "rest_user",
    "RateLimit-User-Limit": "50",
    "RateLimit-User-Remaining": "0",
    "RateLimit-User-Reset": "7",
}
READ = RateLimits(RateLimit("rest", 200, 150, 42), RateLimit("rest_user", 50, 0, 7))


def plain(method):
    """Return the method that the `connect` fixture has wrapped, if it has: it is to be called inside the client."""
    return getattr(method, "_target", method)


@pytest.mark.parametrize("status", [200, 404])
def test_the_limits_of_the_last_response_are_known(connect, status):
    client = connect(lambda _: httpx.Response(status, json={**TOKEN, "message": "m"}, headers=LIMITS))
    with suppress(NotFoundError):
        client.access_token.get()
    assert client.rate_limits == READ


def test_the_timeout_of_some_calls(connect):
    timeouts = []

    def note(request):
        timeouts.append(request.extensions["timeout"])
        return httpx.Response(200, json=TOKEN)

    client = connect(note)
    client.access_token.get()
    client.with_options(timeout=3).access_token.get()
    client.with_options(timeout=60).with_options(max_retries=0).access_token.get()
    client.access_token.get()
    assert timeouts[1] == {"connect": 3, "read": 3, "write": 3, "pool": 3}
    assert timeouts[2] == {"connect": 10, "read": 60, "write": 60, "pool": 60}
    assert timeouts[0] == timeouts[3] == httpx.Timeout(5).as_dict()  # that of the client which the test brought


def test_a_client_with_other_options_does_not_close_the_connections(connect):
    client = connect(Script(response(TOKEN)))
    with client.with_options(timeout=5) as quick:
        quick.access_token.get()
        quick.with_options(max_retries=0).close()
        quick.access_token.get()
    quick.close()
    assert client.access_token.get().uuid == "u"
    client.close()
    with pytest.raises(ValueError, match="the client is closed"):
        client.access_token.get()


def test_a_result_with_its_response(connect):
    client = connect(lambda _: httpx.Response(200, json=TOKEN, headers=LIMITS))
    raw = client.with_raw_response(plain(client.access_token.get))
    assert raw.parsed.uuid == "u"
    assert (raw.status, raw.headers["ratelimit-remaining"]) == (200, "150")
    assert raw.content == httpx.Response(200, json=TOKEN).content


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.close if isinstance(client, Buildkite) else client.aclose,
        lambda client: client.with_options,
        lambda _: print,
        lambda client: lambda: [client.user.get()],
    ],
    ids=["close", "with_options", "builtin", "lambda"],
)
@pytest.mark.parametrize("kind", [Buildkite, AsyncBuildkite])
def test_only_methods_of_resources_have_a_raw_response(kind, call):
    client = kind("token")
    with pytest.raises(TypeError, match=r"^call must be a method of a resource"):
        asyncio.run(client.with_raw_response(call(client)))
    assert not client._http._is_closed()


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        (lambda client: client.builds.list, ["acme", "web"]),
        (lambda client: client.jobs.stream_log, ["acme", "job"]),
        (lambda client: client.jobs.follow_log, ["acme", "job"]),
        (lambda client: client.organization("acme").agents.list, []),
    ],
    ids=["list", "stream", "generator", "list of an organization"],
)
def test_a_list_or_a_stream_has_no_one_response(connect, method, arguments):
    script = Script(response([]))
    client = connect(script)
    with pytest.raises(TypeError, match=r"The headers of a stream or a page are in its `headers`"):
        client.with_raw_response(plain(method(client)), *arguments)
    assert script.requests == []
