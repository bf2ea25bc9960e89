"""Check of the traffic of a program, and the report of findings: counted, grouped by operation, and without values."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal, Protocol, Self, TypeAlias

from attrs import define, field

from ..._base.arguments import check_file_path, check_int, check_type, type_name
from ..._base.fork_safety import ForkSafeLock
from ..._base.safe_text import plural
from ..._files.targets import check_target, write_file
from ..._version import __version__
from .judge import Finding, Judge, Outcome, Recorded, headers_of

#: Different findings that are kept.
MAX_FINDINGS: Final = 1000


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
    _first: dict[Finding, tuple[int, int]] = field(factory=dict[Finding, tuple[int, int]])
    """File and entry of the first example. The traffic of a program has none."""

    @property
    def is_clean(self) -> bool:
        """Whether the API does not differ from the spec."""
        return all(finding.is_in_request for finding in self.counts)

    def add(self, outcome: Outcome | str | None, example: tuple[int, int] | None = None) -> None:
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
                self._count(finding, example)

    def _count(self, finding: Finding, example: tuple[int, int] | None) -> None:
        if finding not in self.counts and len(self.counts) >= MAX_FINDINGS:
            self.dropped += 1
            return
        self.counts[finding] += 1
        if example is not None:
            self._first.setdefault(finding, example)

    def text(self) -> str:
        """Return the report for a person, and for an issue."""
        return "\n".join(self._lines()) + "\n"

    def as_json(self) -> str:
        """Return the report for a program."""
        content: Mapping[str, Any] = {
            "buildkite_rest": __version__,
            "spec": self.spec_version,
            "checked": dict(sorted(self.checked.items())),
            "ignored": self.ignored,
            "unchecked": dict(sorted(self.unchecked.items())),
            "dropped": self.dropped,
            "findings": [self._as_dict(finding) for finding in self._sorted()],
        }
        return json.dumps(content, indent=2, ensure_ascii=False) + "\n"

    def _as_dict(self, finding: Finding) -> dict[str, Any]:
        found = {"operation": finding.operation, "check": finding.check, "message": finding.message}
        file, entry = self._first.get(finding, (0, 0))
        return {**found, "count": self.counts[finding], **({"first": {"file": file, "entry": entry}} if file else {})}

    def _sorted(self) -> list[Finding]:
        return sorted(self.counts, key=lambda each: (each.operation, each.check, each.message))

    def _lines(self) -> Iterator[str]:
        yield f"buildkite-rest {__version__}, spec {self.spec_version}"
        yield f"checked: {plural(self.checked.total(), 'exchange')} of {plural(len(self.checked), 'operation')}"
        if self.ignored:
            yield f"ignored: {plural(self.ignored, 'exchange')} with other APIs"
        for reason, count in sorted(self.unchecked.items()):
            yield f"not checked: {count}, because {reason}"
        for operation, findings in groupby(self._sorted(), key=lambda each: each.operation):
            yield ""
            yield f"{operation} ({plural(self.checked[operation], 'exchange')})"
            for each in findings:
                yield f"  {each.check}: {each.message} [{plural(self.counts[each], 'time')}{self._example(each)}]"
        yield ""
        in_requests = sum(finding.is_in_request for finding in self.counts)
        found = len(self.counts) - in_requests
        text = f"{plural(found, 'difference')} from the spec" if found else "no difference from the spec"
        yield text + (f", and {in_requests} in requests" if in_requests else "")
        if self.dropped:
            yield f"{plural(self.dropped, 'more finding')} not listed"

    def _example(self, finding: Finding) -> str:
        file, entry = self._first.get(finding, (0, 0))
        if not file:
            return ""
        return f", first in entry {entry}" if file == 1 else f", first in file {file}, entry {entry}"


BodyProblem: TypeAlias = Literal["incomplete", "undecodable"]
"""Reason why a body is not known."""
Headers: TypeAlias = Mapping[str, str] | Iterable[tuple[str, str]]
_PROBLEMS: Final[Mapping[BodyProblem | None, str]] = {
    None: "the body is not known",
    "incomplete": "the body was not received completely",
    "undecodable": "the body is too large, or cannot be decoded",
}
_logger: Final = logging.getLogger("buildkite_rest")


class _URL(Protocol):
    """A URL of a library, such as `httpx.URL`, whose `str` is the URL."""

    @property
    def scheme(self) -> str: ...


class TrafficCheck:
    """Judges the requests and responses of clients by the rules of the conformance runner.

    ```python
    with TrafficCheck("report.txt") as check, Buildkite(check=check) as bk:
        bk.user.get()
    ```

    The report has no ids, names or other values, and no credentials. It can be used by several clients, threads and
    tasks. No exception leaves it while requests are sent.

    Args:
        path: File that the report is written to at the end of the `with` statement of the check, as JSON if its name
            ends with `.json`. If an exception ends the block and the file cannot be written, the exception gets a note.

    Raises:
        OSError: The file cannot be written.
        TypeError: `path` is not a path.
        ValueError: `path` cannot be that of a file.
    """

    def __init__(self, path: str | PathLike[str] | None = None) -> None:
        self._path = None if path is None else _target(path)
        self._lock = ForkSafeLock()
        self._judge = Judge.load()
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

    def write(self, path: str | PathLike[str]) -> None:
        """Write the report so far, as JSON if the name of the file ends with `.json`.

        A file is replaced when the new one is complete. If that fails, the old one is unchanged.

        Raises:
            OSError: The file cannot be written.
            TypeError: `path` is not a path.
            ValueError: `path` cannot be that of a file.
        """
        target = _target(path)
        with self._lock.current:
            text = self._report.as_json() if target.suffix.lower() == ".json" else self._report.text()
        write_file(target, text.encode(errors="backslashreplace"))

    def observe(
        self,
        method: str,
        url: str | _URL,
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
            url: URL of the request: a str, or an object such as `httpx.URL`.
            status: Status of the response.
            headers: Headers of the response.
            body: Body of the response, without a content coding. Without it, the exchange is only counted.
            request_headers: Headers of the request.
            request_body: Body of the request, if it is JSON.
            body_problem: Reason why the body is not known.
            base_url: URL of the API. A request below it is one of the API, whatever its path. Without it, only known
                paths and hosts are recognized.

        Raises:
            TypeError: An argument has another type.
            ValueError: `body_problem` is unknown.
        """
        check_type("method", method, str, "a str")
        check_int("status", status, minimum=0)
        for name, content in (("body", body), ("request_body", request_body)):
            if content is not None:
                check_type(name, content, bytes, "bytes or None")
        if not isinstance(url, str) and not hasattr(url, "scheme"):
            raise TypeError(f"url must be a str or a URL such as httpx.URL, not {type_name(url)}")
        if body_problem not in _PROBLEMS:
            raise ValueError("body_problem must be incomplete or undecodable")
        recorded = Recorded(
            method,
            str(url),
            headers_of(_pairs("request_headers", request_headers)),
            request_body,
            int(status),
            headers_of(_pairs("headers", headers)),
            body,
            _PROBLEMS[body_problem],
            base_url,
        )
        with self._lock.current:
            self._report.add(self._judge.outcome(recorded))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._path is None:
            return
        try:
            self.write(self._path)
        except Exception as failure:
            if error is None:
                raise
            note = f"The report of the traffic check cannot be written: {failure}"
            _logger.warning(note)
            error.add_note(note)


def _target(path: str | PathLike[str]) -> Path:
    check_file_path("path", path)
    target = Path(path).absolute()
    check_target(target)
    return target


def _pairs(name: str, headers: Headers) -> list[tuple[str, str]]:
    """Return headers as pairs of name and value. Raises `TypeError` if `headers` has another type."""
    given: Any = headers
    try:
        pairs: list[tuple[Any, Any]] = [(key, value) for key, value in getattr(given, "items", lambda: given)()]
    except (TypeError, ValueError):
        pairs = [(None, None)]
    if not all(isinstance(key, str) and isinstance(value, str) for key, value in pairs):
        raise TypeError(f"{name} must be a mapping of str, or pairs of str, not {type_name(headers)}")
    return pairs
