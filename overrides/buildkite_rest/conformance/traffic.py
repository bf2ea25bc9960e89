"""Check of traffic with the rules of a run: `Buildkite(check=TrafficCheck())`.

Needs the extra `conformance`. No finding has a value of an exchange, so that a report can be published.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any, Final, Literal, TypeAlias
from urllib.parse import urlsplit

from attrs import evolve, frozen

from .._base.fork_safety import ForkSafeLock
from .._base.json_values import as_object, is_array, is_object
from .._base.safe_text import plural
from .._version import __version__

try:
    from requests.structures import CaseInsensitiveDict

    from .api import Api, Operation
    from .exchange import Exchange, Request, query_of
    from .rules import Context, problems_of
except ModuleNotFoundError as error:
    if error.name not in {"jsonschema_rs", "requests", "yaml"}:
        raise
    message = f"{error.name} is not installed; it comes with buildkite-rest[conformance]"
    raise ModuleNotFoundError(message, name=error.name, path=error.path) from error

__all__ = ["BodyProblem", "Finding", "TrafficCheck"]

#: Different findings that are kept.
MAX_FINDINGS: Final = 1000
_SENSITIVE: Final = frozenset({"authorization", "cookie", "set-cookie", "proxy-authorization"})
_METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_API: Final = "https://api.buildkite.com"
#: The rule of headers that proxies change.
_UNUSED: Final = "cors_conformance"
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
#: Words of the messages of rules and of schema validators. All others but names of the spec are hidden.
_WORDS: Final = (
    "Accept Additional Base64 Content ETag HTML JSON Link RateLimit Type URL Unevaluated Warning a add after although "
    "an and another any anyOf are around array as at before but bytes characters charset contain contains current "
    "cursor different does documented earlier elements empty ends error escaped fails false fewer first from further "
    "future given half has have header id in inside instead is it item items its itself lacks last leads leaves less "
    "limit link list longer malformed match maximum message minimum missing more multiple next no non not null object "
    "of on one oneOf only operation or order origin out page pages pair parameters password path prev properties "
    "property relation remain request requests required reset response returns rises schema schemas seconds sent "
    "server shorter shows since status surrogate text than that the to token too true two type under unexpected "
    "unique unknown up user valid value was were which while with without"
)

BodyProblem: TypeAlias = Literal["incomplete", "undecodable"]
"""Reason why a body is not known."""
Headers: TypeAlias = Mapping[str, str] | Iterable[tuple[str, str]]
_PROBLEMS: Final[Mapping[BodyProblem | None, str]] = {
    None: "the body is not known",
    "incomplete": "the body was not received completely",
    "undecodable": "the body is too large, or cannot be decoded",
}


@frozen
class _Observed:
    """A request and its response, without credentials."""

    method: str
    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes | None
    sent_headers: Mapping[str, str]
    sent_body: bytes


@frozen(order=True)
class Finding:
    """A difference between an exchange and the spec. It has no value of the exchange, except words of enums."""

    operation: str
    """Method and path template."""
    check: str
    """Name of the rule, as in the report of a run, or of what the spec lacks."""
    message: str


class TrafficCheck:
    """Judges the requests and responses of clients by the rules of the conformance runner.

    ```python
    check = TrafficCheck()
    with Buildkite(check=check) as bk:
        bk.user.get()
    print(check.report())
    ```

    Each exchange is judged by itself, as it may be of any time, order and server. The report has no ids, names or other
    values, and no credentials. It can be used by several clients, threads and tasks. No exception leaves it while
    requests are sent.
    """

    def __init__(self) -> None:
        self._lock = ForkSafeLock()
        self._api = Api.load()
        self._words = {word for text in (_WORDS, *_names(self._api.raw)) for word in _WORD.findall(text)}
        self._findings = Counter[Finding]()
        self._checked = Counter[str]()
        """Exchanges by operation."""
        self._unchecked = Counter[str]()
        """Reasons why an exchange was not judged."""
        self._ignored = 0
        """Number of exchanges that are not of the API."""
        self._dropped = 0
        """Occurrences of findings beyond those that are kept."""

    @property
    def findings(self) -> list[Finding]:
        """The different findings so far."""
        with self._lock.current:
            return list(self._findings)

    def report(self) -> str:
        """Return the report so far, for a person or an issue."""
        with self._lock.current:
            return "\n".join(self._lines()) + "\n"

    def observe(
        self,
        method: str,
        url: object,
        status: int,
        headers: Headers,
        body: bytes | None,
        *,
        request_headers: Headers = (),
        request_body: bytes | None = None,
        body_problem: BodyProblem | None = None,
        base_url: str | None = _API,
    ) -> None:
        """Judge an exchange. Clients call this; call it yourself for those of another library.

        Args:
            method: Method of the request.
            url: URL of the request, whose `str` is used.
            status: Status of the response.
            headers: Headers of the response.
            body: Body of the response, without a content coding. Without it, the exchange is only counted.
            request_headers: Headers of the request.
            request_body: Body of the request, if it is JSON.
            body_problem: Reason why the body is not known.
            base_url: URL of the API. Requests that are not below it are ignored, and all without it.
        """
        observed = _Observed(
            method.upper(),
            str(url),
            status,
            _headers(headers),
            body,
            _headers(request_headers),
            request_body or b"",
        )
        with self._lock.current:
            try:
                self._judge(observed, base_url, _PROBLEMS[body_problem])
            except Exception as error:  # a check must not end the program that it observes
                self._unchecked[f"the check failed with {type(error).__name__}"] += 1

    def _judge(self, observed: _Observed, base_url: str | None, problem: str) -> None:
        path = None if base_url is None else _path_below(observed.url, base_url)
        if base_url is None or path is None or observed.method == "OPTIONS":
            self._ignored += 1
            return
        operation = self._operation(observed.method, path)
        if operation is None:
            label = f"{observed.method if observed.method in _METHODS else _HIDDEN} {self._template(path)}"
            self._checked[label] += 1
            if observed.status in {404, 405}:
                self._unchecked["neither the spec nor the API has the operation"] += 1
            else:
                self._add(Finding(label, "undescribed_operation", f"status {observed.status}"))
            return
        self._checked[operation.label] += 1
        if observed.method == "HEAD" or not _has_content(operation, observed.status):
            observed = evolve(observed, body=b"")
        if observed.status == 304:
            return
        if not observed.headers:
            self._unchecked["the headers of the response are not known"] += 1
        elif observed.body is None:
            self._unchecked[problem] += 1
        else:
            found = self._differences(_exchange(operation, observed, path, base_url))
            for check, text in set(found):
                self._add(Finding(operation.label, check, text))

    def _add(self, finding: Finding) -> None:
        if finding in self._findings or len(self._findings) < MAX_FINDINGS:
            self._findings[finding] += 1
        else:
            self._dropped += 1

    def _differences(self, exchange: Exchange) -> Iterator[tuple[str, str]]:
        """Yield the checks that fail, and messages without values."""
        context = Context(self._api, is_local=False, administers=lambda _: False)
        for check, text in problems_of(exchange, context):
            if check != _UNUSED:
                yield check, self._masked(text)
        for each in context.undescribed:
            parent, _, name = each.path.rpartition("/")
            shown = _property_name(name) if each.kind.endswith("property") else self._masked(name)
            yield each.kind.replace(" ", "_"), f"{self._masked(parent)}/{shown}: {each.found}"

    def _lines(self) -> Iterator[str]:
        yield f"buildkite-rest {__version__}, spec {self._api.version}"
        yield f"checked: {plural(self._checked.total(), 'exchange')} of {plural(len(self._checked), 'operation')}"
        if self._ignored:
            yield f"ignored: {plural(self._ignored, 'exchange')} with other APIs"
        for reason, count in sorted(self._unchecked.items()):
            yield f"not checked: {count}, because {reason}"
        for operation, found in groupby(sorted(self._findings), key=lambda each: each.operation):
            yield ""
            yield f"{operation} ({plural(self._checked[operation], 'exchange')})"
            for each in found:
                yield f"  {each.check}: {each.message} [{plural(self._findings[each], 'time')}]"
        yield ""
        number = len(self._findings)
        yield f"{plural(number, 'difference')} from the spec" if number else "no difference from the spec"
        if self._dropped:
            yield f"{plural(self._dropped, 'more finding')} not listed"

    def _operation(self, method: str, path: str) -> Operation | None:
        if (found := self._api.find(method, path)) is not None:
            return found[0]
        for each in self._api.templates_of(path):
            if method in each.behaviour.alias_methods or (method, each.method) == ("HEAD", "GET"):
                return each
        return None

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


def _exchange(operation: Operation, observed: _Observed, path: str, base_url: str) -> Exchange:
    """Return an exchange. A proxy need not change the URLs of a response, so those may be of the API itself."""
    shown = "\n".join([*observed.headers.values(), (observed.body or b"").decode(errors="replace")])
    base = base_url.rstrip("/")
    if f"{_API}/" in shown and f"{base}/" not in shown:
        base = _API
    query = urlsplit(observed.url).query
    url = f"{base}{path}" + (f"?{query}" if query else "")
    request = Request(
        operation,
        operation.values_in(path) or {},
        query_of(url),
        {name: observed.sent_headers[name] for name in operation.headers if name in observed.sent_headers},
        method="" if observed.method == operation.method else observed.method,
    )
    content, sent = observed.body or b"", observed.sent_body
    return Exchange(request, observed.status, observed.headers, content, url, observed.sent_headers, sent)


def _path_below(url: str, base_url: str) -> str | None:
    """Return the path of a URL below another one, or None if it is not below it."""
    try:
        found, base = urlsplit(url), urlsplit(base_url.rstrip("/"))
    except ValueError:
        return None
    if found[:2] != base[:2] or not f"{found.path}/".startswith(f"{base.path}/"):
        return None
    return found.path.removeprefix(base.path).rstrip("/") or "/"


def _headers(headers: Headers) -> Mapping[str, str]:
    """Return headers of any case, without credentials."""
    given: Any = headers
    found: CaseInsensitiveDict[str] = CaseInsensitiveDict()
    for name, value in given.items() if hasattr(given, "items") else given:
        if name.lower() not in _SENSITIVE:
            found[name] = f"{found[name]}, {value}" if name in found else value
    return found


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
