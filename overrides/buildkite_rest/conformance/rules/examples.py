"""What many objects have in common that the examples of their operation do not have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from ..._base.json_values import as_array, as_object, is_array, is_object
from ..api import Api, Operation
from ..behaviour import Part
from ..values import is_empty, moment, shown

#: Objects after which a property that none has a value of is missing, and after which one value is no coincidence.
_ENOUGH: Final = 3
_MANY: Final = 10
#: Least time between the creation of the oldest and the newest object. Objects of one moment are alike.
_AGES: Final = timedelta(hours=1)


def example_objects(api: Api, operation: Operation) -> list[Mapping[str, Any]]:
    """Return the objects in the examples of the successes of an operation."""
    found: list[Mapping[str, Any]] = []
    for status, response in as_object(operation.node.get("responses")).items():
        media = as_object(as_object(api.resolve(response).get("content")).get("application/json"))
        for example in as_object(media.get("examples")).values() if status.startswith("2") else ():
            value = api.resolve(example).get("value")
            items = value if is_array(value) else as_object(value).get("items", [value])
            found += [item for item in as_array(items) if is_object(item)]
    return found


def unlike_examples(api: Api, operation: Operation, objects: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield properties that have no value in several objects, or one value in many, unlike in the examples.

    What clients set may be missing.
    """
    examples = example_objects(api, operation)
    if len(objects) < _ENOUGH or not examples:
        return
    bodies = [api.properties(each.body_schema) for each in api.operations if each.tag == operation.tag]
    settable = {name for each in bodies for name in each} | _requested(operation)
    for name, schema in api.properties(api.item_schema(operation)).items():
        found, known = ([each.get(name) for each in group] for group in (objects, examples))
        if any(each == name or each.startswith(f"{name}_") for each in settable) or not _are_varied(objects, name):
            continue
        if all(map(is_empty, found)) and not any(map(is_empty, known)):
            yield f"{name} is empty in all of {len(objects)} objects, but not in the examples"
        elif len(objects) < _MANY:
            continue
        elif "enum" in schema and found[0] not in known and all(each == found[0] for each in found):
            yield f"{name} is {shown(found[0])} in all of {len(objects)} objects, but not in the examples"
        elif None in known and None not in found and (blank := [each for each in found if _is_blank(each, known)]):
            yield f"{name} is {blank[0]!r} in some objects and null in none, unlike in the examples"


def _is_blank(value: Any, known: Sequence[Any]) -> bool:
    return value in ("", [], {}, 0) and value is not False and value not in known


def _requested(operation: Operation) -> set[str]:
    """Return the properties that depend on a parameter."""
    parts = [
        part
        for each in (*operation.query.values(), *operation.headers.values())
        for part in (each.behaviour.includes, each.behaviour.excludes)
    ]
    names = [[part.property, *part.properties] if isinstance(part, Part) else [part] for part in parts]
    return {name for group in names for name in group if name}


def _are_varied(objects: Sequence[Mapping[str, Any]], name: str) -> bool:
    """Return whether objects have several ages, states and types, as far as they have such."""
    times = [] if name == "created_at" else [moment(each.get("created_at")) for each in objects]
    ages = [each for each in times if each is not None]
    is_of_one_age = len(ages) > 1 and max(ages) - min(ages) < _AGES
    states = [{each.get(key) for each in objects} for key in ("state", "type") if key != name]
    return not is_of_one_age and not any(len(each) == 1 and None not in each for each in states)
