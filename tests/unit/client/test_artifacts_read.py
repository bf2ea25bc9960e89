"""The content of an artifact in memory and as a stream."""

import httpx
import pytest
from tests.unit.client.artifacts import CONTENT, RANGES, artifact, broken, rest, server, whole
from tests.unit.client.support import Chunks, Script

from buildkite_rest import APIConnectionError, DownloadError


def read(client, **options):
    return client.artifacts.read("acme", "j", "a0", **options)


def stream(client):
    return client.artifacts.stream("acme", "j", "a0")


def test_the_content_is_returned_and_the_storage_gets_no_token(connect):
    script = server(whole, artifact(0, "f"))
    client = connect(script)
    assert read(client) == CONTENT
    with stream(client) as content:
        assert content.read() == CONTENT
    storage = [request for request in script.requests if request.url.host == "storage.example"]
    assert len(storage) == 2
    assert not any("Authorization" in request.headers for request in storage)


def test_reading_resumes(connect):
    script = server(Script(broken(RANGES), rest()), artifact(0, "f"))
    assert read(connect(script)) == CONTENT
    assert script.requests[-1].headers["Range"] == "bytes=5-"


LARGE = {
    "reported": ({}, whole, 1),
    "length": (
        {"file_size": None},
        lambda _: httpx.Response(200, headers={"Content-Length": "17"}, content=CONTENT),
        3,
    ),
    "unknown": ({"file_size": None}, lambda _: httpx.Response(200, stream=Chunks(CONTENT[:9], CONTENT[9:])), 3),
}


@pytest.mark.parametrize(("fields", "storage", "requests"), LARGE.values(), ids=LARGE)
def test_content_that_is_too_large_is_refused_once(connect, fields, storage, requests):
    script = server(storage, artifact(0, "f", **fields))
    with pytest.raises(DownloadError, match=r"larger than max_bytes=10.*Raise max_bytes, or download it to a file"):
        read(connect(script), max_bytes=10)
    assert len(script.requests) == requests


@pytest.mark.parametrize("status", [206, 403, 503])
def test_a_stream_is_requested_once(connect, status):
    script = server(Script(httpx.Response(status), whole()), artifact(0, "f"))
    with pytest.raises(DownloadError, match=f"responded with status {status}"), stream(connect(script)):
        pass
    assert len(script.requests) == 2


def test_an_interrupted_stream_is_an_error_and_is_not_opened_again(connect):
    script = server(broken(), artifact(0, "f"))
    with pytest.raises(APIConnectionError, match="broke off"), stream(connect(script)) as content:
        content.read()
    assert len(script.requests) == 2
