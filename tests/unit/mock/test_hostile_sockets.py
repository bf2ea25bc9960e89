"""Hostile input on sockets: the server continues, and logs nothing."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from .support import COMMAND, ENVIRONMENT

HEAD = b"POST /v2/organizations/acme/pipelines HTTP/1.1\r\nHost: x\r\n"
CHUNK = b"x" * (1 << 20)
BODY_CHUNKS = 100
#: A body of JSON may have 2 MB; the rest is room for what the allocator holds back.
MOST_GROWTH_KB = 20 << 10


@pytest.fixture(scope="module")
def process(tmp_path_factory):
    errors = tmp_path_factory.mktemp("server") / "stderr"
    with (
        errors.open("w") as file,
        subprocess.Popen(COMMAND, stdout=subprocess.PIPE, stderr=file, text=True, env=ENVIRONMENT) as process,
    ):
        process.url, process.storage_url = (process.stdout.readline().split()[-1] for _ in range(2))
        yield process
        process.terminate()
    assert errors.read_text() == ""


@pytest.fixture(autouse=True)
def still_serves(process):
    yield
    assert process.poll() is None
    assert httpx.get(process.url, timeout=60).status_code == 200
    assert httpx.get(process.storage_url, timeout=60).status_code == 404


def connect(process, *, storage=False):
    place = urlsplit(process.storage_url if storage else process.url)
    return socket.create_connection((place.hostname, place.port), timeout=30)


def received_from(connection):
    """Return all bytes until the server closes the connection."""
    received = b""
    try:
        while chunk := connection.recv(65536):
            received += chunk
    except ConnectionResetError:
        pass
    return received


def resident_kb(process):
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs procfs")
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_of_100_mb_is_rejected_and_not_buffered(process, chunked):
    with connect(process) as connection:
        before = resident_kb(process)
        size = len(CHUNK) * BODY_CHUNKS
        kind = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: %d" % size
        connection.sendall(HEAD + b"Content-Type: application/json\r\n" + kind + b"\r\nConnection: close\r\n\r\n")
        most = before
        for _ in range(BODY_CHUNKS):
            connection.sendall(b"%x\r\n%b\r\n" % (len(CHUNK), CHUNK) if chunked else CHUNK)
            most = max(most, resident_kb(process))
        connection.sendall(b"0\r\n\r\n" if chunked else b"")
        assert received_from(connection).startswith(b"HTTP/1.1 401 ")
    assert most - before < MOST_GROWTH_KB


@pytest.mark.parametrize("garbage", [b"\x00" * 100, b"\xff\xfe\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n", b"GET\r\n\r\n"])
def test_garbage_after_a_request_is_rejected(process, garbage):
    with connect(process) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" + garbage)
        connection.shutdown(socket.SHUT_WR)
        received = received_from(connection)
    assert received.startswith(b"HTTP/1.1 200 ")
    assert received.count(b"HTTP/1.1 200 ") == 1


def test_pipelined_requests_get_responses_in_order(process):
    with connect(process) as connection:
        connection.sendall(
            b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        )
        received = received_from(connection)
    assert received.startswith(b"HTTP/1.1 200 ")
    assert b"HTTP/1.1 404 " in received
