"""Reading of logs from texts and iterables, blocking and asynchronous."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, Generator, Iterable, Iterator
from typing import TypeAlias

from .._base.arguments import check_int, type_name
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

    Raises:
        TypeError: `log` is not a log, or is asynchronous: use `async_lines`.

    Source: https://buildkite.com/docs/pipelines/configure/managing-log-output
    """
    _check_source(log)
    return _lines(log)


def _lines(log: LogSource) -> Generator[LogLine]:
    parser = LineParser()
    for line in _split(log):
        yield parser.feed(line)


def async_lines(log: AsyncLogSource) -> AsyncGenerator[LogLine]:
    """Yield the lines of a log with their times. See `lines`."""
    _check_async_source(log)
    return _async_lines(log)


async def _async_lines(log: AsyncLogSource) -> AsyncGenerator[LogLine]:
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

    Raises:
        TypeError: `log` is not a log, or is asynchronous: use `async_groups`. Or `keep_lines` is not an int.
        ValueError: `keep_lines` is negative.

    Source: https://buildkite.com/docs/pipelines/configure/managing-log-output
    """
    _check_source(log)
    _check_keep_lines(keep_lines)
    return _groups(log, keep_lines)


def _groups(log: LogSource, keep_lines: int | None) -> Generator[LogGroup]:
    parser = GroupParser(keep_lines)
    for line in _split(log):
        yield from parser.feed(line)
    yield from parser.end()


def async_groups(log: AsyncLogSource, *, keep_lines: int | None = None) -> AsyncGenerator[LogGroup]:
    """Yield the groups of a log with their lines and durations. See `groups`."""
    _check_async_source(log)
    _check_keep_lines(keep_lines)
    return _async_groups(log, keep_lines)


async def _async_groups(log: AsyncLogSource, keep_lines: int | None) -> AsyncGenerator[LogGroup]:
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

    Raises:
        TypeError: `text` is not a str.
    """
    if not isinstance(text, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"text must be a str, not {type_name(text)}. Use logs.lines for other logs")
    parser = LineParser()
    return "\n".join(parser.feed(line).text for line in text.split("\n"))


def _check_source(log: object) -> None:
    if hasattr(log, "__aiter__"):
        raise TypeError(f"log must not be asynchronous, as {type_name(log)} is. Use async_lines or async_groups")
    kind = type_name(log)
    hints = {"bytearray": ". Convert it to bytes", "memoryview": ". Convert it to bytes"}
    if kind in hints or not isinstance(log, Iterable):
        hint = '. Open it first: open(path, "rb")' if hasattr(log, "__fspath__") else hints.get(kind, "")
        raise TypeError(f"log must be a str, bytes or an iterable of them, not {kind}{hint}")


def _check_async_source(log: object) -> None:
    if not isinstance(log, AsyncIterable):
        raise TypeError(f"log must be an asynchronous iterable, not {type_name(log)}. Use lines or groups")


def _check_keep_lines(keep_lines: int | None) -> None:
    if keep_lines is not None:
        check_int("keep_lines", keep_lines, minimum=0)


class _Splitter:
    """Splitter of the items of a log into lines without line ends."""

    def __init__(self) -> None:
        self._chunks = Lines()
        self._kind: type[str] | type[bytes] | None = None

    def feed(self, item: object) -> Iterator[str]:
        """Yield the lines that end in `item`."""
        if not isinstance(item, str | bytes):
            raise TypeError(f"log must consist of str or bytes, not {type_name(item)}")
        kind = str if isinstance(item, str) else bytes
        self._kind = self._kind or kind
        if kind is not self._kind:
            raise TypeError("log must consist of either str or bytes, not of both")
        if isinstance(item, str):
            for line in item.removesuffix("\n").split("\n"):
                yield line.removesuffix("\r")
        else:
            yield from self._chunks.feed(item)

    def end(self) -> Iterator[str]:
        """Yield the last line if it has no line end."""
        yield from self._chunks.end()


def _split(log: LogSource) -> Generator[str]:
    splitter = _Splitter()
    for item in _items(log):
        yield from splitter.feed(item)
    yield from splitter.end()


def _items(log: LogSource) -> Iterable[str] | Iterable[bytes]:
    if isinstance(log, str):
        return (log,) if log else ()
    return (log,) if isinstance(log, bytes) else log


async def _async_split(log: AsyncLogSource) -> AsyncGenerator[str]:
    splitter = _Splitter()
    async for item in log:
        for line in splitter.feed(item):
            yield line
    for line in splitter.end():
        yield line
