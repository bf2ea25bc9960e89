"""Makes up arguments that the description allows."""

from datetime import UTC, datetime
from typing import Any

from tests.unit.client.description import at, problems

_TEXTS = ("text", "a", "1", "01920000-0000-7000-8000-000000000001", "bytes=-1", "#ff0000", "")
"""Tried one after the other, for a pattern only tells whether a text is right."""


def sample(pointer: str) -> Any:
    """Return a value for the schema at `pointer`, with every property that it has."""
    schema = at(pointer)
    if "$ref" in schema:
        return sample(schema["$ref"].removeprefix("#"))
    for name in ("oneOf", "anyOf"):
        if name in schema:
            return sample(f"{pointer}/{name}/0")
    if "allOf" in schema:
        parts = [sample(f"{pointer}/allOf/{index}") for index in range(len(schema["allOf"]))]
        return {name: value for part in parts for name, value in part.items()}
    if "const" in schema:
        return schema["const"]
    return schema["enum"][0] if "enum" in schema else _of_type(schema, pointer)


def _of_type(schema: dict[str, Any], pointer: str) -> Any:
    kind = schema.get("type", "object")
    match kind if isinstance(kind, str) else kind[0]:
        case "object":
            return _object(schema, pointer)
        case "array":
            return [sample(f"{pointer}/items")] * max(1, schema.get("minItems", 1))
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return True
        case _:
            return _text(schema, pointer)


def _object(schema: dict[str, Any], pointer: str) -> dict[str, Any]:
    names = list(schema.get("properties", {}))[: schema.get("maxProperties")]
    value = {name: sample(f"{pointer}/properties/{name}") for name in names}
    if isinstance(schema.get("additionalProperties"), dict):
        value["mut.made up"] = sample(f"{pointer}/additionalProperties")
    return value


def _text(schema: dict[str, Any], pointer: str) -> Any:
    if schema.get("format") == "date-time":
        return datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
    if schema.get("format") == "binary":
        return "report.txt", b"what is uploaded"
    for text in _TEXTS:
        if not problems(pointer, text):
            return text
    raise AssertionError(f"no text of {_TEXTS} is right for {pointer}; add one")
