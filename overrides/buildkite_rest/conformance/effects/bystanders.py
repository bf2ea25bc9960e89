"""Objects that a request must not change."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from ..traffic import Response
from .bench import Bench, Subject
from .checks import OTHER_OBJECT
from .expectations import holds
from .values import volatile

Snapshots: TypeAlias = Sequence[tuple[Subject, Any]]
"""Objects and their state before a request."""


def snapshots(bench: Bench, subjects: Sequence[Subject | None]) -> Snapshots:
    """Return objects with their present state, without those that cannot be read."""
    states = [(each, bench.state(each)) for each in subjects if each is not None]
    return [(each, response.body) for each, response in states if response is not None]


def check_unchanged(bench: Bench, before: Snapshots, cause: Response, what: str, allowed: Collection[str] = ()) -> None:
    """Check that a request for another object left objects as they were, except for allowed properties."""
    for subject, body in before:
        operation = subject.kind.get
        if operation is None:
            continue

        def rule(found: Response, subject: Subject = subject, body: Any = body) -> Iterator[str]:
            if not found.ok:
                yield f"{what} had an effect on another object, which gets {found.status}"
            else:
                for message in bench.changes(subject.kind.get, body, found.body, allowed, ignored=()):
                    yield f"{what} had an effect on another object: {message}"

        bench.check(OTHER_OBJECT, operation, subject.values, rule, cause)


def check_unaffected(bench: Bench, before: Snapshots, cause: Response, sets: Mapping[str, Any]) -> None:
    """Check that a request did not have its effect on another object too, in a property that changes by itself."""
    for subject, body in before:
        operation = subject.kind.get
        changing = {name: sets[name] for name in sets.keys() & volatile(bench.spec, operation)}
        literals = {name: value for name, value in changing.items() if _is_literal(value)}
        effects = {name: value for name, value in literals.items() if not holds({name: value}, body)}
        if operation is None or not effects:
            continue

        def rule(found: Response, effects: Mapping[str, Any] = effects) -> Iterator[str]:
            for name, value in effects.items():
                if found.ok and holds({name: value}, found.body):
                    yield f"{cause.operation.id} had an effect on another object: {name} is {found.body[name]!r}"

        bench.check(OTHER_OBJECT, operation, subject.values, rule, cause)


def _is_literal(value: object) -> bool:
    """Return whether an expected value is a literal, or a list of them."""
    return isinstance(value, bool | int | list) or (isinstance(value, str) and not value.startswith("$"))
