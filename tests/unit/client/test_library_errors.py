"""Nothing that is raised inside the HTTP library leaves a call as it is, and everything of the caller's does."""

import asyncio
import json
import socket
import threading
from contextlib import suppress

import anyio
import h11
import httpcore
import httpx
import httpx2
import pytest
from tests.unit.client.support import Pieces, Script, answer, build

from buildkite_rest import APIConnectionError, AsyncBuildkite, Buildkite, RetryPolicy

SECRET = "geheim-7f3a"
ONCE = RetryPolicy(max_retries=0)
LIBRARY = [
    h11.LocalProtocolError(f"Illegal header value b'{SECRET}'"),
    h11.RemoteProtocolError(SECRET),
    httpcore.ReadError(SECRET),
    anyio.ClosedResourceError(SECRET),
    anyio.BrokenResourceError(SECRET),
    httpx.InvalidURL(SECRET),
    httpx.StreamClosed(),
    httpx.CookieConflict(SECRET),
]
CALLER = [AssertionError("theirs"), KeyError("theirs"), RuntimeError("theirs"), TimeoutError("theirs"), MemoryError()]
names = {"ids": lambda error: f"{type(error).__module__}.{type(error).__name__}"}


def get(client):
    return client.builds.get("acme", "web", 1).number


def text_of(error):
    return "".join(filter(None, (str(error), repr(error))))


@pytest.mark.parametrize("error", LIBRARY, **names)
def test_an_error_of_the_library_is_a_connection_error(connect, error):
    script = Script(error)
    with pytest.raises(APIConnectionError, match=rf"^getBuild: .*{type(error).__name__}") as caught:
        get(connect(script, retries=RetryPolicy(max_retries=1)))
    assert SECRET not in text_of(caught.value)
    assert len(script.requests) == 2  # as any other failure of a connection


def test_a_message_that_quotes_nothing_is_whole(connect):
    script = Script(httpx.RemoteProtocolError("Only Transfer-Encoding: chunked is supported"))
    with pytest.raises(APIConnectionError, match="only Transfer-Encoding: chunked is supported"):
        get(connect(script, retries=ONCE))


@pytest.mark.parametrize("error", LIBRARY, **names)
def test_so_is_one_in_the_body(connect, error):
    script = Script(lambda _: httpx.Response(200, stream=Pieces(b"{", error)))
    with pytest.raises(APIConnectionError, match=type(error).__name__) as caught:
        get(connect(script, retries=ONCE))
    assert SECRET not in text_of(caught.value)


@pytest.mark.parametrize("error", LIBRARY, **names)
def test_so_is_one_in_a_stream(connect, error):
    script = Script(lambda _: httpx.Response(200, stream=Pieces(b"line", error)))
    with connect(script).jobs.stream_log("acme", "job") as stream:
        for _ in range(2):
            with pytest.raises(APIConnectionError, match=type(error).__name__):
                stream.read()


@pytest.mark.parametrize("error", CALLER, **names)
def test_an_error_of_the_callers_transport_is_raised_unchanged(connect, error):
    """Such as the assertion of a test, or a TimeoutError that is not that of the deadline."""
    with pytest.raises(type(error)) as caught:
        get(connect(Script(error), retries=RetryPolicy(deadline=60)))
    assert caught.value is error


@pytest.mark.parametrize("module", [httpx, httpx2])
def test_an_error_of_an_event_hook_is_raised_unchanged(module):
    def hook(_response):
        json.loads("{")

    transport = module.MockTransport(lambda _: module.Response(200, json=build()))
    http_client = module.Client(transport=transport, event_hooks={"response": [hook]})
    with Buildkite("token", http_client=http_client) as client, pytest.raises(json.JSONDecodeError):
        get(client)


LONG_HOST = f"http://{'a' * 70}.example"


@pytest.mark.parametrize("module", [httpx, httpx2])
def test_a_host_that_no_name_server_can_have_is_a_connection_error(module):
    """The standard library raises a UnicodeError for it."""
    client = Buildkite("token", base_url=LONG_HOST, http_client=module.Client(trust_env=False), retries=ONCE)
    with client, pytest.raises(APIConnectionError):
        get(client)

    async def main():
        http_client = module.AsyncClient(trust_env=False)
        async with AsyncBuildkite("token", base_url=LONG_HOST, http_client=http_client, retries=ONCE) as client:
            await client.builds.get("acme", "web", 1)

    with pytest.raises(APIConnectionError):
        asyncio.run(main())


def test_a_client_that_is_closed_is_a_mistake_of_the_caller(connect):
    script = Script(answer(build()))
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


@pytest.mark.parametrize("module", [httpx, httpx2])
def test_a_client_that_is_closed_during_a_call_is_a_connection_error(module, clock):
    """The failure that would have been retried is its cause."""

    def close(_request):
        client.close()
        raise module.ReadError("gone")

    async def aclose(_request):
        await asynchronous.aclose()
        raise module.ReadError("gone")

    async def main():
        await asynchronous.builds.get("acme", "web", 1)

    client = Buildkite("token", http_client=module.Client(transport=module.MockTransport(close)), timing=clock.timing)
    asynchronous = AsyncBuildkite(
        "token", http_client=module.AsyncClient(transport=module.MockTransport(aclose)), timing=clock.timing
    )
    for call in (lambda: get(client), lambda: asyncio.run(main())):
        with pytest.raises(
            APIConnectionError, match=r"^getBuild: GET api.buildkite.com: the client was closed during the call$"
        ) as caught:
            call()
        assert "gone" in str(caught.value.__cause__)


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
