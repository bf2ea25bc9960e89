"""Markdown pages with HTML tables: sections, code blocks, tables and the rest."""

import html
import re
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import TypeAlias

from attrs import frozen
from generator.errors import Location
from markdown_it import MarkdownIt
from markdown_it.token import Token
from tests.evidence.facts import read_text

_PARTIAL = re.compile(r"<%= render_markdown partial: '(?P<folder>[\w/-]+)/(?P<name>[\w-]+)' %>")
_MARKDOWN = MarkdownIt("commonmark").enable("table")
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
    lines = list(_lines(path, pages))
    tokens = _MARKDOWN.parse("\n".join(line.text for line in lines))
    starts = [index for index, token in enumerate(tokens) if token.type == "heading_open"]
    sections = [Section(path.stem, 1, list(_blocks(tokens[: starts[0] if starts else None], lines)))]
    for start, end in pairwise([*starts, len(tokens)]):
        blocks = list(_blocks(tokens[start + 3 : end], lines))
        sections.append(Section(tokens[start + 1].content, int(tokens[start].tag[1]), blocks))
    return sections


def heading_id(title: str) -> str:
    """Return the id of a heading: that of a link to it."""
    return re.sub(r"[^\w -]", "", title).strip().lower().replace(" ", "-")


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


def _blocks(tokens: Sequence[Token], lines: Sequence[Line]) -> Iterator[Block]:
    texts: list[str] = []
    rows: list[Row] = []
    in_table = False
    for token in tokens:
        start, end = token.map or (0, 0)
        match token.type:
            case "fence":
                is_closed = end - start > 1 and lines[end - 1].text.strip().startswith(token.markup)
                location = lines[min(start + 1, end - 1)].location
                unclosed = None if is_closed else lines[start].location
                yield Code("\n".join(texts[-1:]), token.info.strip(), token.content, location, unclosed)
                texts = []
            case "html_block" if "<table" in token.content:
                yield Table("\n".join(texts[-2:]), _Rows.read(lines[start:end]))
                texts = []
            case "table_open":
                in_table, rows = True, []
            case "table_close":
                yield Table("\n".join(texts[-2:]), rows)
                in_table, texts = False, []
            case "tr_open":
                rows.append(Row([], lines[start].location))
            case "inline" if in_table:
                rows[-1] = Row([*rows[-1].cells, token.content], rows[-1].location)
            case "inline" | "html_block" | "code_block":
                for line, text in zip(lines[start:end], token.content.splitlines(), strict=False):
                    if text.strip():
                        texts.append(_LINK.sub("]", text).strip())
                        yield Line(text, line.location)
            case _:
                pass


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
