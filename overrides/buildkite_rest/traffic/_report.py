"""Report of findings: counted, grouped by operation, and without values."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from attrs import define, field

from .._base.plurals import plural
from .._version import __version__
from ._checks import Finding, Outcome

_MAX_FINDINGS: Final = 1000
"""Different findings that are kept."""
_MAX_OPERATIONS: Final = 2000
"""Operations that are kept."""
_MAX_SERVERS: Final = 100
_MAX_WAITING: Final = 10_000


@define
class _Occurrences:
    first: tuple[int, int]
    """File and entry of the first example."""
    count: int = 0


@define
class Report:
    """Findings of checked exchanges. Its size is bounded."""

    spec_version: str
    checked: Counter[str] = field(factory=Counter[str])
    """Exchanges by operation."""
    unchecked: Counter[str] = field(factory=Counter[str])
    """Reasons why a body, or an exchange, was not compared."""
    dropped: int = 0
    """Occurrences of findings beyond those that are kept."""
    dropped_operations: int = 0
    """Exchanges of operations beyond those that are kept."""
    _ignored: int = 0
    _servers: set[str] = field(factory=set[str])
    """Servers that have the API."""
    _waiting: list[tuple[Outcome, int, int]] = field(factory=list[tuple[Outcome, int, int]])
    """Results of exchanges that are of the API if their server has it."""
    _findings: dict[Finding, _Occurrences] = field(factory=dict[Finding, _Occurrences])

    @property
    def findings(self) -> list[Finding]:
        """All different findings."""
        return list(self._findings)

    @property
    def is_clean(self) -> bool:
        """Whether the API does not differ from the spec."""
        return all(finding.is_in_request for finding in self._findings)

    @property
    def exchanges(self) -> int:
        """Number of checked exchanges."""
        return self.checked.total() + self.dropped_operations

    @property
    def ignored(self) -> int:
        """Number of exchanges that are not of the API."""
        return self._ignored + len(self._waiting)

    def add(self, outcome: Outcome | None, file: int = 1, entry: int = 0) -> None:
        """Add the result of an exchange."""
        if outcome is None:
            self._ignored += 1
            return
        if outcome.needs_proof and outcome.server not in self._servers:
            if len(self._waiting) < _MAX_WAITING:
                self._waiting.append((outcome, file, entry))
            else:
                self._ignored += 1
            return
        self._count(outcome, file, entry)
        if outcome.is_proof and outcome.server not in self._servers and len(self._servers) < _MAX_SERVERS:
            self._servers.add(outcome.server)
            waiting, self._waiting = self._waiting, []
            for each in waiting:
                self.add(*each)

    def _count(self, outcome: Outcome, file: int, entry: int) -> None:
        if outcome.operation in self.checked or len(self.checked) < _MAX_OPERATIONS:
            self.checked[outcome.operation] += 1
        else:
            self.dropped_operations += 1
        self.unchecked.update(outcome.unchecked)
        for finding in outcome.findings:
            if finding not in self._findings and len(self._findings) >= _MAX_FINDINGS:
                self.dropped += 1
                continue
            self._findings.setdefault(finding, _Occurrences((file, entry))).count += 1

    def text(self) -> str:
        """Return the report for a person, and for an issue."""
        return "\n".join(self._lines()) + "\n"

    def as_json(self) -> str:
        """Return the report for a program."""
        return json.dumps(self._as_dict(), indent=2, ensure_ascii=False) + "\n"

    def _lines(self) -> Iterator[str]:
        yield f"buildkite-rest {__version__}, spec {self.spec_version}"
        more = "more than " if self.dropped_operations else ""
        yield f"checked: {plural(self.exchanges, 'exchange')} of {more}{plural(len(self.checked), 'operation')}"
        if self.ignored:
            yield f"ignored: {plural(self.ignored, 'exchange')} with other APIs"
        for reason, count in sorted(self.unchecked.items()):
            yield f"not checked: {count}, because {reason}"
        for operation, findings in self._by_operation().items():
            yield ""
            checked = self.checked.get(operation, 0)
            yield f"{operation} ({plural(checked, 'exchange')})" if checked else operation
            for finding, occurrences in findings:
                what = ": ".join(text for text in (finding.problem, finding.detail) if text)
                where = " ".join(text for text in (finding.part, finding.path) if text)
                yield f"  {where}: {what} [{plural(occurrences.count, 'time')}{self._example(occurrences)}]"
        yield ""
        in_requests = sum(finding.is_in_request for finding in self._findings)
        found = len(self._findings) - in_requests
        text = f"{plural(found, 'difference')} from the spec" if found else "no difference from the spec"
        yield text + (f", and {in_requests} in requests" if in_requests else "")
        if self.dropped:
            yield f"{plural(self.dropped, 'more finding')} not listed"
        if self.dropped_operations:
            yield f"{plural(self.dropped_operations, 'exchange')} of more operations not listed"

    def _example(self, occurrences: _Occurrences) -> str:
        file, entry = occurrences.first
        if not entry:
            return ""
        return f", first in entry {entry}" if file == 1 else f", first in file {file}, entry {entry}"

    def _by_operation(self) -> dict[str, list[tuple[Finding, _Occurrences]]]:
        groups: dict[str, list[tuple[Finding, _Occurrences]]] = {}
        for finding, occurrences in self._findings.items():
            groups.setdefault(finding.operation, []).append((finding, occurrences))
        return dict(sorted(groups.items()))

    def _as_dict(self) -> dict[str, Any]:
        return {
            "buildkite_rest": __version__,
            "spec": self.spec_version,
            "checked": dict(sorted(self.checked.items())),
            "ignored": self.ignored,
            "unchecked": dict(sorted(self.unchecked.items())),
            "dropped": self.dropped,
            "dropped_operations": self.dropped_operations,
            "findings": [
                {
                    "operation": finding.operation,
                    "part": finding.part,
                    "path": finding.path,
                    "problem": finding.problem,
                    "detail": finding.detail,
                    "count": occurrences.count,
                    **_first(occurrences),
                }
                for findings in self._by_operation().values()
                for finding, occurrences in findings
            ],
        }


def _first(occurrences: _Occurrences) -> dict[str, object]:
    """Return the first example. The traffic of a program has no files and entries."""
    file, entry = occurrences.first
    return {"first": {"file": file, "entry": entry}} if entry else {}
