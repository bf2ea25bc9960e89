"""Checks of requests that create several objects, one for each distinct item of a property of the body."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from ..._base.json_values import as_array, as_object, is_array
from ..spec import Operation
from .bench import INVALID, Bench, Subject
from .checks import BATCH
from .values import BodyRules, enum_values, properties, request_schema, unique

#: Distinct items of a batch.
_ITEMS: Final = 2


def check_batch(bench: Bench, subject: Subject) -> None:
    """Send several items with a duplicate in upper case, and check that each has one object, and that it is listed."""
    operation, created = subject.kind.create, subject.created
    if operation is None or created is None or not bench.wants(operation):
        return
    example = bench.bodies.body(operation, operation.body_examples[-1], _ITEMS, subject.values)
    for name, property_name in BodyRules.of(request_schema(bench.spec, operation)).batch.items():
        sent = as_array(example.get(name))
        if not sent or not isinstance(sent[0], str):
            continue
        items = [unique(property_name, sent[0], {}) for _ in range(_ITEMS)]
        body = {**example, name: [*items, items[0].upper()]}
        other = {**body, **_other_defaults(bench, operation)}
        response = bench.send(operation, subject.values, other)
        if response.status in INVALID:
            response = bench.send(operation, subject.values, body)
        bench.session.count(BATCH.name)
        if not response.ok:
            message = f"{name} with {_ITEMS} items and a duplicate in upper case gets {response.status}"
            bench.report(BATCH, [message], response, created)
            continue
        others = bench.created_all(subject, response)
        problems = [
            *_differences(items, response.body, property_name),
            *_unequal(other, response.body, property_name),
        ]
        bench.report(BATCH, [f"in the response: {each}" for each in problems], response, response)
        listed = [bench.find(each) for each in others]
        missing = [page for item, page in listed if item is None and page is not None]
        bench.report(BATCH, ["a new object is not in the list"] * bool(missing), (missing or [response])[0], response)


def _other_defaults(bench: Bench, operation: Operation) -> dict[str, Any]:
    """Return another value than the default of each property with an enum, which all objects of a batch must have."""
    schema = request_schema(bench.spec, operation)
    defaults = BodyRules.of(schema).defaults
    return {
        name: value
        for name, node in properties(bench.spec, schema).items()
        if name in defaults
        for value in [each for each in enum_values(node) if each != defaults[name]][:1]
    }


def _differences(items: list[str], found: Any, property_name: str) -> list[str]:
    """Return the items that do not have exactly one object."""
    values = [as_object(each).get(property_name) for each in found] if is_array(found) else []
    counts = Counter(str(value).lower() for value in values)
    return [f"{counts[item.lower()]} objects for {item}" for item in items if counts[item.lower()] != 1]


def _unequal(body: Mapping[str, Any], found: Any, property_name: str) -> list[str]:
    """Return the properties in which the objects of a batch differ, although all have the same value in the body."""
    first, *others = map(as_object, as_array(found) or [{}])
    names = [name for name in first if name in body and name != property_name]
    return [f"{name} differs" for name in names for other in others if other.get(name) != first[name]]
