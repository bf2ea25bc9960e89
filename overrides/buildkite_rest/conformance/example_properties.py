"""Properties that all examples of a response have, as a schema that requires them.

A schema requires what every object of a kind has, wherever it is: a user inside another object has fewer properties
than the current user. The examples of an operation show which of them it returns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from .._base.json_values import as_array, as_object, is_array, is_object
from .invariants.nodes import FREE_FORM

_JSON: Final = "application/json"
#: Extension of properties that an object may lack although the examples have them.
OPTIONAL: Final = "x-optional"
#: Extensions of query parameters whose properties are in some responses only.
_REQUESTED: Final = ("x-includes", "x-excludes")
#: Levels of objects inside others.
_MAX_DEPTH: Final = 4


def require_example_properties(raw: dict[str, Any]) -> None:
    """Add the properties of the examples to the schemas of the successful responses of a spec."""
    for item in as_object(raw.get("paths")).values():
        shared = as_array(as_object(item).get("parameters"))
        for operation in as_object(item).values():
            parameters = [*shared, *as_array(as_object(operation).get("parameters"))]
            optional = frozenset(_optional(raw, parameters))
            for status, response in as_object(as_object(operation).get("responses")).items():
                media = as_object(as_object(response).get("content")).get(_JSON)
                if str(status).startswith("2") and is_object(media) and "schema" in media:
                    examples = [_resolved(raw, each).get("value") for each in as_object(media.get("examples")).values()]
                    media["schema"] = _extended(raw, media["schema"], examples, optional)


def _optional(raw: Mapping[str, Any], parameters: Sequence[Any]) -> Iterator[str]:
    for parameter in parameters:
        found = _resolved(raw, parameter)
        for key in _REQUESTED:
            effect = found.get(key)
            yield str(as_object(effect).get("property", effect))


def _extended(
    raw: Mapping[str, Any],
    schema: Mapping[str, Any],
    values: Sequence[Any],
    optional: frozenset[str],
    depth: int = _MAX_DEPTH,
) -> Mapping[str, Any]:
    """Return a schema, or that of the items of a list, that also requires what all of some values have."""
    found = _resolved(raw, schema)
    if "items" in found:
        items = [item for each in values if is_array(each) for item in each]
        return {**found, "items": _extended(raw, found["items"], items, optional, depth)}
    objects = [each for each in values if is_object(each)]
    if alternatives := as_array(found.get("oneOf")):
        only = [each for each in alternatives if _resolved(raw, each).get("type") != "null"]
        if len(only) > 1 or "discriminator" in found:
            return schema
        extended = [_extended(raw, each, objects, optional, depth) if each in only else each for each in alternatives]
        return {**found, "oneOf": extended}
    added = dict(_requirements(raw, schema, objects, optional, depth))
    return {"allOf": [schema, added]} if added else schema


def _requirements(
    raw: Mapping[str, Any],
    schema: Mapping[str, Any],
    objects: Sequence[Mapping[str, Any]],
    optional: frozenset[str],
    depth: int,
) -> Iterator[tuple[str, Any]]:
    """Yield the keywords that require what all of some objects have, or none if the schema has variants."""
    parts = list(_parts(raw, schema))
    if not objects or any("discriminator" in part for part in parts):
        return
    described = {name: node for part in parts for name, node in as_object(part.get("properties")).items()}
    expected = {name: node for name, node in described.items() if as_object(node).get(OPTIONAL) is not True}
    names = [name for name in objects[0] if name in expected.keys() - optional]
    if names := [name for name in names if all(name in each for each in objects)]:
        yield "required", names
    inner: dict[str, Any] = {}
    for name, node in described.items() if depth else ():
        values = [each[name] for each in objects if name in each]
        if name not in FREE_FORM and (extended := _extended(raw, node, values, optional, depth - 1)) != node:
            inner[name] = extended
    if inner:
        yield "properties", inner


def _parts(raw: Mapping[str, Any], schema: object) -> Iterator[Mapping[str, Any]]:
    """Yield a schema with the parts and alternatives that it consists of."""
    found = _resolved(raw, schema)
    yield found
    for key in ("allOf", "oneOf", "anyOf"):
        for part in as_array(found.get(key)):
            yield from _parts(raw, part)


def _resolved(raw: Mapping[str, Any], node: object) -> Mapping[str, Any]:
    """Return a node, or the one that its `$ref` leads to."""
    found = as_object(node)
    for _ in range(8):
        if not isinstance(reference := found.get("$ref"), str):
            break
        target: Any = raw
        for part in reference.split("/")[1:]:
            target = as_object(target).get(part.replace("~1", "/").replace("~0", "~"))
        found = as_object(target)
    return found
