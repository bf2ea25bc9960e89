"""`--max-time` and signals end a run whatever request is in flight."""

from __future__ import annotations

import json
import signal
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from buildkite_rest.mock import MockServer

pytestmark = [pytest.mark.exhaustive, pytest.mark.skipif(sys.platform == "win32", reason="no timer signals")]

#: Checked requests with a response, before the server stalls.
_ANSWERED = 3
_HANGING = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n["


@contextmanager
def stalling(kind: str, reached: threading.Event) -> Generator[str]:
    """A proxy of a mock server that stops in the middle of a run: it sends nothing more, or a byte now and then."""
    stop = threading.Event()
    count = 0

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            nonlocal count
            method, target = self.rfile.readline().decode().split()[:2]
            lines = iter(self.rfile.readline, b"\r\n")
            headers = dict(line.decode().strip().split(": ", 1) for line in lines if line)
            count += "buildkite-rest" not in headers.get("User-Agent", "")  # which finds the objects
            if count > _ANSWERED:
                reached.set()
                self.stall()
                return
            connection = HTTPConnection(urlsplit(server.url).netloc)
            connection.request(method, target, headers=headers)
            response = connection.getresponse()
            body = response.read()
            forwarded = [f"{name}: {value}" for name, value in response.getheaders() if name.lower() != "connection"]
            head = "\r\n".join([f"HTTP/1.1 {response.status} x", *forwarded, "Connection: close", "", ""])
            self.wfile.write(head.encode() + body)
            connection.close()

        def stall(self) -> None:
            try:
                self.wfile.write(_HANGING if kind == "trickle" else b"")
                while not stop.wait(0.2):
                    self.wfile.write(b" " if kind == "trickle" else b"")
            except OSError:
                pass

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False

        def handle_error(self, request: Any, client_address: Any) -> None:
            pass

    with MockServer(builds=10) as server, Server(("127.0.0.1", 0), Handler) as proxy:
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{proxy.server_address[1]}"
        finally:
            stop.set()
            proxy.shutdown()


def start(url: str, *arguments: str) -> subprocess.Popen[str]:
    token = MockServer.token
    command = [sys.executable, "-m", "buildkite_rest.conformance", "--base-url", url, "--token", token, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize(("kind", "phase"), [("hang", "examples"), ("trickle", "stateful"), ("trickle", "lists")])
def test_max_time_ends_a_run_whose_server_stalls(kind: str, phase: str, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    arguments = ("--include-tag", "builds", "--phases", phase, "--max-time", "20", "--json", str(report))
    reached = threading.Event()
    with stalling(kind, reached) as url, start(url, *arguments) as run:
        began = time.monotonic()
        try:
            out, err = run.communicate(timeout=120)
        finally:
            run.kill()

    assert reached.is_set()
    statuses = {2} if "no requests checked" in out else {0, 1}
    assert (run.returncode in statuses, err) == (True, ""), out
    assert "stopped early: Time limit reached" in out
    assert json.loads(report.read_text())["stopped"] == "Time limit reached"
    assert time.monotonic() - began < 100


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_a_run_whose_server_stalls(number: signal.Signals, status: int, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    reached = threading.Event()
    arguments = ("--include-tag", "builds", "--json", str(report))
    with stalling("trickle", reached) as url, start(url, *arguments) as run:
        try:
            assert reached.wait(30)
            run.send_signal(number)
            out, err = run.communicate(timeout=90)
        finally:
            run.kill()

    assert (run.returncode, err) == (status, "")
    assert "interrupted, " in out.splitlines()[-1]
    assert json.loads(report.read_text())["requests"] >= 0
