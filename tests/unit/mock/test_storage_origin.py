"""The storage has its own host name: some clients forward a credential to the same host name."""

from __future__ import annotations

import errno
import http.client
import socket
from urllib.parse import urlsplit

import httpx
import pytest

from buildkite_rest.mock import MockServer
from buildkite_rest.mock.http.origins import storage_on
from buildkite_rest.mock.server import sockets

from .caller import WEB


@pytest.fixture(scope="module")
def server():
    with MockServer(builds=120) as server:
        yield server


@pytest.mark.skipif(not socket.has_ipv6, reason="needs IPv6")
@pytest.mark.parametrize("host", ["::", "::1", "0.0.0.0", "localhost"])
def test_each_spelling_of_this_machine_can_be_bound(host):
    with MockServer(builds=1, host=host) as server:
        assert httpx.get(f"{server.url}/_mock/").status_code == 200
        assert httpx.get(server.storage_url).status_code == 404


def get_as_go_does(url, headers):
    """Follow redirects by the rule of Go's `net/http`: a header stays while the host name is the same, ports aside."""
    for _ in range(5):
        parts = urlsplit(url)
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
        connection.request("GET", f"{parts.path}?{parts.query}", headers=headers)
        response = connection.getresponse()
        content = response.read()
        connection.close()
        if response.status != 302:
            break
        url = response.headers["Location"]
        if urlsplit(url).hostname != parts.hostname:
            headers = {name: value for name, value in headers.items() if name != "Authorization"}
    return response.status, content


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_a_client_that_forwards_its_credential_to_the_same_host_name_downloads(server, name):
    base_url = f"http://{name}:{urlsplit(server.url).port}"
    with httpx.Client(
        headers={"Authorization": f"Bearer {server.token}"}, base_url=base_url, trust_env=False
    ) as client:
        builds = client.get(f"{WEB}/builds?state=passed").json()
        artifact = next(one for build in builds for one in client.get(f"{build['url']}/artifacts").json())
        target = client.get(artifact["download_url"]).headers["Location"]
    assert urlsplit(artifact["download_url"]).hostname == name
    assert urlsplit(target).hostname == {"127.0.0.1": "localhost", "localhost": "127.0.0.1"}[name]
    status, content = get_as_go_does(artifact["download_url"], {"Authorization": f"Bearer {server.token}"})
    assert (status, len(content)) == (200, artifact["file_size"])
    assert httpx.get(target, headers={"Authorization": "Bearer x"}, trust_env=False).status_code == 400


def test_the_storage_listens_on_every_address_of_localhost(server):
    port = urlsplit(server.storage_url).port
    assert urlsplit(server.storage_url).hostname == "localhost"
    for *_, address in socket.getaddrinfo("localhost", port, type=socket.SOCK_STREAM):
        with socket.create_connection(address[:2], timeout=60):
            pass
    with socket.create_connection(("127.0.0.1", port), timeout=60):
        pass


def resolve_localhost_to(monkeypatch, *hosts):
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, 0)) for host in hosts]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)


def hosts_of_storage():
    listening, has_localhost = sockets.storage("127.0.0.1")
    names = [each.getsockname() for each in listening]
    for each in listening:
        each.close()
    assert len({name[1] for name in names}) == 1
    return [name[0] for name in names], has_localhost


def test_an_address_of_localhost_that_does_not_exist_is_left_out(monkeypatch):
    real = sockets.bound

    def bound(host, port):
        if ":" in host:
            raise OSError(errno.EADDRNOTAVAIL, "Cannot assign requested address")
        return real(host, port)

    resolve_localhost_to(monkeypatch, "192.0.2.1", "::1", "127.0.0.1")
    monkeypatch.setattr(sockets, "bound", bound)
    assert hosts_of_storage() == (["127.0.0.1"], True)


def test_without_a_localhost_the_storage_keeps_its_address(monkeypatch):
    def unknown(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert hosts_of_storage() == (["127.0.0.1"], False)


def test_a_port_in_use_on_one_address_is_released_on_all(monkeypatch):
    real, calls = sockets.bound, []

    def bound(host, port):
        calls.append(host)
        if len(calls) == 2:
            raise OSError(errno.EADDRINUSE, "Address already in use")
        return real(host, port)

    resolve_localhost_to(monkeypatch, "127.0.0.2")
    monkeypatch.setattr(sockets, "bound", bound)
    assert hosts_of_storage() == (["127.0.0.1", "127.0.0.2"], True)
    assert calls == ["127.0.0.1", "127.0.0.2"] * 2


@pytest.mark.parametrize(
    ("host", "address", "has_localhost", "expected"),
    [
        ("127.0.0.1", "127.0.0.1", True, "http://localhost:9"),
        ("::1", "::1", True, "http://localhost:9"),
        ("0.0.0.0", "0.0.0.0", True, "http://localhost:9"),
        ("localhost", "127.0.0.1", True, "http://127.0.0.1:9"),
        ("localhost", "::1", True, "http://[::1]:9"),
        ("mock", "172.18.0.3", False, "http://172.18.0.3:9"),
        ("192.0.2.5", "192.0.2.5", True, "http://192.0.2.5:9"),
        ("127.0.0.1", "127.0.0.1", False, "http://127.0.0.1:9"),
    ],
)
def test_the_storage_is_named_after_the_host_of_the_request(host, address, has_localhost, expected):
    assert storage_on(9, has_localhost=has_localhost)(host, address) == expected
