"""Comparisons of representations of a resource: as JSON, text, HTML, a range of bytes, or headers alone."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from ..._base.json_values import is_object
from ..._pagination.links import parse_links
from ..exchange import Exchange

#: Headers of a GET that its HEAD has too.
_SAME: Final = (
    "Content-Type",
    "Content-Disposition",
    "Accept-Ranges",
    "Cache-Control",
    "ETag",
    "Last-Modified",
    "Deprecation",
    "RateLimit-Limit",
    "RateLimit-Scope",
    "RateLimit-User-Limit",
    "RateLimit-User-Scope",
    "Access-Control-Allow-Origin",
    "Access-Control-Expose-Headers",
)
_CURSOR: Final = re.compile(r"\b(after|before)=[^&#]*")
_MARKUP: Final = re.compile(r"<[A-Za-z!/][^<>]{0,200}>")
_CONTROL_SEQUENCE: Final = re.compile(r"\x1b(?:\[[0-9;?]{0,40}[A-Za-z]|_[^\x07\x1b]*\x07)")
_COLOUR: Final = re.compile(r"\x1b\[(?:\d{1,3};){0,8}(?:3|4|9|10)\d(?:;\d{1,3}){0,8}m")
_WORD: Final = re.compile(r"\w{4,}")
#: Escaped characters of a quoted text that stand for others.
_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t"}


def media_type(exchange: Exchange) -> str:
    """Return the media type of a body without its parameters."""
    return exchange.headers.get("Content-Type", "").partition(";")[0].strip().lower()


def head_problems(get: Exchange, head: Exchange) -> Iterator[str]:
    """Yield where a HEAD differs from the GET."""
    if get.status != head.status:
        yield f"HEAD gets {head.status}, GET {get.status}"
        return
    names = [*_SAME, *([] if "Content-Encoding" in get.headers else ["Content-Length"])]
    for name in names:
        if get.headers.get(name) != head.headers.get(name) and not (
            name == "Content-Length" and name not in head.headers
        ):
            yield f"{name} of HEAD is {head.headers.get(name)!r}, that of GET is {get.headers.get(name)!r}"
    if ("Location" in get.headers) != ("Location" in head.headers):
        yield "only one of HEAD and GET has a Location"
    links, expected = ({rel: _CURSOR.sub("", url) for rel, url in _links(each).items()} for each in (head, get))
    if links != expected:
        yield f"Link of HEAD is {links}, that of GET is {expected}"


def _links(exchange: Exchange) -> Mapping[str, str]:
    return parse_links(exchange.headers.get("Link", ""))


def text_problems(text: str, expected: Any) -> Iterator[str]:
    """Yield where a plain text differs from the JSON that has the same text, or the keys and values of its lines."""
    if isinstance(expected, str) and text != expected:
        yield f"the plain text has {len(text)} characters and differs from the {len(expected)} in the JSON"
    if is_object(expected):
        lines = [line.partition("=") for line in text.splitlines() if line.strip()]
        shown = {key: value for key, _, value in lines}
        if missing := sorted(expected.keys() - shown.keys()):
            yield f"the plain text does not have {missing[0]} of the JSON"
        for key, line in shown.items():
            if key not in expected or "=" not in text:
                yield f"a line of the plain text is not an entry: {key[:40]!r}"
            elif isinstance(expected[key], str) and expected[key].isprintable() and expected[key] not in _read(line):
                yield f"{key} is {line[:40]!r} in the plain text, {expected[key][:40]!r} in the JSON"


def _read(shown: str) -> Iterator[str]:
    """Yield the values that a text may mean: as it is, without quotes, and without escapes."""
    trimmed = shown.strip()
    is_quoted = len(trimmed) > 1 and trimmed[0] == trimmed[-1] and trimmed[0] in "\"'"
    for each in (shown, trimmed, trimmed[1:-1] if is_quoted else trimmed):
        yield each
        yield re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[1]), each)


def html_problems(page: str, text: str) -> Iterator[str]:
    """Yield what the HTML of a text with control sequences lacks."""
    plain = _CONTROL_SEQUENCE.sub("", text)
    words, shown = (set(_WORD.findall(each)) for each in (plain, html.unescape(_MARKUP.sub(" ", page))))
    if "\x1b" in page:
        yield "the HTML has control sequences"
    if _COLOUR.search(text) and not _MARKUP.search(page):
        yield "the HTML has no markup, although the text has colours"
    if _MARKUP.search(plain) and "&lt;" not in page and "&#" not in page:
        yield "the HTML does not escape the text"
    if len(words & shown) * 2 < len(words):
        yield "the HTML has less than half of the words of the text"
    last = plain.rstrip().rpartition("\n")[2].rpartition("\r")[2]
    if "\x1b" not in last and _letters(last) not in _letters(html.unescape(_MARKUP.sub("", page))):
        yield "the HTML does not have the last line of the text"


def _letters(text: str) -> str:
    """Return the letters and digits of a text, between which a terminal may set colours."""
    return "".join(re.findall(r"\w+", text))


def range_problems(part: Exchange, whole: bytes, size: int) -> Iterator[str]:
    """Yield what is wrong with the response to a request for the last bytes of a text."""
    if part.status != 206:
        if whole or part.status != 416:
            yield f"a range gets {part.status} instead of 206"
        return
    expected = whole[-size:]
    content_range = f"bytes {len(whole) - len(expected)}-{len(whole) - 1}/{len(whole)}"
    if part.headers.get("Content-Range") != content_range:
        yield f"Content-Range is {part.headers.get('Content-Range')!r} instead of {content_range!r}"
    if part.content != expected:
        yield f"the body of a range has {len(part.content)} bytes and is not the last {len(expected)} of the text"
