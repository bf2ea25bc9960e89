"""Forms of a read: HEAD, conditions, media types, ranges and redirects. All of them agree with the plain read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

import requests

from ..api import Operation
from ..behaviour import Content
from ..exchange import FOREIGN, LIMITED, Exchange, PathValues, Request
from ..executor import Executor, Finding
from ..rules.representations import head_problems, html_problems, media_type, range_problems, text_problems
from ..values import MISSING, get
from .errors import unknown

HEAD: Final = "head_differs"
CONDITION: Final = "condition_ignored"
TYPE: Final = "media_type_wrong"
RANGE: Final = "range_wrong"
REDIRECT: Final = "redirect_wrong"
#: Objects to read, and those of them with the largest bodies whose representations are compared.
_OBJECTS: Final = 24
_COMPARED: Final = 2
_JSON, _TEXT, _HTML = "application/json", "text/plain", "text/html"
_BROWSER: Final = "text/html, application/xhtml+xml, application/json;q=0.9, */*;q=0.8"
_UNCOMPRESSED: Final = {"Accept-Encoding": "identity, gzip;q=0"}
#: Conditions that hold for all objects, and the validators that are sent back in them.
_CONDITIONS: Final = (
    ("If-None-Match", '"another"', "ETag"),
    ("If-Modified-Since", "Thu, 01 Jan 1970 00:00:00 GMT", "Last-Modified"),
)
#: Bytes of ranges: a part, and more than any text has.
_SIZES: Final = (40, 50_000_000)
_UNSUPPORTED: Final = ("bytes=0-9", "bytes=10-", "bytes=-0", "bytes=0-1,3-4")
#: Largest content of a redirect to download, and seconds to wait for it.
_DOWNLOAD: Final = 5_000_000
_TIMEOUT: Final = 30


def send_headers(executor: Executor, operations: Sequence[Operation]) -> Iterator[Operation]:
    """Send the forms of each read, and reads of other tokens and organizations, which show how limits fall."""
    for operation in operations:
        if operation.method == "GET":
            yield operation
            reads = [executor.read(operation, values) for values in executor.world.objects(operation)[:_OBJECTS]]
            found = [each for each in reads if each.ok]
            for each in found[:1]:
                _send_head(executor, each)
                _send_conditions(executor, each)
            _send_media_types(executor, operation, found)
            _follow_redirects(executor, found)
        elif operation.method == "HEAD":
            yield operation
            _compare_documented_head(executor, operation)
        _send_between(executor, operation)


def _check(
    executor: Executor, check: str, shown: Exchange, others: Sequence[Exchange], messages: Iterable[str]
) -> None:
    """Report messages about an exchange that was compared with others, one by one."""
    for message in messages:
        executor.report(Finding(check, message, shown, others))


def _send_head(executor: Executor, first: Exchange) -> None:
    """Compare a GET of one item of a list, or of an object, with its HEAD. Neither is compressed unless asked for."""
    operation = first.operation
    if executor.api.at("HEAD", operation.path) is None:
        query = {"per_page": 1} if "per_page" in operation.query else {}
        plain = Request(operation, first.values, query, _UNCOMPRESSED)

        def judge() -> Iterator[Finding]:
            read = executor.send(plain)
            head = executor.send(plain.having(method="HEAD", why="as HEAD"))
            for message in head_problems(read, head):
                yield Finding(HEAD, message, head, [read])
            for each in (read, head):
                if each.headers.get("Content-Encoding", "identity") != "identity":
                    yield Finding(HEAD, "the body is compressed, although the request does not accept that", each)

        executor.check(judge)


def _compare_documented_head(executor: Executor, operation: Operation) -> None:
    """Compare the headers of a documented HEAD with the properties that they equal."""
    reading = executor.api.at("GET", operation.path)
    if reading is None:
        return
    accept = {"Accept": _JSON} if _JSON in executor.api.media_types(reading) else {}
    for values in executor.world.objects(operation)[:_OBJECTS]:
        plain = Request(reading, values, headers=accept)

        def judge(values: PathValues = values, plain: Request = plain) -> Iterator[Finding]:
            head, read = executor.send(Request(operation, values)), executor.send(plain)
            for name, known in operation.behaviour.response_headers.items() if head.ok and read.ok else ():
                expected = MISSING if known.equals is None else get(known.equals.pointer, read.body)
                if expected is not MISSING and str(expected) != head.headers.get(name):
                    message = f"{name} is {head.headers.get(name)}, but {expected!r} in {read.operation.id}"
                    yield Finding(HEAD, message, head, [read])

        executor.check(judge, plain)


def _send_conditions(executor: Executor, first: Exchange) -> None:
    """Send conditions that hold, and the validators of a response, which may get a 304 without a body."""
    has_types = len(executor.api.media_types(first.operation)) > 1
    for name, value, validator in _CONDITIONS:
        accept = {} if has_types or not executor.is_local else {"Accept": _BROWSER}
        request = Request(first.operation, first.values, headers={name: value, **accept}, why=f"with {name}: {value}")
        found = executor.expect(request, {first.status}, CONDITION)
        if found is not None and found.ok and media_type(found) != media_type(first):
            _check(executor, TYPE, found, [first], [f"a browser gets the type {media_type(found)}"])
        if (known := first.headers.get(validator)) is not None:
            same = request.having(headers={name: known}, why=f"with {name} and the {validator} of a response")
            found = executor.expect(same, {200, 304}, CONDITION)
            if found is not None and found.status == 304 and found.content:
                _check(executor, CONDITION, found, [first], ["a 304 has a body"])


def _send_media_types(executor: Executor, operation: Operation, found: Sequence[Exchange]) -> None:
    """Compare the representations of the largest objects, and of those with bytes that are not characters of ASCII."""
    types = executor.api.media_types(operation)
    if len(types) < 2:
        return
    largest = sorted(found, key=lambda each: -len(each.content))[:_COMPARED]
    unusual = [each for each in found if "\ufffd" in each.text or not str(each.body).isascii()][:_COMPARED]
    for first in {each.number: each for each in (*largest, *unusual)}.values():
        executor.check(partial(_representation_findings, executor, first, types), first.request)
    for first in largest[:1]:
        _send_other_types(executor, first, types)
        _send_unsupported_ranges(executor, first, types)


def _representation_findings(executor: Executor, first: Exchange, types: Sequence[str]) -> Iterator[Finding]:
    operation, values = first.operation, first.values
    bodies = {
        name: executor.send(Request(operation, values, headers={"Accept": name}, why=f"for {name}")) for name in types
    }
    for name, each in bodies.items():
        if media_type(each) != name:
            yield Finding(TYPE, f"a request for {name} gets {media_type(each) or each.status}", each)
    if not all(each.ok for each in bodies.values()):
        return
    pointer = operation.behaviour.pointer
    described = get(pointer, bodies[_JSON].body) if pointer is not None and _JSON in bodies else MISSING
    if _TEXT in bodies and described is not MISSING:
        for message in text_problems(bodies[_TEXT].text, described):
            yield Finding(TYPE, message, bodies[_TEXT], [bodies[_JSON]])
    if _HTML in bodies and isinstance(described, str):
        for message in html_problems(bodies[_HTML].text, described):
            yield Finding(TYPE, message, bodies[_HTML], [bodies[_JSON]])
    for suffix, name in operation.behaviour.suffixes.items():
        for accept in ({}, {"Accept": _JSON}):
            found = executor.send(Request(operation, values, headers=accept, suffix=suffix))
            if media_type(found) != name or found.content != bodies[name].content:
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


def _send_other_types(executor: Executor, first: Exchange, types: Sequence[str]) -> None:
    """Send ranges of media types and preferences."""
    *_, other, preferred = types
    accepted: Mapping[str, Sequence[str]] = {
        "*/*": types,
        f"{preferred};q=0.5": [preferred],
        f"{other};q=0.2, {preferred};q=0.9": [preferred],
        "application/x-unknown": types,
    }
    for accept, expected in accepted.items():
        request = Request(first.operation, first.values, headers={"Accept": accept}, why=f"with Accept: {accept}")
        found = executor.send(request.having(suffix=""))
        is_refused = accept == "application/x-unknown" and found.status in {400, 406}
        if not is_refused and media_type(found) not in expected:
            _check(executor, TYPE, found, [], [f"Accept: {accept} gets {media_type(found) or found.status}"])


def _send_unsupported_ranges(executor: Executor, first: Exchange, types: Sequence[str]) -> None:
    if 206 not in first.operation.statuses or 400 not in first.operation.statuses:
        return
    others = [(each, "bytes=-5") for each in (*types, "*/*") if each != _TEXT]
    for accept, wanted in (*((_TEXT, each) for each in _UNSUPPORTED), *others):
        headers = {"Accept": accept, "Range": wanted}
        request = Request(first.operation, first.values, headers=headers, why=f"for {wanted} of {accept}")
        executor.expect(request, {400, 416}, RANGE)


def _follow_redirects(executor: Executor, found: Sequence[Exchange]) -> None:
    """Follow redirects without credentials, and compare the content with the object that describes it."""
    for first in found:
        if not 300 <= first.status < 400:
            continue
        redirect = executor.send(first.request)  # an earlier URL may have expired
        header = first.operation.behaviour.response_headers.get("Location")
        reading = executor.api.at("GET", first.operation.path.rpartition("/")[0])
        if header is None or reading is None:
            continue
        if header.equals is not None and get(header.equals.pointer, redirect.body) != redirect.headers.get("Location"):
            _check(executor, REDIRECT, redirect, [], ["Location differs from the URL in the body"])
        described = executor.read(reading, first.values)
        if header.content is not None and described.ok:
            _download(executor, redirect, described.object, header.content)


def _download(executor: Executor, redirect: Exchange, described: Mapping[str, Any], content: Content) -> None:
    size, location = described.get(str(content.size)), redirect.headers.get("Location", "")
    is_available = not content.states or described.get("state") in content.states
    if not is_available or not isinstance(size, int) or size > _DOWNLOAD:
        return
    try:
        with requests.Session() as session:
            session.trust_env = False
            found = session.get(location, timeout=_TIMEOUT, allow_redirects=False)
    except requests.RequestException as error:
        _check(executor, REDIRECT, redirect, [], [f"the URL of the redirect cannot be read: {type(error).__name__}"])
        return
    kind = found.headers.get("Content-Type", "").partition(";")[0]
    expected = {
        "status": (found.status_code, 200),
        "size": (len(found.content), size),
        "SHA-1": (hashlib.sha1(found.content).hexdigest(), described.get(str(content.sha1))),  # noqa: S324
        "type": (kind, str(described.get(str(content.type))).partition(";")[0]),
    }
    for name, (value, wanted) in expected.items():
        if wanted is not None and value != wanted:
            _check(executor, REDIRECT, redirect, [], [f"the {name} of the content is {value} instead of {wanted}"])


def _send_between(executor: Executor, operation: Operation) -> None:
    """Send a request for an unknown object, and reads of other tokens, whose rate limits rules compare."""
    values = next(iter(executor.world.objects(operation)), None)
    if values is None or not executor.is_local or operation.parameters[:1] != ("org",):
        return
    known = {name: values[name] for name in operation.parameters}
    last = operation.parameters[-1]
    if len(operation.parameters) > 1:
        request = Request(operation, {**known, last: unknown(known[last])}, why=f"for an unknown {last}")
        if executor.permits(request):
            executor.send(request)
    elif operation.is_read:
        for name in executor.credentials:
            if name == FOREIGN or name.startswith(LIMITED):
                executor.send(Request(operation, known, credential=name, why=f"of the token {name}"))
