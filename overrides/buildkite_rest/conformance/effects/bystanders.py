"""Objects that a request must not change."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from ..._base.json_values import as_object
from ..spec import Operation
from ..traffic import Response
from .bench import Bench, Subject
from .checks import OTHER_OBJECT
from .expectations import holds
from .values import volatile

Snapshots: TypeAlias = Sequence[tuple[Subject, Any]]
"""Objects and their state before a request."""


def snapshots(bench: Bench, subjects: Sequence[Subject | None]) -> Snapshots:
    """Return objects with their present state, without those that cannot be read or are not in their list."""
    states = [(each, _present(bench, each)) for each in subjects if each is not None]
    return [(each, body) for each, body in states if body is not None]


def _present(bench: Bench, subject: Subject) -> Any:
    """Return an object, from its list if the API has no operation that reads it alone."""
    if subject.kind.get is None:
        return bench.find(subject)[0]
    response = bench.state(subject)
    return None if response is None else response.body


def check_unchanged(bench: Bench, before: Snapshots, cause: Response, what: str, allowed: Collection[str] = ()) -> None:
    """Check that a request for another object left objects as they were, except for allowed properties."""
    for subject, body in before:
        operation = subject.kind.get
        if operation is None:
            _check_listed(bench, (subject, body), cause, what, allowed)
            continue

        def rule(found: Response, subject: Subject = subject, body: Any = body) -> Iterator[str]:
            if not found.ok:
                yield f"{what} had an effect on another object, which gets {found.status}"
            else:
                for message in bench.changes(subject.kind.get, body, found.body, allowed, ignored=()):
                    yield f"{what} had an effect on another object: {message}"

        bench.check(OTHER_OBJECT, operation, subject.values, rule, cause)


def _check_listed(
    bench: Bench, before: tuple[Subject, Any], cause: Response, what: str, allowed: Collection[str]
) -> None:
    """Check an object that only its list returns."""
    subject, body = before
    item, page = bench.find(subject)
    if page is None:
        return
    messages = [f"{what} removed another object from the list"] if item is None else []
    if item is not None:
        changes = bench.changes(subject.kind.list, body, item, allowed, ignored=())
        messages += [f"{what} had an effect on another object: {each}" for each in changes]
    bench.report(OTHER_OBJECT, messages, page, cause)


def check_unaffected(bench: Bench, before: Snapshots, cause: Response, sets: Mapping[str, Any]) -> None:
    """Check that a request did not have its effect on another object too, in a property that changes by itself."""
    for subject, body in before:
        operation = subject.kind.get
        if operation is None or not any(spread(bench, operation, sets, body)):
            continue

        def rule(found: Response, before: Any = body) -> Iterator[str]:
            for message in spread(bench, found.operation, sets, before, found.body) if found.ok else ():
                yield f"{cause.operation.id} had an effect on another object: {message}"

        bench.check(OTHER_OBJECT, operation, subject.values, rule, cause)


def spread(
    bench: Bench, operation: Operation, sets: Mapping[str, Any], before: object, found: object = None
) -> Iterator[str]:
    """Yield the effects of a request that another object had not before, and has now.

    Only literal values of properties that change by themselves are compared. Without `found`, yield those that it had
    not before.
    """
    for name in sets.keys() & volatile(bench.spec, operation):
        value = sets[name]
        is_new = _is_literal(value) and not holds({name: value}, before)
        if is_new and (found is None or holds({name: value}, found)):
            yield f"{name} is {as_object(found).get(name)!r}"


def _is_literal(value: object) -> bool:
    """Return whether an expected value is a literal, or a list of them."""
    return isinstance(value, bool | int | list) or (isinstance(value, str) and not value.startswith("$"))
