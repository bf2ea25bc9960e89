"""Checks of relations: the objects that a creation names have the documented relation to the new object."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

from attrs import evolve

from ..._base.json_values import as_array, as_object
from ..objects import identifier_of
from ..traffic import Response
from .bench import Bench, Subject
from .checks import EFFECT
from .comparison import shown
from .kinds import Kind
from .values import BodyRules, properties, request_schema

_ANY_UUID: Final = "00000000-0000-4000-8000-000000000000"
#: Related objects.
_COUNT: Final = 2
#: Index of the names in the body.
_INDEX: Final = 7


def check_relations(bench: Bench, subject: Subject) -> Iterator[Subject]:
    """Create objects with relations to others, and read these. Yields each new object."""
    operation = subject.kind.create
    if operation is None or not bench.wants(operation) or not operation.body_examples:
        return
    schema = request_schema(bench.spec, operation)
    for name, node in BodyRules.of(schema).relations.items():
        by_id = {each.id: each for each in bench.spec.operations}
        reading, parameter = by_id[node["operation"]], str(node["parameter"])
        ids = bench.bodies.references(parameter, _ANY_UUID, subject.values)
        if not ids:
            bench.session.skip(EFFECT.name, operation, f"no object for {name}")
        wanted = _values(bench.spec.resolve(properties(bench.spec, schema)[name]), ids, bench)
        for number, value in enumerate(wanted):
            base = bench.bodies.body(operation, operation.body_examples[0], _INDEX + number, subject.values)
            body = {**base, name: value}
            if not bench.session.allows(operation, subject.values, body=body):
                continue
            response = bench.send(operation, subject.values, body)
            bench.session.count(EFFECT.name)
            if not response.ok:
                continue
            made = bench.created_again(subject, response)
            key = identifier_of(reading.parameters[-1], response.body)
            if key is None:
                continue
            for each in value:
                values = {**subject.values, parameter: each, reading.parameters[-1]: key}
                rule = partial(_problems, name, each, str(node.get("value")), as_object(value).get(each))
                bench.check(EFFECT, reading, values, rule, response)
            if made is not None:
                yield evolve(made, sent=body)


def related_to(bench: Bench, subject: Subject) -> list[Subject]:
    """Return the relations that the creation of an object has made."""
    operation = subject.kind.create
    if operation is None or subject.created is None:
        return []
    by_id, found = {each.id: each for each in bench.spec.operations}, list[Subject]()
    for name, node in BodyRules.of(request_schema(bench.spec, operation)).relations.items():
        reading, parameter = by_id[node["operation"]], str(node["parameter"])
        key = identifier_of(reading.parameters[-1], subject.body)
        for each in as_array(subject.sent.get(name)) or as_object(subject.sent.get(name)):
            values = {**subject.values, parameter: each}
            if key is not None and parameter != reading.parameters[-1]:
                values |= {reading.parameters[-1]: key}
            listing = bench.spec.find("GET", reading.path.rpartition("/")[0])
            kind = Kind(reading.path, None, listing, reading, None, None, (), ())
            found.append(Subject(kind, values, None, is_own=False))
    return [each for each in found if bench.state(each) is not None]


def _problems(name: str, other: str, place: str, value: object, found: Response) -> Iterator[str]:
    """Yield a message if the relation to another object cannot be read or has another value."""
    returned = as_object(found.body).get(place)
    if not found.ok:
        yield f"a new object with {name} has no relation to {other}"
    elif value is not None and returned != value:
        yield f"the relation to {other} in {name} has {place} {shown(returned)} instead of {shown(value)}"


def _values(schema: Mapping[str, Any], ids: Sequence[str], bench: Bench) -> Iterator[dict[str, Any] | Sequence[str]]:
    """Yield some of the ids or, if the property is a map, maps of ids that have all of its values."""
    if "additionalProperties" not in schema:
        yield from [ids[:_COUNT]] if ids else ()
        return
    values: Sequence[Any] = bench.spec.resolve(schema["additionalProperties"]).get("enum", ())
    for start in range(0, len(values), len(ids)) if ids else ():
        yield dict(zip(ids, values[start:], strict=False))
