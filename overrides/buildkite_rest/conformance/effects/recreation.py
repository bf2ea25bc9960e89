"""Checks of an object with the key of a deleted or renamed one: it is accepted, and has nothing of the former one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from attrs import evolve

from ..._base.json_values import as_object
from ..names import unique_name_in
from ..traffic import Response
from .bench import Bench, Subject
from .bodies import values_of
from .checks import CONFLICT, DELETED, RECORD, SECRET, VALUE
from .comparison import is_empty, is_later, lost_values, shown
from .creation import same_secrets
from .own_filters import OwnFilters
from .pointers import without
from .upserts import key_of_upsert, switches
from .values import BodyRules, enum_values, is_name, properties, request_schema, types

#: Statuses of a request that is refused because of its values.
_REFUSED: Final = frozenset({400, 409, 422})


def check_recreation(
    bench: Bench,
    deleted: Subject,
    before: object,
    below: Sequence[Subject],
    others: Sequence[Subject],
    *,
    filters: OwnFilters | None = None,
) -> None:
    """Create an object with the key of a deleted one, once for each kind, and delete it again.

    `before` is the deleted object, `below` what was deleted with it, and `others` are further new objects. `filters`
    found the deleted object.
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
    bench.report(SECRET, same_secrets(bench, again, deleted), again.created, again.created)
    rules = BodyRules.of(request_schema(bench.spec, create))
    sent = without(rules.comparable(body, again.body), rules.hidden(again.body))
    sent = bench.bodies.with_ids_for_slugs(sent, again.values)
    bench.report(VALUE, lost_values(sent, again.body, rules.pointers), again.created, again.created)
    if filters is not None:
        filters.with_values(again.body).check(again, again.created, is_listed=True)
    for each in below if again.values == deleted.values else ():
        if each.kind.get is not None:
            bench.check(DELETED, each.kind.get, each.values, _former_part, again.created)
    bench.delete(again)
    for name in switches(bench.spec, create):
        other = _created(bench, deleted, {**body, name: True}, f"an object with the key of a deleted one and {name}")
        if other is not None and other.created is not None:
            bench.report(RECORD, _former_texts(again, other), other.created, other.created)
            bench.delete(other)


def _former_texts(deleted: Subject, again: Subject) -> Iterator[str]:
    """Yield the texts of a new object that has the text of the deleted one besides its own, which is the same."""
    for name, value in as_object(deleted.body).items():
        found = as_object(again.body).get(name)
        if isinstance(value, str) and isinstance(found, str) and value and value in found and value != found:
            yield f"an object with the key of a deleted one has the {name} of both"


def check_freed(bench: Bench, renamed: Subject, original: Mapping[str, Any], present: Mapping[str, Any]) -> None:
    """Check that another object can have the former unique values of a renamed one."""
    create = renamed.kind.create
    if create is None or not renamed.is_own or not bench.wants(create):
        return
    schema = request_schema(bench.spec, create)
    if "slug" in present and present["slug"] == original.get("slug"):
        return  # the slug is made of the former name
    for name in sorted(_key_names(properties(bench.spec, schema), BodyRules.of(schema))):
        value = original.get(name)
        if value is None or name not in present or value == present[name] or name not in renamed.sent:
            continue
        body = _body(bench, renamed, {name: value})
        again = None if body is None else _created(bench, renamed, body, f"an object with a former {name} of another")
        if again is not None:
            bench.delete(again)


def _body(bench: Bench, subject: Subject, keys: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the required properties that an object was created with, and the present values of its key."""
    assert subject.kind.create is not None  # noqa: S101 - for the type checker
    schema = request_schema(bench.spec, subject.kind.create)
    rules, key = BodyRules.of(schema), key_of_upsert(bench.spec, subject.kind.create)
    unique = rules.unique if key is None else rules.unique | {key}
    required = rules.needed.union(schema.get("required", ()), unique)
    body = {name: value for name, value in subject.sent.items() if name in required}
    names = _key_names(properties(bench.spec, schema), rules) | unique
    body |= {name: keys[name] for name in names & body.keys() if isinstance(keys.get(name), str)}
    if any(map(is_name, body)) and unique_name_in(json.dumps(body)) is None:
        return None  # the name would not show that the new object is the run's, which would not delete it
    is_allowed = bench.session.allows(subject.kind.create, values_of(subject.kind.create, subject.values), body=body)
    return body if body and is_allowed else None


def _key_names(schema: Mapping[str, Any], rules: BodyRules) -> set[str]:
    """Return the properties that identify an object."""
    return {name for name in schema if is_name(name) or name in rules.unique}


def distinguish(bench: Bench, subject: Subject, others: Sequence[Subject]) -> None:
    """Give an object another value of an enum, or of a boolean, than a new one has by default."""
    update, state = subject.kind.update, bench.state(subject)
    if update is None or state is None or not subject.is_own or not bench.wants(update):
        return
    schema, present = request_schema(bench.spec, update), as_object(state.body)
    required = {name: present[name] for name in schema.get("required", ()) if name in present}
    for name, node in properties(bench.spec, schema).items():
        usual = [as_object(each.body)[name] for each in others if _is_unsent(name, each)]
        if not usual or present.get(name) not in usual:
            continue
        options = [*enum_values(node), *([True, False] if "boolean" in types(node) else [])]
        other = next((value for value in options if value not in usual), None)
        if other is not None and bench.send(update, subject.values, {**required, name: other}).ok:
            return


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
        is_scalar = isinstance(value, str | bool) and not is_empty(value)
        is_made_of_key = isinstance(value, str) and unique_name_in(value) is not None  # such as a slug
        if name in again.sent or not is_scalar or is_made_of_key or found.get(name) != value:
            continue
        fresh = [as_object(each.body)[name] for each in others if _is_unsent(name, each)]
        if fresh and value not in fresh:
            yield f"an object with the key of a deleted one has its {name} {shown(value)}"


def _is_unsent(name: str, subject: Subject) -> bool:
    return name in as_object(subject.body) and name not in subject.sent


def _former_part(found: Response) -> Iterator[str]:
    if found.ok:
        yield "what belonged to a deleted object belongs to a new one with its key"
