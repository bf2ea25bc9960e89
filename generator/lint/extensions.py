"""Rules about the names, places and forms of extensions. spec/README.md has their meaning."""

from collections.abc import Iterator
from functools import cache
from typing import Any, TypeAlias

import jsonschema_rs

from ..document import is_schema_position, walk
from ..fragment import Finding, Pointer
from ..schema_messages import did_you_mean, findings

Form: TypeAlias = dict[str, Any]
"""A JSON Schema."""


def _names(items: Form, at_least: int = 1) -> Form:
    return {"type": "array", "minItems": at_least, "items": items, "uniqueItems": True}


_TRUE: Form = {"const": True}
_TEXT: Form = {"type": "string", "minLength": 1}
_TEXTS = _names(_TEXT)
_VARIANT: Form = {
    "type": "object",
    "properties": {**dict.fromkeys(("media-type", "method", "returns"), _TEXT), "headers": _TEXTS},
}

FORMS: dict[str, dict[str, Form]] = {
    "info": {"x-revision": {"type": "object", "minProperties": 1, "additionalProperties": _TEXT}},
    "operation": {
        "x-idempotent": {"const": False},
        "x-pagination": _TEXT,
        "x-scopes": _names(_TEXT, at_least=0),
        "x-sdk-method": _TEXT,
        "x-sdk-variants": {"type": "array", "minItems": 1, "items": _VARIANT},
        "x-undocumented": _TRUE,
    },
    "parameters": {"x-undocumented": _TRUE},
    "schema": {
        "x-entry-point": _TRUE,
        "x-python-type": _TEXT,
        "x-secret": _TRUE,
        "x-undocumented": _TRUE,
    },
    "securitySchemes": {"x-scopes": _TEXTS},
}
"""The form of each extension, by the place where it belongs."""

_NAMES = ("properties", "headers", "mapping", "examples", "paths", "schemas", "responses", "parameters")
"""Mappings whose keys are names."""


def extension_known(document: dict[str, Any]) -> Iterator[Finding]:
    for pointer, place, key, _ in _extensions(document):
        if key not in (known := FORMS.get(place, {})):
            suggestion = did_you_mean(key, known)
            yield (*pointer, key), f"there is no extension {key} here{suggestion}; spec/README.md lists them"


def extension_form(document: dict[str, Any]) -> Iterator[Finding]:
    """Check the types of all values of extensions, on which the other rules rely."""
    for pointer, place, key, value in _extensions(document):
        if key in FORMS.get(place, {}):
            for below, message in findings(_validator(place, key).iter_errors(value)):
                yield (*pointer, key, *below), message


def _extensions(document: dict[str, Any]) -> Iterator[tuple[Pointer, str, str, Any]]:
    """Yield the pointer and the place of each node with an extension, and the extension."""
    for pointer, node in walk(document):
        if not isinstance(node, dict) or not any(key.startswith("x-") for key in node):
            continue
        if is_data(pointer) or (pointer and _has_names(pointer)):
            continue
        place = _place(pointer)
        yield from ((pointer, place, key, value) for key, value in node.items() if key.startswith("x-"))


@cache
def _validator(place: str, key: str) -> jsonschema_rs.Validator:
    return jsonschema_rs.Draft202012Validator(FORMS[place][key])


def is_data(pointer: Pointer) -> bool:
    """Return whether `pointer` is in an extension."""
    return any(
        key.startswith("x-") and (index == 0 or pointer[index - 1] not in _NAMES) for index, key in enumerate(pointer)
    )


def _has_names(pointer: Pointer) -> bool:
    return pointer[-1] in _NAMES and pointer[-2:-1] != ("properties",)


def _place(pointer: Pointer) -> str:
    if is_schema_position(pointer):
        return "schema"
    if len(pointer) == 3 and pointer[0] in ("paths", "webhooks"):
        return "operation"
    return pointer[-2] if len(pointer) > 1 else "".join(pointer)


FORM_RULES = (extension_form,)
"""Rules that the others rely on."""

RULES = (extension_known,)
