"""Load test of the mock server: requests per second on one core, and growth of its memory.

`python -m tests.benchmarks.mock_load` exits with status 2 when a bar is missed. Needs Linux: it reads /proc and pins
the server to one core and the client to another. The bar applies to the processor time of the server, because wall time
means little on a shared machine.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import attrs

MISSED = 2
LEAST_PER_SECOND = 500
MOST_GROWTH = 10 << 20
CONNECTIONS = 8
PATHS = ("/", "/v2/user")


@attrs.frozen
class Server:
    """The server under load."""

    process: subprocess.Popen[str]
    address: tuple[str, int]
    token: str

    @classmethod
    def start(cls) -> Server:
        command = [sys.executable, "-m", "buildkite_rest.mock"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        lines = [process.stdout.readline() for _ in range(8)]
        printed = {name.strip(): value for name, value in (line.rsplit(maxsplit=1) for line in lines)}
        url = urlsplit(printed["API"])
        return cls(process, (url.hostname, url.port), printed["token, all scopes"])

    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> int:
        fields = Path(f"/proc/{self.process.pid}/statm").read_text().split()
        return int(fields[1]) * os.sysconf("SC_PAGE_SIZE")

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(10)


def load(server: Server, path: str, requests: int) -> None:
    """Send requests over persistent connections, one at a time on each."""
    request = f"GET {path} HTTP/1.1\r\nHost: mock\r\nAuthorization: Bearer {server.token}\r\n\r\n".encode()
    connections = [socket.create_connection(server.address) for _ in range(CONNECTIONS)]
    try:
        for connection in connections:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(requests // CONNECTIONS):
            for connection in connections:
                connection.sendall(request)
            for connection in connections:
                read(connection)
    finally:
        for connection in connections:
            connection.close()


def read(connection: socket.socket) -> None:
    """Read one response."""
    response = b""
    while b"\r\n\r\n" not in response:
        response += received(connection)
    head, _, body = response.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200 "):
        raise RuntimeError(f"unexpected response: {head[:80]!r}")
    length = int(head.lower().partition(b"content-length:")[2].split()[0])
    while len(body) < length:
        body += received(connection)


def received(connection: socket.socket) -> bytes:
    chunk = connection.recv(65536)
    if not chunk:
        raise RuntimeError("the server closed the connection")
    return chunk


def pin(server: Server) -> None:
    cores = sorted(os.sched_getaffinity(0))
    for task in Path(f"/proc/{server.process.pid}/task").iterdir():
        os.sched_setaffinity(int(task.name), {cores[0]})
    os.sched_setaffinity(0, {cores[-1]})


def measure(server: Server, requests: int) -> bool:
    pin(server)
    good = True
    for path in PATHS:
        load(server, path, min(2000, requests))
        cpu, wall = server.cpu_seconds(), time.perf_counter()
        load(server, path, min(5000, requests))
        cpu, wall = server.cpu_seconds() - cpu, time.perf_counter() - wall
        per_second, seen = min(5000, requests) / cpu, min(5000, requests) / wall
        good &= per_second >= LEAST_PER_SECOND
        print(f"GET {path:10} {per_second:6.0f} requests/s of processor time, {seen:6.0f} of wall time")
    before = server.memory()
    load(server, PATHS[-1], requests)
    growth = server.memory() - before
    print(f"memory {before / 2**20:.1f} MB, {growth / 2**20:+.1f} MB after {requests} requests")
    return good and growth < MOST_GROWTH


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.mock_load", description=__doc__.split("\n")[0])
    parser.add_argument(
        "--requests", type=int, default=100_000, help="requests while the memory is watched (default: %(default)s)"
    )
    options = parser.parse_args()
    server = Server.start()
    try:
        good = measure(server, options.requests)
    finally:
        status = server.stop()
    print(f"bars: {LEAST_PER_SECOND} requests/s, less than {MOST_GROWTH >> 20} MB: {'reached' if good else 'MISSED'}")
    if status:
        raise RuntimeError(f"the server ended with status {status}")
    return 0 if good else MISSED


if __name__ == "__main__":
    sys.exit(main())
