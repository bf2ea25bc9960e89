"""A program that ends, or is interrupted, while requests of the client run in the background."""

import os
import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from tests.unit.client.support import Silent, build, response, serving

HANG = 30.0
"""Seconds after which a program hangs. All that it waits for lasts longer."""

SYNC = """
import sys
from buildkite_rest import Buildkite

client = Buildkite("token", base_url=sys.argv[1], timeout=600)
items = iter(client.builds.list("acme", "web", per_page=1).prefetch(4))
print(next(items).number, flush=True)
sys.stdin.readline()
"""
ASYNC = """
import asyncio, sys
from buildkite_rest import AsyncBuildkite

client = AsyncBuildkite("token", base_url=sys.argv[1], timeout=600)
items = aiter(client.builds.list("acme", "web", per_page=1).prefetch(1))  # anyio warns of a connect that is canceled

async def first():
    print((await anext(items)).number, flush=True)
    await asyncio.to_thread(sys.stdin.readline)

async def second():
    await first()
    await anext(items)
"""
ENDS = {
    "alive": SYNC,
    "both-closed": SYNC + "items.close()\nclient.close()",
    "async-alive": ASYNC + "asyncio.run(first())",
}
INTERRUPTED = {
    "next-page": SYNC + "next(items)",
    "async-next-page": ASYNC + "asyncio.run(second())",
}


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, mode):
        super().__init__(("127.0.0.1", 0), Pages)
        self.mode, self.background, self.over = mode, threading.Event(), threading.Event()
        self.url = f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request, client_address):
        """Nobody is there any more to whom it could respond."""


class Pages(Silent, BaseHTTPRequestHandler):
    """Sends the first page of a list; what is requested after that is limited for long, or never sent."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if "page=2" not in self.path:
            self._send(response([build(1)], Link=f'<{self.path}&page=2>; rel="next", <{self.path}&page=9>; rel="last"'))
        elif self.server.mode == "limited":
            self._send(response({"message": "Slow down", "reset": 100}, 429))
            self.server.background.set()
        else:
            self._stall()

    def _stall(self):
        self.server.background.set()
        self.server.over.wait(120)
        self.close_connection = True

    def _send(self, response):
        self.send_response(response.status_code)
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(response.content)


@pytest.fixture(params=["stalled", pytest.param("limited", marks=pytest.mark.exhaustive)])
def server(request):
    server = Server(request.param)
    with serving(server):
        yield server
        server.over.set()


@pytest.fixture
def start(server, tmp_path):
    """Starts a program, and returns it when its request in the background has come."""
    started = []

    def start(program):
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        environment = {**os.environ, "NO_PROXY": "127.0.0.1"}
        command = [sys.executable, "-c", program, server.url]
        process = subprocess.Popen(command, cwd=tmp_path, env=environment, text=True, **pipes)
        started.append(process)
        assert process.stdout.readline() == "1\n", process.communicate(timeout=HANG)[1]
        assert server.background.wait(HANG)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("program", ENDS.values(), ids=ENDS)
def test_a_program_exits_without_waiting_for_background_requests(start, program):
    process = start(program)
    _, errors = process.communicate("\n", timeout=HANG)
    logged = [line for line in errors.splitlines() if not line.startswith("retrying in ")]  # if there is time to log it
    assert (process.returncode, logged) == (0, [])


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGINT for one process")
@pytest.mark.parametrize("program", INTERRUPTED.values(), ids=INTERRUPTED)
def test_ctrl_c_ends_a_program_at_once(start, program):
    process = start(program)
    process.stdin.write("\n")
    process.stdin.flush()
    threading.Event().wait(0.5)  # until it waits for the next page
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=HANG)
    assert process.returncode == -signal.SIGINT
    assert errors.rstrip().splitlines()[-1] == "KeyboardInterrupt"
    assert "Exception ignored" not in errors
