"""Parser that collects the text of HTML."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Final

_BLOCKS: Final = frozenset(
    {
        "address", "article", "aside", "blockquote", "caption", "dd", "details", "div", "dl", "dt",
        "figcaption", "figure", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main",
        "nav", "ol", "p", "pre", "section", "summary", "table", "tbody", "tfoot", "thead", "tr", "ul"
    }
)  # fmt: skip
_CELLS: Final = frozenset({"td", "th"})
_HIDDEN: Final = frozenset({"script", "style", "template"})
_SPACE: Final = re.compile(r"[ \t\n\r\f\u2028\u2029]+")
#: With the characters that change the direction of the text after them.
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_NEWLINE: Final = re.compile(r"\r\n?|[\n\u2028\u2029]")
_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")


class TextParser(HTMLParser):
    """Parser for one text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[str] = []
        self._line: list[str] = []
        self._preformatted = 0
        self._pre_starts = False
        self._hidden = 0
        self._first_cell = True

    def text(self, html: str) -> str:
        """Return the text of `html`."""
        self.feed(html)
        self.close()
        self._end_block()
        return "\n".join(self._lines)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a block, a line, or the text of an image."""
        if tag in _BLOCKS:
            self._end_block()
        if tag == "br":
            self._end_line()
        elif tag == "img":
            self.handle_data(dict(attrs).get("alt") or "")
        elif tag == "tr":
            self._first_cell = True
        elif tag in _CELLS:
            if not self._first_cell:
                if self._line:
                    self._line[-1] = self._line[-1].rstrip(" ")
                self._line.append("\t")
            self._first_cell = False
        if tag == "pre":
            self._preformatted += 1
            self._pre_starts = True
        self._hidden += tag in _HIDDEN

    def handle_endtag(self, tag: str) -> None:
        """End a block."""
        if tag in _BLOCKS:
            self._end_block()
        self._preformatted = max(0, self._preformatted - (tag == "pre"))
        self._hidden = max(0, self._hidden - (tag in _HIDDEN))

    def handle_data(self, data: str) -> None:
        """Add text."""
        if self._hidden:
            return
        data = _SURROGATE.sub("\ufffd", _CONTROL.sub("", data))
        if not self._preformatted:
            text = _SPACE.sub(" ", data)
            if not self._line or self._line[-1].endswith((" ", "\t")):
                text = text.lstrip(" ")
            if text:
                self._line.append(text)
            return
        first, *rest = _NEWLINE.split(data)
        if self._pre_starts and not first and rest:
            first, *rest = rest  # HTML ignores a newline after the tag
        self._pre_starts = False
        self._line.append(first)
        for line in rest:
            self._end_line()
            self._line.append(line)

    def _end_line(self) -> None:
        line = "".join(self._line)
        self._lines.append(line if self._preformatted else line.rstrip(" "))
        self._line = []

    def _end_block(self) -> None:
        """End the line, unless it is empty."""
        if "".join(self._line).strip():
            self._end_line()
        self._line = []
