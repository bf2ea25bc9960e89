"""Rules of response headers.

They are pure functions, which yield a message for each violation.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from attrs import frozen

from .._base.plurals import plural
from .._pagination.links import parse_links

#: Prefixes of the headers of the two limits.
RATE_LIMIT_PREFIXES: Final = ("RateLimit", "RateLimit-User")
#: Headers of a GET that its HEAD has too.
_COMPARED: Final = (
    "Content-Type",
    "Content-Disposition",
    "Content-Language",
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
#: Seconds by which a clock of whole seconds may differ.
_TOLERANCE: Final = 2
_CHARSET: Final = re.compile(r"charset\s*=\s*\"?([^\s;\"]+)", re.IGNORECASE)
_CURSOR: Final = re.compile(r"\b(after|before)=[^&#]*")
_MARKUP: Final = re.compile(r"<[A-Za-z!/][^<>]{0,200}>")
#: Escaped characters of a quoted text that stand for others.
_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t"}
#: Characters that may be escaped in other ways.
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_EXCERPT: Final = 40
_STYLES: Final = re.compile(r"\x1b\[([0-9;]{1,40})m")
#: Codes of foreground and background colors.
_COLORS: Final = frozenset(f"{tens}{digit}" for tens in (3, 4, 9, 10) for digit in range(10))
_CONTROL_SEQUENCE: Final = re.compile(r"\x1b(?:\[[0-9;?]{0,40}[A-Za-z]|_[^\x07\x1b]*\x07)")


def head_problems(get: Mapping[str, str], head: Mapping[str, str]) -> Iterator[str]:
    """Check that the headers of a HEAD are those of the GET."""
    for name in _COMPARED:
        if get.get(name) != head.get(name):
            yield f"{name} of HEAD is {head.get(name)!r}, that of GET is {get.get(name)!r}"
    for name in ("Link", "Location"):
        if (name in get) != (name in head):
            yield f"{name} is {'missing in HEAD' if name in get else 'only in HEAD'}"
    found, expected = (parse_links(headers.get("Link", "")) for headers in (head, get))
    if ("Link" in get) and ("Link" in head) and found.keys() != expected.keys():
        yield f"Link of HEAD has the relations {_listed(found)}, that of GET {_listed(expected)}"
    for name in found.keys() & expected.keys():
        if _without_cursor(found[name]) != _without_cursor(expected[name]):
            yield f"Link of HEAD has rel={name} {found[name]}, that of GET {expected[name]}"


def _without_cursor(url: str) -> str:
    """Return a URL without its cursor, which may be another one for the same item."""
    return _CURSOR.sub(r"\1", url)


def _listed(names: Mapping[str, object]) -> str:
    return ", ".join(sorted(names)) or "(none)"


@frozen
class Sample:
    """The state of a limit after a request."""

    time: float
    limit: int
    remaining: int
    reset: int

    @classmethod
    def read(cls, headers: Mapping[str, str], prefix: str, time: float) -> Sample | None:
        """Return the state in the headers of a response, or None if they have none."""
        numbers = [_number(headers.get(f"{prefix}-{name}")) for name in ("Limit", "Remaining", "Reset")]
        limit, remaining, reset = numbers
        return None if limit is None or remaining is None or reset is None else cls(time, limit, remaining, reset)


#: Pairs of samples that show how a limit falls. A single one may have been taken while others used the limit.
_PAIRS: Final = 5


def rate_limit_order_problems(prefix: str, samples: Sequence[Sample]) -> Iterator[str]:
    """Check that a limit falls from request to request, until its window ends. Others may use it too."""
    falls: list[int] = []
    for before, after in pairwise(samples):
        if before.limit != after.limit:
            yield f"{prefix}-Limit changes from {before.limit} to {after.limit}"
            return
        if _is_another_window(before, after):
            continue
        if after.remaining > before.remaining:
            yield f"{prefix}-Remaining rises from {before.remaining} to {after.remaining} before the reset"
            return
        if after.reset > before.reset + 1:
            yield f"{prefix}-Reset rises from {before.reset} to {after.reset} before the window ends"
            return
        if before.remaining > 0:
            falls.append(before.remaining - after.remaining)
    if len(falls) >= _PAIRS:
        if max(falls) == 0:
            yield f"{prefix}-Remaining does not fall with requests"
        elif min(falls) > 1:
            yield f"{prefix}-Remaining falls by at least {min(falls)} with each request"
    yield from _reset_problems(prefix, samples)


def _is_another_window(before: Sample, after: Sample) -> bool:
    late = after.time - before.time - before.reset
    # Around the end of a window, the new reset shows whether it has ended: many samples can fall into its last second.
    return late > _TOLERANCE or (late >= -_TOLERANCE and after.reset > before.reset)


def _reset_problems(prefix: str, samples: Sequence[Sample]) -> Iterator[str]:
    if not samples:
        return
    first = samples[0]
    same = [each for each in samples if each.time - first.time < first.reset - _TOLERANCE]
    if same and abs((first.reset - same[-1].reset) - (same[-1].time - first.time)) > _TOLERANCE:
        seconds = round(same[-1].time - first.time)
        yield f"{prefix}-Reset falls from {first.reset} to {same[-1].reset} in {plural(seconds, 'second')}"


def media_type(header: str) -> str:
    """Return the media type of a header without its parameters."""
    return header.partition(";")[0].strip().lower()


def text_problems(text: str, expected: str) -> Iterator[str]:
    """Check the plain text of a resource whose JSON contains the same text."""
    if text != expected:
        hint = " It has markup." if _MARKUP.search(text) and not _MARKUP.search(expected) else ""
        size = plural(len(text), "character")
        yield f"the plain text has {size} and differs from the {len(expected)} in the JSON.{hint}"


def entry_problems(text: str, expected: Mapping[str, Any]) -> Iterator[str]:
    """Check a text of lines such as `KEY="value"`, in which quotes, backslashes and line breaks may be escaped."""
    for line in filter(str.strip, text.split("\n")):
        key, equals, shown = line.partition("=")
        if not equals or key not in expected:
            yield f"a line of the plain text is not an entry: {key[:_EXCERPT]!r}"
            return
        value = expected[key]
        if isinstance(value, str) and not _CONTROL.search(value) and value not in _values(shown):
            yield f"{key} is {shown[:_EXCERPT]!r} in the plain text, {value[:_EXCERPT]!r} in the JSON"


def _values(shown: str) -> Iterator[str]:
    """Yield the values that a text may mean: as it is, without quotes, and without escapes."""
    trimmed = shown.strip()
    is_quoted = len(trimmed) > 1 and trimmed[0] == trimmed[-1] and trimmed[0] in "\"'"
    for each in (shown, trimmed, trimmed.strip("\"'"), trimmed[1:-1] if is_quoted else trimmed):
        yield each
        yield re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[1]), each)


def html_problems(page: str, text: str) -> Iterator[str]:
    """Check the HTML of a text with control sequences, which become markup or are left out."""
    shown = set(re.findall(r"\w{4,}", html.unescape(_MARKUP.sub(" ", page))))
    if not text.strip():
        if shown and "<style" not in page and "<script" not in page:
            yield "the HTML has words, although the text is empty"
        return
    if not page.strip():
        yield "the HTML is empty, although the text is not"
        return
    if "\x1b" in page:
        yield "the HTML has control sequences"
    if _colored(text) and not _MARKUP.search(page):
        yield "the HTML has no markup, although the text has colours"
    plain = _CONTROL_SEQUENCE.sub("", text)
    if _MARKUP.search(plain) and "&lt;" not in page and "&#" not in page:
        yield "the HTML does not escape the text"
    words = set(re.findall(r"\w{4,}", plain))
    if words and len(words & shown) * 2 < len(words):
        yield "the HTML has less than half of the words of the text"
    last = plain.rstrip().rpartition("\n")[2].rpartition("\r")[2]
    if "\x1b" not in last and _letters(last) not in _letters(html.unescape(_MARKUP.sub("", page))):
        yield "the HTML does not have the last line of the text"


def _letters(text: str) -> str:
    """Return the letters and digits of a text, between which a terminal may set colours."""
    return "".join(re.findall(r"\w+", text))


def _colored(text: str) -> bool:
    return any(code in _COLORS for codes in _STYLES.findall(text) for code in codes.split(";"))


def range_problems(headers: Mapping[str, str], part: bytes, whole: bytes, size: int) -> Iterator[str]:
    """Check a 206 to a request for the last `size` bytes.

    Args:
        headers: Headers of the 206.
        part: Its body.
        whole: The whole text.
        size: Requested bytes.
    """
    found = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", headers.get("Content-Range", ""))
    if found is None:
        yield f"Content-Range is {headers.get('Content-Range')!r}"
        return
    first, last, total = map(int, found.groups())
    if last != total - 1:
        yield f"Content-Range ends at {last} instead of {total - 1}"
    if last - first + 1 != len(part):
        yield f"Content-Range has {plural(last - first + 1, 'byte')}, the body {len(part)}"
    if len(part) != min(size, total):
        yield f"the body has {plural(len(part), 'byte')} instead of {min(size, total)}"
    if not whole.endswith(part):
        yield "the body is not the end of the whole text"
    elif total != len(whole):
        yield f"Content-Range has a total of {plural(total, 'byte')} instead of {len(whole)}"


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdecimal() and len(text) < 19 else None
