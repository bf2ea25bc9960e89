"""Downloads of one artifact that fail and are resumed or restarted."""

from contextlib import nullcontext

import httpx
import pytest
from tests.unit.client.artifacts import CONTENT, artifact, broken, download, later, rest, server, whole
from tests.unit.client.support import Script

from buildkite_rest import APIConnectionError, DownloadError, RetryPolicy


@pytest.mark.parametrize("status", [400, 403, 404])
def test_an_expired_url_is_renewed(connect, clock, tmp_path, status):
    storage = Script(httpx.Response(status), whole())
    script = server(storage, artifact(0, "f"))
    assert download(connect(script), tmp_path) == CONTENT
    assert sum(path.endswith("/download") for path in script.paths) == 2
    assert len(clock.sleeps) == 1


@pytest.mark.parametrize("status", [408, 429, 503])
def test_a_failed_storage_request_is_retried(connect, clock, tmp_path, status):
    storage = Script(httpx.Response(status), whole())
    assert download(connect(server(storage, artifact(0, "f"))), tmp_path) == CONTENT
    assert clock.sleeps == [0.25]


@pytest.mark.parametrize(
    ("refusal", "sleeps"),
    [
        (later(429, "7"), [7.0]),
        (later(503, "7"), [7.0]),
        (later(503, "8"), []),
    ],
)
def test_the_retry_after_of_the_storage_is_honored(connect, clock, tmp_path, refusal, sleeps):
    retries = RetryPolicy(max_rate_limit_wait=7, random=lambda: 0.0)
    client = connect(server(Script(refusal, whole()), artifact(0, "f")), retries=retries)
    with nullcontext() if sleeps else pytest.raises(DownloadError, match="status 503"):
        assert download(client, tmp_path) == CONTENT
    assert clock.sleeps == sleeps


def test_a_broken_body_is_resumed(connect, tmp_path):
    storage, seen = Script(broken(), rest()), []
    client = connect(server(storage, artifact(0, "f")))
    assert download(client, tmp_path, progress=lambda *now: seen.append(now)) == CONTENT
    assert [request.headers.get("Range") for request in storage.requests] == [None, "bytes=5-"]
    assert seen == [(0, 17), (5, 17), (5, 17), (17, 17)]


@pytest.mark.parametrize("wrong", [rest(start=4), httpx.Response(416)])
def test_a_download_restarts_after_a_wrong_range(connect, tmp_path, wrong):
    storage = Script(broken(), wrong, whole())
    assert download(connect(server(storage, artifact(0, "f"))), tmp_path) == CONTENT
    assert "Range" not in storage.requests[-1].headers


@pytest.mark.parametrize("sha1sum", [None, ""], ids=["none", "empty"])
def test_a_file_without_a_checksum_is_not_resumed(connect, tmp_path, sha1sum):
    storage = Script(broken(), whole())
    assert download(connect(server(storage, artifact(0, "f", sha1sum=sha1sum))), tmp_path) == CONTENT
    assert all("Range" not in request.headers for request in storage.requests)


@pytest.mark.parametrize("damaged", [b"?" * 12, b"?" * 11, b"?" * 13], ids=["content", "short", "long"])
def test_parts_that_do_not_match_are_discarded(connect, tmp_path, damaged):
    part = httpx.Response(206, headers={"Content-Range": "bytes 5-16/17"}, content=damaged)
    storage = Script(broken(), part, whole())
    assert download(connect(server(storage, artifact(0, "f"))), tmp_path) == CONTENT
    assert [request.headers.get("Range") for request in storage.requests] == [None, "bytes=5-", None]


@pytest.mark.parametrize(("retries", "tries"), [(9, 3), (1, 2), (0, 1)])
def test_a_file_gets_three_attempts_at_most(connect, tmp_path, retries, tries):
    storage = Script(broken({}))
    client = connect(server(storage, artifact(0, "f")), retries=RetryPolicy(max_retries=retries))
    with pytest.raises(APIConnectionError):
        download(client, tmp_path)
    assert len(storage.requests) == tries
    assert list(tmp_path.iterdir()) == []
