"""What many objects have in common that the examples of their operation do not have."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import combinations
from typing import Any, Final

from ..._base.json_values import as_array, as_object, is_array, is_object
from ..api import Api, Operation
from ..behaviour import Part
from ..values import MISSING, is_empty, leaves, moment, objects_in, shown

#: Objects after which a property that none has a value of is missing, and after which one value is no coincidence.
_ENOUGH: Final = 3
_MANY: Final = 10
#: Least time between the creation of the oldest and the newest object. Objects of one moment are alike.
_AGES: Final = timedelta(hours=1)
_DIGIT: Final = re.compile(r"\d")
#: Times that others may equal: they can be the beginning of the object.
_BEGINNINGS: Final = frozenset({"created_at", "scheduled_at", "runnable_at"})
#: Ends of names that users choose, or that are made of these.
_NAMES: Final = frozenset({"name", "label", "slug", "key", "command", "hostname", "username"})


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
    """Yield how all of several objects differ from the examples."""
    examples = example_objects(api, operation)
    if len(objects) >= _ENOUGH and examples:
        settable = {
            name for each in api.operations if each.tag == operation.tag for name in api.properties(each.body_schema)
        }
        yield from _unlike_values(api, operation, objects, examples, settable)
        yield from _unlike_times(objects, examples)
        yield from _copies(objects, examples, settable)


def _unlike_values(
    api: Api,
    operation: Operation,
    objects: Sequence[Mapping[str, Any]],
    examples: Sequence[Mapping[str, Any]],
    settable: set[str],
) -> Iterator[str]:
    """Yield properties without a value, or with one that no example has. What clients set may be missing."""
    requested = _requested(operation)
    for name, schema in api.properties(api.item_schema(operation)).items():
        found, known = ([each.get(name, MISSING) for each in group] for group in (objects, examples))
        if (
            name in requested
            or any(each == name or each.startswith(f"{name}_") for each in settable)
            or not _are_varied(objects, name)
        ):
            continue
        is_known = not any(each is MISSING or is_empty(each) for each in known)
        if is_known and all(each is MISSING or is_empty(each) for each in found):
            yield f"{name} is empty in all of {len(objects)} objects, but not in the examples"
        elif len(objects) < _MANY:
            continue
        elif "enum" in schema and found[0] not in known and all(each == found[0] for each in found):
            yield f"{name} is {shown(found[0])} in all of {len(objects)} objects, but not in the examples"
        elif (
            None in known
            and None not in found
            and (empty := [each for each in found if each in ("", [], {}) and each not in known])
        ):
            yield f"{name} is {empty[0]!r} in some objects and null in none, unlike in the examples"


def _is_blank(value: Any, known: Sequence[Any]) -> bool:
    return value in ("", [], {}) and value not in known


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


def _unlike_times(objects: Sequence[Any], examples: Sequence[Any]) -> Iterator[str]:
    """Yield times with another form than in the examples, such as another precision."""
    forms: dict[str, set[str]] = {}
    for pointer, value in leaves(list(examples)):
        if pointer.endswith("_at") and isinstance(value, str):
            forms.setdefault(pointer, set()).add(_DIGIT.sub("0", value))
    for pointer, value in leaves(list(objects)):
        if pointer in forms and isinstance(value, str) and _DIGIT.sub("0", value) not in forms[pointer]:
            yield f"{pointer.removeprefix('/*/')} is {value!r}, unlike {min(forms.pop(pointer))} in the examples"


def _copies(objects: Sequence[Any], examples: Sequence[Any], settable: set[str]) -> Iterator[str]:
    """Yield two texts that are always the same, and never in the examples. Clients may set what they want."""
    known: dict[str, dict[tuple[str, str], list[tuple[Any, Any]]]] = {}
    for pointer, value in objects_in(list(examples)):
        texts = {name for name, each in value.items() if each and isinstance(each, str)} - settable - _BEGINNINGS
        for pair in combinations(sorted(texts), 2):
            if not {name.rpartition("_")[2] for name in pair} <= _NAMES:
                known.setdefault(pointer, {}).setdefault(pair, []).append((value[pair[0]], value[pair[1]]))
    found: dict[tuple[str, str, str], set[tuple[Any, Any]]] = {}
    for pointer, value in objects_in(list(objects)):
        for (one, two), values in known.get(pointer, {}).items():
            if all(a != b for a, b in values) and (value.get(one) or value.get(two)):
                found.setdefault((pointer, one, two), set()).add((value.get(one), value.get(two)))
    for (pointer, one, two), shared in found.items():
        # One value of all is a coincidence, such as that of the only step of a pipeline.
        if len(shared) >= _ENOUGH and all(a == b for a, b in shared):
            where = pointer.removeprefix("/*").lstrip("/")
            yield f"{where}/{one} is {two} in all of {len(objects)} objects, but not in the examples".lstrip("/")
