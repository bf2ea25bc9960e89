"""Checks of properties that only one object of a list may have, and of those that several may share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from attrs import evolve

from ..._base.json_values import as_object
from ..loopback import is_local
from ..names import unique_name
from .bench import Bench, Subject
from .checks import CONFLICT
from .values import BodyRules, properties, request_schema

#: Beginning of a default that is another property in the form of a slug.
_SLUG: Final = "$slug#/"
#: Characters that a name may have, but not a slug.
_PUNCTUATION: Final = " & (!)"


def check_conflict(bench: Bench, subject: Subject) -> None:
    """Check that a second object with the same value of a unique property is refused, and not created."""
    operation = subject.kind.create
    if operation is None or subject.created is None or not bench.wants(operation):
        return
    unique = BodyRules.of(request_schema(bench.spec, operation)).unique
    for name in sorted(unique):
        value = as_object(subject.body).get(name, subject.sent.get(name))
        for body in _bodies(bench, subject, unique - {name}) if value is not None else ():
            conflicting = {**body, name: value}
            if not bench.session.allows(operation, subject.values, body=conflicting):
                continue  # the object may have another name now than one of the run
            response = bench.send(operation, subject.values, conflicting)
            messages = [f"a second object with the same {name} is accepted"] if response.ok else []
            bench.report(CONFLICT, messages, response, subject.created)
            if response.ok:
                bench.created_again(subject, response)
            elif len(same := bench.items_with(subject, name, value)) > 1:
                message = f"the request is refused, but there are {len(same)} objects with the same {name}"
                bench.report(CONFLICT, [message], response, subject.created)


def check_second_conflict(bench: Bench, subject: Subject) -> None:
    """Check that an object in another state, such as an archived one, has its unique properties for itself too."""
    state = bench.state(subject)
    if state is not None and subject.is_own and subject.kind.path not in bench.blocked:
        bench.blocked.add(subject.kind.path)
        check_conflict(bench, evolve(subject, body=state.body))


def _bodies(bench: Bench, subject: Subject, others: frozenset[str]) -> Iterator[Mapping[str, Any]]:
    """Yield the body of a new object, and one with values of the other unique properties that no object has."""
    operation = subject.kind.create
    assert operation is not None  # noqa: S101 - for the type checker
    schema = properties(bench.spec, request_schema(bench.spec, operation))
    for missing in (frozenset[str](), others):
        body = bench.bodies.body(operation, operation.body_examples[-1], 0, subject.values)
        if not missing or missing - body.keys():
            yield {**body, **{name: unique_name(schema[name]) for name in missing}}


def check_similar(bench: Bench, subject: Subject) -> None:
    """Check that a slug may be chosen for a name that would have that of another object, on this machine."""
    operation = subject.kind.create
    is_possible = subject.created is not None and is_local(bench.session.options.base_url)
    if operation is None or not is_possible or not bench.wants(operation):
        return
    schema, present = request_schema(bench.spec, operation), as_object(subject.body)
    for slug, default in BodyRules.of(schema).defaults.items():
        source = str(default).removeprefix(_SLUG)
        if source == default or not isinstance(present.get(source), str):
            continue
        body = bench.bodies.body(operation, operation.body_examples[-1], 0, subject.values)
        body |= {source: f"{present[source]}{_PUNCTUATION}", slug: unique_name(properties(bench.spec, schema)[slug])}
        what = f"another {source} and {slug} than those of other objects"
        bench.create_first(subject.kind, subject.values, [body], documented=what, is_possible=True)
