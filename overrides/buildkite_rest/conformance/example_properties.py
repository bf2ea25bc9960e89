"""Properties that all examples of a response have, as a schema that requires them.

A schema requires what every object of a kind has, wherever it is: a user inside another object has fewer properties
than the current user. The examples of an operation show which of them it returns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from .._base.json_values import as_array, as_object, is_array, is_object

_JSON: Final = "application/json"
#: Extension of properties that an object may lack although the examples have them.
_MISSING: Final = "x-optional"
#: Extensions of query parameters whose properties are in some responses only.
_OPTIONAL: Final = ("x-includes", "x-excludes")


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
        for key in _OPTIONAL:
            effect = found.get(key)
            yield str(as_object(effect).get("property", effect))


def _extended(
    raw: Mapping[str, Any], schema: Mapping[str, Any], examples: Sequence[Any], optional: frozenset[str]
) -> Mapping[str, Any]:
    """Return a schema, or that of the items of a list, that also requires what all examples have."""
    if "items" in schema:
        items = [item for each in examples if is_array(each) for item in each]
        return {**schema, "items": _extended(raw, schema["items"], items, optional)}
    names = _common(raw, schema, [each for each in examples if is_object(each)], optional)
    return {"allOf": [schema, {"required": names}]} if names else schema


def _common(
    raw: Mapping[str, Any], schema: object, objects: Sequence[Mapping[str, Any]], optional: frozenset[str]
) -> list[str]:
    """Return the described properties that all objects have, or none if the schema has variants."""
    parts = list(_parts(raw, schema))
    if not objects or any("discriminator" in part for part in parts):
        return []
    described = {
        name
        for part in parts
        for name, node in as_object(part.get("properties")).items()
        if name not in optional and not as_object(node).get(_MISSING)
    }
    return [name for name in objects[0] if name in described and all(name in each for each in objects)]


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
