"""Bodies of responses: streams, and what becomes of a body with each `Content-Encoding`."""

import gzip
import hashlib
import json
import tracemalloc
import zlib

import httpx
import pytest
from tests.unit.client.support import Chunks, Script, build, response

from buildkite_rest import (
    APIConnectionError,
    APITimeoutError,
    DecodeError,
    DownloadError,
    NotFoundError,
)

LOG = "~~~ Preparing\nschön\n\xa0last line without an end".encode()


def streamed(body, status=200, **headers):
    return Script(lambda _: httpx.Response(status, stream=body, headers=headers))


def log_of(client, **options):
    return client.jobs.stream_log("acme", "job", **options)


def test_a_log_is_read_in_chunks(connect):
    """Nothing is read before it is asked for, or a large log would be held in memory."""
    body = Chunks(b"one", b"two", b"three")
    with log_of(connect(streamed(body))) as stream:
        assert body.given == 0
        chunks = iter(stream)
        assert [next(chunks), next(chunks)] == [b"one", b"two"]
        assert body.given == 2
    assert body.closed


def test_lines(connect):
    """A line may be split anywhere, even inside of a character."""
    middle = LOG.index("ö".encode()) + 1
    with log_of(connect(streamed(Chunks(LOG[:middle], LOG[middle:])))) as stream:
        assert list(stream.lines()) == ["~~~ Preparing", "schön", "\xa0last line without an end"]


STOPS = {
    "chunks": (lambda stream: next(iter(stream)), [b"a\nb", b"c\nd\n", b"e"], b"c\nd\ne"),
    "lines": (lambda stream: next(iter(stream.lines())), [b"a\nb", b"c\nd\n", b"e"], b"bc\nd\ne"),
    "lines-in-the-middle-of-a-chunk": (lambda stream: next(iter(stream.lines())), [b"a\nb\nc"], b"b\nc"),
    "all": (lambda stream: stream.read(), [b"a", b"b"], b""),
}


@pytest.mark.parametrize(("stop", "given", "rest"), STOPS.values(), ids=STOPS)
def test_reading_continues_after_a_stop(connect, stop, given, rest):
    with log_of(connect(streamed(Chunks(*given)))) as stream:
        stop(stream)
        assert stream.read() == rest
        assert stream.read() == b""


@pytest.mark.parametrize(
    ("failure", "error", "reason"),
    [
        (httpx.ReadError("connection reset"), APIConnectionError, "connection reset"),
        (httpx.ReadTimeout("timed out"), APITimeoutError, "read timed out after 5 s"),
    ],
    ids=["ReadError", "ReadTimeout"],
)
def test_a_body_that_breaks_off(connect, failure, error, reason):
    body = Chunks(b"one\n", failure)
    script = streamed(body)
    with (
        pytest.raises(error, match=f"^getJobLog: .*: the response broke off: {reason}$"),
        log_of(connect(script)) as log,
    ):
        list(log.lines())
    assert body.closed
    assert len(script.requests) == 1  # Half of it is given away already, so it cannot be tried again.


def test_an_error_status_is_raised_before_the_body(connect):
    script = Script(response({"message": "No log found"}, 404))
    with pytest.raises(NotFoundError, match="No log found"), log_of(connect(script)):
        raise AssertionError("there is no stream")


@pytest.mark.parametrize(
    ("name", "accept"), [("stream_log", "text/plain"), ("stream_log_html", "text/html")], ids=["plain", "html"]
)
def test_the_media_type_is_sent_in_accept(connect, name, accept):
    script = streamed(Chunks(b"x"))
    with getattr(connect(script).jobs, name)("acme", "job"):
        pass
    assert script.requests[0].headers["Accept"] == accept


def test_a_range_is_sent(connect):
    script = streamed(Chunks(b"end"), status=206)
    with log_of(connect(script), range_="bytes=-3") as stream:
        assert (stream.status, stream.read()) == (206, b"end")
    assert script.requests[0].headers["Range"] == "bytes=-3"


def test_the_head_of_a_log_is_its_headers(connect):
    script = Script(httpx.Response(200, headers={"Content-Length": "12345"}))
    assert connect(script).jobs.head_log("acme", "job")["content-length"] == "12345"
    assert script.requests[0].method == "HEAD"


PIECE = b"a line of a log\n" * 4096
PIECES = 800
LARGE = PIECES * len(PIECE)


class Large(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A log of 50 MB that is never whole."""

    def __iter__(self):
        for _ in range(PIECES):
            yield bytes(PIECE)

    async def __aiter__(self):
        for chunk in self:
            yield chunk


def test_a_large_log_needs_little_memory(connect):
    with log_of(connect(streamed(Large()))) as stream:
        chunks = iter(stream)
        next(chunks)  # What is imported for the first chunk is not the log's.
        tracemalloc.start()
        try:
            assert sum(len(chunk) for chunk in chunks) == LARGE - len(PIECE) > 50_000_000
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 4_000_000


def test_a_broken_or_closed_stream_raises_on_every_read(connect):
    with log_of(connect(streamed(Chunks(b"one", httpx.ReadError("reset"))))) as stream:
        for _ in range(2):
            with pytest.raises(APIConnectionError, match="reset"):
                stream.read()
    with log_of(connect(streamed(Chunks(b"one")))) as stream:
        pass
    with pytest.raises(ValueError, match="the stream is closed"):
        stream.read()


BUILD = json.dumps(build(7)).encode()
STORAGE = "https://storage.example/x"
GZIP = ["gzip", " GZIP "]
PLAIN = ["", "identity", " Identity"]
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


@pytest.mark.parametrize("coding", GZIP, ids=repr)
def test_a_log_has_no_coding(connect, coding):
    """The libraries return a part of a stream of gzip that is cut off."""
    script = encoded(gzip.compress(b"log")[:-9], coding)
    with pytest.raises(DecodeError, match="which was not requested"):
        log(connect(script))
    with pytest.raises(DecodeError, match="which was not requested"):
        connect(script).request("GET", "/v2/log", response_type=bytes)
    assert {each.headers["Accept-Encoding"] for each in script.requests} == {"identity"}


@pytest.mark.parametrize("coding", PLAIN, ids=repr)
def test_no_coding_is_not_decoded(connect, tmp_path, coding):
    assert get(connect(encoded(BUILD, coding))) == 7
    assert log(connect(encoded(b"log", coding))) == b"log"
    assert download(connect(stored(b"file", coding)), tmp_path / "f") == b"file"


@pytest.mark.parametrize("length", [None, -5], ids=["whole", "truncated"])
@pytest.mark.parametrize("coding", OTHER)
def test_a_coding_that_was_not_requested_is_refused(connect, coding, length):
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
    assert len([request for request in script.requests if request.url.host == "storage.example"]) == (
        1 if call is stream else 3
    )
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
    with pytest.raises(NotFoundError):
        get(connect(encoded(b"\x8f\x08\x80", "br", status=404)))


@pytest.mark.parametrize(
    "own", [None, {"Accept-Encoding": "br, zstd, gzip, deflate"}], ids=["default", "of-the-caller"]
)
def test_requests_for_json_accept_gzip_only(connect, own):
    script = Script(response(build(7)))
    get(connect(script, http={"headers": own} if own else None))
    assert script.requests[0].headers.get_list("Accept-Encoding") == ["gzip"]


def test_downloads_accept_no_coding(connect, tmp_path):
    """A body without one has a length, and can be resumed."""
    script = stored(b"file", "identity")
    download(connect(script, http={"headers": {"Accept-Encoding": "br"}}), tmp_path / "f")
    assert script.requests[-1].headers.get_list("Accept-Encoding") == ["identity"]
