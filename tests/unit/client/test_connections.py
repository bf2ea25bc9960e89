"""Connections in a process that was forked: of its own, or none at all."""

import asyncio
import gc
import json
import multiprocessing
import os
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

import httpx
import httpx2
import pytest
from tests.unit.client.support import Silent, serving

from buildkite_rest import AsyncBuildkite, Buildkite, ConfigurationError, JWTAuth

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork"),
    # The thread of the server is none that a child needs.
    pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning"),
]

HANG = 30.0
"""Seconds after which a child hangs."""


class PortOfTheCaller(Silent, BaseHTTPRequestHandler):
    """Responds with a user whose name is the port that the request came from, one for each connection."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        content = json.dumps({"id": "u", "name": str(self.client_address[1])}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture
def url():
    with serving(PortOfTheCaller) as url:
        yield url


def in_fork(work):
    """Return what `work` returns in a process that is forked here, or the text of what it raises."""
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)

    def run():
        try:
            sender.send(work())
        except Exception as error:
            sender.send(f"{type(error).__name__}: {error}")

    process = context.Process(target=run)
    process.start()
    try:
        assert receiver.poll(HANG), "the child hangs"
        result = receiver.recv()
        process.join(HANG)
        assert process.exitcode == 0
        return result
    finally:
        process.kill()
        process.join()
        receiver.close()
        sender.close()


def test_a_forked_process_has_connections_of_its_own(url):
    def work():
        responses = {client.user.get().name, derived.user.get().name}
        client.close()
        return responses

    with Buildkite("t", base_url=url) as client:
        derived = client.with_options(timeout=5)
        first = client.user.get().name
        (elsewhere,) = in_fork(work)
        assert elsewhere != first
        assert client.user.get().name == first


REFUSED = (
    "ConfigurationError: http_client belongs to the process in which the Buildkite client was made, and this process "
    "was forked from it; make both in each process"
)


def used(url, http_client):
    Buildkite("t", base_url=url, http_client=http_client).user.get()


@pytest.mark.parametrize("module", [httpx, httpx2])
def test_a_client_that_the_caller_passed_is_refused_in_a_forked_process(url, module):
    """It may have been used by the program, or through another `Buildkite`, and has open connections then."""
    http_client = module.Client()
    Buildkite("t", base_url=url, http_client=http_client).user.get()
    with Buildkite("t", base_url=url, http_client=http_client) as client:
        assert in_fork(lambda: client.user.get().name) == REFUSED
        assert in_fork(lambda: client.with_options(timeout=5).user.get().name) == REFUSED
        assert in_fork(lambda: next(iter(client.pipelines.list("acme")))) == REFUSED
        assert in_fork(client.close) is None
        assert client.user.get().name.isdecimal()


class Slowly(PortOfTheCaller):
    """Sends a body of which the length is unknown, chunk by chunk, as the client reads it."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for number in range(20):
            self.wfile.write(b"3\r\n%02d\n\r\n" % number)
            time.sleep(0.01)
        self.wfile.write(b"0\r\n\r\n")


@pytest.fixture
def slow_url():
    with serving(Slowly) as url:
        yield url


STREAM_REFUSED = (
    "ConfigurationError: getJobLog: the stream was opened in the process from which this one was forked; open one "
    "in each process"
)


@pytest.mark.parametrize(
    "read", [lambda chunks, _: list(chunks), lambda _, log: log.read()], ids=["iterator", "stream"]
)
def test_a_stream_is_read_in_the_process_that_opened_it(slow_url, read):
    def work():
        with pytest.raises(ConfigurationError) as caught:
            read(chunks, log)
        with pytest.raises(ConfigurationError):
            log.read()
        log.close()
        gc.collect()
        raise caught.value

    with Buildkite("t", base_url=slow_url) as client, client.jobs.stream_log("acme", "j") as log:
        chunks = iter(log)
        first = next(chunks)
        assert in_fork(work) == STREAM_REFUSED
        assert (first + b"".join(chunks)).split() == [b"%02d" % number for number in range(20)]


def test_asynchronous_clients_are_like_that_too(url):
    async def name(client):
        return (await client.user.get()).name

    own = AsyncBuildkite("t", base_url=url, http_client=httpx.AsyncClient())
    client = AsyncBuildkite("t", base_url=url)
    with asyncio.Runner() as runner:
        first, _ = runner.run(name(client)), runner.run(name(own))
        assert in_fork(lambda: asyncio.run(name(client))) not in (first, None)
        assert in_fork(lambda: asyncio.run(name(own))).startswith(ConfigurationError.__name__)
        assert runner.run(name(client)) == first
        runner.run(own.aclose())
        runner.run(client.aclose())


UUID = "01920000-0000-7000-8000-000000000021"


@contextmanager
def running(work):
    """Let another thread run `work` during the block."""
    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def test_a_signature_that_is_made_elsewhere_meanwhile(rsa_key):
    signing, signed, parent = threading.Event(), threading.Event(), os.getpid()

    def clock():
        if os.getpid() == parent:
            signing.set()
            assert signed.wait(60)
        return time.time()

    auth = JWTAuth(UUID, rsa_key, clock=clock)
    with running(auth.authorization):
        assert signing.wait(60)
        header = in_fork(lambda: (auth.renew(None), auth.authorization())[1])
        signed.set()
    assert header.startswith("Bearer ey")
