"""Signals end a run whatever request is in flight."""

from __future__ import annotations

import json
import signal
import socketserver
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from buildkite_rest.conformance.pacing import Interruption
from buildkite_rest.mock import MockServer

pytestmark = [pytest.mark.exhaustive, pytest.mark.skipif(sys.platform == "win32", reason="no timer signals")]

#: Requests with a response before the server stalls: those that find objects, and some that are checked.
_ANSWERED = 60
_HANGING = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n["


@contextmanager
def stalling(kind: str, reached: threading.Event, answered: int = _ANSWERED) -> Generator[str]:
    """A proxy of a mock server that stops in the middle of a run: it sends nothing more, or a byte now and then."""
    stop = threading.Event()
    count = 0

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            nonlocal count
            method, target = self.rfile.readline().decode().split()[:2]
            lines = iter(self.rfile.readline, b"\r\n")
            headers = dict(line.decode().strip().split(": ", 1) for line in lines if line)
            count += 1
            if count > answered:
                reached.set()
                self.stall()
                return
            body = self.rfile.read(int(headers.get("Content-Length", 0)))
            connection = HTTPConnection(urlsplit(server.url).netloc)
            connection.request(method, target, body, headers)
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


def start(url: str, *arguments: str, folder: Path | None = None) -> subprocess.Popen[str]:
    token = MockServer.token
    command = [sys.executable, "-m", "buildkite_rest.conformance", "--base-url", url, "--token", token, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder)


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
    assert json.loads(report.read_text())["verdict"] == "failed"


WRITE = ("--write", "--include-tag", "teams", "--phases", "effects", "--seed", "1")


def test_a_second_signal_ends_the_cleanup_and_the_report_is_written(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    reached = threading.Event()
    with (
        stalling("trickle", reached, 40) as url,
        start(url, *WRITE, "--json", str(report), folder=tmp_path) as run,
    ):
        try:
            assert reached.wait(60)
            run.send_signal(signal.SIGTERM)
            assert run.stdout is not None
            assert any("cleanup: deleting " in line for line in run.stdout)
            run.send_signal(signal.SIGINT)
            out, err = run.communicate(timeout=30)
        finally:
            run.kill()

    assert (run.returncode, err) == (143, "")
    assert ", then ended: interrupted\n" in out
    assert "left behind: " in out
    assert json.loads(report.read_text())["left_behind"] > 0


@pytest.mark.parametrize(("name", "status"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_each_signal_has_its_exit_status(name: str, status: int) -> None:
    interruption = Interruption()
    before = signal.getsignal(getattr(signal, name))
    with pytest.raises(KeyboardInterrupt), interruption.interrupt_on_signals():
        signal.raise_signal(getattr(signal, name))

    assert interruption.status == status
    assert signal.getsignal(getattr(signal, name)) is before


def test_a_process_of_nohup_ignores_that_its_terminal_is_closed() -> None:
    hang_up = signal.Signals["SIGHUP"]
    before = signal.signal(hang_up, signal.SIG_IGN)
    try:
        with Interruption().interrupt_on_signals():
            signal.raise_signal(hang_up)
        assert signal.getsignal(hang_up) is signal.SIG_IGN
    finally:
        signal.signal(hang_up, before)


@pytest.mark.parametrize(
    ("entry", "module"),
    [
        ("buildkite_rest._cli.main", "schemathesis"),
        ("buildkite_rest.conformance.__main__", "schemathesis"),
        ("buildkite_rest.conformance.__main__", "argparse"),
    ],
)
def test_a_signal_during_an_import_ends_the_program_silently(module: str, entry: str) -> None:
    code = f"""
import sys

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupting())
from {entry} import main
sys.exit(main([*{["conformance"] if "_cli" in entry else []!r}, "--base-url", "http://127.0.0.1:9", "--token", "x"]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)

    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")
