"""Content codings: what requests accept, and what becomes of a body with each `Content-Encoding`."""

import gzip
import hashlib
import json
import zlib

import httpx
import pytest
from tests.unit.client.support import Chunks, Script, build, response

from buildkite_rest import (
    DecodeError,
    DownloadError,
    NotFoundError,
)
from buildkite_rest._http.body import ContentDecoder
from buildkite_rest._http.library import library_of

BUILD = json.dumps(build(7)).encode()
STORAGE = "https://storage.example/x"
GZIP = ["gzip", " GZIP "]
PLAIN = ["", "identity", "Identity, identity"]
OTHER = ["deflate", "br", "gzip, gzip"]


def encoded(body, coding, status=200):
    return Script(lambda _: httpx.Response(status, headers={"Content-Encoding": coding}, stream=Chunks(body)))


def get(client):
    return client.builds.get("acme", "web", 7).number


def log(client):
    with client.jobs.stream_log("acme", "job") as stream:
        return stream.read()


def stored(body, coding, file=None, headers=()):
    """Return what serves an artifact whose storage sends `body`. The API reports the size and the SHA-1 of `file`."""
    size, sha1 = (None, None) if file is None else (len(file), hashlib.sha1(file).hexdigest())
    fields = {"id": "a", "path": "f", "filename": "f", "file_size": size, "sha1sum": sha1}

    def reply(request):
        if request.url.host == "storage.example":
            return httpx.Response(200, headers={"Content-Encoding": coding, **dict(headers)}, stream=Chunks(body))
        return response({"url": STORAGE}, 302) if request.url.path.endswith("/download") else response(fields)

    return Script(reply)


def download(client, to):
    return client.artifacts.download("acme", "j", "a", to=to).read_bytes()


def read(client, _to):
    return client.artifacts.read("acme", "j", "a")


def stream(client, _to):
    with client.artifacts.stream("acme", "j", "a") as chunks:
        return chunks.read()


@pytest.mark.parametrize("coding", GZIP, ids=repr)
def test_gzip_is_decoded(connect, coding):
    assert get(connect(encoded(gzip.compress(BUILD), coding))) == 7
    assert log(connect(encoded(gzip.compress(b"log"), coding))) == b"log"


@pytest.mark.parametrize("coding", PLAIN, ids=repr)
def test_no_coding_is_not_decoded(connect, tmp_path, coding):
    assert get(connect(encoded(BUILD, coding))) == 7
    assert log(connect(encoded(b"log", coding))) == b"log"
    assert download(connect(stored(b"file", coding)), tmp_path / "f") == b"file"


@pytest.mark.parametrize("length", [None, -5], ids=["whole", "truncated"])
@pytest.mark.parametrize("coding", OTHER)
def test_a_coding_that_was_not_requested_is_refused(connect, coding, length):
    """The HTTP libraries decode most of these, and do not notice the truncation of any."""
    text = f"Content-Encoding '{coding}', which was not requested"
    for call, body in ((get, BUILD), (log, b"log\n" * 5000)):
        script = encoded(zlib.compress(body)[:length], coding)
        with pytest.raises(DecodeError, match=rf"^get\w+: .*: the response has {text}"):
            call(connect(script))
        assert len(script.requests) == 1  # The server would not choose another coding for a retry.


@pytest.mark.parametrize("coding", [*GZIP, *OTHER], ids=repr)
@pytest.mark.parametrize("call", [download, read, stream])
def test_a_download_of_unknown_size_has_no_coding(connect, tmp_path, call, coding):
    script = stored(gzip.compress(b"file"), coding)
    with pytest.raises(DownloadError, match=f"Content-Encoding '{coding.strip()}', which was not requested"):
        call(connect(script), tmp_path / "f")
    assert len([request for request in script.requests if request.url.host == "storage.example"]) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("has_length", [True, False])
@pytest.mark.parametrize("coding", [*GZIP, *OTHER], ids=repr)
@pytest.mark.parametrize("call", [download, read])
def test_a_file_that_is_stored_with_a_coding_is_not_decoded(connect, tmp_path, call, coding, has_length):
    """The API reports the size and the SHA-1 of the stored bytes."""
    packed = gzip.compress(b"file" * 5000)
    headers = {"Content-Length": str(len(packed))} if has_length else {}
    assert call(connect(stored(packed, coding, packed, headers)), tmp_path / "f") == packed


@pytest.mark.parametrize("status", [200, 206])
@pytest.mark.parametrize("coding", [*GZIP, *OTHER], ids=repr)
def test_the_response_to_a_request_for_a_range_has_no_coding(connect, coding, status):
    packed = gzip.compress(b"log")
    headers = {"Content-Encoding": coding, "Content-Range": f"bytes 0-{len(packed) - 1}/{len(packed)}"}
    client = connect(Script(lambda _: httpx.Response(status, headers=headers, stream=Chunks(packed))))
    with pytest.raises(DecodeError, match="which was not requested"):
        client.jobs.tail_log("acme", "job", lines=2)
    refused = pytest.raises(DecodeError, match="which was not requested")
    with client.jobs.stream_log("acme", "job", range_="bytes=-3") as end, refused:
        end.read()


def test_an_error_status_is_reported_in_every_coding(connect):
    with pytest.raises(NotFoundError) as caught:
        get(connect(encoded(b"\x8f\x08\x80", "br", status=404)))
    assert caught.value.content == b"\x8f\x08\x80"


@pytest.mark.parametrize(
    "own", [None, {"Accept-Encoding": "br, zstd, gzip, deflate"}], ids=["default", "of-the-caller"]
)
def test_requests_accept_gzip_only(connect, own):
    script = Script(response(build(7)))
    get(connect(script, http={"headers": own} if own else None))
    assert script.requests[0].headers.get_list("Accept-Encoding") == ["gzip"]


def test_downloads_accept_no_coding(connect, tmp_path):
    """A body without one has a length, and can be resumed."""
    script = stored(b"file", "identity")
    download(connect(script, http={"headers": {"Accept-Encoding": "br"}}), tmp_path / "f")
    assert script.requests[-1].headers.get_list("Accept-Encoding") == ["identity"]


TEXT = bytes(range(256)) * 20_000
PACKED = gzip.compress(TEXT)


def unpacked(*chunks):
    request = httpx.Request("GET", "https://a.example", headers={"Accept-Encoding": "gzip"})
    packed = httpx.Response(200, headers={"Content-Encoding": "gzip"}, request=request, stream=httpx.ByteStream(b""))
    with httpx.Client() as client:
        decoder = ContentDecoder(library_of(client, "Client", is_own=False), packed, "getBuild", decodes=True)
    found = [decoded for chunk in chunks for decoded in decoder.decode(chunk)]
    decoder.end()
    return found


def test_chunks_are_bounded():
    chunks = unpacked(gzip.compress(bytes(1 << 25)))
    assert sum(map(len, chunks)) == 1 << 25
    assert max(map(len, chunks)) == 1 << 20


def test_members_follow_one_another():
    whole = gzip.compress(b"one ") + gzip.compress(b"two ") + gzip.compress(b"")
    assert b"".join(unpacked(whole)) == b"one two "
    assert b"".join(unpacked(*(whole[start : start + 1] for start in range(len(whole))))) == b"one two "


def test_bytes_after_the_end_are_ignored():
    assert b"".join(unpacked(gzip.compress(b"one") + bytes(64))) == b"one"
    assert b"".join(unpacked(gzip.compress(b"one"), bytes(64), gzip.compress(b"two"))) == b"one"


@pytest.mark.parametrize("length", [1, 9, 11, len(PACKED) // 2, len(PACKED) - 9, len(PACKED) - 1])
def test_a_truncated_stream_is_an_error(length):
    with pytest.raises(httpx.DecodingError, match="body is truncated"):
        unpacked(PACKED[:length])


@pytest.mark.parametrize("packed", [b"{}", zlib.compress(TEXT), PACKED[:-8] + bytes(8)])
def test_invalid_gzip_is_an_error(packed):
    with pytest.raises(httpx.DecodingError, match="not gzip"):
        unpacked(packed)
