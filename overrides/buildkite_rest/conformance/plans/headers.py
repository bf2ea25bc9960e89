"""Forms of a read: HEAD, media types and ranges. All of them agree with the plain read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from ..._base.json_values import is_object
from ..api import Operation
from ..exchange import Exchange, Request
from ..executor import Executor, Finding
from ..values import MISSING, get

HEAD: Final = "head_differs"
TYPE: Final = "media_type_wrong"
RANGE: Final = "range_wrong"
#: Objects to read, and those of them with the largest bodies whose representations are compared.
_OBJECTS: Final = 24
_COMPARED: Final = 2
_JSON, _TEXT = "application/json", "text/plain"
_UNCOMPRESSED: Final = {"Accept-Encoding": "identity, gzip;q=0"}
#: Bytes of ranges: a part, and more than any text has.
_SIZES: Final = (40, 50_000_000)
#: Headers of a GET that its HEAD has too.
_SAME: Final = ("Content-Type", "Content-Disposition", "Accept-Ranges", "Cache-Control", "ETag", "Last-Modified")
#: Characters that may be escaped in a quoted text.
_ESCAPED: Final = frozenset("\\\"'$`")


def send_headers(executor: Executor, operations: Sequence[Operation]) -> Iterator[Operation]:
    """Send the forms of each read, of the largest objects, and of those with unusual characters."""
    for operation in operations:
        if operation.method not in {"GET", "HEAD"}:
            continue
        yield operation
        reading = executor.api.at("GET", operation.path)
        reads = (executor.read(reading, each) for each in executor.world.objects(operation)[:_OBJECTS] if reading)
        found = [each for each in reads if each.ok]
        largest = sorted(found, key=lambda each: -len(each.content))[:_COMPARED]
        unusual = [each for each in found if "\ufffd" in each.text or not str(each.body).isascii()][:_COMPARED]
        for first in found[:1]:
            _send_head(executor, first)
        for first in {each.number: each for each in (*largest, *unusual)}.values():
            check_forms(executor, first)


def _send_head(executor: Executor, first: Exchange) -> None:
    """Compare a GET of one item of a list, or of an object, with its HEAD. Neither is compressed unless asked for."""
    query = {"per_page": 1} if "per_page" in first.operation.query else {}
    plain = Request(first.operation, first.values, query, _UNCOMPRESSED)

    def judge() -> Iterator[Finding]:
        read = executor.send(plain)
        head = executor.send(plain.having(method="HEAD", why="as HEAD"))
        for message in head_problems(read, head):
            yield Finding(HEAD, message, head, [read])
        for each in (read, head):
            if each.headers.get("Content-Encoding", "identity") != "identity":
                yield Finding(HEAD, "the body is compressed, although the request does not accept that", each)

    if executor.api.at("HEAD", first.operation.path) is None:
        executor.check(judge)


def check_forms(executor: Executor, first: Exchange) -> None:
    """Compare the representations of an object, and the properties that headers of its documented HEAD have."""
    operation, values = first.operation, first.values
    head, types = executor.api.at("HEAD", operation.path), executor.api.media_types(operation)

    def judge() -> Iterator[Finding]:
        if head is not None:
            shown, read = executor.send(Request(head, values)), executor.send(first.request)
            for name, pointer in head.behaviour.response_headers.items() if shown.ok and read.ok else ():
                expected = get(pointer, read.body)
                if expected is not MISSING and str(expected) != shown.headers.get(name):
                    message = f"{name} is {shown.headers.get(name)}, but {expected!r} in {operation.id}"
                    yield Finding(HEAD, message, shown, [read])
        if len(types) > 1:
            yield from _representation_findings(executor, first, types)

    if head is not None or len(types) > 1:
        executor.check(judge, first.request)


def _representation_findings(executor: Executor, first: Exchange, types: Sequence[str]) -> Iterator[Finding]:
    operation, values = first.operation, first.values
    bodies = {
        name: executor.send(Request(operation, values, headers={"Accept": name}, why=f"for {name}")) for name in types
    }
    for name, each in bodies.items():
        if each.media_type != name:
            yield Finding(TYPE, f"a request for {name} gets {each.media_type or each.status}", each)
    if not all(each.ok for each in bodies.values()):
        return
    pointer = operation.behaviour.pointer
    described = get(pointer, bodies[_JSON].body) if pointer is not None and _JSON in bodies else MISSING
    for message in text_problems(bodies[_TEXT].text, described) if _TEXT in bodies and described is not MISSING else ():
        yield Finding(TYPE, message, bodies[_TEXT], [bodies[_JSON]])
    for suffix, name in operation.behaviour.suffixes.items():
        for accept in ({}, {"Accept": _JSON}):
            found = executor.send(Request(operation, values, headers=accept, suffix=suffix))
            if found.media_type != name or found.content != bodies[name].content:
                yield Finding(TYPE, f"the suffix {suffix} gets another body than {name}", found, [bodies[name]])
    if 206 in operation.statuses:
        yield from _range_findings(executor, first)


def _range_findings(executor: Executor, first: Exchange) -> Iterator[Finding]:
    """Request the end of a text, the whole of it, and a range that begins inside of a character."""

    def part(size: int) -> Exchange:
        headers = {"Accept": _TEXT, "Range": f"bytes=-{size}"}
        return executor.send(Request(first.operation, first.values, headers=headers, why=f"for the last {size} bytes"))

    whole = part(_SIZES[-1])
    content = whole.content if whole.status == 206 else b""
    inner = next((size for size, byte in enumerate(reversed(content), 1) if byte & 0xC0 == 0x80), None)
    for size in (*_SIZES, max(len(content) // 2, 1), *([] if inner is None else [inner])):
        found = part(size)
        for message in range_problems(found, content, size):
            yield Finding(RANGE, message, found, [whole])


def head_problems(read: Exchange, head: Exchange) -> Iterator[str]:
    """Yield where a HEAD differs from the GET."""
    if read.status != head.status:
        yield f"HEAD gets {head.status}, GET {read.status}"
        return
    names = [*_SAME, *([] if "Content-Encoding" in read.headers else ["Content-Length"])]
    for name in names:
        if read.headers.get(name) != head.headers.get(name) and not (
            name == "Content-Length" and name not in head.headers
        ):
            yield f"{name} of HEAD is {head.headers.get(name)!r}, that of GET is {read.headers.get(name)!r}"


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
            elif isinstance(value := expected[key], str) and value not in line and _is_plain(value):
                yield f"{key} is {line[:40]!r} in the plain text, {value[:40]!r} in the JSON"


def _is_plain(value: str) -> bool:
    """Return whether a text is the same within quotes."""
    return value.isprintable() and _ESCAPED.isdisjoint(value)


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
