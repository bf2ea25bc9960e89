"""Updates of several properties at once: all are changed, or none if one of them is invalid."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any, Final

from ..._base.json_values import as_object, is_array, is_object
from ..loopback import is_local
from ..traffic import Response
from .bodies import values_of
from .checks import OTHER_PROPERTY, VALUE
from .comparison import equivalent, lost_values, shown
from .pointers import MISSING, resolve
from .updatable import Updatable
from .values import BodyRules, enum_values, is_name, new_values, request_schema, types

#: Limits of a text that may be empty.
_LIMITS: Final = frozenset({"minLength", "pattern", "format", "enum", "oneOf"})

#: Ends of the names of properties that refer to objects.
_REFERENCES: Final = ("_id", "_ids", "_uuid", "_uuids")


def change_together(target: Updatable, original: Mapping[str, Any]) -> None:
    """Change all properties in one request, to their original values if they have other ones now."""
    before = target.state()
    values = {name: _other_value(target, name, original, before) for name in target.accepted if not is_name(name)}
    body = {name: value for name, value in values.items() if value is not MISSING}
    if not target.rules.comparable(body, before):
        return
    response = target.send(target.required_of(before) | body)
    target.bench.report_refused("an update of properties that can be changed alone", response)
    if response.ok:
        _check_sent(target, body, response)


def _other_value(target: Updatable, name: str, original: Mapping[str, Any], before: Mapping[str, Any]) -> Any:
    """Return a value that a property can have, if possible one that it does not have now, or `MISSING`."""
    pointer, schema, accepted = target.rules.pointers.get(name, name), target.schema[name], target.accepted[name]
    present, first = resolve(pointer, before), resolve(pointer, original)
    if present is MISSING:
        return MISSING
    if is_object(accepted) and is_object(first):
        first = {key: first[key] for key in accepted if key in first}
    has_texts = is_array(accepted) and all(isinstance(each, str) for each in accepted)
    is_made = (has_texts or is_object(accepted)) and not (name.endswith(_REFERENCES) or enum_values(schema))
    made = new_values(name, schema, present, target.bench.examples, ()) if is_made else ()
    known = [each for each in (first, accepted) if each is not MISSING]
    possible = [each for each in known if each is not None or "null" in types(schema)]
    return next((each for each in chain(possible, made) if not equivalent(each, present)), accepted)


def empty_texts(target: Updatable) -> bool:
    """Send an empty text as each property that may have one, which must not keep its value.

    If they are refused together, they are sent alone. Returns whether the server has accepted one.
    """
    before, defaults = target.state(), {*target.rules.defaults}
    if (create := target.subject.kind.create) is not None:
        defaults |= BodyRules.of(request_schema(target.bench.spec, create)).defaults.keys()
    names = (name for name in target.accepted if name not in defaults and before.get(name))
    body = {name: "" for name in names if _may_be_empty(target.schema[name])}
    is_local_server = is_local(target.bench.session.options.base_url)
    if not is_local_server or not body or target.required & body.keys():
        return False
    if _is_emptied(target, body, before):
        return True
    alone = [{name: ""} for name in body if not name.endswith(_REFERENCES)] if len(body) > 1 else []
    return bool([each for each in alone if _is_emptied(target, each, before)])


def _is_emptied(target: Updatable, body: dict[str, Any], before: Mapping[str, Any]) -> bool:
    """Return whether empty texts are accepted, and check that the object does not keep its former ones."""
    response = target.send(target.required_of(before) | body)

    def rule(found: Response) -> Iterator[str]:
        for name in target.rules.comparable(body, found.body) if found.ok else ():
            if as_object(found.body).get(name) == before[name]:
                yield f"{name} is still {shown(before[name])} after an update with an empty text"

    if response.ok:
        target.bench.report(VALUE, rule(response), response, response)
        target.bench.check(VALUE, target.read, target.subject.values, rule, response)
    return response.ok


def _may_be_empty(schema: Mapping[str, Any]) -> bool:
    return "string" in types(schema) and not _LIMITS & schema.keys()


def _check_sent(target: Updatable, body: Mapping[str, Any], response: Response) -> None:
    def rule(found: Response) -> Iterator[str]:
        if found.ok:
            yield from lost_values(target.rules.comparable(body, found.body), found.body, target.rules.pointers)

    target.bench.report(VALUE, rule(response), response, response)
    target.bench.check(VALUE, target.read, target.subject.values, rule, response)


def send_present_values(target: Updatable) -> None:
    """Send nothing, and then the present values, which must be accepted and have no effect."""
    before = target.state()
    required = target.required_of(before)
    present = {
        name: before[name]
        for name in target.schema
        if name in before and name not in target.rules.pointers and (name in target.accepted or is_name(name))
    }
    present = {
        name: value for name, value in present.items() if value is not None or "null" in types(target.schema[name])
    }
    bodies = {"an update without properties": required, "an update with the present values": required | present}
    if name := next(filter(is_name, present), None):
        bodies["an update with the present name"] = {**required, name: present[name]}
    for what, body in bodies.items():
        response = target.send(body)
        if present and body == required | present:
            target.bench.report_refused(what, response)
        if response.ok:
            check_same(target, before, response, f"{what} has an effect")


def check_validator(target: Updatable, old: Response) -> None:
    """Check that an object that has changed is sent to a client that has the `ETag` of its former state."""
    tag, found = old.headers.get("ETag"), target.bench.read(target.read, target.subject.values)
    if tag is None or not found.ok or found.body == old.body:
        return
    values, headers = values_of(target.read, target.subject.values), {"If-None-Match": tag}
    response = target.bench.session.send(target.read, values, headers=headers, is_raw=True)
    messages = ["a changed object gets 304 for its former ETag"] if response.status == 304 else []
    target.bench.report(VALUE, messages, response, old)


def check_same(target: Updatable, before: Mapping[str, Any], cause: Response, what: str) -> None:
    """Check that a request has changed nothing."""

    def rule(found: Response) -> Iterator[str]:
        if not found.ok and before:
            yield f"{what}: the object gets {found.status}"
        for message in target.bench.changes(target.read, before, found.body, ()) if found.ok else ():
            yield f"{what}: {message}"

    if cause.ok:
        target.bench.report(OTHER_PROPERTY, rule(cause), cause, cause)
    target.bench.check(OTHER_PROPERTY, target.read, target.subject.values, rule, cause)
