import tracemalloc

import httpx
import pytest
from tests.unit.client.support import Chunks, Script, response

from buildkite_rest import APIConnectionError, APITimeoutError, NotFoundError

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


@pytest.mark.parametrize("last", [httpx.ReadError("closed"), b"two\n"], ids=["broken", "complete"])
def test_lines_are_read_inside_of_the_block(connect, last):
    client = connect(streamed(Chunks(b"one\n", last)))
    with log_of(client) as stream:
        lines = iter(stream.lines())
        assert next(lines) == "one"
    with pytest.raises(ValueError, match="the stream is closed"):
        next(lines)


@pytest.mark.parametrize(
    "way", [list, lambda stream: list(stream.lines()), lambda stream: stream.read()], ids=["chunks", "lines", "read"]
)
@pytest.mark.parametrize(
    ("failure", "error", "reason"),
    [
        (httpx.ReadError("connection reset"), APIConnectionError, "connection reset"),
        (httpx.ReadTimeout("timed out"), APITimeoutError, "read timed out after 5 s"),
    ],
    ids=["ReadError", "ReadTimeout"],
)
def test_a_body_that_breaks_off(connect, way, failure, error, reason):
    body = Chunks(b"one\n", failure)
    script = streamed(body)
    with (
        pytest.raises(error) as caught,
        log_of(connect(script)) as stream,
    ):
        way(stream)
    assert (
        str(caught.value)
        == f"getJobLog: GET /v2/organizations/acme/jobs/job/log: api.buildkite.com: the response broke off: {reason}"
    )
    assert str(caught.value.__cause__) == str(failure)
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
