"""A client in a process that was forked: over connections of its own, or not at all."""

import asyncio
import json
import multiprocessing
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx
import pytest

from buildkite_rest import AsyncBuildkite, Buildkite, ConfigurationError

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork"),
    # The thread of the server is none that a child needs.
    pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning"),
]

HANG = 30.0
"""Seconds after which a child hangs."""


class PortOfTheCaller(BaseHTTPRequestHandler):
    """Answers with a user whose name is the port that the request came from, one for each connection."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        content = json.dumps({"id": "u", "name": str(self.client_address[1])}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture
def url():
    with ThreadingHTTPServer(("127.0.0.1", 0), PortOfTheCaller) as server:
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


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
        answers = {client.user.get().name, derived.user.get().name}
        client.close()
        return answers

    with Buildkite("t", base_url=url) as client:
        derived = client.with_options(timeout=5)
        first = client.user.get().name
        (elsewhere,) = in_fork(work)
        assert elsewhere != first
        assert client.user.get().name == first


def test_to_close_a_client_in_a_forked_process_leaves_it_open_where_it_was_made(url):
    with Buildkite("t", base_url=url) as client:
        first = client.user.get().name
        assert in_fork(client.close) is None
        assert client.user.get().name == first


def test_a_client_of_the_callers_is_refused_in_a_forked_process(url):
    with Buildkite("t", base_url=url, http_client=httpx.Client()) as client:
        client.user.get()
        assert in_fork(lambda: client.user.get().name) == (
            "ConfigurationError: http_client was used before this process was forked; make a client in each process"
        )


def test_a_client_that_was_not_used_may_be_taken_along(url):
    with Buildkite("t", base_url=url, http_client=httpx.Client()) as client:
        assert in_fork(lambda: client.user.get().name).isdecimal()


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
