"""An error at the deadline reports whether the request may have been processed, as far as a transport shows it."""

import asyncio
import socket
from contextlib import ExitStack

import httpx
import httpx2
import pytest

from buildkite_rest import APITimeoutError, AsyncBuildkite, Buildkite, RetryPolicy, ServerError

LIBRARIES = {"default": None, "httpx": httpx, "httpx2": httpx2}
NOW = RetryPolicy(max_retries=0, deadline=0.2)
SOON = RetryPolicy(max_retries=0, deadline=0.8)
"""Leaves a slow machine enough time to connect."""

pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # of a connection that was never made


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


@pytest.mark.parametrize("library", LIBRARIES.values(), ids=LIBRARIES)
@both_halves
def test_a_request_without_a_connection_was_not_sent(call, library, deaf_url):
    error = error_of(call, "POST", library, base_url=deaf_url, retries=NOW)
    assert not error.may_have_been_processed
    assert str(error).endswith("no complete response within the deadline of 0.2 s. The request was not sent.")


@pytest.mark.parametrize("library", LIBRARIES.values(), ids=LIBRARIES)
@both_halves
def test_a_request_without_a_response_may_have_been_processed(call, library, silent_url):
    assert error_of(call, "POST", library, base_url=silent_url, retries=SOON).may_have_been_processed
