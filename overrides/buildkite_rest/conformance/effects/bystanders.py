"""Objects that a request must not change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

from ..traffic import Response
from .bench import Bench, Subject
from .checks import OTHER_OBJECT

Snapshots: TypeAlias = Sequence[tuple[Subject, Any]]
"""Objects and their state before a request."""


def snapshots(bench: Bench, subjects: Sequence[Subject | None]) -> Snapshots:
    """Return objects with their present state, without those that cannot be read."""
    states = [(each, bench.state(each)) for each in subjects if each is not None]
    return [(each, response.body) for each, response in states if response is not None]


def check_unchanged(bench: Bench, before: Snapshots, cause: Response, what: str) -> None:
    """Check that a request for another object left objects as they were."""
    for subject, body in before:
        operation = subject.kind.get
        if operation is None:
            continue

        def rule(found: Response, subject: Subject = subject, body: Any = body) -> Iterator[str]:
            if not found.ok:
                yield f"{what} had an effect on another object, which gets {found.status}"
            else:
                for message in bench.changes(subject.kind.get, body, found.body, (), ignored=()):
                    yield f"{what} had an effect on another object: {message}"

        bench.check(OTHER_OBJECT, operation, subject.values, rule, cause)
