"""Reading of logs from texts and iterables, blocking and asynchronous."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, Generator, Iterable
from typing import TypeAlias

from .._base.lines import Lines
from ._group import GroupParser, LogGroup
from ._line import LineParser, LogLine

LogSource: TypeAlias = str | bytes | Iterable[str] | Iterable[bytes]
"""A log: its text or bytes, an iterable of its lines as `str` with or without line ends, or one of chunks of bytes.

Open a file in binary mode: in text mode each carriage return, such as those of a progress bar, becomes a line end.
"""
AsyncLogSource: TypeAlias = AsyncIterable[str] | AsyncIterable[bytes]
"""A log: an asynchronous iterable of its lines as `str` with or without line ends, or of chunks of bytes."""


def lines(log: LogSource) -> Generator[LogLine]:
    """Yield the lines of a log with their times, without colours and control sequences.

    A line is what a terminal shows in the end: text that a carriage return or a backspace overwrites is not part of it.
    Movements of the cursor to other lines are ignored, and each character counts as one column. A link of Buildkite
    becomes its text, and an image its alternative text. Headers of groups, such as `--- Tests`, are lines too.

    Bytes that are not UTF-8 are replaced. Time is linear in the size of the log, whatever it contains.

    Args:
        log: The log, which is read once.

    Source: https://buildkite.com/docs/pipelines/configure/managing-log-output
    """
    parser = LineParser()
    for line in _split(log):
        yield parser.feed(line)


async def async_lines(log: AsyncLogSource) -> AsyncGenerator[LogLine]:
    """Yield the lines of a log with their times. See `lines`."""
    parser = LineParser()
    async for line in _async_split(log):
        yield parser.feed(line)


def groups(log: LogSource, *, keep_lines: int | None = None) -> Generator[LogGroup]:
    """Yield the groups of a log with their lines and durations, each when it has ended.

    A group begins with a header: `--- name`, `+++ name` or `~~~ name`. As on Buildkite, any line of this form is one,
    also in the output of `diff`. The lines before the first header are a group without a name.

    Args:
        log: The log, which is read once.
        keep_lines: Number of lines of each group that are kept, the last ones. None keeps all lines of a group until
            it is yielded, 0 keeps none, for the durations only.

    Source: https://buildkite.com/docs/pipelines/configure/managing-log-output
    """
    parser = GroupParser(keep_lines)
    for line in _split(log):
        yield from parser.feed(line)
    yield from parser.end()


async def async_groups(log: AsyncLogSource, *, keep_lines: int | None = None) -> AsyncGenerator[LogGroup]:
    """Yield the groups of a log with their lines and durations. See `groups`."""
    parser = GroupParser(keep_lines)
    async for line in _async_split(log):
        for group in parser.feed(line):
            yield group
    for group in parser.end():
        yield group


def strip(text: str) -> str:
    """Return a log, or a part of one, as a terminal shows it, without colours and control sequences.

    Line ends become line feeds. Each line is that of `lines`; the result contains no control characters but line feeds
    and tabs.

    Args:
        text: Text of the log.
    """
    parser = LineParser()
    return "\n".join(parser.feed(line).text for line in text.split("\n"))


def _split(log: LogSource) -> Generator[str]:
    """Yield the lines of a log without line ends."""
    chunks = Lines()
    items: Iterable[str | bytes] = ([log] if log else []) if isinstance(log, str | bytes) else log
    for item in items:
        yield from _lines_in(item, chunks)
    yield from chunks.end()


async def _async_split(log: AsyncLogSource) -> AsyncGenerator[str]:
    """Yield the lines of a log without line ends."""
    chunks = Lines()
    async for item in log:
        for line in _lines_in(item, chunks):
            yield line
    for line in chunks.end():
        yield line


def _lines_in(item: str | bytes, chunks: Lines) -> Iterable[str]:
    """Return the lines that end in an item: all of a str, and those of bytes with the chunks before them."""
    if isinstance(item, bytes):
        return chunks.feed(item)
    return [line.removesuffix("\r") for line in item.removesuffix("\n").split("\n")]
