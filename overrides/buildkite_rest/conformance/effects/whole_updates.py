"""Updates of several properties at once: all are changed, or none if one of them is invalid."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ..._base.json_values import as_object
from ..options import is_local
from ..traffic import Response
from .bodies import values_of
from .checks import OTHER_PROPERTY, VALUE
from .comparison import lost_values, shown
from .updatable import Updatable
from .values import BodyRules, is_name, request_schema, types

#: Limits of a text that may be empty.
_LIMITS: Final = frozenset({"minLength", "pattern", "format", "enum", "oneOf"})


def change_together(target: Updatable, original: Mapping[str, Any]) -> None:
    """Restore all changed properties in one request."""
    before = target.state()
    values = {
        name: original[name]
        for name in target.accepted
        if before.get(name) != original.get(name)
        and not (original[name] is None and "null" not in types(target.schema[name]))
    }
    if len(target.accepted) > 1:
        values |= {name: value for name, value in target.accepted.items() if name not in values}
    body = {name: value for name, value in values.items() if name in before and not is_name(name)}
    if not target.rules.comparable(body, before):
        return
    response = target.send(target.required_of(before) | body)
    target.bench.report_refused("an update of properties that can be changed alone", response)
    if response.ok:
        _check_sent(target, body, response)


def empty_texts(target: Updatable) -> None:
    """Send an empty text as each property that may have one, which must not keep its value."""
    before, defaults = target.state(), {*target.rules.defaults}
    if (create := target.subject.kind.create) is not None:
        defaults |= BodyRules.of(request_schema(target.bench.spec, create)).defaults.keys()
    names = (name for name in target.accepted if name not in defaults and before.get(name))
    body = {name: "" for name in names if _may_be_empty(target.schema[name])}
    is_local_server = is_local(target.bench.session.options.base_url)
    if not is_local_server or not body or target.required & body.keys():
        return
    response = target.send(target.required_of(before) | body)

    def rule(found: Response) -> Iterator[str]:
        for name in target.rules.comparable(body, found.body) if found.ok else ():
            if as_object(found.body).get(name) == before[name]:
                yield f"{name} is still {shown(before[name])} after an update with an empty text"

    if response.ok:
        target.bench.report(VALUE, rule(response), response, response)
        target.bench.check(VALUE, target.read, target.subject.values, rule, response)


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
