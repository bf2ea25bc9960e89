"""Type casts of query values and bodies by their schemas, as in Rails."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import attrs

from ..._base.arguments import is_mapping
from ..._base.json_values import is_array
from .query import Value, parse_boolean, parse_integer, parse_number, parse_time

_ANYTHING: Mapping[str, Any] = {}
#: Bodies are not cast below this level. Only recursive schemas are that deep.
_DEEPEST_CAST = 20
_PAGE_PARAMETERS = frozenset({"page", "per_page"})


@attrs.frozen
class Schemas:
    """Schemas of the OpenAPI document, with resolved references."""

    _document: Mapping[str, Any] = attrs.field(repr=False)

    def cast_query_value(self, value: object, schema: Mapping[str, Any]) -> object:
        """Cast a query value to the type of its schema, or return it unchanged if it is not of that type."""
        schemas = list(self.alternatives(schema))
        types = {kind for item in schemas for kind in _types_of(item)}
        if is_array(value):
            inner = next((item["items"] for item in schemas if "items" in item), _ANYTHING)
            return [self.cast_query_value(element, inner) for element in value]
        if isinstance(value, str):
            return _cast_scalar(value, types)
        return value

    def canonical_value(self, value: Value, schema: Mapping[str, Any]) -> Value | None:
        """Return the value of a parameter in its canonical spelling, or None if it is blank."""
        if isinstance(value, list):
            items = next((item["items"] for item in self.alternatives(schema) if "items" in item), _ANYTHING)
            return [text for each in value if isinstance(text := self.canonical_value(each, items), str)]
        if isinstance(value, dict):
            return value
        schemas = list(self.alternatives(schema))
        types = {kind for item in schemas for kind in _types_of(item)}
        is_text = "string" in types and not any("enum" in item or "format" in item for item in schemas)
        if not value.strip() and not is_text:
            return None
        if "boolean" in types and (flag := parse_boolean(value)) is not None:
            return str(flag).lower()
        is_time = any(item.get("format") == "date-time" for item in schemas)
        moment = parse_time(value) if is_time else None
        return value if moment is None else moment.isoformat()

    def cast_body_value(self, value: Any, schema: Mapping[str, Any], level: int = 0) -> Any:
        """Cast text in a body to booleans and numbers, where strings are not allowed."""
        if schema is _ANYTHING or level > _DEEPEST_CAST:
            return value
        schemas = list(self.alternatives(schema))
        if is_mapping(value):
            return {
                name: self.cast_body_value(each, _any_of(_property_schemas(schemas, name)), level + 1)
                for name, each in value.items()
            }
        if is_array(value):
            items = _any_of([item["items"] for item in schemas if "items" in item])
            return [self.cast_body_value(each, items, level + 1) for each in value]
        types = {kind for item in schemas for kind in _types_of(item)}
        return _cast_scalar(value, types) if isinstance(value, str) and "string" not in types else value

    def alternatives(self, schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """Yield a schema and all schemas that it combines."""
        schema = self.resolved(schema)
        yield schema
        for keyword in ("oneOf", "anyOf", "allOf"):
            for alternative in schema.get(keyword, []):
                yield from self.alternatives(alternative)

    def resolved(self, item: Mapping[str, Any]) -> Mapping[str, Any]:
        """Resolve a reference, if the item is one."""
        return _resolve_pointer(self._document, item["$ref"].removeprefix("#")) if "$ref" in item else item


def is_unbounded_page(name: str, value: Value, schema: Mapping[str, Any]) -> bool:
    """Return whether a parameter is a page number or an unbounded page size that is not a positive integer."""
    if name not in _PAGE_PARAMETERS or "maximum" in schema or not isinstance(value, str):
        return False
    number = parse_integer(value)
    return number is None or number < 1


def _cast_scalar(value: str, types: Collection[str]) -> object:
    """Cast text to a boolean or number of the given types, or return it unchanged."""
    readers = {"integer": parse_integer, "number": parse_number, "boolean": parse_boolean}
    scalars = (reader(value) for kind, reader in readers.items() if kind in types)
    return next((scalar for scalar in scalars if scalar is not None), value)


def _property_schemas(schemas: Iterable[Mapping[str, Any]], name: str) -> list[Mapping[str, Any]]:
    matches: list[Mapping[str, Any]] = []
    for schema in schemas:
        if name in schema.get("properties", _ANYTHING):
            matches.append(schema["properties"][name])
        elif is_mapping(schema.get("additionalProperties")):
            matches.append(schema["additionalProperties"])
    return matches


def _any_of(schemas: list[Mapping[str, Any]]) -> Mapping[str, Any]:
    return {"anyOf": schemas} if schemas else _ANYTHING


def _types_of(schema: Mapping[str, Any]) -> list[str]:
    kinds = schema.get("type", [])
    return [kinds] if isinstance(kinds, str) else list(kinds)


def _resolve_pointer(document: Any, pointer: str) -> Any:
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        document = document[int(key)] if is_array(document) else document[key]
    return document
