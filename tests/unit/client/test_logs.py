"""Parsing of job logs: lines, groups, times and control sequences."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest

from buildkite_rest import logs
from buildkite_rest.logs import strip

START = 1_767_225_600_000  # 2026-01-01


def at(seconds):
    """Return the stamp that the agent writes `seconds` after the start."""
    return f"\x1b_bk;t={START + int(seconds * 1000)}\x07"


def moment(seconds):
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)


LOG = (
    "starting\r\n"
    f"{at(0)}~~~ Preparing\r\n"
    f"{at(1)}$ git clone\r\n"
    f"{at(3)}--- :gear: \x1b[33mBuild\x1b[0m\r\n"
    f"{at(4)}step 1\r\n"
    f"{at(5)}step 2{at(6.5)} slow\r\n"
    f"{at(7)}^^^ +++\r\n"
    f"{at(8)}failed\r\n"
    f"{at(9.25)}+++ Tests\r\n"
    f"{at(10)}1 passed\r\n"
)


async def _async(items):
    for item in items:
        yield item


def collect(function, items, **options):
    """Return what an asynchronous function yields."""

    async def run():
        return [each async for each in function(_async(items), **options)]

    return asyncio.run(run())


def test_lines_have_their_text_time_and_number():
    found = list(logs.lines(LOG))
    assert found[0] == logs.LogLine("starting", None, 1)
    assert found[3] == logs.LogLine("--- :gear: Build", moment(3), 4)
    assert found[5] == logs.LogLine("step 2 slow", moment(5), 6)
    assert len(found) == 10
    assert list(logs.lines("")) == list(logs.groups(b"")) == []


def test_groups_have_their_lines_and_durations():
    before, prepare, build, tests = logs.groups(LOG)
    assert (before.name, before.kind, before.duration, before.started_at) == (None, "expanded", None, None)
    assert [line.text for line in before.lines] == ["starting"]
    assert (prepare.name, prepare.kind, prepare.expanded) == ("Preparing", "muted", False)
    assert prepare.duration == timedelta(seconds=3)
    assert (build.name, build.kind, build.expanded, build.number) == (":gear: Build", "collapsed", True, 4)
    assert [line.text for line in build.lines] == ["step 1", "step 2 slow", "failed"]
    assert (build.started_at, build.ended_at) == (moment(3), moment(9.25))
    assert (tests.kind, tests.expanded, tests.duration) == ("expanded", True, timedelta(seconds=0.75))


ERROR = "\x1b[31m🚨 Error: The command exited with status 1\x1b[0m"
HOOK = ("~~~ Running global pre-exit hook", "$ /hooks/pre-exit")
FAILURES = {
    "command": (["--- Tests", "1 failed", "^^^ +++", ERROR, "^^^ +++", *HOOK], [True, False]),
    "its own group": (["--- Setup", "+++ Failures", "one", "^^^ +++", ERROR, *HOOK], [False, True, False]),
    "hook": ([HOOK[0], ERROR, "^^^ +++"], [True]),
    "words of a program": (["+++ Tests", ERROR, "", *HOOK], [False, False]),
    "another group": (["--- Tests", ERROR, *HOOK, "^^^ +++"], [False, False]),
}


@pytest.mark.parametrize(("lines", "failed"), FAILURES.values(), ids=FAILURES)
def test_the_group_in_which_the_agent_reports_an_error_has_failed(lines, failed):
    assert [group.failed for group in logs.groups(lines, keep_lines=0)] == failed


def chunks(data, size):
    return [data[start : start + size] for start in range(0, len(data), size)]


SOURCES = {
    "lines": LOG.splitlines(),
    "lines with ends": LOG.splitlines(keepends=True),
    "several lines": ["".join(part) for part in chunks(LOG.splitlines(keepends=True), 3)],
    "bytes": chunks(LOG.encode(), 7),
}


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_a_log_may_be_lines_or_chunks(source):
    lines, groups = list(logs.lines(LOG)), list(logs.groups(LOG))
    assert list(logs.lines(iter(source))) == collect(logs.async_lines, source) == lines
    assert list(logs.groups(source)) == collect(logs.async_groups, source) == groups
    assert list(logs.lines(LOG.encode())) == lines


@pytest.mark.parametrize("keep", [0, 2, 100])
def test_the_last_lines_of_a_group_are_kept(keep):
    text = "--- a\n" + "".join(f"{number}\n" for number in range(10))
    [group] = logs.groups(text, keep_lines=keep)
    assert group.line_count == 10
    assert [line.text for line in group.lines] == [str(number) for number in range(10)][-keep or 10 :]
    assert collect(logs.async_groups, [text], keep_lines=keep) == [group]


SHOWN = {
    "colours": ("\x1b[1;31mred\x1b[0m \x1b[38:5:12mblue", "red blue"),
    "carriage return": ("50% (1/2)\r100% done\x1b[K", "100% done"),
    "shorter text leaves the rest": ("abcdef\rxy", "xycdef"),
    "erase the line": ("abc\x1b[2K\rxyz", "xyz"),
    "backspace": ("abc\b\bx", "axc"),
    "cursor forward": ("a\x1b[3Cb", "a   b"),
    "link": ("see \x1b]1339;url='https://example.com/a;b';content=report\x07.", "see report."),
    "link without text": ("\x1b]1339;url=https://example.com/\x07", "https://example.com/"),
    "image": ("\x1b]1338;url=artifact://a.png;alt=a plot\x07", "a plot"),
    "file": ("\x1b]1337;File=name=YQ==;inline=1:AAAA\x07a", "a"),
    "control characters": ("a\x00\x01\x7f\x07b\tc", "ab\tc"),
    "unterminated title": ("a\x1b]0;title", "a0;title"),
    "surrogates and emoji": ("\ud800 🚀 e\u0301", "\ud800 🚀 e\u0301"),
}


@pytest.mark.parametrize(("raw", "shown"), SHOWN.values(), ids=SHOWN)
def test_a_line_is_what_a_terminal_shows(raw, shown):
    assert strip(raw) == shown
    [line] = logs.lines(raw)
    assert line.text == shown


def test_an_unterminated_sequence_hides_no_other_line():
    assert strip("a\x1b]0;t\nb\x07\n\x1b_bk;t=1\nc\x07") == "a0;t\nb\nbk;t=1\nc"


TIMES = {
    "two stamps": (f"a{at(2)}b{at(3)}c", 2),
    "terminator": (f"{at(2)[:-1]}\x1b\\a", 2),
    "other keys": (f"\x1b_bk;x=1;t={START + 2000};y\x07a", 2),
    "difference": (f"{at(1)}a\n\x1b_bk;dt=1500\x07b", 2.5),
    "before the text": (f"\x1b[0m{at(2)}a", 2),
    "too large": ("\x1b_bk;t=999999999999999\x07a", None),
    "no number": ("\x1b_bk;t=soon\x07a", None),
}


@pytest.mark.parametrize(("raw", "seconds"), TIMES.values(), ids=TIMES)
def test_a_line_has_the_first_time_in_it(raw, seconds):
    *_, line = logs.lines(raw)
    assert line.time == (None if seconds is None else moment(seconds))


HEADERS = {
    "--- a": ("a", "collapsed"),
    "+++ a b ": ("a b", "expanded"),
    "~~~  a": ("a", "muted"),
    "\x1b[1m--- a": ("a", "collapsed"),
    "---": None,
    "^^^ +++": None,
}


@pytest.mark.parametrize(("line", "header"), HEADERS.items(), ids=HEADERS)
def test_headers_are_those_of_buildkite(line, header):
    [group] = logs.groups([line])
    assert (group.name, group.kind) == (header or (None, "expanded"))


def test_a_group_before_a_header_without_a_stamp_ends_at_its_last_known_time():
    log = f"{at(1)}x\n--- b\n{at(2)}--- c\n--- d\n{at(3)}y\n--- e\n{at(4)}--- f\n{at(6)}y\n--- g\n"
    durations = [None if group.duration is None else group.duration.seconds for group in logs.groups(log)]
    assert durations == [0, None, 0, 0, None, 2, None]


def test_a_hostile_line_takes_linear_time():
    """Each sequence costs at most the width of a terminal, not the length of the line."""
    started = time.process_time()
    strip("x" * 200_000 + "y\x1b[1K" * 50_000)
    assert time.process_time() - started < 10
