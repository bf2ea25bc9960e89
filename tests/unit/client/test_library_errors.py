"""Errors of a default client are connection errors; those of the caller's code are raised unchanged."""

import asyncio
import socket
import threading
from contextlib import contextmanager, suppress
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
ONCE = RetryPolicy(max_retries=0)
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


LOCATIONS = ["mailto:a@b", "http://xn--/", "http://[::1/", "http://\x80/", f"http://{'a' * 70_000}/"]


@pytest.mark.parametrize("location", LOCATIONS, ids=[location[:16] for location in LOCATIONS])
def test_a_redirect_to_an_invalid_url_is_a_connection_error(connect_default, location):
    script = Script(httpx.Response(302, headers=[(b"Location", location.encode("latin-1"))]))
    with pytest.raises(APIConnectionError) as caught:
        get(connect_default(script, retries=ONCE))
    assert caught.value.may_have_been_processed


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


@pytest.fixture
def silent():
    """The URL of a server that accepts connections and never responds."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        accepted, connections = threading.Semaphore(0), []

        def accept():
            with suppress(OSError):
                while True:
                    connections.append(listener.accept()[0])
                    accepted.release()

        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", accepted
        listener.shutdown(socket.SHUT_RDWR)
        for connection in connections:
            connection.close()


@pytest.mark.timeout(60)
@pytest.mark.parametrize("module", [httpx, httpx2])
def test_requests_under_way_and_queued_end_with_our_errors_when_the_client_is_closed(module, silent):
    url, accepted = silent

    async def main():
        http_client = module.AsyncClient(trust_env=False, timeout=1, limits=module.Limits(max_connections=1))
        client = AsyncBuildkite("token", base_url=url, http_client=http_client)
        calls = [asyncio.create_task(client.builds.get("acme", "web", 1)) for _ in range(3)]
        await asyncio.to_thread(accepted.acquire)
        await client.aclose()
        return await asyncio.gather(*calls, return_exceptions=True)

    assert [type(error) for error in asyncio.run(main())] == [APIConnectionError] * 3


def post_elsewhere(module):
    """Send a request of the caller's own, to a port where nobody listens."""
    module.Client(trust_env=False).post("http://127.0.0.1:9/metrics")


def create(client):
    return client.builds.create("acme", "web", commit="HEAD", branch="main")


@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize("module", [httpx, httpx2])
def test_a_request_that_a_transport_has_sent_before_it_fails_may_have_been_processed(module, kind, created):
    class Reporting(module.HTTPTransport):
        def handle_request(self, request):
            super().handle_request(request)
            post_elsewhere(module)

    class AsyncReporting(module.AsyncHTTPTransport):
        async def handle_async_request(self, request):
            await super().handle_async_request(request)
            post_elsewhere(module)

    async def main():
        http_client = module.AsyncClient(transport=AsyncReporting())
        async with AsyncBuildkite("token", base_url=url, http_client=http_client) as client:
            await create(client)

    def blocking():
        with Buildkite("token", base_url=url, http_client=module.Client(transport=Reporting())) as client:
            create(client)

    url, requests = created
    with pytest.raises(APIConnectionError, match="may have been processed") as caught:
        blocking() if kind == "sync" else asyncio.run(main())
    assert caught.value.may_have_been_processed
    assert len(requests) == 1


@pytest.fixture
def created():
    """The URL of a server that responds to each POST with 201, and its requests."""

    class Creating(Silent, BaseHTTPRequestHandler):
        def do_POST(self):
            requests.append(self.path)
            self.send_response(201)
            self.send_header("Content-Length", "0")
            self.end_headers()

    requests = []
    with serving(Creating) as url:
        yield url, requests


@pytest.mark.parametrize(("status", "error"), [(401, AuthenticationError), (404, NotFoundError)])
def test_an_error_status_counts_though_its_body_breaks_off(connect, status, error):
    script = Script(lambda _: httpx.Response(status, stream=Chunks(b"{", httpx.ReadError("connection reset"))))
    with pytest.raises(error):
        get(connect(script))
    assert len(script.requests) == 1
