"""Range requests to the storage."""

from __future__ import annotations

import pytest

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
