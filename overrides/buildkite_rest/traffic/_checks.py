"""Comparison of a request and its response with the spec."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import SplitResult, parse_qsl, urlsplit

from attrs import evolve, field, frozen

from .._base.json_values import as_object, is_array, is_object
from ..conformance.page_links import ListRequest, cursor_problems, page_problems
from ._differences import MAX_COMPARED, MAX_DIFFERENCES, Difference, Kind, differences
from ._exchange import Exchange
from ._json import JSONLimitError, decode, integer_of
from ._operations import METHODS, Match, Operation, Operations, ResponseSpec
from ._redacted_links import MAX_HEADER, RedactedLinks
from ._schemas import Node
from ._shapes import HIDDEN, media_type, parameter_name

_JSON: Final = "application/json"
_API_HOST: Final = "api.buildkite.com"
_MAX_PARAMETERS: Final = 1000
_MAX_BODY: Final = 1 << 26
_MAX_LEVELS: Final = 100
"""Nesting of a body."""
_INTEGER: Final = re.compile(r"-?[0-9]+")
_NUMBER: Final = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_BOOLEANS: Final = {"true": True, "false": False, "1": True, "0": False}
_CONDITIONS: Final = ("if-none-match", "if-modified-since")


@frozen
class Finding:
    """A difference between an exchange and the spec. It has no value of the exchange, except words of enums."""

    operation: str
    """Method and path template."""
    part: str
    """Part of the exchange: `request query`, `response body` and so on."""
    problem: str
    path: str = ""
    """Path in a body, or name of a parameter or header."""
    detail: str = ""
    """What was found, and what the spec expects."""

    @property
    def is_in_request(self) -> bool:
        """Whether the request differs. The API ignores many of these differences."""
        return self.part.startswith("request ")


@frozen
class Outcome:
    """Result of the comparison of one exchange."""

    operation: str
    findings: tuple[Finding, ...] = ()
    unchecked: tuple[str, ...] = ()
    """Reasons why parts were not compared."""
    server: str = field(default="", repr=False)
    """Origin and path prefix."""
    is_proof: bool = False
    """Whether the response shows that the server has the API."""
    needs_proof: bool = False
    """Whether the operation may belong to another API, unless the server is known to have this one."""


class Checker:
    """Compares exchanges with an OpenAPI document."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._operations = Operations(document)
        self.version = self._operations.version

    def check(self, exchange: Exchange) -> Outcome | None:
        """Compare an exchange with the spec. Return None if it is not one of the API."""
        try:
            url = urlsplit(exchange.url)
            host = url.hostname
        except ValueError:
            return None
        method = exchange.method.upper()
        path = _path_below(exchange)
        if path is None:
            match = self._operations.find(method, url.path, is_api=host == _API_HOST)
        else:
            match = self._operations.find(method, path, is_api=True, is_below=True)
        if match is None or method == "OPTIONS":
            return None
        server = f"{url.scheme}://{url.netloc}/{match.prefix}"
        if match.operation is None:
            outcome = _without_operation(_label(method, match), exchange.status)
            return evolve(outcome, server=server, needs_proof=not match.is_certain)
        comparison = _Comparison(exchange, url, match.operation)
        findings = tuple(comparison.findings())
        unchecked = tuple(dict.fromkeys(comparison.unchecked))
        is_proof = 200 <= exchange.status < 300
        return Outcome(match.operation.label, findings, unchecked, server=server, is_proof=is_proof)


class _Comparison:
    def __init__(self, exchange: Exchange, url: SplitResult, operation: Operation) -> None:
        self._exchange = exchange
        self._url = url
        self._operation = operation
        self.unchecked: list[str] = []
        """Reasons why parts were not compared."""

    def findings(self) -> dict[Finding, None]:
        """Return the different findings."""
        found: dict[Finding, None] = {}
        try:
            for each in self._run():
                found[each] = None
        except RecursionError:
            self.unchecked.append("a schema contains itself")
        return found

    def _run(self) -> Iterator[Finding]:
        exchange = self._exchange
        if exchange.status == 304 and any(name in exchange.request_headers for name in _CONDITIONS):
            return
        if exchange.status < 400:  # The spec may be right about a request that the API rejects.
            yield from self._check_query()
            yield from self._check_request_body()
        response = self._operation.response(exchange.status)
        if response is None:
            yield self._finding("response", "undocumented status", detail=str(exchange.status))
            return
        if exchange.headers:
            yield from self._check_headers(response)
        else:
            self.unchecked.append("the headers of the response were not recorded")
        yield from self._check_body(response)

    def _finding(self, part: str, problem: str, path: str = "", detail: str = "") -> Finding:
        return Finding(self._operation.label, part, problem, path, detail)

    def _compare(self, part: str, node: Node, value: object, path: str = "$") -> Iterator[Finding]:
        found = differences(node, value, path)
        if not found.is_complete:
            self.unchecked.append(f"only the part of a body with the first {MAX_COMPARED:,} differences is compared")
        elif len(found.found) >= MAX_DIFFERENCES:
            self.unchecked.append(f"only {MAX_DIFFERENCES} differences of a body are listed")
        for each in found.found:
            yield self._finding(part, each.kind, each.path, _detail(each))

    def _check_query(self) -> Iterator[Finding]:
        try:
            pairs = parse_qsl(self._url.query, keep_blank_values=True, max_num_fields=_MAX_PARAMETERS)
        except ValueError:
            self.unchecked.append("the query has too many parameters")
            return
        declared = self._operation.query
        for name, text in pairs:
            part = "request query"
            base = name.partition("[")[0]
            if name in declared:
                schema = self._operation.schema(declared[name])
                yield from self._compare(part, schema, _cast(text, schema), name)
            elif as_object(declared.get(base)).get("style") == "deepObject" and name != base:
                continue  # the keys and values of a map
            else:
                yield self._finding(part, "undescribed parameter", parameter_name(name))

    def _check_request_body(self) -> Iterator[Finding]:
        body, part, problem = self._exchange.request_body, "request body", self._exchange.request_problem
        content = self._operation.request_content
        found = media_type(self._exchange.request_headers.get("content-type", ""))
        if problem is not None:
            self.unchecked.append(problem)
            if content is not None and found != HIDDEN and found not in content:
                yield self._finding(part, "undescribed media type", detail=found)
            return
        if not body or body.strip() in (b"{}", b"null"):
            return
        if content is None:
            yield self._finding(part, "undescribed body", detail=found)
        elif found not in content:
            yield self._finding(part, "undescribed media type", detail=found)
        elif found == _JSON:
            try:
                value = decode(body, levels=_MAX_LEVELS)
            except ValueError:
                self.unchecked.append(f"the {part} is not JSON")
            except JSONLimitError as error:
                self.unchecked.append(f"the {part} {error}")
            else:
                yield from self._compare(part, content[found], value)

    def _check_headers(self, response: ResponseSpec) -> Iterator[Finding]:
        for header in response.headers:
            text = self._exchange.headers.get(header.name.lower())
            if text is not None:
                yield from self._compare("response header", header.schema, _cast(text, header.schema), header.name)
            elif header.required:
                yield self._finding("response header", "missing header", header.name)

    def _check_body(self, response: ResponseSpec) -> Iterator[Finding]:
        exchange, part = self._exchange, "response body"
        if exchange.method.upper() == "HEAD":
            return
        found = media_type(exchange.headers.get("content-type", ""))
        if exchange.body is None:
            if response.content or exchange.problem is not None:
                self.unchecked.append(exchange.problem or "the body was not recorded")
            return
        if not exchange.body:
            if response.content and found in (_JSON, HIDDEN):
                yield self._finding(part, "empty body")
            return
        if found not in response.content and (exchange.headers or _JSON not in response.content):
            expected = ", ".join(response.content) or "no body"
            yield self._finding(part, "undescribed media type", detail=f"{found}; the spec has {expected}")
            return
        if found not in (_JSON, HIDDEN):
            return
        if len(exchange.body) > _MAX_BODY:
            self.unchecked.append("the body is too large")
            return
        try:
            value = decode(exchange.body, levels=_MAX_LEVELS)
        except ValueError:
            yield self._finding(part, "invalid JSON")
            return
        except JSONLimitError as error:
            self.unchecked.append(f"the body {error}")
            return
        yield from self._compare(part, response.content[_JSON], value)
        yield from self._check_links(value)

    def _check_links(self, body: object) -> Iterator[Finding]:
        pagination, exchange = self._operation.pagination, self._exchange
        if exchange.status != 200 or exchange.method.upper() != "GET":
            return
        declared = self._operation.query
        if len(exchange.headers.get("link", "")) > MAX_HEADER:
            self.unchecked.append("the Link header is too long")
            return
        links = RedactedLinks(self._url, self._operation.path, frozenset(declared))
        request = ListRequest(links.request, lambda _: True)
        if pagination == "link" and is_array(body):
            header = links.header(exchange.headers.get("link", ""))
            problems = page_problems(request, header, len(body))
        elif pagination == "cursor" and is_object(body):
            problems = cursor_problems(request, {**body, "links": links.links(body.get("links"))})
        else:
            return
        for problem in problems:
            yield self._finding("links", problem)


def _cast(text: str, schema: Node) -> object:
    """Return the value of a parameter or header as a value of the type of its schema, if it is spelled like one."""
    kinds = _kinds(schema)
    if list in kinds:
        return [_cast(text, schema.items)] if schema.items is not None else [text]
    if str in kinds or not kinds:
        return text
    if bool in kinds and text in _BOOLEANS:
        return _BOOLEANS[text]
    if int in kinds and _INTEGER.fullmatch(text):
        return integer_of(text)
    if float in kinds and _NUMBER.fullmatch(text):
        return float(text)
    return text


def _kinds(schema: Node) -> frozenset[type]:
    if schema.kinds is not None:
        return schema.kinds
    return frozenset(kind for union in schema.unions for branch in union.branches for kind in _kinds(branch))


def _detail(difference: Difference) -> str:
    if difference.kind is Kind.MISSING:
        return ""
    if not difference.expected:
        return difference.found
    return f"{difference.found}; the spec has {difference.expected}"


def _path_below(exchange: Exchange) -> str | None:
    """Return the path below the URL of the API, or None if the request is not below it, or that is not known."""
    base = (exchange.base_url or "").rstrip("/")
    if not base or not exchange.url.startswith(f"{base}/"):
        return None
    return urlsplit(exchange.url).path.removeprefix(urlsplit(base).path)


def _label(method: str, match: Match) -> str:
    return f"{method if method in METHODS else HIDDEN} {match.template}"


def _without_operation(label: str, status: int) -> Outcome:
    if status in (404, 405):
        return Outcome(label, unchecked=("neither the spec nor the API has the operation",))
    return Outcome(label, (Finding(label, "operation", "undescribed operation", detail=f"status {status}"),))
