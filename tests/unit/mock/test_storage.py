"""The storage: its own host name, as some clients forward a credential to the same one, and ranges."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit

import httpx
import pytest

from buildkite_rest.mock import MockServer
from buildkite_rest.mock.http.origins import storage_origin

from .caller import WEB


@pytest.fixture(scope="module")
def server():
    with MockServer(builds=120) as server:
        yield server


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


@pytest.mark.parametrize(
    ("host", "address", "expected"),
    [
        ("127.0.0.1", "127.0.0.1", "http://localhost:9"),
        ("::1", "::1", "http://localhost:9"),
        ("0.0.0.0", "0.0.0.0", "http://localhost:9"),
        ("localhost", "127.0.0.1", "http://127.0.0.1:9"),
        ("localhost", "::1", "http://[::1]:9"),
        ("mock", "172.18.0.3", "http://172.18.0.3:9"),
        ("192.0.2.5", "192.0.2.5", "http://192.0.2.5:9"),
        ("127.0.0.2", "127.0.0.2", "http://127.0.0.2:9"),
    ],
)
def test_the_storage_is_named_after_the_host_of_the_request(host, address, expected):
    assert storage_origin(9, host, address) == expected


CONTENT = b"0123456789"


@pytest.fixture
def url(api):
    published = api.post(
        "/v2/packages/organizations/acme/registries/downloads/packages", files={"file": ("a-1.0.0.bin", CONTENT)}
    )
    return published.json()["metadata"]["download_url"]


@pytest.mark.parametrize(
    ("wanted", "begin", "end"),
    [("bytes=0-", 0, 10), ("bytes=4-", 4, 10), ("bytes=4-6", 4, 7), ("bytes=9-9", 9, 10), ("bytes=0-99", 0, 10),
     ("bytes=-3", 7, 10), ("bytes=-99", 0, 10), ("Bytes=4-" + "9" * 5000, 4, 10)],
)  # fmt: skip
def test_a_part_is_sent(storage, url, wanted, begin, end):
    response = storage.get(url, headers={"Range": wanted})
    assert (response.status_code, response.content) == (206, CONTENT[begin:end])
    assert response.headers["Content-Range"] == f"bytes {begin}-{end - 1}/10"
    assert response.headers["Content-Length"] == str(end - begin)
    assert response.headers["Accept-Ranges"] == "bytes"


@pytest.mark.parametrize("wanted", ["", "bytes=-", "bytes=6-4", "bytes=0-1,3-4", "lines=0-1", "bytes=a-b", "bytes=٣-"])
def test_a_range_that_makes_no_sense_is_ignored(storage, url, wanted):
    response = storage.get(url, headers={"Range": wanted.encode()})
    assert (response.status_code, response.content) == (200, CONTENT)


def test_a_file_that_changed_is_sent_whole(storage, url):
    tag = storage.get(url).headers["ETag"]
    statuses = [
        storage.get(url, headers={"Range": "bytes=4-", "If-Range": known}).status_code for known in (tag, '"x"')
    ]
    assert statuses == [206, 200]


def test_a_file_that_is_known_is_not_sent(storage, url):
    response = storage.get(url, headers={"If-None-Match": storage.get(url).headers["ETag"]})
    assert (response.status_code, response.content) == (304, b"")
