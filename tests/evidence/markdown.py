"""Markdown pages with HTML tables: sections, code blocks, tables and the rest."""

import html
import re
from collections.abc import Callable, Iterator, Sequence
from html.parser import HTMLParser
from itertools import takewhile
from pathlib import Path
from typing import TypeAlias

from attrs import frozen
from generator.errors import Location
from tests.evidence.facts import read_text

_PARTIAL = re.compile(r"<%= render_markdown partial: '(?P<folder>[\w/-]+)/(?P<name>[\w-]+)' %>")
_HEADING = re.compile(r"^(?P<level>#{1,6}) (?P<title>.*)")
_FENCE = re.compile(r"^\s*(?P<fence>`{3,})(?P<language>\w*)")
_PIPES = re.compile(r"^\s*[^\s|>][^|]*\|")
_LINK = re.compile(r"\]\([^()]*\)")


@frozen
class Line:
    """A line of a page or of a partial that the page includes."""

    text: str
    location: Location


@frozen
class Code:
    """A code block, its first line, and the line of text above it."""

    label: str
    language: str
    text: str
    location: Location
    unclosed: Location | None
    """The line of the opening fence if there is no closing one."""


@frozen
class Row:
    """A row of a table. Code in its cells is in backticks."""

    cells: Sequence[str]
    location: Location

    @property
    def names(self) -> list[str]:
        """The code in the first cell."""
        return re.findall(r"`([^`]+)`", self.cells[0]) if self.cells else []

    @property
    def description(self) -> str:
        """The text of the other cells."""
        return "\n".join(self.cells[1:])


@frozen
class Table:
    """A table and up to two lines of text above it."""

    label: str
    rows: Sequence[Row]


Block: TypeAlias = Code | Table | Line


@frozen
class Section:
    """The content between a heading and the next one of any level."""

    title: str
    level: int
    blocks: Sequence[Block]


def read_sections(path: Path, pages: Path) -> list[Section]:
    """Return the sections of a page, in its order. `pages` is the folder that partials are named from."""
    sections: list[Section] = []
    lines: list[Line] = []
    heading = Line(path.stem, Location(path, 1))
    level, fence = 1, ""

    def close() -> None:
        sections.append(Section(heading.text, level, list(_blocks(lines))))

    for line in _lines(path, pages):
        fence = _open_fence(line.text, fence)
        match = None if fence else _HEADING.match(line.text)
        if match is None:
            lines.append(line)
            continue
        close()
        heading, level, lines = Line(match["title"], line.location), len(match["level"]), []
    close()
    return sections


def _lines(path: Path, pages: Path) -> Iterator[Line]:
    """Yield the lines of a page and of its partials, without HTML comments."""
    is_comment = False
    for number, text in enumerate(read_text(path).splitlines(), 1):
        partial = _PARTIAL.search(text)
        if partial:
            included = pages / partial["folder"] / f"_{partial['name']}.md"
            if included.is_file():
                yield from _lines(included, pages)
            continue
        if "<!--" in text:
            is_comment = True
        if not is_comment:
            yield Line(text, Location(path, number))
        if "-->" in text:
            is_comment = False


def _blocks(lines: Sequence[Line]) -> Iterator[Block]:
    texts: list[str] = []
    rest = _Lines(lines)
    for line in rest:
        if fence := _FENCE.match(line.text):
            code, is_closed = rest.code(fence["fence"])
            location = code[0].location if code else line.location
            text = "\n".join(each.text for each in code)
            yield Code("\n".join(texts[-1:]), fence["language"], text, location, None if is_closed else line.location)
        elif "<table" in line.text:
            table = [line, *([] if _ends_table(line.text) else rest.until(_ends_table))]
            yield Table("\n".join(texts[-2:]), _Rows.read(table))
        elif _PIPES.match(line.text):
            table = [line, *rest.until(lambda text: not _PIPES.match(text))]
            yield Table("\n".join(texts[-2:]), [_piped(each) for each in table])
        else:
            if line.text.strip():
                texts.append(_LINK.sub("]", line.text).strip())
                yield line
            continue
        texts = []


def _open_fence(text: str, fence: str) -> str:
    """Return the fence of the code block that a line is in, or nothing. `fence` is that of the line above.

    A fence with a language opens a block, so that one above it without an end does not hide the rest of the page.
    """
    match = _FENCE.match(text)
    if match is None or (fence and match["fence"] != fence):
        return fence
    return match["fence"] if match["language"] or not fence else ""


def _ends_table(text: str) -> bool:
    return "</table" in text


def _piped(line: Line) -> Row:
    return Row([cell.strip() for cell in line.text.strip().strip("|").split("|")], line.location)


class _Lines(Iterator[Line]):
    """The lines that are left."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines, self._next = lines, 0

    def __next__(self) -> Line:
        if self._next == len(self._lines):
            raise StopIteration
        self._next += 1
        return self._lines[self._next - 1]

    def until(self, is_end: Callable[[str], bool]) -> list[Line]:
        """Return the lines before the next one that `is_end`, and pass over that one."""
        return list(takewhile(lambda line: not is_end(line.text), self))

    def code(self, fence: str) -> tuple[list[Line], bool]:
        """Return the lines of a code block, and whether it has an end. The opening fence of another one is left."""
        code: list[Line] = []
        for line in self:
            if not _open_fence(line.text, fence):
                return code, True
            match = _FENCE.match(line.text)
            if match and match["fence"] == fence:
                self._next -= 1
                break
            code.append(line)
        return code, False


class _Rows(HTMLParser):
    """Reader of an HTML table. Its rows and cells need no end tags."""

    def __init__(self, lines: Sequence[Line]) -> None:
        super().__init__()
        self._lines = lines
        self.rows: list[tuple[list[str], Location]] = []

    @classmethod
    def read(cls, lines: Sequence[Line]) -> list[Row]:
        parser = cls(lines)
        parser.feed("\n".join(line.text for line in lines))
        parser.close()
        return [Row([cell.strip() for cell in cells], location) for cells, location in parser.rows if cells]

    def handle_starttag(self, tag: str, attrs: object) -> None:
        match tag:
            case "tr":
                self.rows.append(([], self._lines[self.getpos()[0] - 1].location))
            case "td" | "th" if self.rows:
                cells, location = self.rows[-1]
                # The row of a definition is where its name is.
                self.rows[-1] = ([*cells, ""], location if cells else self._lines[self.getpos()[0] - 1].location)
            case "br" | "p" | "li":
                self.handle_data("\n")
            case "code":
                self.handle_data("`")

    def handle_endtag(self, tag: str) -> None:
        if tag == "code":
            self.handle_data("`")

    def handle_data(self, data: str) -> None:
        if self.rows and self.rows[-1][0]:
            self.rows[-1][0][-1] += html.unescape(data)
