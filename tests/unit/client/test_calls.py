"""Bounds of a call: its end before the deadline, and the size of a response."""

import asyncio
import socket
from contextlib import ExitStack

import httpx
import httpx2
import pytest
from tests.unit.client.support import Chunks, Script, build, response

from buildkite_rest import (
    APITimeoutError,
    AsyncBuildkite,
    Buildkite,
    DecodeError,
    RetryPolicy,
    ServerError,
)
from buildkite_rest._http import calls

BUILD = response(build()).content


def get(client):
    return client.builds.get("acme", "web", 1)


def slow(clock, seconds, *chunks):
    """Return a response of which each chunk takes `seconds`."""

    class Slow(Chunks):
        def __iter__(self):
            for chunk in super().__iter__():
                clock.now += seconds
                yield chunk

    return lambda _: httpx.Response(200, stream=Slow(*chunks))


def test_a_body_that_comes_too_slowly_ends_at_the_deadline(connect, clock):
    chunks = [BUILD[index : index + 1] for index in range(len(BUILD))]
    client = connect(slow(clock, 1.0, *chunks), retries=RetryPolicy(deadline=10))
    with pytest.raises(APITimeoutError, match=r"getBuild: GET .*: no complete response within the deadline of 10 s"):
        get(client)
    assert clock.now - 5_000 <= 12


LAST_RETRIES = {
    "GET after a response": ("GET", response({}, 500)),
    "DELETE after a failure": ("DELETE", httpx.ConnectError("refused")),
    "POST after a limit": ("POST", response({"scope": "rest", "reset": 1}, 429)),
}


@pytest.mark.parametrize("case", LAST_RETRIES.values(), ids=LAST_RETRIES)
def test_a_retry_is_reported_at_the_deadline(connect, clock, case):
    method, first = case

    def late(request):
        if not clock.sleeps:
            if isinstance(first, Exception):
                raise first
            return httpx.Response(first.status_code, content=first.content)
        clock.now += 20
        raise httpx.ReadTimeout("timed out")

    client = connect(late, retries=RetryPolicy(deadline=10, random=lambda: 0.0))
    with pytest.raises(APITimeoutError) as raised:
        client.request(method, "/v2/x")
    assert (raised.value.attempts, raised.value.may_have_been_processed) == (2, True)


def create(client):
    return client.builds.create("acme", "web", commit="HEAD", branch="main")


def test_a_request_is_not_sent_after_the_deadline(connect, clock):
    def token():
        clock.now += 11
        return "token"

    script = Script(response(build(), 201))
    client = connect(script, auth=token, retries=RetryPolicy(deadline=10))
    with pytest.raises(APITimeoutError, match=r"within the deadline of 10 s\. The request was not sent\.") as caught:
        create(client)
    assert caught.value.may_have_been_processed is False
    assert script.requests == []


@pytest.mark.parametrize(
    ("error", "sent"), [(httpx.ReadTimeout, "may have been processed"), (httpx.ConnectTimeout, "was not sent")]
)
def test_a_timeout_that_the_deadline_has_shortened_names_the_deadline(connect, clock, error, sent):
    def late(request):
        clock.now += 1.6
        raise error("timed out", request=request)

    with pytest.raises(
        APITimeoutError, match=rf"no complete response within the deadline of 1.5 s\. The request {sent}"
    ):
        create(connect(late, retries=RetryPolicy(deadline=1.5)))


def test_a_success_that_is_too_large_is_refused(connect, monkeypatch):
    monkeypatch.setattr(calls, "MAX_BODY_BYTES", 2 << 20)
    chunks = Chunks(*[b" " * (1 << 19)] * 1000)
    with pytest.raises(DecodeError, match=r"getBuild: .*: the response is larger than 2 MiB"):
        get(connect(lambda _: httpx.Response(200, stream=chunks)))
    assert chunks.given == 5
    assert chunks.closed


def test_of_an_error_no_more_is_read_than_anybody_needs(connect):
    chunks = Chunks(*[b"x" * (1 << 19)] * 1000)
    client = connect(lambda _: httpx.Response(500, stream=chunks), retries=RetryPolicy(max_retries=0))
    with pytest.raises(ServerError) as caught:
        get(client)
    assert len(caught.value.content) == 1 << 20
    assert chunks.given == 2
    assert chunks.closed


LIBRARIES = {"default": None, "httpx": httpx, "httpx2": httpx2}
NOW = RetryPolicy(max_retries=0, deadline=0.2)
SOON = RetryPolicy(max_retries=0, deadline=0.8)
"""Leaves a slow machine enough time to connect."""

leaves_connections = pytest.mark.filterwarnings(
    "ignore:unclosed:ResourceWarning"
)  # of a connection that was never made


@pytest.fixture
def deaf_url():
    """URL of a server to which nobody can connect: those who wait for it are too many already."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        address = listener.getsockname()
        for _ in range(3):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(address)
        yield f"http://127.0.0.1:{address[1]}"


@pytest.fixture
def silent_url():
    """URL of a server that lets clients connect, and never responds."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def blocking(method, library, **options):
    client = library and {"http_client": library.Client()}
    with Buildkite("t", **options, **client or {}) as bk:
        bk.request(method, "/v2/x")


def asynchronous(method, library, **options):
    async def run():
        client = library and {"http_client": library.AsyncClient()}
        async with AsyncBuildkite("t", **options, **client or {}) as bk:
            await bk.request(method, "/v2/x")

    asyncio.run(run())


both_halves = pytest.mark.parametrize("call", [blocking, asynchronous], ids=["blocking", "asynchronous"])


def error_of(call, method, library, **options):
    with pytest.raises((APITimeoutError, ServerError)) as caught:
        call(method, library, **options)
    return caught.value


@leaves_connections
@pytest.mark.parametrize("library", LIBRARIES.values(), ids=LIBRARIES)
@both_halves
def test_a_request_without_a_connection_was_not_sent(call, library, deaf_url):
    error = error_of(call, "POST", library, base_url=deaf_url, retries=NOW)
    assert not error.may_have_been_processed
    assert str(error).endswith("no complete response within the deadline of 0.2 s. The request was not sent.")


@leaves_connections
@pytest.mark.parametrize("library", LIBRARIES.values(), ids=LIBRARIES)
@both_halves
def test_a_request_without_a_response_may_have_been_processed(call, library, silent_url):
    assert error_of(call, "POST", library, base_url=silent_url, retries=SOON).may_have_been_processed
