"""Arguments and responses that match the spec."""

from datetime import UTC, datetime
from typing import Any

from tests.unit.client.openapi_document import at, problems

_TEXTS = (
    "text",
    "a",
    "1",
    "01920000-0000-7000-8000-000000000001",
    "bytes=-1",
    "#ff0000",
    "2026-03-02 09:15:00 UTC",
    "",
    "ada@acme.example",
    "https://buildkite.com/acme",
    *("0" * length for length in (40, 64, 128)),
)
"""Tried one after the other, for a pattern only tells whether a text is right."""


def sample(pointer: str, variant: int = 0, above: tuple[str, ...] = ()) -> Any:
    """Return a value for the schema at `pointer`, with every property that it has.

    Of each union it is the member number `variant`, counted in circles. What contains itself does so once.
    """
    schema = at(pointer)
    if "$ref" in schema:
        target = schema["$ref"].removeprefix("#")
        return None if above.count(target) > 1 else sample(target, variant, (*above, target))
    for name in ("oneOf", "anyOf"):
        if name in schema:
            return sample(f"{pointer}/{name}/{variant % len(schema[name])}", variant, above)
    if "allOf" in schema:
        parts = [sample(f"{pointer}/allOf/{index}", variant, above) for index in range(len(schema["allOf"]))]
        return {name: value for part in parts for name, value in part.items()}
    if "const" in schema:
        return schema["const"]
    return schema["enum"][0] if "enum" in schema else _of_type(schema, pointer, variant, above)


def _of_type(schema: dict[str, Any], pointer: str, variant: int, above: tuple[str, ...]) -> Any:
    kind = schema.get("type", "object")
    match kind if isinstance(kind, str) else kind[0]:
        case "object":
            return _object(schema, pointer, variant, above)
        case "array":
            return [sample(f"{pointer}/items", variant, above)] * max(1, schema.get("minItems", 1))
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return True
        case "null":
            return None
        case _:
            return _text(schema, pointer)


def _object(schema: dict[str, Any], pointer: str, variant: int, above: tuple[str, ...]) -> dict[str, Any]:
    names = list(schema.get("properties", {}))[: schema.get("maxProperties")]
    value = {name: sample(f"{pointer}/properties/{name}", variant, above) for name in names}
    if isinstance(schema.get("additionalProperties"), dict):
        value["mut.made-up"] = sample(f"{pointer}/additionalProperties", variant, above)
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
