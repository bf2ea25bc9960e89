"""Request bodies that refer to an object that does not exist."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from .._base.json_values import is_array, is_object
from .effects.values import types
from .identities import is_uuid
from .invalid_bodies import InvalidBody
from .spec import Spec

#: What is wrong with such a body.
UNKNOWN_REFERENCE: Final = "refers to an object that does not exist"
_NO_ID: Final = "00000000-0000-4000-8000-00000000dead"
_NO_SLUG: Final = "no-such-object"
#: Ends of the names of properties with the id of another object.
_ENDINGS: Final = ("_id", "_uuid", "_ids", "_uuids")

KnownReferences = Callable[[str, object], Sequence[str]]
"""Returns the keys of the objects that a property may refer to, by its name and an example of a key."""


def unknown_references(
    spec: Spec, example: Mapping[str, Any], schema: Mapping[str, Mapping[str, Any]], known: KnownReferences
) -> Iterator[InvalidBody]:
    """Yield changes of a valid body in which one reference leads to no object: the only one, the first or the last.

    Properties of `schema` that the body lacks and that could be references are added to it. In a map from ids to the
    values of an enum, one value is invalid, too.
    """
    for path, value in _references(example, schema, known):
        field = ".".join(str(each) for each in path)
        for invalid in _invalid(value):
            yield InvalidBody(field, UNKNOWN_REFERENCE, _replaced(example, path, invalid))
    for name, node in schema.items():
        values = spec.resolve(node.get("additionalProperties")).get("enum", ())
        if values and (found := known(name, _NO_ID)):
            rule = f"has {_NO_SLUG!r}, which is not one of the values"
            yield InvalidBody(name, rule, {**example, name: {found[0]: values[0], found[-1]: _NO_SLUG}})


def _references(
    example: Mapping[str, Any], schema: Mapping[str, Mapping[str, Any]], known: KnownReferences
) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    for path, name, value in _texts(example, (), ""):
        first = value[0] if is_array(value) else value
        # A bulk request may ignore an item whose id is unknown.
        if (is_uuid(first) and path[-1] != "id") or known(name, first):
            yield path, value
    for name in sorted(schema.keys() - example.keys()):
        is_possible = name.endswith(_ENDINGS) and not schema[name].get("deprecated")  # or a server may ignore it
        found = known(name, _NO_ID) if is_possible else ()
        if found:
            yield (name,), found[:1] if "array" in types(schema[name]) else found[0]


def _texts(node: Any, path: tuple[str | int, ...], name: str) -> Iterator[tuple[tuple[str | int, ...], str, Any]]:
    """Yield the texts and arrays of texts in a body, with the name that says what they refer to."""
    if is_object(node):
        for key, value in node.items():
            yield from _texts(value, (*path, key), name if key == "id" else key)
    elif is_array(node) and node and is_object(node[0]):
        for number, item in enumerate(node):
            yield from _texts(item, (*path, number), name)
    elif isinstance(node, str) or (is_array(node) and node and isinstance(node[0], str)):
        yield path, name, node


def _invalid(value: Any) -> Iterator[Any]:
    """Yield a reference to no object in place of another one, or beside the others."""
    if is_array(value):
        unknown = _NO_ID if is_uuid(value[0]) else _NO_SLUG
        yield from ([unknown], [unknown, *value], [*value, unknown])
    else:
        yield _NO_ID if is_uuid(value) else _NO_SLUG


def _replaced(node: Any, path: Sequence[str | int], value: Any) -> Any:
    """Return a copy of JSON with another value of a part."""
    if not path:
        return value
    key, *rest = path
    if is_array(node):
        return [_replaced(item, rest, value) if number == key else item for number, item in enumerate(node)]
    return {**node, key: _replaced(node.get(key), rest, value)}
