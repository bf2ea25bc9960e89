"""Judgement of recorded exchanges by the rules of a run. No finding has a value of an exchange."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Self
from urllib.parse import urlsplit

from attrs import evolve, field, frozen
from requests.structures import CaseInsensitiveDict

from ..._base.json_values import as_object, is_array, is_object, loads_or_none
from ..api import Api, Operation
from ..exchange import Exchange, exchange_of, query_of
from ..rules import Context, problems_of, rules

_METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_API: Final = "https://api.buildkite.com"
_SENSITIVE: Final = frozenset({"authorization", "cookie", "set-cookie", "proxy-authorization"})
#: Rules of headers that proxies change, and of properties that older recordings may lack.
_UNUSED: Final = frozenset({"cors_conformance", "returned_only_by"})
#: A path of a REST API. That of the GraphQL API has version 1.
_VERSION: Final = re.compile(r"/v[2-9]/")
#: Segments of a path that are shown.
_SEGMENTS: Final = 20

#: Text in place of a value.
_HIDDEN: Final = "…"
_WORD: Final = re.compile(r"[^\W\d]\w*")
#: A quoted value, a name, a number, an IP address, or a character that no message has of its own.
_TOKEN: Final = re.compile(r"'[^']*'|\"[^\"]*\"|[\w.-]+|[^ -~]")
_HIDDEN_PARTS: Final = re.compile(r"…(?:[^\s…]*…)+")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,39}")
#: Digits of a number or in the name of a property. An id has more.
_DIGITS: Final = 3
#: Words of the messages of schema validators.
_VALIDATOR_WORDS: Final = (
    "Additional Unevaluated any are characters elements does fewer given has items less longer match maximum minimum "
    "more multiple non not oneOf anyOf properties required schemas shorter than under unexpected unique valid was were"
)


@frozen
class Finding:
    """A difference between an exchange and the spec. It has no value of the exchange, except words of enums."""

    operation: str
    """Method and path template."""
    check: str
    """Name of the rule, as in the report of a run, or of what the spec lacks."""
    message: str

    @property
    def is_in_request(self) -> bool:
        """Whether the request differs. The API ignores many of these differences."""
        return self.check.startswith("request_")


@frozen
class Outcome:
    """Result for one exchange with the API."""

    operation: str
    findings: frozenset[Finding] = frozenset()
    unchecked: str = ""
    """Reason why the exchange was not judged."""


@frozen
class Recorded:
    """A request and its response, from a recording or from a client."""

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    """Headers of the request."""
    body: bytes | None = field(repr=False)
    """Body of the request."""
    status: int
    response_headers: Mapping[str, str] = field(repr=False)
    content: bytes | None = field(repr=False)
    """Body of the response, without a content coding, or None if it is not known."""
    problem: str = "the body was not recorded"
    """Reason why it is not known."""
    base_url: str | None = field(default=None, repr=False)
    """URL of the API. All requests below it are of the API, also with an unknown path."""


def headers_of(pairs: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """Return headers of any case, without credentials and the pseudo-headers of HTTP/2."""
    headers: CaseInsensitiveDict[str] = CaseInsensitiveDict()
    for name, value in pairs:
        if name.lower() not in _SENSITIVE and not name.startswith(":"):
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


class Judge:
    """Judges exchanges, each by itself: recordings are of any time, order and server, so none is compared with another.

    Therefore each one has its own context. Rules that remember earlier exchanges find only what one alone shows.
    """

    def __init__(self, api: Api) -> None:
        self._api = api
        self.version = str(as_object(api.raw.get("info")).get("version", ""))
        self._roots = {each.path.split("/")[2] for each in api.operations if each.path != "/"}
        modules = {function.__module__ for function in rules().values()}
        sources = (inspect.getsource(sys.modules[name]) for name in modules)
        self._words = {word for text in (*sources, *_names(api.raw)) for word in _WORD.findall(text)}
        self._words.update(_VALIDATOR_WORDS.split())

    @classmethod
    def load(cls) -> Self:
        """Return the judge for the spec in this package."""
        return cls(Api.load())

    def outcome(self, recorded: Recorded) -> Outcome | None:
        """Judge an exchange. Return None if it is not one of the API."""
        method = recorded.method.upper()
        try:
            path = self._path(recorded)
        except ValueError:
            return None
        if path is None or method == "OPTIONS":
            return None
        operation = self._operation(method, path)
        if operation is None:
            label = f"{method if method in _METHODS else _HIDDEN} {self._template(path)}"
            if recorded.status in {404, 405}:
                return Outcome(label, unchecked="neither the spec nor the API has the operation")
            return Outcome(label, frozenset({Finding(label, "undescribed_operation", f"status {recorded.status}")}))
        try:
            return self._judged(operation, recorded, method)
        except Exception as error:  # a check must not end the program that it observes
            return Outcome(operation.label, unchecked=f"the check failed with {type(error).__name__}")

    def _judged(self, operation: Operation, recorded: Recorded, method: str) -> Outcome:
        content = recorded.content
        if method == "HEAD" or not _has_content(operation, recorded.status):
            content = b""
        if recorded.status == 304:
            return Outcome(operation.label)
        if not recorded.response_headers:
            return Outcome(operation.label, unchecked="the headers of the response were not recorded")
        if content is None:
            return Outcome(operation.label, unchecked=recorded.problem)
        exchange = _exchange(operation, evolve(recorded, method=method), content)
        context = Context(self._api, is_local=False, unknown_fields_fail=False, administers=lambda _: False)
        problems = ((check, message) for check, message in problems_of(exchange, context) if check not in _UNUSED)
        found = {(check, self._masked(message)) for check, message in problems}
        found.update(self._request_problems(exchange))
        for each in context.undescribed:
            if each.kind.startswith("undescribed"):
                parent, _, name = each.path.rpartition("/")
                shown = _property_name(name) if each.kind.endswith("property") else self._masked(name)
                found.add((each.kind.replace(" ", "_"), f"{self._masked(parent)}/{shown}: {each.found}"))
        return Outcome(operation.label, frozenset(Finding(operation.label, *each) for each in found))

    def _request_problems(self, exchange: Exchange) -> Iterator[tuple[str, str]]:
        """Yield what the spec lacks of a request. It may be right about one that the API rejects."""
        operation = exchange.operation
        if not exchange.ok:
            return
        for name in exchange.request.query:
            base = name.partition("[")[0]
            if not {name, base} & operation.query.keys():
                yield "request_query", f"undescribed parameter {_property_name(base)}"
        body = loads_or_none(exchange.sent_content) if "json" in operation.body_media_type else None
        if is_object(body) and (known := self._api.properties(operation.body_schema)):
            for name in body.keys() - known:
                yield "request_body", f"undescribed property {_property_name(name)}"
            yield from (("request_body", self._masked(problem)) for problem in self._api.body_problems(operation, body))

    def _path(self, recorded: Recorded) -> str | None:
        """Return the path of a request of the API, without what is before the version."""
        url, base = urlsplit(recorded.url), recorded.base_url
        if base is not None and f"{recorded.url}/".startswith(f"{base.rstrip('/')}/"):
            return url.path.removeprefix(urlsplit(base).path.rstrip("/")).rstrip("/") or "/"
        found = _VERSION.search(url.path)
        if found is None:
            return None
        path = url.path[found.start() :].rstrip("/")
        is_known = path.startswith("/v2/") and path.split("/")[2] in self._roots
        return path if is_known or f"{url.scheme}://{url.netloc}" == _API else None

    def _operation(self, method: str, path: str) -> Operation | None:
        found = self._api.find(method, path)
        if found is not None:
            return found[0]
        others = [other[0] for each in _METHODS if (other := self._api.find(each, path)) is not None]
        aliases = (
            (each, {*each.behaviour.alias_methods, *(["HEAD"] if each.method == "GET" else [])}) for each in others
        )
        return next((each for each, methods in aliases if method in methods), None)

    def _template(self, path: str) -> str:
        """Return a path that the spec lacks, without what may be the names of objects."""
        templates, shown = [each.path.split("/") for each in self._api.operations], list[str]()
        for position, segment in enumerate(path.split("/")[:_SEGMENTS]):
            templates = [each for each in templates if len(each) > position]
            same = [each for each in templates if each[position] == segment]
            templates = same or [each for each in templates if each[position].startswith("{")]
            shown.append(templates[0][position] if templates else _HIDDEN)
        return "/".join(shown)

    def _masked(self, message: str) -> str:
        """Return a message in which only words of the spec and of the rules, and small numbers are left."""
        return _HIDDEN_PARTS.sub(_HIDDEN, _TOKEN.sub(self._token, message))

    def _token(self, found: re.Match[str]) -> str:
        name = found[0].strip("'\"")
        is_number = name.isdecimal() and len(name) <= _DIGITS
        is_known = self._words.issuperset(filter(None, name.replace("-", ".").split(".")))
        return found[0] if is_number or is_known else _HIDDEN


def _exchange(operation: Operation, recorded: Recorded, content: bytes) -> Exchange:
    """Return an exchange. A proxy need not change the URLs of a response, so those may be of the API itself."""
    url = urlsplit(recorded.url)
    shown = "\n".join([*recorded.response_headers.values(), content.decode(errors="replace")])
    if f"{_API}/" in shown and f"{url.scheme}://{url.netloc}/" not in shown:
        path = "/".join(["", *url.path.rstrip("/").split("/")[1 - len(operation.path.split("/")) :]])
        url = url._replace(scheme="https", netloc=_API.removeprefix("https://"), path=path)
    clean = evolve(recorded, url=url._replace(path=url.path.rstrip("/"), fragment="").geturl())
    exchange = exchange_of(operation, clean, recorded.status, recorded.response_headers, content)
    headers = {name: recorded.headers[name] for name in operation.headers if name in recorded.headers}
    request = exchange.request.having(query=query_of(clean.url), headers=headers)
    return evolve(exchange, request=request, sent=recorded.headers)


def _has_content(operation: Operation, status: int) -> bool:
    """Return whether a response may have a body. One with an undocumented status may."""
    return not operation.is_success(status) or "content" in operation.node["responses"][str(status)]


def _property_name(name: str) -> str:
    """Return the name of a property or parameter, unless it may be an id or other data."""
    return name if _NAME.fullmatch(name) and sum(map(str.isdigit, name)) <= _DIGITS else _HIDDEN


def _names(node: Any) -> Iterator[str]:
    """Yield the names and fixed values in a part of the spec: those of paths, parameters, properties and enums."""
    for value in node if is_array(node) else ():
        yield from _names(value)
    for key, value in as_object(node).items():
        if key in {"properties", "headers", "paths", "content"}:
            yield from as_object(value)
        if key in {"enum", "const", "name", "format", "type"}:
            yield from (str(each) for each in (value if is_array(value) else [value]) if not is_object(each))
        if key not in {"description", "default", "example", "examples"}:
            yield from _names(value)
