"""Check of traffic with the rules of a run: `Buildkite(check=TrafficCheck())`, or recordings in files.

Needs the extra `conformance`. No finding has a value of an exchange, so that a report can be published.
"""

from __future__ import annotations

import argparse
import inspect
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias
from urllib.parse import urlsplit

from attrs import define, evolve, field, frozen

from .._base.command_line import exit_without_output, report, write_text
from .._base.fork_safety import ForkSafeLock
from .._base.json_values import as_object, is_array, is_object
from .._base.safe_text import plural, safe_repr
from .._version import __version__

try:
    from .api import Api, CannotRunError, Operation
    from .exchange import Exchange, Request, query_of
    from .recordings import Recorded, RecordingError, headers_of, read_entries
    from .rules import Context, problems_of, rules
except ModuleNotFoundError as error:
    if error.name not in {"jsonschema_rs", "requests", "yaml"}:
        raise
    message = f"{error.name} is not installed; it comes with buildkite-rest[conformance]"
    raise ModuleNotFoundError(message, name=error.name, path=error.path) from error

__all__ = ["BodyProblem", "Finding", "TrafficCheck"]

_CLEAN: Final = 0
_FINDINGS: Final = 1
_UNUSABLE: Final = 2
#: Different findings that are kept.
MAX_FINDINGS: Final = 1000
_METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_API: Final = "https://api.buildkite.com"
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


@frozen(order=True)
class Finding:
    """A difference between an exchange and the spec. It has no value of the exchange, except words of enums."""

    operation: str
    """Method and path template."""
    check: str
    """Name of the rule, as in the report of a run, or of what the spec lacks."""
    message: str


@frozen
class Outcome:
    """Result for one exchange with the API."""

    operation: str
    findings: frozenset[Finding] = frozenset()
    unchecked: str = ""
    """Reason why the exchange was not judged."""


@define
class Report:
    """Findings of checked exchanges. Its size is bounded."""

    spec_version: str
    checked: Counter[str] = field(factory=Counter[str])
    """Exchanges by operation."""
    unchecked: Counter[str] = field(factory=Counter[str])
    """Reasons why an exchange was not checked."""
    ignored: int = 0
    """Number of exchanges that are not of the API."""
    dropped: int = 0
    """Occurrences of findings beyond those that are kept."""
    counts: Counter[Finding] = field(factory=Counter[Finding])
    _first: dict[Finding, str] = field(factory=dict[Finding, str])
    """Where the first example is: `file 2, entry 7`. The traffic of a program has none."""

    def add(self, outcome: Outcome | str | None, place: str = "") -> None:
        """Add the result of an exchange, or the reason why there is none."""
        if isinstance(outcome, str):
            self.unchecked[outcome] += 1
        elif outcome is None:
            self.ignored += 1
        else:
            self.checked[outcome.operation] += 1
            if outcome.unchecked:
                self.unchecked[outcome.unchecked] += 1
            for finding in outcome.findings:
                self._count(finding, place)

    def _count(self, finding: Finding, place: str) -> None:
        if finding not in self.counts and len(self.counts) >= MAX_FINDINGS:
            self.dropped += 1
            return
        self.counts[finding] += 1
        self._first.setdefault(finding, place)

    def text(self) -> str:
        """Return the report for a person, and for an issue."""
        return "\n".join(self._lines()) + "\n"

    def _lines(self) -> Iterator[str]:
        yield f"buildkite-rest {__version__}, spec {self.spec_version}"
        yield f"checked: {plural(self.checked.total(), 'exchange')} of {plural(len(self.checked), 'operation')}"
        if self.ignored:
            yield f"ignored: {plural(self.ignored, 'exchange')} with other APIs"
        for reason, count in sorted(self.unchecked.items()):
            yield f"not checked: {count}, because {reason}"
        ordered = sorted(self.counts)
        for operation, findings in groupby(ordered, key=lambda each: each.operation):
            yield ""
            yield f"{operation} ({plural(self.checked[operation], 'exchange')})"
            for each in findings:
                first = f", first in {self._first[each]}" if self._first[each] else ""
                yield f"  {each.check}: {each.message} [{plural(self.counts[each], 'time')}{first}]"
        yield ""
        yield (
            f"{plural(len(self.counts), 'difference')} from the spec" if self.counts else "no difference from the spec"
        )
        if self.dropped:
            yield f"{plural(self.dropped, 'more finding')} not listed"


class Judge:
    """Judges exchanges, each by itself: recordings are of any time, order and server, so none is compared with another.

    Therefore each one has its own context. Rules that remember earlier exchanges find only what one alone shows.
    """

    def __init__(self, api: Api) -> None:
        self._api = api
        self.version = api.version
        self._roots = {each.path.split("/")[2] for each in api.operations if each.path != "/"}
        modules = {function.__module__ for function in rules().values()}
        sources = (inspect.getsource(sys.modules[name]) for name in modules)
        self._words = {word for text in (*sources, *_names(api.raw)) for word in _WORD.findall(text)}
        self._words.update(_VALIDATOR_WORDS.split())

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
        context = Context(self._api, is_local=False, administers=lambda _: False)
        problems = ((check, message) for check, message in problems_of(exchange, context) if check not in _UNUSED)
        found = {(check, self._masked(message)) for check, message in problems}
        for each in context.undescribed:
            if each.kind.startswith("undescribed"):
                parent, _, name = each.path.rpartition("/")
                shown = _property_name(name) if each.kind.endswith("property") else self._masked(name)
                found.add((each.kind.replace(" ", "_"), f"{self._masked(parent)}/{shown}: {each.found}"))
        return Outcome(operation.label, frozenset(Finding(operation.label, *each) for each in found))

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


def _exchange(operation: Operation, recorded: Recorded, content: bytes) -> Exchange:
    """Return an exchange. A proxy need not change the URLs of a response, so those may be of the API itself."""
    url = urlsplit(recorded.url)
    own = "/".join(["", *url.path.rstrip("/").split("/")[-operation.path.count("/") :]])
    shown = "\n".join([*recorded.response_headers.values(), content.decode(errors="replace")])
    is_rewritten = f"{_API}/" not in shown or f"{url.scheme}://{url.netloc}/" in shown
    base = f"{url.scheme}://{url.netloc}{url.path.rstrip('/').removesuffix(own)}" if is_rewritten else _API
    known = f"{base}{own}" + (f"?{url.query}" if url.query else "")
    request = Request(
        operation,
        operation.values_in(own) or {},
        query_of(known),
        {name: recorded.headers[name] for name in operation.headers if name in recorded.headers},
        method="" if recorded.method == operation.method else recorded.method,
    )
    headers, sent = recorded.response_headers, recorded.body or b""
    return Exchange(request, recorded.status, headers, content, known, recorded.headers, sent)


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


BodyProblem: TypeAlias = Literal["incomplete", "undecodable"]
"""Reason why a body is not known."""
Headers: TypeAlias = Mapping[str, str] | Iterable[tuple[str, str]]
_PROBLEMS: Final[Mapping[BodyProblem | None, str]] = {
    None: "the body is not known",
    "incomplete": "the body was not received completely",
    "undecodable": "the body is too large, or cannot be decoded",
}


class TrafficCheck:
    """Judges the requests and responses of clients by the rules of the conformance runner.

    ```python
    check = TrafficCheck()
    with Buildkite(check=check) as bk:
        bk.user.get()
    print(check.report())
    ```

    The report has no ids, names or other values, and no credentials. It can be used by several clients, threads and
    tasks. No exception leaves it while requests are sent.
    """

    def __init__(self) -> None:
        self._lock = ForkSafeLock()
        self._judge = Judge(Api.load())
        self._report = Report(self._judge.version)

    @property
    def findings(self) -> list[Finding]:
        """The different findings so far."""
        with self._lock.current:
            return list(self._report.counts)

    def report(self) -> str:
        """Return the report so far, for a person or an issue."""
        with self._lock.current:
            return self._report.text()

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
        base_url: str | None = None,
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
            base_url: URL of the API. A request below it is one of the API, whatever its path. Without it, only known
                paths and hosts are recognized.
        """
        recorded = Recorded(
            method,
            str(url),
            headers_of(_pairs(request_headers)),
            request_body,
            status,
            headers_of(_pairs(headers)),
            body,
            _PROBLEMS[body_problem],
            base_url,
        )
        with self._lock.current:
            self._report.add(self._judge.outcome(recorded))


def _pairs(headers: Headers) -> Iterable[tuple[str, str]]:
    given: Any = headers
    pairs: Iterable[tuple[str, str]] = given.items() if hasattr(given, "items") else given
    return pairs


def run(namespace: argparse.Namespace, program: str, _: Mapping[str, str]) -> int:
    """Check recordings, print the report, and return the exit status."""
    try:
        result = _check(namespace.files)
    except CannotRunError as error:
        report(f"{program}: {error}")
        return _UNUSABLE
    try:
        write_text(result.text())
    except OSError as error:
        exit_without_output(error, f"{program}: ")
    return _FINDINGS if result.counts else _CLEAN


def _check(files: Sequence[Path]) -> Report:
    judge = Judge(Api.load())
    result = Report(judge.version)
    for number, path in enumerate(files, 1):
        file = f"file {number}, " if len(files) > 1 else ""
        try:
            for entry, recorded in enumerate(read_entries(path), 1):
                found = recorded if isinstance(recorded, str) else judge.outcome(recorded)
                result.add(found, f"{file}entry {entry}")
        except RecordingError as error:
            raise CannotRunError(f"{safe_repr(str(path))} {error}.") from None
    if not result.checked:
        raise CannotRunError("there is no response of a known path under /v2 in the files. Record requests to the API.")
    return result
