"""The last lines of a log are read from its end."""

import httpx
import pytest
from tests.unit.client.support import Script
from tests.unit.client.test_follow_log import ranged

from buildkite_rest import DecodeError

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
