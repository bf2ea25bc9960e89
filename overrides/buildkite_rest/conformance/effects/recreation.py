"""Checks of an object with the key of a deleted or renamed one: it is accepted, and has nothing of the former one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from attrs import evolve

from ..._base.json_values import as_object
from ..traffic import Response
from .bench import Bench, Subject
from .bodies import values_of
from .checks import CONFLICT, DELETED, RECORD
from .comparison import is_empty, is_later, shown
from .values import BodyRules, is_name, properties, request_schema

#: Statuses of a request that is refused because of its values.
_REFUSED: Final = frozenset({400, 409, 422})


def check_recreation(
    bench: Bench, deleted: Subject, before: object, below: Sequence[Subject], others: Sequence[Subject]
) -> None:
    """Create an object with the key of a deleted one, once for each kind, and delete it again.

    `before` is the deleted object, `below` what was deleted with it, and `others` are further new objects.
    """
    create = deleted.kind.create
    if create is None or deleted.kind.path in bench.recreated or not deleted.is_own or not bench.wants(create):
        return
    body = _body(bench, deleted, as_object(before))
    if body is None:
        return
    bench.recreated.add(deleted.kind.path)
    again = _created(bench, deleted, body, "an object with the key of a deleted one")
    if again is None:
        return
    assert again.created is not None  # noqa: S101 - for the type checker
    bench.report(RECORD, _former_values(bench, deleted, as_object(before), again, others), again.created, again.created)
    for each in below if again.values == deleted.values else ():
        if each.kind.get is not None:
            bench.check(DELETED, each.kind.get, each.values, _former_part, again.created)
    _delete(bench, again)


def check_freed(bench: Bench, renamed: Subject, original: Mapping[str, Any], present: Mapping[str, Any]) -> None:
    """Check that another object can have the former unique values of a renamed one."""
    create = renamed.kind.create
    if create is None or not renamed.is_own or not bench.wants(create):
        return
    for name in sorted(BodyRules.of(request_schema(bench.spec, create)).unique):
        value = original.get(name)
        if value is None or name not in present or value == present[name]:
            continue
        body = _body(bench, renamed, {name: value})
        again = None if body is None else _created(bench, renamed, body, f"an object with a former {name} of another")
        if again is not None:
            _delete(bench, again)


def _body(bench: Bench, subject: Subject, keys: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the required properties that an object was created with, and the present values of its key."""
    assert subject.kind.create is not None  # noqa: S101 - for the type checker
    schema = request_schema(bench.spec, subject.kind.create)
    rules = BodyRules.of(schema)
    required = rules.needed.union(schema.get("required", ()), rules.unique)
    body = {name: value for name, value in subject.sent.items() if name in required}
    named = {name for name in properties(bench.spec, schema) if is_name(name) or name in rules.unique}
    body |= {name: keys[name] for name in named & body.keys() if isinstance(keys.get(name), str)}
    is_allowed = bench.session.allows(subject.kind.create, values_of(subject.kind.create, subject.values), body=body)
    return body if body and is_allowed else None


def _created(bench: Bench, like: Subject, body: Mapping[str, Any], what: str) -> Subject | None:
    assert like.kind.create is not None  # noqa: S101 - for the type checker
    response = bench.send(like.kind.create, like.values, body)
    messages = [f"{what} gets {response.status}"] if response.status in _REFUSED else []
    bench.report(CONFLICT, messages, response, response)
    return bench.created_again(evolve(like, sent=body), response) if response.ok else None


def _former_values(
    bench: Bench, deleted: Subject, before: Mapping[str, Any], again: Subject, others: Sequence[Subject]
) -> Iterator[str]:
    """Yield the values that a new object has from the deleted one."""
    found = as_object(again.body)
    for name in ("id", "uuid"):
        if name in before and name in found and before[name] == found[name] != again.sent.get(name):
            yield f"an object with the key of a deleted one has its {name}"
    created_at, new = before.get("created_at"), found.get("created_at")
    if created_at is not None and new is not None and (new == created_at or not is_later(new, created_at)):
        yield f"an object with the key of a deleted one has its created_at {created_at}"
    assert deleted.kind.create is not None  # noqa: S101 - for the type checker
    for name in properties(bench.spec, request_schema(bench.spec, deleted.kind.create)):
        value = before.get(name)
        if name in again.sent or not isinstance(value, str) or is_empty(value) or found.get(name) != value:
            continue
        fresh = [as_object(each.body)[name] for each in others if _is_unsent(name, each)]
        if fresh and value not in fresh:
            yield f"an object with the key of a deleted one has its {name} {shown(value)}"


def _is_unsent(name: str, subject: Subject) -> bool:
    return name in as_object(subject.body) and name not in subject.sent


def _former_part(found: Response) -> Iterator[str]:
    if found.ok:
        yield "what belonged to a deleted object belongs to a new one with its key"


def _delete(bench: Bench, subject: Subject) -> None:
    delete = subject.kind.delete
    if delete is not None and bench.allows(delete, subject.values) and bench.send(delete, subject.values).ok:
        bench.removed(subject)
        bench.selector.record_success(delete, values_of(delete, subject.values), None)
