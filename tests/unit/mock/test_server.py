"""The server on real sockets, and the command line."""

from __future__ import annotations

import asyncio
import importlib
import re
import shlex
import signal
import socket
import sys
import threading
import time

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from buildkite_rest.mock import MockServer, __main__
from buildkite_rest.mock.server import sockets

from .support import public_pem, run


@pytest.fixture
def server():
    with MockServer(builds=10, build_seconds=0.2) as server:
        yield server


@pytest.fixture
def client(server):
    with httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {server.token}"}) as client:
        yield client


def test_it_serves_and_cleans_up():
    before = set(threading.enumerate())
    with MockServer(seed=1, builds=10) as server:
        assert server.url.startswith("http://127.0.0.1:")
        assert httpx.get(server.url).status_code == 200
        assert httpx.get(server.storage_url).status_code == 404
        url = server.url
    assert set(threading.enumerate()) <= before
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)


def test_the_same_server_can_be_used_again():
    server = MockServer(builds=10)
    for _ in range(2):
        with server:
            assert httpx.get(server.url).status_code == 200


def test_each_block_starts_with_the_initial_state():
    server = MockServer(builds=10)
    with server:
        server.add_organization("initech")
        server.respond("GET", "/v2/user", status=404)
        server.advance(10**8)
        before = server.backend.clock()
        httpx.get(f"{server.url}/v2/user")
    assert [request.status for request in server.requests] == [404]
    with server:
        assert server.requests == []
        assert "initech" not in server.backend.organizations
        assert server.backend.clock() < before
        assert httpx.get(f"{server.url}/v2/user").status_code == 401


def test_latency_delays_the_response_and_not_the_request():
    with MockServer(builds=10, latency=60) as server, socket.create_connection(address(server)) as connection:
        connection.sendall(b"GET /v2/user HTTP/1.1\r\nHost: x\r\n\r\n")
        for _ in range(1000):
            if server.requests:
                break
            time.sleep(0.01)
        assert [request.status for request in server.requests] == [401]
        server.reset()
        assert server.requests == []


@pytest.mark.parametrize("name", ["url", "graphql_url", "storage_url"])
def test_there_is_no_url_before_the_start(name):
    with pytest.raises(RuntimeError, match="the mock server is not running; use it in a with statement"):
        getattr(MockServer(builds=1), name)
    assert getattr(MockServer, name).__doc__.startswith("URL of the ")


def test_an_address_that_cannot_be_used_is_named(server):
    port = address(server)[1]
    for options, named in (
        ({"port": port}, rf"in use .*\('127.0.0.1', {port}\)"),
        ({"host": "127.0.0.1:80"}, r"\('127.0.0.1:80', 0\)"),
    ):
        with pytest.raises(OSError, match=named), MockServer(builds=1, **options):
            pass


def test_the_callbacks_may_call_methods_of_the_server():
    def log(line):
        lines.append(line)
        server.advance(1)
        server.respond("GET", "/v2/user", status=404)

    lines = []
    with MockServer(builds=1, log=log) as server:
        statuses = [httpx.get(f"{server.url}/v2/user", timeout=60).status_code for _ in range(2)]
    assert (statuses, len(lines)) == ([401, 404], 2)


def test_reset_restores_the_key_of_the_start():
    keys = [rsa.generate_private_key(65537, 2048) for _ in range(2)]

    def status(key):
        now = int(time.time())
        token = jwt.encode({"iss": server.jwt_token_uuid, "iat": now, "exp": now + 60}, key, "RS256")
        return httpx.get(f"{server.url}/v2/user", headers={"Authorization": f"Bearer {token}"}).status_code

    with MockServer(builds=0, public_key=public_pem(keys[0])) as server:
        server.register_public_key(public_pem(keys[1]))
        assert [status(key) for key in keys] == [401, 200]
        server.reset()
        assert [status(key) for key in keys] == [200, 401]


def address(server):
    url = httpx.URL(server.url)
    return url.host, url.port


@pytest.mark.parametrize(
    "request_",
    [
        b"\x00\xff\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /v2/user HTTP/1.1\r\nHost: \xff\r\nAuthorization: Bearer \xff\r\n\r\n",
        b"POST /v2/user HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab",
        (
            b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: eA==\r\n\r\n"
        ),
        b"GET " + b"/a" * 40_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
def test_a_raw_socket_can_send_anything(server, request_):
    with socket.create_connection(address(server), timeout=60) as connection:
        connection.sendall(request_)
        connection.shutdown(socket.SHUT_WR)
        response = b""
        while chunk := connection.recv(65536):
            response += chunk
    assert b" 50" not in response[:13]
    assert httpx.get(server.url).status_code == 200


def test_the_command_line_prints_its_urls_and_stops():
    with run("--seed", "3", "--rate-limit", "200", "--user-rate-limit", "50") as process:
        lines = [process.stdout.readline().rsplit(maxsplit=1) for _ in range(8)]
        printed = {name.strip(): value for name, value in lines}
        response = httpx.get(
            f"{printed['API']}/v2/user", headers={"Authorization": f"Bearer {printed['token, all scopes']}"}
        )
        assert response.headers["RateLimit-User-Limit"] == "50"
        exports = [process.stdout.readline() for _ in range(4)]
        names = ("BUILDKITE_REST_URL", "BUILDKITE_GRAPHQL_URL", "BUILDKITE_API_TOKEN")
        exported = dict(word.split("=") for line in exports[2:] for word in shlex.split(line)[1:])
        values = printed["API"], f"{printed['API']}/graphql/v1", printed["token, all scopes"]
        assert exported == dict(zip(names, values, strict=True))
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
        assert process.stderr.read() == ""


def test_a_port_in_use_is_reported_in_one_line(server):
    with run("--port", str(address(server)[1])) as process:
        output, errors = process.communicate(timeout=60)
        assert (process.returncode, output) == (2, "")
        assert errors.count("\n") == 1
        assert "Traceback" not in errors


@pytest.mark.parametrize(("name", "value"), [("port", 99_999), ("port", -1), ("host", "")])
def test_an_invalid_host_is_reported(name, value):
    with pytest.raises(ValueError, match=name):
        MockServer(builds=1, **{name: value})


def test_a_missing_extra_is_one_line(monkeypatch, capsys):
    for name in [name for name in sys.modules if name.startswith("buildkite_rest.mock") and name != __main__.__name__]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    message = "uvicorn is not installed; it comes with buildkite-rest[mock]"
    assert __main__.main([]) == 2
    assert capsys.readouterr().err.strip() == f"python -m buildkite_rest.mock: {message}"
    with pytest.raises(ModuleNotFoundError, match=rf"^{re.escape(message)}$"):
        importlib.import_module("buildkite_rest.mock").MockServer  # noqa: B018


def test_a_server_that_is_stopped_drops_requests_that_it_handles():
    async def handle(scope, receive, send):
        handled.append((await receive())["type"])
        started.set()
        handled.append((await receive())["type"])

    async def main():
        server = sockets.Server(handle, [listening])
        serving = asyncio.create_task(server.serve())
        _, writer = await asyncio.open_connection(*listening.getsockname())
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        await started.wait()
        server.stop()
        await serving
        writer.close()

    handled, started, listening = [], asyncio.Event(), sockets.bound("127.0.0.1", 0)
    asyncio.run(main())
    assert handled == ["http.request", "http.disconnect"]
    assert listening.fileno() == -1
