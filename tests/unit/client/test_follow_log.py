"""The log of a job is read while it grows, nothing twice and nothing not at all."""

import random
import re

import httpx
import pytest
from tests.each import check_each
from tests.unit.client.support import API, Pieces, Script, answer

from buildkite_rest import (
    APIConnectionError,
    DecodeError,
    NotFoundError,
    RetryPolicy,
    WaitTimeoutError,
)
from buildkite_rest._base.errors import SentRequest
from buildkite_rest._resources.log_reader import LogReader

BROKEN = httpx.ReadError("connection reset")
LARGE = b"".join(b"%099d\n" % number for number in range(2_000))


def ranged(log, wanted):
    """Answer a suffix range as the API does."""
    if not log:
        return answer({"message": "The log is empty"}, 416)
    first = max(0, len(log) - int(re.fullmatch(r"bytes=-([1-9]\d*)", wanted)[1]))
    headers = {"Content-Range": f"bytes {first}-{len(log) - 1}/{len(log)}"}
    return httpx.Response(206, content=log[first:], headers=headers)


class Running:
    """A job that is in the next state, with the next log, each time that somebody looks at it."""

    def __init__(self, *looks, answer=lambda log, request: ranged(log, request.headers["Range"])):
        self._looks = list(looks)
        self._answer = answer
        self.log = b""
        self.ranges = []

    def __call__(self, request):
        if request.url.path.endswith("/log"):
            assert request.headers["Accept"] == "text/plain"
            self.ranges.append(request.headers["Range"])
            return self._answer(self.log, request)
        state, self.log = self._looks.pop(0) if len(self._looks) > 1 else self._looks[0]
        fields = state if isinstance(state, dict) else {"state": state}
        return answer({"id": "job-1", "type": "script", **fields})


def follow(client, **options):
    return client.jobs.follow_log("acme", "job-1", **options)


def lines_of(connect, job):
    return list(follow(connect(job)))


def lines(connect, *looks, **options):
    return list(follow(connect(Running(*looks, **options))))


def test_lines_are_given_as_they_come(connect, clock):
    client = connect(
        Running(("running", b"one\n"), ("running", b"one\ntwo\nthree\n"), ("passed", b"one\ntwo\nthree\n"))
    )
    seen = [(line, len(clock.sleeps)) for line in follow(client)]
    assert seen == [("one", 0), ("two", 1), ("three", 1)]
    assert clock.sleeps == [1.0, 1.0]


def test_nothing_is_sent_before_the_first_line_is_wanted(connect):
    job = Running(("passed", b"one\n"))
    follow(connect(job))
    assert job.ranges == []


def test_a_finished_job_is_read_once(connect, clock):
    assert lines(connect, ("passed", b"one\ntwo\n")) == ["one", "two"]
    assert clock.sleeps == []


def test_the_last_lines_are_read(connect):
    """The job is asked first: that it is over then means that its log is complete."""
    job = Running(("running", b"one\n"), ("passed", b"one\ntwo\n"))
    assert list(follow(connect(job))) == ["one", "two"]
    assert len(job.ranges) == 2


def test_an_incomplete_line_waits_for_its_end(connect):
    looks = [
        ("running", b"one\ntw"),
        ("running", b"one\ntwo"),
        ("running", b"one\ntwo\nthr"),
        ("failed", b"one\ntwo\nthree"),
    ]
    assert lines(connect, *looks) == ["one", "two", "three"]


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        (b"a\r\nb\r\n", ["a", "b"]),
        (b"10 %\r20 %\r\n", ["10 %\r20 %"]),
        (b"\n\na\n\n", ["", "", "a", ""]),
        (b"a\x0bb\xc2\x85c\xe2\x80\xa8d\n", ["a\x0bb\x85c\u2028d"]),
        (b"caf\xe9\n", ["caf\ufffd"]),
        (b"\x1b[32mok\x1b[0m", ["\x1b[32mok\x1b[0m"]),
        (b"a\r", ["a\r"]),
    ],
    ids=["crlf", "progress", "empty", "other-ends", "not-utf-8", "escapes", "no-end"],
)
def test_lines_end_with_a_line_feed(connect, log, expected):
    assert lines(connect, ("passed", log)) == expected


def test_a_character_is_split_across_chunks(connect):
    text = "größer ✓\n".encode()
    cut = len(text) - 3
    assert lines(connect, ("running", text[:cut]), ("passed", text)) == ["größer ✓"]


def test_an_empty_log_has_no_lines(connect):
    assert lines(connect, ("scheduled", b""), ("running", b""), ("passed", b"")) == []


def test_a_large_log_is_read_whole_and_then_only_its_end(connect):
    job = Running(("running", LARGE), ("running", LARGE), ("passed", LARGE + b"the end\n"))
    assert list(follow(connect(job))) == [*LARGE.decode().split("\n")[:-1], "the end"]
    assert job.ranges == ["bytes=-4096", f"bytes=-{len(LARGE) + 65_536}", "bytes=-4096", "bytes=-4096"]


def test_a_log_that_grows_between_requests_is_read_without_gaps(connect):
    """Each answer finds it a megabyte longer than it was before."""
    job = Running(("passed", b""))
    whole = b"".join(b"%0999d\n" % number for number in range(10_000))

    def grown(_, request):
        return ranged(whole[: len(job.ranges) * 1_000_000], request.headers["Range"])

    job._answer = grown
    found = "\n".join(follow(connect(job)))
    assert len(found) >= 1_000_000
    assert whole.decode().startswith(found)
    assert len(job.ranges) <= 6


def test_a_range_that_is_too_short_is_an_error(connect):
    """A larger range brings no more of a log that is longer than what is given of it."""
    job = Running(("passed", LARGE))
    job._answer = lambda log, _: ranged(log, "bytes=-100")
    with pytest.raises(DecodeError, match=r"^getJobLog: the responses do not reach back to the bytes .* before$"):
        list(follow(connect(job)))
    assert len(job.ranges) == 2


def test_a_range_that_is_too_short_for_a_growing_log_is_an_error(connect):
    job = Running(("running", LARGE))
    job._answer = lambda log, _: ranged(log * len(job.ranges), "bytes=-100")
    with pytest.raises(DecodeError, match="do not reach back"):
        list(follow(connect(job)))
    assert len(job.ranges) == 2


def test_ranges_do_not_grow_for_ever(connect):
    """Each answer brings a little more, and never enough."""
    job = Running(("running", LARGE))
    job._answer = lambda log, _: ranged(log, f"bytes=-{len(job.ranges)}")
    with pytest.raises(DecodeError, match="do not reach back"):
        list(follow(connect(job)))
    assert job.ranges == ["bytes=-4096", *[f"bytes=-{len(LARGE) + 4096 * 16**gaps}" for gaps in (1, 2, 3, 4)]]


def test_each_poll_can_have_gaps(connect):
    job = Running(("running", LARGE), ("running", LARGE * 2), ("running", LARGE * 3), ("passed", LARGE * 4))
    assert list(follow(connect(job))) == LARGE.decode().split("\n")[:-1] * 4


def test_gaps_count_towards_the_timeout(connect, clock):
    job = Running(("passed", LARGE))

    def slow(log, request):
        clock.now += 3
        return ranged(log, f"bytes=-{len(job.ranges)}")

    job._answer = slow
    with pytest.raises(WaitTimeoutError, match=r"^job job-1 has finished, but its log could not be fetched after 5 s$"):
        list(follow(connect(job), timeout=5))
    assert len(job.ranges) == 2


@pytest.mark.parametrize("left", [b"", b"new\n"], ids=["nothing", "something"])
def test_a_log_that_was_deleted_is_read_from_its_start(connect, left):
    looks = [("running", b"old one\nold two, half"), ("running", left), ("passed", b"new\nnewer\n")]
    assert lines(connect, *looks) == ["old one", "new", "newer"]


def test_a_log_that_became_a_little_shorter_is_read_from_its_start(connect):
    """The range that was requested does not reach back to the start."""
    looks = [("running", LARGE), ("passed", LARGE[100:])]
    expected = LARGE.decode().split("\n")[:-1]
    assert lines(connect, *looks) == [*expected, *expected[1:]]


@pytest.mark.parametrize(
    "headers",
    [{}, {"Content_Range": "bytes */14"}, {"Content_Range": "bytes */*"}, {"Content_Range": "?"}],
    ids=["none", "same-size", "no-size", "invalid"],
)
def test_a_416_without_a_shorter_size_repeats_nothing(connect, headers):
    """The log has 14 bytes, and had them before."""
    log = b"one\ntwo\nthree\n"
    job = Running(("running", log), ("running", log), ("running", log), ("passed", log + b"four\n"))

    def refused_once(log, request):
        return answer({}, 416, **headers) if len(job.ranges) == 2 else ranged(log, request.headers["Range"])

    job._answer = refused_once
    assert list(follow(connect(job))) == ["one", "two", "three", "four"]


@pytest.mark.parametrize("refused", [1, 2, 3])
@pytest.mark.parametrize("headers", [{}, {"Content_Range": "bytes */14"}, {"Content_Range": "?"}])
def test_no_line_is_lost_by_a_416_for_the_last_request(connect, refused, headers):
    """The log of a job that has finished is requested once more, since there is no next poll."""
    log = b"one\ntwo\nthree\n"
    job = Running(*[("running", b"")] * (refused - 1), ("passed", log))

    def refused_once(log, request):
        return answer({}, 416, **headers) if len(job.ranges) == refused else ranged(log, request.headers["Range"])

    job._answer = refused_once
    assert lines_of(connect, job) == ["one", "two", "three"]
    assert len(job.ranges) == refused + 1


@pytest.mark.parametrize(("headers", "requests"), [({}, 2), ({"Content_Range": "bytes */0"}, 1)], ids=["two", "empty"])
def test_the_log_of_a_finished_job_that_is_refused_is_empty(connect, headers, requests):
    job = Running(("passed", b""), answer=lambda _, __: answer({}, 416, **headers))
    assert lines_of(connect, job) == []
    assert len(job.ranges) == requests


@pytest.mark.parametrize(
    ("polls", "headers"), [(1, {"Content_Range": "bytes */0"}), (2, {}), (3, {})], ids=["size", "two", "three"]
)
def test_a_log_that_was_deleted_is_read_from_its_start_when_it_is_longer_then(connect, polls, headers):
    """One 416 without a size may be an error of the server."""
    job = Running(("running", b"old\n"), *[("running", b"")] * polls, ("passed", b"new\nand longer\n"))
    job._answer = lambda log, request: ranged(log, request.headers["Range"]) if log else answer({}, 416, **headers)
    assert list(follow(connect(job))) == ["old", "new", "and longer"]


@pytest.mark.parametrize(
    ("job", "expected"),
    [
        ({"id": "job-1", "type": "dream", "state": "passed"}, ["one"]),
        ({"type": "dream", "finished_at": "2026-03-02T09:15:00Z"}, ["one"]),
        ({"state": "failed"}, ["one"]),
        ({"type": "script", "state": "passed"}, ["one"]),
    ],
    ids=str,
)
def test_a_job_of_an_unknown_type_is_followed_to_its_end(connect, job, expected):
    assert lines(connect, (job, b"one\n")) == expected


@pytest.mark.parametrize(
    ("job", "status"),
    [
        ({"type": "dream", "state": "light"}, "job job-1 is still light"),
        ({"type": "dream"}, "job job-1 has no state"),
        ({"type": "script"}, "job job-1 has no state"),
        ({}, "job job-1 has no state"),
    ],
    ids=str,
)
def test_a_job_of_an_unknown_type_that_does_not_end(connect, job, status):
    client = connect(lambda request: ranged(b"", "") if "/log" in request.url.path else answer(job))
    with pytest.raises(WaitTimeoutError, match=f"^{status} after 2 s$"):
        list(follow(client, timeout=2))


def test_a_broken_response_is_continued_by_the_next(connect, clock):
    log = b"one\ntwo\nthree\n"
    job = Running(("passed", log))

    def breaking(log, request):
        given = ranged(log, request.headers["Range"])
        if len(job.ranges) == 1:
            stream = Pieces(log[:6], BROKEN)
            return httpx.Response(206, headers={"Content-Range": given.headers["Content-Range"]}, stream=stream)
        return given

    job._answer = breaking
    assert list(follow(connect(job))) == ["one", "two", "three"]
    assert len(job.ranges) == 2
    assert clock.sleeps == []


def test_a_broken_response_without_bytes_is_an_error(connect):
    def breaking(log, _):
        headers = {"Content-Range": f"bytes 0-{len(log) - 1}/{len(log)}"}
        return httpx.Response(206, headers=headers, stream=Pieces(BROKEN))

    with pytest.raises(APIConnectionError, match="the response broke off"):
        lines(connect, ("passed", b"one\n"), answer=breaking)


def test_no_response_is_an_error(connect):
    def refuse(*_):
        raise httpx.ConnectError("no route")

    client = connect(Running(("passed", b"one\n"), answer=refuse), retries=RetryPolicy(max_retries=0))
    with pytest.raises(APIConnectionError, match="no route"):
        list(follow(client))


def test_a_truncated_response_is_completed(connect):
    """Some proxies end an answer early without a sign of it."""
    job = Running(("passed", b"one\ntwo\nthree\n"))

    def short(log, request):
        given = ranged(log, request.headers["Range"])
        content = given.content[:6] if len(job.ranges) == 1 else given.content
        return httpx.Response(206, headers={"Content-Range": given.headers["Content-Range"]}, content=content)

    job._answer = short
    assert list(follow(connect(job))) == ["one", "two", "three"]


def test_an_empty_response_is_left_for_the_next_poll(connect, clock):
    def nothing(log, request):
        return httpx.Response(206, headers={"Content-Range": f"bytes 0-3/{len(log)}"}, content=b"")

    with pytest.raises(DecodeError, match="lack the end of the log"):
        lines(connect, ("running", b"one\n"), ("passed", b"one\n"), answer=nothing)
    assert clock.sleeps == [1.0]


LACKING = {
    "empty": (206, {"Content-Range": "bytes 0-149/150"}, b""),
    "short": (206, {"Content-Range": "bytes 0-149/150"}, b"a line\nhalf a line"),
    "refused": (416, {"Content-Range": "bytes */150"}, b""),
    "no content": (204, {}, b""),
    "backwards": (206, {"Content-Range": "bytes 5-3/150"}, b""),
}


@pytest.mark.parametrize(("status", "headers", "content"), LACKING.values(), ids=LACKING)
def test_a_finished_log_without_its_end_is_an_error(connect, status, headers, content):
    def lacking(_log, _request):
        return httpx.Response(status, headers=headers, content=content)

    found = []
    with pytest.raises(DecodeError, match=r"lack the end of the log|its status is 204|no valid Content-Range"):
        found.extend(follow(connect(Running(("passed", b""), answer=lacking))))
    assert "half a line" not in found


def test_a_server_without_ranges_sends_the_whole_log(connect):
    looks = [("running", b"one\n"), ("running", b"one\ntwo\n"), ("passed", b"one\ntwo\n")]
    assert lines(connect, *looks, answer=lambda log, _: httpx.Response(200, content=log)) == ["one", "two"]


@pytest.mark.parametrize("headers", [{}, {"Content-Range": "bytes */4"}, {"Content-Range": "lines 0-3/4"}], ids=str)
def test_a_206_without_a_valid_range_is_an_error(connect, headers):
    with pytest.raises(DecodeError, match="no valid Content-Range"):
        lines(connect, ("passed", b"one\n"), answer=lambda log, _: httpx.Response(206, content=log, headers=headers))


def test_other_refusals_are_raised(connect):
    with pytest.raises(NotFoundError):
        lines(connect, ("running", b""), answer=lambda *_: answer({"message": "No log"}, 404))
    with pytest.raises(NotFoundError):
        list(follow(connect(Script(answer({"message": "No job"}, 404)))))


def test_following_ends_in_time(connect, clock):
    found = iter(follow(connect(Running(("running", b"one\n"))), timeout=5, interval=2))
    assert next(found) == "one"
    with pytest.raises(WaitTimeoutError, match=r"^job job-1 is still running after 5 s$"):
        next(found)
    assert clock.sleeps == [2, 2, 1]


def test_the_rate_limit_slows_polling_down(connect, clock):
    """A look takes three requests at most, so that what is left is worth a third of the looks."""
    low = {"RateLimit-Limit": "200", "RateLimit-Remaining": "8", "RateLimit-Reset": "60"}

    def limited(log, request):
        given = ranged(log, request.headers["Range"])
        return httpx.Response(206, headers={**given.headers, **low}, content=given.content)

    assert lines(connect, ("running", b"one\n"), ("passed", b"one\n"), answer=limited) == ["one"]
    assert clock.sleeps == [20.0]


def test_a_body_that_is_larger_than_its_range_is_refused_before_its_end(connect):
    body = Pieces(b"one\n", b"x" * 100, b"never read")

    def oversized(_log, _request):
        return httpx.Response(206, headers={"Content-Range": "bytes 0-3/4"}, stream=body)

    with pytest.raises(DecodeError, match="the response body is larger than its Content-Range"):
        lines(connect, ("running", b"one\n"), answer=oversized)
    assert body.given == 2
    assert body.closed


def test_an_invalid_interval_is_refused_immediately(connect):
    with pytest.raises(ValueError, match="interval"):
        follow(connect(Running(("passed", b""))), interval=0)


_BROKEN = APIConnectionError("reset", SentRequest("getJobLog", "GET", f"{API}/", 1), may_have_been_processed=True)


def test_random_logs_are_read_completely():
    check_each({f"seed {seed}": (seed,) for seed in range(200)}, check_random_log)


def check_random_log(seed):
    """Growth before, between and during answers, pieces of all sizes, and bodies that break off."""
    luck = random.Random(seed)
    whole = b"".join(luck.choice([b"a", b"bc\n", b"\xc3\xa9", b"\n", b"x" * 5000, b"y\n" * 900]) for _ in range(60))
    grown = 0
    log, found = LogReader(), []
    for last in [*[False] * 8, True]:
        wanted = log.start_poll()
        while wanted is not None:
            grown = len(whole) if last else min(len(whole), grown + luck.choice([0, 1, 700, 9000, 90_000]))
            given = ranged(whole[:grown], wanted)
            if given.status_code == 416:
                break
            log.start_response(given.status_code, given.headers)
            body, broken = given.content, False
            while body and not broken:
                size = luck.choice([1, 3, 4000, len(body)])
                found += log.lines(body[:size])
                body = body[size:]
                broken = luck.random() < 0.1
            if broken:
                try:
                    wanted = log.handle_interruption(_BROKEN)
                except APIConnectionError:
                    wanted = log.start_poll()
            else:
                wanted = log.next_range(is_finished=last)
    found += log.end()
    expected = whole.decode().split("\n")
    assert found == (expected if expected[-1] else expected[:-1])


def test_a_log_that_comes_byte_by_byte_without_end_is_read_with_pauses(connect, clock):
    """One look has up to a hundred requests, and from then on a pause before each."""

    def one_byte(_, request):
        seen.append(request)
        headers = {"Content-Range": f"bytes {len(seen) - 1}-999999999/1000000000"}
        return httpx.Response(206, content=b"\n", headers=headers)

    seen = []
    found = iter(follow(connect(Running(("running", b""), answer=one_byte)), interval=2.0))
    assert [next(found) for _ in range(130)] == [""] * 130
    assert clock.sleeps == [2.0] * 30


def test_the_page_of_a_proxy_is_not_a_log(connect):
    job = Running(("passed", b""), answer=lambda *_: httpx.Response(200, html="<p>Sign in</p>"))
    with pytest.raises(DecodeError, match="the response is not a log: its Content-Type is 'text/html'"):
        lines_of(connect, job)
