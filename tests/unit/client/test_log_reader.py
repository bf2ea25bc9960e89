"""The log of a job is read while it grows, each line once; its last lines are read from its end."""

import re

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.client.support import Chunks, Script, reproducible, response

from buildkite_rest import APIConnectionError, DecodeError
from buildkite_rest._resources.log_reader import LogReader

LARGE = b"".join(b"%099d\n" % number for number in range(2_000))


def ranged(log, wanted):
    """Answer a suffix range as the API does."""
    if not log:
        return response({"message": "The log is empty"}, 416)
    first = max(0, len(log) - int(re.fullmatch(r"bytes=-([1-9]\d*)", wanted)[1]))
    headers = {"Content-Range": f"bytes {first}-{len(log) - 1}/{len(log)}"}
    return httpx.Response(206, content=log[first:], headers=headers)


class Running:
    """A job that is in the next state, with the next log, at each poll."""

    def __init__(self, *polls, respond=lambda log, request: ranged(log, request.headers["Range"])):
        self._polls = list(polls)
        self._respond = respond
        self.log = b""
        self.ranges = []

    def __call__(self, request):
        if request.url.path.endswith("/log"):
            assert request.headers["Accept"] == "text/plain"
            self.ranges.append(request.headers["Range"])
            return self._respond(self.log, request)
        state, self.log = self._polls.pop(0) if len(self._polls) > 1 else self._polls[0]
        fields = state if isinstance(state, dict) else {"state": state}
        return response({"id": "job-1", "type": "script", **fields})


def follow(client, **options):
    return client.jobs.follow_log("acme", "job-1", **options)


def lines(connect, *polls, **options):
    return list(follow(connect(Running(*polls, **options))))


def test_lines_are_given_as_they_come(connect, clock):
    client = connect(
        Running(("running", b"one\n"), ("running", b"one\ntwo\nthree\n"), ("passed", b"one\ntwo\nthree\n"))
    )
    seen = [(line, len(clock.sleeps)) for line in follow(client)]
    assert seen == [("one", 0), ("two", 1), ("three", 1)]
    assert clock.sleeps == [1.0, 1.0]


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        (b"a\r\nb\r\n", ["a", "b"]),
        (b"10 %\r20 %\r\n", ["10 %\r20 %"]),
        (b"a\x0bb\xc2\x85c\xe2\x80\xa8d\n", ["a\x0bb\x85c\u2028d"]),
        (b"caf\xe9\n", ["caf\ufffd"]),
        (b"\x1b[32mok\x1b[0m", ["\x1b[32mok\x1b[0m"]),
    ],
    ids=["crlf", "progress", "other-ends", "not-utf-8", "escapes"],
)
def test_lines_end_with_a_line_feed(connect, log, expected):
    assert lines(connect, ("passed", log)) == expected


def test_ranges_do_not_grow_for_ever(connect):
    """Each response has a little more of the log, and never enough."""
    job = Running(("running", LARGE))
    job._respond = lambda log, _: ranged(log, f"bytes=-{len(job.ranges)}")
    with pytest.raises(DecodeError, match=r"^getJobLog: the responses do not reach back to the bytes .* before$"):
        list(follow(connect(job)))
    assert job.ranges == ["bytes=-4096", *[f"bytes=-{len(LARGE) + 4096 * 16**gaps}" for gaps in (1, 2, 3, 4)]]


@pytest.mark.parametrize("left", [b"", b"new\n"], ids=["nothing", "something"])
def test_a_log_that_was_deleted_is_read_from_its_start(connect, left):
    polls = [("running", b"old one\nold two, half"), ("running", left), ("passed", b"new\nnewer\n")]
    assert lines(connect, *polls) == ["old one", "new", "newer"]


LACKING = {
    "empty": (206, {"Content-Range": "bytes 0-149/150"}, b""),
    "short": (206, {"Content-Range": "bytes 0-149/150"}, b"a line\nhalf a line"),
    "no content": (204, {}, b""),
    "no range": (206, {}, b"one\n"),
}


@pytest.mark.parametrize(("status", "headers", "content"), LACKING.values(), ids=LACKING)
def test_a_finished_log_without_its_end_is_an_error(connect, status, headers, content):
    def lacking(_log, _request):
        return httpx.Response(status, headers=headers, content=content)

    found = []
    with pytest.raises(DecodeError, match=r"lack the end of the log|its status is 204|no valid Content-Range"):
        found.extend(follow(connect(Running(("passed", b""), respond=lacking))))
    assert "half a line" not in found


def test_a_server_without_ranges_sends_the_whole_log(connect):
    polls = [("running", b"one\n"), ("running", b"one\ntwo\n"), ("passed", b"one\ntwo\n")]
    assert lines(connect, *polls, respond=lambda log, _: httpx.Response(200, content=log)) == ["one", "two"]


def test_the_rate_limit_slows_polling_down(connect, clock):
    """What is left is spread over the rest of the window."""
    low = {"RateLimit-Limit": "200", "RateLimit-Remaining": "2", "RateLimit-Reset": "60"}

    def limited(log, request):
        given = ranged(log, request.headers["Range"])
        return httpx.Response(206, headers={**given.headers, **low}, content=given.content)

    assert lines(connect, ("running", b"one\n"), ("passed", b"one\n"), respond=limited) == ["one"]
    assert clock.sleeps == [20.0]


GROWTH = st.integers(0, 90_000)
PIECES = st.lists(st.integers(1, 9_000), min_size=1, max_size=20)


@reproducible
@given(
    parts=st.lists(st.sampled_from([b"a", b"bc\n", b"\xc3\xa9", b"\n", b"x" * 5000, b"y\n" * 900]), max_size=60),
    polls=st.lists(st.lists(st.tuples(GROWTH, PIECES, st.booleans()), min_size=1, max_size=3), max_size=8),
)
def test_any_log_is_read_once_and_completely(parts, polls):
    """Whenever it grows, in whatever chunks a body arrives, and wherever it breaks off."""
    whole = b"".join(parts)
    log, found, size = LogReader(), [], 0

    def poll(responses, *, is_finished):
        nonlocal size
        log.start_poll()
        responses = iter(responses)
        while True:
            growth, chunks, breaks = next(responses, (0, [9_000], False))
            size = len(whole) if is_finished else min(len(whole), size + growth)
            given = ranged(whole[:size], log.next_range())
            if given.status_code == 416:
                return
            log.start_response(given.status_code, given.headers)
            body = given.content
            for chunk in chunks if breaks else [*chunks, len(body)]:
                found.extend(log.lines(body[:chunk]))
                body = body[chunk:]
            if body and not log.has_new_bytes:
                return  # the error of a poll, after which there is another
            if not body and log.is_complete(is_finished=is_finished):
                return

    for responses in polls:
        poll(responses, is_finished=False)
    poll([], is_finished=True)
    found += log.end()
    expected = whole.decode().split("\n")
    assert found == (expected if expected[-1] else expected[:-1])


LONG = b"".join(b"line %d\n" % number for number in range(20_000))
KIBIBYTES = 1024


def tail(connect, reply, **options):
    script = Script(lambda request: reply(request) if callable(reply) else reply)
    return connect(script).jobs.tail_log("acme", "job", **options), script


@pytest.mark.parametrize(
    ("log", "lines", "expected"),
    [
        (LONG, 2, ["line 19998", "line 19999"]),
        (b"one\ntwo\r\nthree", 2, ["two", "three"]),
        (b"one\n\x1b[32mtwo\n", 20, ["one", "\x1b[32mtwo"]),
        (b"", 20, []),
        (b"x" * 70_000 + b"\nlast\n", 20, ["last"]),
        (b"x" * 70_000, 20, []),
    ],
    ids=["long", "without a last line end", "fewer lines", "empty", "a cut line", "one cut line"],
)
def test_the_last_lines_are_returned(connect, log, lines, expected):
    assert tail(connect, lambda request: ranged(log, request.headers["Range"]), lines=lines)[0] == expected


@pytest.mark.parametrize(("lines", "size"), [(1, 64 * KIBIBYTES), (100, 100 * KIBIBYTES)])
def test_only_the_end_is_requested(connect, lines, size):
    found, script = tail(connect, lambda request: ranged(LONG * 2, request.headers["Range"]), lines=lines)
    assert (len(found), len(script.requests)) == (lines, 1)
    assert script.requests[0].headers["Range"] == f"bytes=-{size}"


@pytest.mark.parametrize("headers", [{}, {"Content-Range": "bytes */0"}])
def test_a_refused_range_of_an_empty_log_has_no_lines(connect, headers):
    assert tail(connect, httpx.Response(416, headers=headers))[0] == []


def test_the_page_of_a_proxy_is_not_a_log(connect):
    with pytest.raises(DecodeError, match="getJobLog: the response is not a log: its Content-Type is 'text/html'"):
        tail(connect, httpx.Response(200, html="<p>Sign in</p>"))


def test_a_broken_response_without_bytes_is_an_error(connect):
    def breaking(log, _):
        headers = {"Content-Range": f"bytes 0-{len(log) - 1}/{len(log)}"}
        return httpx.Response(206, headers=headers, stream=Chunks(httpx.ReadError("connection reset")))

    with pytest.raises(APIConnectionError, match="the response broke off"):
        lines(connect, ("passed", b"one\n"), respond=breaking)
