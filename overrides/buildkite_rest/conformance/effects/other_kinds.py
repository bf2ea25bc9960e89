"""Effects on objects of other kinds than the first one, such as services of another provider."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from ..._base.json_values import as_object
from .bench import Bench, Subject
from .company import neighbours
from .expectations import holds
from .values import enum_values, properties, types

if TYPE_CHECKING:
    from .actions import Action

#: Objects of other kinds that get a request.
_KINDS: Final = 2
#: Path parameters of an object that is not above all others, as an organization is.
_DEPTH: Final = 2
#: Items of a list to compare with the first object.
_ITEMS: Final = 30


def objects_of_other_kinds(bench: Bench, when: Mapping[str, Any], subject: Subject) -> list[Subject]:
    """Return an object of each further kind from the list of an object, as far as they accept the same request.

    Enums distinguish kinds, also of a nested object such as a provider, and then booleans such as `soft_failed`.
    """
    get, state = subject.kind.get, bench.state(subject)
    if subject.kind.list is None or get is None or state is None or subject.kind.path.count("{") < _DEPTH:
        return []
    schemas = [*_alternatives(bench, bench.spec.response_schema(get))]
    others = [each for each in islice(neighbours(bench, subject), _ITEMS) if holds(when, each.body)]
    found = list[Subject]()
    for is_kind in (_is_enum, _is_boolean):
        seen = [dict(_values(bench, schemas, each, is_kind)) for each in (state.body, *(one.body for one in found))]
        for each in others:
            values = dict(_values(bench, schemas, each.body, is_kind))
            if values not in seen:
                seen.append(values)
                found.append(each)
    return found[:_KINDS]


def check_other_kinds(action: Action, subject: Subject) -> None:
    """Send a request without prerequisites for objects of other kinds, and check its effects on them."""
    scenario, bench = action.scenario, action.bench
    if scenario.after or scenario.listing or scenario.is_refused or scenario.makes_new or scenario.on_created:
        return
    for other in objects_of_other_kinds(bench, scenario.when, subject):
        if bench.allows(action.operation, other.values):
            action.run_briefly(other)


def _alternatives(bench: Bench, schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield schema
    for each in (*schema.get("oneOf", ()), *schema.get("anyOf", ())):
        yield from _alternatives(bench, bench.spec.resolve(each))


def _values(
    bench: Bench, schemas: Sequence[Mapping[str, Any]], body: object, is_kind: Callable[[Mapping[str, Any]], bool]
) -> Iterator[tuple[str, Any]]:
    """Yield the values that distinguish kinds of objects by their pointers."""
    for schema in schemas:
        for name, node in properties(bench.spec, schema).items():
            value = as_object(body).get(name)
            if is_kind(node):
                yield name, value
            elif "object" in types(node):
                for key, each in properties(bench.spec, node).items():
                    if is_kind(each):
                        yield f"{name}/{key}", as_object(value).get(key)


def _is_enum(schema: Mapping[str, Any]) -> bool:
    return bool(enum_values(schema))


def _is_boolean(schema: Mapping[str, Any]) -> bool:
    return "boolean" in types(schema)
