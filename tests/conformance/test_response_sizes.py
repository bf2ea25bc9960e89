"""Responses that are too large: only a part of them is read."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests

from buildkite_rest import DecodeError, RetryPolicy, TokenAuth
from buildkite_rest.conformance import response_sizes
from buildkite_rest.conformance.client import make_client
from buildkite_rest.conformance.credentials import Secrets
from buildkite_rest.conformance.gate import Gate
from buildkite_rest.conformance.journal import Journal
from buildkite_rest.conformance.options import Options
from buildkite_rest.conformance.pacing import RequestSchedule
from buildkite_rest.conformance.permissions import Permissions
from buildkite_rest.conformance.request_log import RequestLog
from buildkite_rest.conformance.response_sizes import limited
from buildkite_rest.conformance.spec import Spec

SPEC = Spec.load(None)
LIMIT = 1 << 20


class Handler(BaseHTTPRequestHandler):
    """Sends `size` bytes of a text, compressed to a thousandth."""

    size = 0

    def do_GET(self) -> None:
        content = gzip.compress(b'["' + b"a" * self.size + b'"]')
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Write nothing."""


@pytest.fixture
def url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(response_sizes, "MAX_BYTES", LIMIT)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize(("size", "failures"), [(LIMIT // 2, 0), (20 * LIMIT, 1)], ids=["small", "large"])
@pytest.mark.parametrize("stream", [False, True])
def test_a_response_is_read_up_to_a_limit(
    stream: bool, size: int, failures: int, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Handler, "size", size)
    gate = Gate(Permissions(SPEC), RequestLog(Secrets()), url)
    with gate.installed():
        contents = [requests.get(f"{url}/v2/user", timeout=10, stream=stream).content for _ in range(2)]

    assert [len(each) for each in contents] == [1_000 if failures else size + 4] * 2
    assert [(each.check.name, each.path) for each in gate.conflicts] == [("response_too_large", "/v2/user")] * failures


def test_the_client_reads_up_to_the_limit(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Handler, "size", 20 * LIMIT)
    log, seen = RequestLog(Secrets()), list[int]()
    journal = Journal(tmp_path / "journal.jsonl", url)
    gate = Gate(Permissions(SPEC), log, url, journal)

    def observe(path: str, status: int, content: object) -> None:
        assert callable(content)
        seen.append(len(content()))
        gate.observe(path, status, content)

    options = Options(base_url=url, auth=TokenAuth("bkua_x"), seed=1)
    no_retries = RetryPolicy(max_retries=0)
    client = make_client(options, RequestSchedule(), log, retries=no_retries, strict=True, observe=observe)
    with client, pytest.raises(DecodeError):
        client.meta.get()

    assert seen == [1_000]


def test_chunks_are_not_read_beyond_the_limit() -> None:
    read: list[int] = []

    def chunks() -> Iterator[bytes]:
        for number in range(1_000):
            read.append(number)
            yield b"a" * (1 << 20)

    assert limited(chunks()) == (b"a" * 1_000, False)
    assert len(read) == 65
