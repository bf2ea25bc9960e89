"""Python type annotations for schemas."""

from collections.abc import Iterable
from typing import Any

from ..document import schema_name

_SCALARS = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}


def argument_type(schema: dict[str, Any]) -> str:
    """Return the annotation of an argument. Named schemas are types of the `params` package."""
    return _annotation(schema, package="params", array="Sequence")


def result_type(schema: dict[str, Any]) -> str:
    """Return the type that a response is decoded into. Named schemas are types of the `models` package."""
    return _annotation(schema, package="models", array="builtins.list")


def _annotation(schema: dict[str, Any], *, package: str, array: str) -> str:
    def inner(schema: dict[str, Any]) -> str:
        if name := schema_name(schema):
            return f"{package}.{name}"
        parts = schema.get("allOf", ())
        if len(parts) == 1:  # a reference with a description of its own
            return inner(parts[0])
        branches = schema.get("oneOf") or schema.get("anyOf")
        if branches:
            return _union(inner(branch) for branch in branches)
        kind = schema.get("type")
        if isinstance(kind, list):
            return _union(inner({**schema, "type": each}) for each in kind)
        if kind == "array":
            return f"{array}[{inner(schema['items'])}]"
        if kind == "string" and schema.get("format") == "date-time":
            return "datetime"
        if kind == "string" and schema.get("format") == "binary":
            return "FileContent"
        return _SCALARS.get(kind or "", "Any")

    return inner(schema)


def _union(parts: Iterable[str]) -> str:
    """Join each part once, with None last."""
    return " | ".join(sorted(dict.fromkeys(parts), key=lambda part: part == "None"))
