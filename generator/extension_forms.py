"""The forms of the values of extensions, as JSON Schemas by the place of the extension. spec/README.md has the meaning.

The linter checks them before its other rules, which rely on them.
"""

from typing import Any, TypeAlias

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
