"""Python type annotations for schemas."""

from collections.abc import Iterable
from functools import partial
from typing import Any

from ..document import schema_name

_FORMATS = {"date-time": "datetime", "binary": "FileContent"}
_SCALARS = {"integer": "int", "number": "float", "boolean": "bool", "null": "None"}


def argument_type(schema: dict[str, Any]) -> str:
    """Return the annotation of an argument. Named schemas are types of the `params` package."""
    return _annotation(schema, package="params", array="Sequence")


def result_type(schema: dict[str, Any]) -> str:
    """Return the type that a response is decoded into. Named schemas are types of the `models` package."""
    return _annotation(schema, package="models", array="builtins.list")


def _annotation(schema: dict[str, Any], *, package: str, array: str) -> str:
    inner = partial(_annotation, package=package, array=array)
    if name := schema_name(schema):
        return f"{package}.{name}"
    parts = schema.get("allOf", ())
    if len(parts) == 1:  # a reference with a description of its own
        return inner(parts[0])
    if branches := schema.get("oneOf") or schema.get("anyOf"):
        return _union(map(inner, branches))
    kind = schema.get("type", "")
    if isinstance(kind, list):
        return _union(inner({**schema, "type": each}) for each in kind)
    if kind == "array":
        return f"{array}[{inner(schema['items'])}]"
    if kind == "string":
        return _FORMATS.get(schema.get("format", ""), "str")
    return _SCALARS.get(kind, "Any")


def _union(parts: Iterable[str]) -> str:
    """Join each part once, with None last."""
    return " | ".join(sorted(dict.fromkeys(parts), key=lambda part: part == "None"))
