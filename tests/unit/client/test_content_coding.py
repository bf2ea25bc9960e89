"""Content codings: what requests accept, and what becomes of a body with each `Content-Encoding`."""

import gzip
import json
import zlib

import httpx
import httpx2
import pytest
from tests.unit.client.support import Pieces, Script, answer, build

from buildkite_rest import (
    APIConnectionError,
    APIStatusError,
    Buildkite,
    DecodeError,
    DownloadError,
    NotFoundError,
    RetryPolicy,
)

BUILD = json.dumps(build(7)).encode()
STORAGE = "https://storage.example/x"
GZIP = ["gzip", "GZIP", " gzip ", "x-gzip", "gzip, identity", "identity,gzip", ",gzip,"]
PLAIN = ["", " ", "identity", "Identity", "identity, identity", ","]
OTHER = ["deflate", "br", "zstd", "gzip, gzip", "deflate, gzip", "zip9", "aws-chunked"]
ONCE = RetryPolicy(max_retries=0)


def encoded(body, coding, status=200):
    return Script(lambda _: httpx.Response(status, headers={"Content-Encoding": coding}, stream=Pieces(body)))


def get(client):
    return client.builds.get("acme", "web", 7).number


def log(client):
    with client.jobs.stream_log("acme", "job") as stream:
        return stream.read()


def stored(body, coding):
    """Return what serves an artifact whose storage sends `body`."""
    fields = {"id": "a", "path": "f", "filename": "f", "file_size": None, "sha1sum": None}

    def reply(request):
        if request.url.host == "storage.example":
            return httpx.Response(200, headers={"Content-Encoding": coding}, stream=Pieces(body))
        return answer({"url": STORAGE}, 302) if request.url.path.endswith("/download") else answer(fields)

    return Script(reply)


def download(client, to):
    return client.artifacts.download("acme", "j", "a", to=to).read_bytes()


@pytest.mark.parametrize("coding", GZIP, ids=repr)
def test_gzip_is_decoded(connect, tmp_path, coding):
    assert get(connect(encoded(gzip.compress(BUILD), coding))) == 7
    assert log(connect(encoded(gzip.compress(b"log"), coding))) == b"log"
    assert download(connect(stored(gzip.compress(b"file"), coding)), tmp_path / "f") == b"file"


@pytest.mark.parametrize("coding", GZIP, ids=repr)
def test_truncated_gzip_is_an_error(connect, tmp_path, coding):
    for call, body in ((get, gzip.compress(BUILD)), (log, gzip.compress(b"log"))):
        with pytest.raises(APIConnectionError, match="body is truncated"):
            call(connect(encoded(body[:-9], coding), retries=ONCE))
    with pytest.raises(APIConnectionError, match="body is truncated"):
        download(connect(stored(gzip.compress(b"file")[:-9], coding)), tmp_path / "f")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("coding", PLAIN, ids=repr)
def test_no_coding_is_not_decoded(connect, tmp_path, coding):
    assert get(connect(encoded(BUILD, coding))) == 7
    assert log(connect(encoded(b"log", coding))) == b"log"
    assert download(connect(stored(b"file", coding)), tmp_path / "f") == b"file"


@pytest.mark.parametrize("length", [None, -5], ids=["whole", "truncated"])
@pytest.mark.parametrize("coding", OTHER)
def test_a_coding_that_was_not_requested_is_refused(connect, tmp_path, coding, length):
    """The HTTP libraries decode most of these, and do not notice the truncation of any."""
    text = f"Content-Encoding '{coding}', which was not requested"
    for call, body in ((get, BUILD), (log, b"log\n" * 5000)):
        script = encoded(zlib.compress(body)[:length], coding)
        with pytest.raises(DecodeError, match=rf"^get\w+: the response has {text}"):
            call(connect(script))
        assert len(script.requests) == 1  # The server would not choose another coding for a retry.
    with pytest.raises(DownloadError, match=text):
        download(connect(stored(zlib.compress(b"file")[:length], coding)), tmp_path / "f")
    assert list(tmp_path.iterdir()) == []


def test_the_refusal_is_raised_whenever_the_body_is_read(connect):
    with connect(encoded(zlib.compress(b"log"), "deflate")).jobs.stream_log("acme", "job") as stream:
        for _ in range(2):
            with pytest.raises(DecodeError, match="deflate"):
                stream.read()


def test_an_error_status_is_reported_in_every_coding(connect):
    with pytest.raises(NotFoundError) as caught:
        get(connect(encoded(b"\x8f\x08\x80", "br", status=404)))
    assert caught.value.content == b"\x8f\x08\x80"


def test_a_redirect_is_reported_in_every_coding(connect):
    headers = {"Content-Encoding": "br", "Location": "https://other.example/v2/"}
    script = Script(lambda _: httpx.Response(302, headers=headers, stream=Pieces(b"\x8f\x08\x80")))
    with pytest.raises(APIStatusError, match=r"^getBuild: 302: the response redirects to https://other\.example"):
        get(connect(script))


def test_no_body_needs_no_decoding(connect):
    script = Script(lambda _: httpx.Response(200, headers={"Content-Encoding": "br", "Content-Length": "9"}))
    assert connect(script).jobs.head_log("acme", "job")["content-length"] == "9"


@pytest.mark.parametrize("library", [httpx, httpx2])
def test_a_response_that_was_made_with_its_body_is_decoded_already(library):
    packed = library.Response(200, headers={"Content-Encoding": "deflate"}, content=zlib.compress(BUILD))
    transport = library.MockTransport(lambda _: packed)
    with Buildkite("token", http_client=library.Client(transport=transport)) as client:
        assert get(client) == 7


@pytest.mark.parametrize(
    "own", [None, {"Accept-Encoding": "br, zstd, gzip, deflate"}], ids=["default", "of-the-caller"]
)
def test_requests_accept_gzip_only(connect, own):
    script = Script(answer(build(7)))
    get(connect(script, http={"headers": own} if own else None))
    assert script.requests[0].headers.get_list("Accept-Encoding") == ["gzip"]


def test_a_range_is_one_of_the_plain_bytes(connect):
    script = Script(lambda _: httpx.Response(206, stream=Pieces(b"end")))
    with connect(script).jobs.stream_log("acme", "job", range_="bytes=-3") as stream:
        assert stream.read() == b"end"
    assert script.requests[0].headers.get_list("Accept-Encoding") == ["identity"]


def test_downloads_accept_no_coding(connect, tmp_path):
    """A body without one has a length, and can be resumed."""
    script = stored(b"file", "identity")
    download(connect(script, http={"headers": {"Accept-Encoding": "br"}}), tmp_path / "f")
    assert script.requests[-1].headers.get_list("Accept-Encoding") == ["identity"]
