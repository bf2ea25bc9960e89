"""The phase *headers*: HEAD agrees with GET, redirects lead to the content, and bodies are of the requested type."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from time import monotonic
from typing import Any, Final

import requests
from attrs import frozen

from ..._base.json_values import as_object
from ..._base.plurals import plural
from ..comparison import Problem, report_settled
from ..header_rules import (
    RATE_LIMIT_PREFIXES,
    Sample,
    head_problems,
    rate_limit_order_problems,
)
from ..loopback import is_local
from ..objects import ObjectSelector, PathValues
from ..representations import declared_headers, related_problems
from ..spec import Operation
from ..traffic import TIMEOUT, Response, Session
from ..urls import url_parts
from .conditional_requests import check_conditional
from .counted_requests import check_counted
from .media_types import MediaTypes
from .organization_limits import check_organization_limit
from .shared_windows import check_shared_windows
from .user_limits import check_user_limit

#: Objects to try until one can be read.
_OBJECTS: Final = 6
#: Largest content of a redirect to download.
_DOWNLOAD: Final = 5_000_000
#: Consecutive requests that show how a limit falls.
_REQUESTS: Final = 8
#: Seconds before the reset of a limit at which its window may have ended.
_WINDOW_END: Final = 2.0
_JSON: Final = "application/json"
#: Names a coding, so that servers that only search for its name compress what they must not.
_UNCOMPRESSED: Final = {"Accept-Encoding": "identity, gzip;q=0"}
_COMPRESSED: Final = "the body is compressed, although the request does not accept that"
#: Media types that contain JSON, in the form of a range.
_ANY_JSON: Final = "application/*"
#: Headers of the limit that all tokens of an organization share.
_OF_ORGANIZATION: Final = RATE_LIMIT_PREFIXES[0]


def check_headers(session: Session, selector: ObjectSelector, operations: Sequence[Operation]) -> Iterator[Operation]:
    """Check the headers of each GET and HEAD. Yields each operation before its requests are sent."""
    checks, media_types = _Headers(session, selector), MediaTypes(session, selector)
    by_label = {operation.label: operation for operation in selector.spec.operations}
    for operation in operations:
        if operation.method not in {"GET", "HEAD"}:
            continue
        yield operation
        candidates: Sequence[PathValues] = selector.usable(operation) if operation.parameters else [{}]
        found = checks.first_success(operation, candidates)
        if found is None:
            session.skip("head_differs", operation, "no object can be read")
            continue
        if operation.method == "HEAD":
            checks.check_documented_head(operation, by_label.get(f"GET {operation.path}"), found)
            continue
        if f"HEAD {operation.path}" not in by_label:
            checks.check_head(operation, found)
        checks.check_location(operation, candidates)
        media_types.check(operation, candidates)
        check_conditional(session, operation, found)
    limited = next((each for each in operations if each.needs_token and each.method == "GET"), None)
    if limited is not None:
        yield limited
        checks.check_rate_limits(limited)
        known: Sequence[PathValues] = selector.usable(limited) if limited.parameters else [{}]
        for values in known[:1]:
            check_user_limit(session, selector.spec, limited, values)
            check_counted(session, selector, limited, values, operations)
    yield from check_organization_limit(session, selector, operations)
    yield from check_shared_windows(session, selector, operations)
    shared = next((each for each in operations if each.needs_token and each.method == "GET" and each.parameters), None)
    if shared is not None and session.options.limited_auths:
        yield shared
        checks.check_shared_limit(shared)


@frozen
class _Headers:
    session: Session
    selector: ObjectSelector

    def first_success(self, operation: Operation, candidates: Sequence[PathValues]) -> Response | None:
        for values in candidates[:_OBJECTS]:
            response = self._get(operation, values)
            if response.ok:
                return response
        return None

    def _get(self, operation: Operation, values: PathValues) -> Response:
        if operation.method == "HEAD":
            return self.session.send(operation, values)
        return self.session.read(operation, values)

    def check_head(self, operation: Operation, first: Response) -> None:
        """Compare a GET with a HEAD."""
        # A page with one item has a header Link, unless the list has no other item.
        query = {"per_page": 1} if "per_page" in operation.query else None
        # A server must neither refuse a range of media types nor compress what the client has not asked for.
        json_types = _ANY_JSON if is_local(self.session.options.base_url) else _JSON
        accept = {**_UNCOMPRESSED, **({} if operation.media_types else {"Accept": json_types})}

        def compare() -> list[Problem]:
            # The response without a query is used by other checks.
            before = self.session.read(operation, first.values, query=query, headers=_UNCOMPRESSED if query else None)
            head = self.session.send(
                operation,
                first.values,
                query=query,
                method="HEAD",
                headers=accept,
                is_signed=operation.needs_token,
            )
            problems = list(_head_problems(before, head))
            if problems:  # the object may have changed in between
                after = self.session.send(operation, first.values, query=query, headers=_UNCOMPRESSED)
                problems = [each for each in problems if each in set(_head_problems(after, head))]
            found = [Problem(each, head, [before]) for each in problems]
            compressed = filter(_is_compressed, (head, before) if query else (head,))
            return [*found, *(Problem(_COMPRESSED, each) for each in compressed)]

        report_settled(self.session, "head_differs", "BK211", compare)

    def check_documented_head(self, operation: Operation, get: Operation | None, first: Response) -> None:
        """Compare the headers of a documented HEAD with the properties that the spec relates them to."""
        if get is None:
            return

        def compare() -> list[Problem]:
            head = self.session.send(operation, first.values)
            found = self.session.send(get, first.values, headers={"Accept": _JSON})
            return [Problem(each, head, [found]) for each in related_problems(self.selector.spec, head, found)]

        report_settled(self.session, "head_differs", "BK211", compare)

    def check_location(self, operation: Operation, candidates: Sequence[PathValues]) -> None:
        """Follow redirects without credentials, and compare the content with the object that describes it."""
        if not any(status.startswith("3") for status in operation.statuses):
            return
        for values in candidates[:_OBJECTS]:
            response = self.session.send(operation, values)  # an earlier URL may have expired
            if not 300 <= response.status < 400:
                continue
            location = response.headers.get("Location")
            if location is None:
                self._fail("redirect_wrong", "the redirect has no Location", response)
                continue
            for problem in related_problems(self.selector.spec, response, response):
                self._fail("redirect_wrong", problem, response)
            header = as_object(declared_headers(self.selector.spec, response).get("Location"))
            described = self._described(as_object(header.get("x-content")), operation, values)
            if described is not None:
                self._follow(location, response, described, as_object(header["x-content"]))

    def _described(self, content: Mapping[str, Any], operation: Operation, values: PathValues) -> Response | None:
        label = f"GET {operation.path.rpartition('/')[0]}"
        described = self.selector.operation(label)
        if not content or described is None:
            return None
        found = self.session.read(described, values)
        return found if found.ok else None

    def _follow(self, location: str, response: Response, described: Response, content: Mapping[str, Any]) -> None:
        body = as_object(described.body)
        size, digest = body.get(str(content.get("size"))), body.get(str(content.get("sha1")))
        state, states = body.get("state"), content.get("states")
        if (states and state not in states) or not isinstance(size, int) or size > _DOWNLOAD:
            self.session.skip("redirect_wrong", response.operation, "the content is too large or not available")
            return
        if (url_parts(location).scheme, url_parts(location).hostname is None) not in {
            ("http", False),
            ("https", False),
        }:
            return  # another check reports it
        self.session.count("redirect_wrong")
        try:
            # Without the session: neither cookies nor credentials of ~/.netrc.
            found = requests.get(location, timeout=TIMEOUT, allow_redirects=False, auth=_no_auth, stream=True)
            data = b"" if found.status_code != 200 else _limited(found)
        except (requests.RequestException, ValueError) as error:  # ValueError: the URL is invalid
            self._fail("redirect_wrong", f"the URL of the redirect cannot be read: {type(error).__name__}", response)
            return
        if found.status_code in {401, 403} and not url_parts(location).query:
            self.session.skip("redirect_wrong", response.operation, "the content is in private storage")
        elif found.status_code != 200:
            message = f"the URL of the redirect gets {found.status_code} without credentials instead of 200"
            self._fail("redirect_wrong", message, response)
        elif len(data) != size:
            self._fail(
                "redirect_wrong", f"the content has {plural(len(data), 'byte')}, the object says {size}", response
            )
        elif isinstance(digest, str) and hashlib.sha1(data).hexdigest() != digest:  # noqa: S324 - not for security
            self._fail("redirect_wrong", f"the content has another SHA-1 than {content['sha1']}", response)
        elif (kind := body.get(str(content.get("type")))) and not _is_type(found.headers.get("Content-Type"), kind):
            message = f"the content is {found.headers['Content-Type']}, {content['type']} is {kind}"
            self._fail("redirect_wrong", message, response)

    def check_rate_limits(self, operation: Operation) -> None:
        """Send the same request several times, and compare the limits."""
        candidates: Sequence[PathValues] = self.selector.usable(operation) if operation.parameters else [{}]
        samples: dict[str, list[Sample]] = {prefix: [] for prefix in RATE_LIMIT_PREFIXES}
        responses: list[Response] = []
        for _ in range(_REQUESTS):
            if not candidates:
                return
            waited = self.session.schedule.waited
            response = self.session.send(operation, candidates[0])
            responses.append(response)
            pause = self.session.schedule.waited - waited
            for prefix, found in samples.items():
                if found and pause > found[-1].reset - _WINDOW_END:
                    found.clear()  # the window may have ended
                if (sample := Sample.read(response.headers, prefix, monotonic())) is not None:
                    found.append(sample)
        self.session.count("rate_limit_wrong")
        for prefix, found in samples.items():
            for problem in rate_limit_order_problems(prefix, found):
                self.session.record_failure("rate_limit_wrong", "BK215", problem, responses[-1], responses[-2:-1])

    def check_shared_limit(self, operation: Operation) -> None:
        """Send requests with tokens of several users, which share the limit of their organization."""
        known = self.selector.usable(operation)[:1]
        for values, auth in product(known, self.session.options.limited_auths):
            waited = self.session.schedule.waited
            own = self.session.send(operation, values)
            other = self.session.send(operation, values, authorization=auth.authorization())
            first, second = (Sample.read(each.headers, _OF_ORGANIZATION, monotonic()) for each in (own, other))
            if not own.ok or not other.ok or first is None or second is None or self.session.schedule.waited > waited:
                continue
            self.session.count("rate_limit_wrong")
            if _in_one_window(first, second) and second.remaining > first.remaining:
                message = (
                    f"{_OF_ORGANIZATION}-Remaining is {second.remaining} with another token, after {first.remaining}"
                )
                self.session.record_failure("rate_limit_wrong", "BK215", message, other, [own])
                return

    def _fail(self, check: str, message: str, response: Response) -> None:
        self.session.record_failure(check, _CODES[check], message, response)


_CODES: Final[Mapping[str, str]] = {
    "redirect_wrong": "BK212",
}


def _in_one_window(first: Sample, second: Sample) -> bool:
    passed = first.reset - second.reset
    return first.limit == second.limit and 0 <= passed <= second.time - first.time + 1


def _head_problems(get: Response, head: Response) -> Iterator[str]:
    if get.status != head.status:
        yield f"HEAD gets {head.status}, GET {get.status}"
        return
    yield from head_problems(get.headers, head.headers)
    expected, found = _length_of(get), _length_of(head)
    if expected is not None and found is not None and expected != found:
        yield f"Content-Length of HEAD is {found}, that of GET {expected}"


def _is_compressed(response: Response) -> bool:
    return response.headers.get("Content-Encoding", "identity") != "identity"


def _length_of(response: Response) -> str | None:
    encoded = "Content-Encoding" in response.headers
    return None if encoded else response.headers.get("Content-Length")


def _limited(response: requests.Response) -> bytes:
    data = b""
    for chunk in response.iter_content(65536):
        data += chunk
        if len(data) > _DOWNLOAD:
            break
    return data


def _no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _is_type(header: str | None, expected: object) -> bool:
    """Return whether a media type is the expected one, without its parameters. A missing one may be."""
    return header is None or header.partition(";")[0].strip().lower() == str(expected).partition(";")[0].strip().lower()
