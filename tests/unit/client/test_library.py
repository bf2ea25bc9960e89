"""Errors of a default client are connection errors; those of the caller's code are raised unchanged."""

import asyncio
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

import anyio
import h11
import httpcore
import httpx
import httpx2
import pytest
from tests.unit.client.support import Chunks, Script, Silent, build, response, serving

from buildkite_rest import (
    APIConnectionError,
    AsyncBuildkite,
    AuthenticationError,
    Buildkite,
    NotFoundError,
    RetryPolicy,
)

SECRET = "not-a-credential-of-any-test"
LIBRARY = [  # one of each library that httpx uses
    h11.LocalProtocolError(f"Illegal header value b'{SECRET}'"),
    httpcore.ReadError(SECRET),
    anyio.ClosedResourceError(SECRET),
    httpx.StreamClosed(),
]
CALLER = [AssertionError("theirs"), TimeoutError("theirs")]
names = {"ids": lambda error: f"{type(error).__module__}.{type(error).__name__}"}


def get(client):
    return client.builds.get("acme", "web", 1).number


def text_of(error):
    return "".join(filter(None, (str(error), repr(error))))


@pytest.fixture
def connect_default(connect, monkeypatch):
    """Makes clients over default clients of httpx, whose transports a function replaces."""

    def make(handler, **options):
        monkeypatch.setattr(httpx.HTTPTransport, "handle_request", lambda _, request: handler(request))
        monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", asynchronous(handler))
        return connect(**options)

    def asynchronous(handler):
        async def handle(_, request):
            return handler(request)

        return handle

    return make


@pytest.mark.parametrize("error", [*LIBRARY, *CALLER], **names)
def test_an_unexpected_error_in_a_default_client_is_a_connection_error(connect_default, error):
    script = Script(error)
    with pytest.raises(APIConnectionError, match=rf"unexpected [\w.]*{type(error).__name__}$") as caught:
        get(connect_default(script))
    assert SECRET not in text_of(caught.value)
    assert caught.value.__cause__.__cause__ is error
    assert len(script.requests) == 1  # An exception of a signal handler must end the call.


@pytest.mark.parametrize("error", LIBRARY, **names)
def test_an_unexpected_error_in_a_body_or_stream_is_a_connection_error(connect_default, error):
    client = connect_default(Script(lambda _: httpx.Response(200, stream=Chunks(b"{", error))))
    with pytest.raises(APIConnectionError, match=type(error).__name__) as caught:
        get(client)
    assert SECRET not in text_of(caught.value)
    with client.jobs.stream_log("acme", "job") as stream, pytest.raises(APIConnectionError, match=type(error).__name__):
        stream.read()


@pytest.mark.parametrize("error", [*LIBRARY, *CALLER], **names)
def test_an_error_of_the_callers_transport_is_raised_unchanged(connect, error):
    """Such as the assertion of a test, or a TimeoutError that is not that of the deadline."""
    for handler in (Script(error), lambda _: httpx.Response(200, stream=Chunks(b"{", error))):
        with pytest.raises(type(error)) as caught:
            get(connect(handler, retries=RetryPolicy(deadline=60)))
        assert caught.value is error


@contextmanager
def proxy(response):
    """Run a proxy that sends `response` to each CONNECT. Yields its URL and the requests."""

    class Refusing(Silent, BaseHTTPRequestHandler):
        def do_CONNECT(self):
            requests.append(self.path)
            self.wfile.write(response)
            self.close_connection = True

    requests = []
    with serving(Refusing) as url:
        yield url, requests


@pytest.mark.parametrize("status", ["407 Proxy Authentication Required", "502 Bad Gateway", "503 Service Unavailable"])
@pytest.mark.parametrize("module", [httpx, httpx2])
@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_request_that_a_proxy_did_not_connect_is_retried_and_was_not_sent(module, status, kind):
    async def call(url):
        options = {"http_client": module.AsyncClient(proxy=url, trust_env=False), "retries": policy}
        async with AsyncBuildkite("token", **options) as client:
            await client.builds.create("acme", "web", commit="HEAD", branch="main")

    policy = RetryPolicy(max_retries=1, backoff=0)
    message = rf"the proxy refused the connection: {status}\. The request was not sent\."
    with proxy(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode()) as (url, requests):
        if kind == "async":
            with pytest.raises(APIConnectionError, match=message):
                asyncio.run(call(url))
        else:
            client = Buildkite("token", http_client=module.Client(proxy=url, trust_env=False), retries=policy)
            with client, pytest.raises(APIConnectionError, match=message):
                client.builds.create("acme", "web", commit="HEAD", branch="main")
    assert requests == ["api.buildkite.com:443"] * 2


def test_a_closed_client_is_a_value_error(connect):
    script = Script(response(build()))
    client = connect(script)
    get(client)
    client.close()
    calls = {
        "send": lambda: get(client),
        "paginate": lambda: list(client.builds.list("acme", "web")),
        "stream": lambda: client.jobs.stream_log("acme", "job").__enter__(),
        "options": lambda: get(client.with_options(timeout=5)),
    }
    for call in calls.values():
        with pytest.raises(ValueError, match=r"^the client is closed; "):
            call()
    assert len(script.requests) == 1


def create(client):
    return client.builds.create("acme", "web", commit="HEAD", branch="main")


@pytest.mark.parametrize(("status", "error"), [(401, AuthenticationError), (404, NotFoundError)])
def test_an_error_status_counts_though_its_body_breaks_off(connect, status, error):
    script = Script(lambda _: httpx.Response(status, stream=Chunks(b"{", httpx.ReadError("connection reset"))))
    with pytest.raises(error):
        get(connect(script))
    assert len(script.requests) == 1
