"""Facts in a checkout of Buildkite's documentation: commands, samples, tables, and lines about statuses and scopes."""

import json
import re
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from attrs import define, field
from markdown_it import MarkdownIt
from tests.evidence.facts import EVENT, Fact, Shape, heading_id, parameter_name, shape_of

_MARKDOWN = MarkdownIt("commonmark").enable("table")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_PARTIAL = re.compile(r"<%= render_markdown partial: '([\w/-]+)/([\w-]+)' %>")
_URL = re.compile(r"https?://api\.buildkite\.com(?P<path>[^\s\"'`?]*)(?:\?(?P<query>[^\s\"'`]*))?")
_METHOD = re.compile(r"(?:-X|--request)\s*([A-Z]+)")
_DATA = re.compile(r"(?:-d|--data)\s+'(.*?)'\s*(?:\\?$|\Z)", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`\"?([^`\n]+?)\"?`")
_DELIVERY = re.compile(r"\"event\": *\"([^\"]+)\"")
_NAME = re.compile(r"[\w.]+(?:\[[\w-]*\])?")
_EXAMPLE = re.compile(r"[?&](\w+(?:\[\])?)=")
_ENDPOINT = re.compile(r"`(/[^`]*)`")
_STATUS = re.compile(r"(?<=`)(?:[1-5]\d\d(?= [A-Z])|[45]\d\d(?=`))")
_SCOPES = re.compile(r"^Required scopes?: (.*)", re.MULTILINE)
_SCOPE = re.compile(r"\b[a-z]+(?:_[a-z]+)+\b")
_REQUIRED = re.compile(r"^(Required|Optional) .*(?:propert|parameter|content)", re.MULTILINE)
_QUERY = re.compile(r"query (?:string )?parameters", re.IGNORECASE)
_REQUEST = re.compile(r"request (?:body )?(?:propert|fields|form-field)|request body", re.IGNORECASE)
_IGNORED = re.compile(r"^Error response|unpermitted|header|alternative formats", re.IGNORECASE | re.MULTILINE)
_REPAIRS = (
    (re.compile(r"\\:"), ":"),
    (re.compile(r"^\s*(?:\.\.\.|…),?\s*$", re.MULTILINE), ""),
    (re.compile(r",(?=\s*[}\]])"), ""),
    (re.compile(r"(?<=[\"\d}\]a-z])(?=[ \t]*\n\s*\")"), ","),
)
_OMITTED = '"..."'
_WORD = re.compile(r"\w[\w.*-]*")
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


@define
class _Block:
    """A heading, a paragraph, a code block or a table. Code in text is in backticks."""

    kind: str
    text: str = ""
    language: str = ""
    rows: list[list[str]] = field(factory=list)


class _Blocks(HTMLParser):
    """Reader of the blocks of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found = [_Block("p")]
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        block = self.found[-1]
        match tag:
            case "tr":
                block.rows.append([])
            case "td" | "th" if block.rows:
                block.rows[-1].append("")
            case "p" | "br" | "li" if block.kind == "table":
                self.handle_data("\n")
            case "p" | "li" | "pre" | "table" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6":
                self.found.append(_Block(tag))
            case "a":
                self.handle_data("[")
            case "code" if block.kind == "pre":
                block.language = dict(attrs).get("class") or ""
            case "code":
                self.handle_data("`")

    def handle_endtag(self, tag: str) -> None:
        if tag == "code" and self.found[-1].kind != "pre":
            self.handle_data("`")
        elif tag == "a":
            self.handle_data("]")
        elif tag == "table":
            self.found.append(_Block("p"))

    def handle_data(self, data: str) -> None:
        block = self.found[-1]
        if block.kind != "table":
            block.text += data
        elif block.rows and block.rows[-1]:
            block.rows[-1][-1] += data


@define
class _Section:
    """A heading and the blocks up to the next one. Facts are about `shapes`: the requests that its commands send."""

    location: str
    title: str = ""
    level: int = 1
    blocks: list[_Block] = field(factory=list)
    shapes: list[Shape] = field(factory=list)

    def facts(
        self, kind: str, names: Sequence[str] = (), shapes: Sequence[Shape] = (), **keywords: Any
    ) -> Iterator[Fact]:
        """Yield a fact about each of `shapes`."""
        for shape in shapes or self.shapes:
            yield Fact("docs", kind, shape, self.location, tuple(names), **keywords)

    def labelled(self) -> Iterator[tuple[_Block, str]]:
        """Yield each block, and up to two lines of text above it."""
        label: list[str] = []
        for block in self.blocks:
            yield block, "\n".join(label[-2:])
            label = [] if block.kind in ("pre", "table") else [*label, *filter(None, [block.text.strip()])]

    def commands(self, block: _Block) -> Iterator[Fact]:
        """Yield the facts in the commands of a code block."""
        for command in re.split(r"\bcurl\b", block.text)[1:]:
            url = _URL.search(command)
            if url is None:
                continue
            data = _DATA.search(command)
            method = _METHOD.search(command)
            default = "HEAD" if re.search(r"\s-I\s", command) else "POST" if data else "GET"
            shape = shape_of(method[1] if method else default, url["path"])
            yield from self.facts("operation", shapes=[shape])
            for name, _ in parse_qsl(url["query"] or ""):
                yield from self.facts("query", [parameter_name(name)], [shape])
            if data:
                yield from self.sample("body", data[1], [shape])

    def sample(self, kind: str, text: str, shapes: Sequence[Shape]) -> Iterator[Fact]:
        """Yield the facts in a JSON body. A webhook delivery is about its event."""
        if event := _DELIVERY.search(text):
            kind, shapes = "response", [(EVENT, event[1])]
            yield from self.facts("operation", shapes=shapes)
        for pattern, replacement in _REPAIRS:
            text = pattern.sub(replacement, text)
        try:
            body = json.loads(text, strict=False)
        except ValueError:
            yield Fact("docs", "sample", ("", ""), self.location)
            return
        for names in _names(body, ()) if shapes else ():
            yield from self.facts(kind, names, shapes, sample=None if names or _OMITTED in text else body)

    def table(self, block: _Block, label: str) -> Iterator[Fact]:
        """Yield the facts in a table of events, of endpoints, of errors, or of properties or parameters."""
        required = _REQUIRED.search(label)
        is_required = required and required[1] == "Required"
        label = f"{label}\n{self.title}"
        kind = "query" if _QUERY.search(label) else "body" if _REQUEST.search(label) and self.shapes else "model"
        for first, *others in filter(None, block.rows):
            text = "\n".join(others)
            names = [name for name in _CODE.findall(first)[:2] if _NAME.fullmatch(name)]
            for status in _STATUS.findall(f"{first}\n{text}"):
                yield from self.facts("status", [status])
            if self.title == "Events":
                yield from self.facts("operation", shapes=[(EVENT, name) for name in names])
            elif first in _METHODS:
                yield from self.facts("operation", shapes=[shape_of(first, path) for path in _ENDPOINT.findall(text)])
            elif not _IGNORED.search(label):
                for name in (*names, *(_EXAMPLE.findall(text) if kind == "query" else ())):
                    path = [parameter_name(name)] if kind == "query" else name.split(".")
                    shapes = [("", "")] if kind == "model" else self.shapes
                    yield from self.facts(kind, path, shapes, values=tuple(_CODE.findall(text)), required=is_required)

    def line(self, text: str) -> Iterator[Fact]:
        """Yield the facts in a paragraph."""
        for status in _STATUS.findall(text):
            yield from self.facts("status", [status])
        for scopes in _SCOPES.findall(text):
            yield from self.facts("scope", _SCOPE.findall(scopes))
        if "[paginated list]" in text:
            yield from self.facts("query", ["page"])
            yield from self.facts("query", ["per_page"])


def _names(value: Any, above: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield the names that lead to each value in a sample."""
    yield above
    for name, each in value.items() if isinstance(value, dict) else ():
        yield from _names(each, (*above, name)) if name != "..." else ()
    for each in value if isinstance(value, list) else ():
        yield from _names(each, (*above, "[]"))


def read_sections(page: Path, pages: Path) -> list[_Section]:
    """Return the sections of a page, with what it includes."""
    name = page.relative_to(pages).as_posix()
    sections = [_Section(name)]
    for block in _Blocks(_MARKDOWN.render(_text(page, pages))).found:
        if block.kind.startswith("h") and block.kind[1:].isdigit():
            sections.append(_Section(f"{name}#{heading_id(block.text)}", block.text.strip(), int(block.kind[1:])))
        else:
            sections[-1].blocks.append(block)
    return sections


def _text(page: Path, pages: Path) -> str:
    text = _COMMENT.sub("", page.read_text(encoding="utf-8", errors="replace"))
    return _PARTIAL.sub(lambda match: _text(pages / match[1] / f"_{match[2]}.md", pages), text)


def read_page(page: Path, pages: Path) -> Iterator[Fact]:
    """Yield the facts of a page. A section without commands is about those of the one above it, if it is below that."""
    owner = _Section("")
    for section in read_sections(page, pages):
        section.shapes = owner.shapes if section.level > owner.level else []
        own: dict[Shape, None] = {}
        for block, label in section.labelled():
            if block.language == "language-json":
                kind = "body" if _REQUEST.search(label) else "response"
                yield from section.sample(kind, block.text, section.shapes)
            elif block.kind == "pre":
                for fact in section.commands(block):
                    yield fact
                    own[fact.shape] = None
                    owner, section.shapes = section, [*own]
        for block, label in section.labelled():
            if block.kind == "table":
                yield from section.table(block, label)
            elif block.kind != "pre":
                yield from section.line(block.text)


def read_documentation(folder: Path) -> tuple[list[Fact], dict[str, frozenset[str]]]:
    """Return the facts of all pages of the API, and the words of each page."""
    pages = folder / "pages"
    paths = [
        pages / "apis/rest_api.md",
        *sorted(pages.glob("apis/rest_api/**/*.md")),
        *sorted(pages.glob("apis/webhooks/**/*.md")),
    ]
    facts = [fact for page in paths if not page.name.startswith("_") for fact in read_page(page, pages)]
    words = {
        page.relative_to(pages).as_posix(): frozenset(_WORD.findall(_text(page, pages)))
        for page in sorted(pages.glob("apis/**/*.md"))
    }
    return facts, words
