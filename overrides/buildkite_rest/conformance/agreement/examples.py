"""Values of many objects, compared with the examples of the operation: always null, one state, other times."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from ..._base.json_values import as_array, as_object, is_object
from ..effects.comparison import moment
from ..invariants.nodes import nodes
from ..page_items import items_of
from ..spec import Operation, Spec
from .differences import BLANK, blank_properties

_JSON: Final = "application/json"
#: Objects after which a value that was never seen is missing.
_ENOUGH: Final = 3
#: Objects of which one has what some objects in the examples have.
_MANY: Final = 5
#: Objects after which a null that was never seen is missing, and a value that all have is wrong.
_NULLABLE: Final = 10
#: Least time between the creation of the oldest and the newest object. Objects of one moment are alike.
_AGES: Final = timedelta(hours=1)
#: Words of a key in a map, as in `language.name`.
_SEPARATOR: Final = "."
_INDEX: Final = re.compile(r"\[\d+\]")
_DIGITS: Final = re.compile(r"\d+")


def unlike_examples(spec: Spec, operation: Operation, items: Sequence[Any]) -> Iterator[str]:
    """Compare many objects of an operation with its examples.

    Yields the properties that no object has a value of although all examples have one, those with a single value of an
    enum that no example has, properties that some examples have and none of many objects, those that are empty but
    never null although examples have null, and maps with keys of another form. Objects of one age, in one state or of
    other types need not have what the examples have.
    """
    examples = list(example_items(spec, operation))
    if len(items) < _ENOUGH or not examples:
        return
    # An optional value that clients set may be missing everywhere.
    settable = {name for each in spec.operations if each.tag == operation.tag for name in each.body_properties}
    requested = frozenset(_requested(spec, operation))
    number, blank = len(items), blank_properties(items)
    known_properties = dict(_properties(spec, spec.response_schema(operation)))
    is_like_examples = _has_type_of_examples(spec.resolve(known_properties.get("type")), items, examples)
    for name, schema in known_properties.items():
        known = [as_object(each).get(name) for each in examples]
        found = _values(items, name)
        is_settable = any(each == name or each.startswith(f"{name}_") for each in settable)  # as by `pull_request_id`
        is_settable |= f"{name.removesuffix('_url')}_id" in settable & blank  # the URL of an object that is not set
        is_expected = not is_settable and is_like_examples and _is_varied(items, name)
        if is_expected and name in blank and all(each not in BLANK for each in known):
            yield f"{name} is empty in all {number} objects, but not in the examples"
        elif is_expected and _is_missing(found, known) and number >= _MANY and name not in requested:
            yield f"{name} is in none of {number} objects, but in some of the examples"
        elif is_expected and len(found) == number >= _NULLABLE and _is_constant(spec.resolve(schema), found, known):
            yield f"{name} is {found[0]!r} in all {number} objects, and {known[0]!r} in the examples"
        elif not is_settable and (empty := _empty_instead(found, _values(examples, name))) is not None:
            yield f"{name} is {empty!r} in some of {number} objects, and null in none, unlike the examples"
        elif _has_separator(known) and sum(map(bool, found)) >= _ENOUGH and not _has_separator(found):
            yield f"the keys of {name} have no {_SEPARATOR!r} in any of {number} objects, as they have in the examples"


def _requested(spec: Spec, operation: Operation) -> Iterator[str]:
    """Yield the properties that depend on a parameter or a header."""
    for parameter in map(spec.resolve, spec.node(operation).get("parameters", ())):
        for key in ("x-includes", "x-excludes"):
            node = as_object(parameter.get(key))
            yield from as_array(node.get("properties"))
            yield str(node.get("property", parameter.get(key)))


def times_unlike_examples(spec: Spec, operation: Operation, items: Sequence[Any]) -> Iterator[str]:
    """Yield the times that have another form than in the examples, such as another precision."""
    forms: dict[str, set[str]] = {}
    for path, value in _times(list(example_items(spec, operation))):
        forms.setdefault(path, set()).add(_form(value))
    reported: set[str] = set()
    for path, value in _times(items):
        if path in forms and path not in reported and _form(value) not in forms[path]:
            reported.add(path)
            yield f"{path} is {value!r}, unlike {min(forms[path])} in the examples"


def _times(items: Sequence[Any]) -> Iterator[tuple[str, str]]:
    for node in nodes(items):
        for name, value in node.value.items():
            if name.endswith("_at") and isinstance(value, str):
                yield _INDEX.sub("", node.label(name)).lstrip("."), value


def _form(time: str) -> str:
    """Return a time with the numbers of digits instead of digits, as in `0000-00-00T00:00:00.000Z`."""
    return _DIGITS.sub(lambda match: "0" * len(match[0]), time)


def _empty_instead(found: Sequence[Any], known: Sequence[Any]) -> Any:
    """Return the value without content that many objects have in place of null, or None."""
    if None not in known or None in found:
        return None
    empty = [each for each in found if each in ("", [], {}, 0) and each is not False and each not in known]
    return empty[0] if len(found) >= _NULLABLE and empty else None


def _values(objects: Sequence[Any], name: str) -> list[Any]:
    return [as_object(each)[name] for each in objects if name in as_object(each)]


def _is_varied(items: Sequence[Any], name: str) -> bool:
    """Return whether objects have several ages and states, as far as other properties than `name` have them."""
    created = [] if name == "created_at" else [moment(value) for value in _values(items, "created_at")]
    ages = [each for each in created if each is not None]
    states = [] if name == "state" else _values(items, "state")
    is_of_one_age = len(ages) > 1 and max(ages) - min(ages) < _AGES
    is_in_one_state = len(states) == len(items) and all(each == states[0] for each in states)
    return not is_of_one_age and not is_in_one_state


def _has_type_of_examples(schema: Mapping[str, Any], items: Sequence[Any], examples: Sequence[Any]) -> bool:
    """Return whether objects have several types, of which an example has one, if their types are an open set.

    What an audit event has depends on its type. A list can be full of those of another type.
    """
    expected, found = ({each for each in _values(one, "type") if isinstance(each, str)} for one in (examples, items))
    return "enum" in schema or not expected or (len(found) > 1 and not expected.isdisjoint(found))


def _is_missing(found: Sequence[Any], known: Sequence[Any]) -> bool:
    """Return whether no object has a property that some examples have."""
    return not found and any(known) and not all(known)


def _is_constant(schema: Mapping[str, Any], found: Sequence[Any], known: Sequence[Any]) -> bool:
    """Return whether all objects have the same value of an enum, and no example has it."""
    return "enum" in schema and all(each == found[0] for each in found) and found[0] not in known


def _has_separator(maps: Sequence[Any]) -> bool:
    """Return whether a key of one of the maps consists of several words."""
    return any(_SEPARATOR in key for each in maps if is_object(each) for key in each)


def example_items(spec: Spec, operation: Operation) -> Iterator[Any]:
    """Yield the objects in the examples of the responses of an operation."""
    for status, response in spec.node(operation)["responses"].items():
        if not str(status).startswith("2"):
            continue
        content = as_object(spec.resolve(response).get("content"))
        for example in as_object(as_object(content.get(_JSON)).get("examples")).values():
            value = spec.resolve(example).get("value")
            items = items_of(value)
            yield from [value] if items is None else items


def _properties(spec: Spec, schema: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the properties of an object, or of the items of a list with or without cursors."""
    properties = as_object(schema.get("properties"))
    listed = as_object(properties.get("items")).get("items")
    for part in (schema.get("items"), listed, *as_array(schema.get("allOf"))):
        if part is not None:
            yield from _properties(spec, spec.resolve(part))
    if listed is None:
        yield from properties.items()
