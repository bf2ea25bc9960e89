"""Checks of properties that a request body is not documented to have: they are refused, or have no effect."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from ..._base.json_values import as_object
from ..identities import is_uuid
from ..loopback import is_local
from ..spec import Operation
from ..traffic import Response
from .bench import Bench, Subject
from .checks import OTHER_PROPERTY
from .comparison import equivalent, shown
from .updatable import Updatable
from .values import BodyRules, enum_values, properties, request_schema, types

#: Values that no object has. They are valid, so that only a missing rule lets them through.
_UUID: Final = "11111111-1111-4111-8111-111111111111"
_TIME: Final = "2035-01-01T00:00:00.000Z"
_URL: Final = "https://acme.example/unlisted"
_TEXT: Final = "unlisted"


def check_unlisted_in_creation(bench: Bench, subject: Subject) -> None:
    """Create an object with properties that only the server sets, such as its id, on this machine."""
    operation = subject.kind.create
    is_possible = operation is not None and is_local(bench.session.options.base_url) and bench.wants(operation)
    if operation is None or not is_possible or not operation.body_examples:
        return
    schema = request_schema(bench.spec, operation)
    values = _values(bench, subject, as_object(subject.body), properties(bench.spec, schema), BodyRules.of(schema))
    body = bench.bodies.body(operation, operation.body_examples[-1], 0, subject.values)
    made = bench.create_first(subject.kind, subject.values, [{**values, **body}]) if values else None
    if made is None or made.created is None:
        return

    def rule(found: Response) -> Iterator[str]:
        yield from _applied(values, found.body) if found.ok else ()

    bench.report(OTHER_PROPERTY, _applied(values, made.body), made.created, made.created)
    if made.kind.get is not None:
        bench.check(OTHER_PROPERTY, made.kind.get, made.values, rule, made.created)


def check_unlisted_in_action(bench: Bench, operation: Operation, subject: Subject) -> None:
    """Send an action that is possible in any state with properties of the object, on this machine."""
    effects, read = bench.spec.effects(operation), subject.kind.get
    is_possible = is_local(bench.session.options.base_url) and subject.is_own and bench.wants(operation)
    is_repeatable = operation.body_examples and not any("when" in node or "object" in node for node in effects)
    if read is None or not is_possible or not is_repeatable or not {*operation.parameters} <= subject.values.keys():
        return
    schema, state = request_schema(bench.spec, operation), bench.state(subject)
    before = as_object(None if state is None else state.body)
    sets = {name for node in effects for name in as_object(node.get("sets"))}
    known = {*properties(bench.spec, schema), *sets}
    values = _values(bench, subject, before, known, BodyRules.of(schema))
    if not values or not bench.allows(operation, subject.values):
        return
    body = bench.bodies.body(operation, operation.body_examples[0], 0, subject.values)
    response = bench.send(operation, subject.values, {**values, **body})

    def rule(found: Response) -> Iterator[str]:
        yield from _applied(values, found.body, before) if found.ok else ()

    if response.ok:
        bench.check(OTHER_PROPERTY, read, subject.values, rule, response)


def send_unlisted(target: Updatable) -> None:
    """Update an object with properties that it has, but the request body has not, on this machine.

    If the server refuses them, those that a new object can have are sent alone.
    """
    bench, before, create = target.bench, target.state(), target.subject.kind.create
    if not is_local(bench.session.options.base_url):
        return
    values = _values(bench, target.subject, before, target.schema, target.rules)
    creatable = properties(bench.spec, request_schema(bench.spec, create)).keys() if create is not None else ()
    for unlisted in (values, {name: value for name, value in values.items() if name in creatable}):
        if not unlisted:
            return
        response = target.send({**unlisted, **target.required_of(before)})

        def rule(found: Response, unlisted: Mapping[str, Any] = unlisted) -> Iterator[str]:
            yield from _applied(unlisted, found.body, before) if found.ok else ()

        if response.ok:
            bench.report(OTHER_PROPERTY, rule(response), response, response)
            bench.check(OTHER_PROPERTY, target.read, target.subject.values, rule, response)
            return


def _values(
    bench: Bench, subject: Subject, present: Mapping[str, Any], known: Collection[str], rules: BodyRules
) -> dict[str, Any]:
    """Return another value of each property of an object that is not in a request body."""
    reading = subject.kind.get or subject.kind.create
    returned = {} if reading is None else properties(bench.spec, bench.spec.response_schema(reading))
    roots = {rules.root(name) for name in known}
    names = returned.keys() & present.keys() - roots - {*known}
    made = {name: _other(returned[name], present[name]) for name in sorted(names)}
    return {name: value for name, value in made.items() if value is not None}


def _other(schema: Mapping[str, Any], present: Any) -> Any:
    """Return another value than the present one, or None for what is not a scalar."""
    if options := enum_values(schema):
        return next((each for each in options if each != present and isinstance(each, str)), None)
    match present:
        case bool():
            return not present
        case int():
            return present + 1
        case str() if is_uuid(present):
            return _UUID
        case str() | None if schema.get("format") == "date-time":
            return _TIME
        case str() if present.startswith("http"):
            return _URL
        case str() | None if "string" in types(schema):
            return _TEXT
        case _:
            return None


def _applied(values: Mapping[str, Any], found: object, before: Mapping[str, Any] | None = None) -> Iterator[str]:
    """Yield a message for each sent property that an object has now, but not before."""
    for name, value in values.items():
        is_new = before is None or before.get(name) != value
        if is_new and equivalent(value, as_object(found).get(name)):
            yield f"{name} is {shown(value)}, as sent, although the request body has no such property"
