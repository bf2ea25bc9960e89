"""The forms of the values of extensions, as JSON Schemas by the place of the extension. spec/README.md has the meaning.

The linter checks them before its other rules, which rely on them.
"""

from typing import Any, TypeAlias

from .document import METHODS

Form: TypeAlias = dict[str, Any]
"""A JSON Schema."""


def _object(required: tuple[str, ...] = (), **properties: Form) -> Form:
    return {"type": "object", "minProperties": 1, "required": list(required), "properties": properties}


def _map(values: Form) -> Form:
    return {"type": "object", "minProperties": 1, "additionalProperties": values}


def _list(items: Form, at_least: int = 1) -> Form:
    return {"type": "array", "minItems": at_least, "items": items}


def _one_of(*values: str) -> Form:
    return {"type": "string", "enum": list(values)}


def _names(items: Form, at_least: int = 1) -> Form:
    return {**_list(items, at_least), "uniqueItems": True}


_ANY: Form = {}
_TRUE: Form = {"const": True}
_TEXT: Form = {"type": "string", "minLength": 1}
_TEXTS = _names(_TEXT)
_VALUES: Form = {"type": "object"}
_INTEGER: Form = {"type": "integer"}
_POINTER: Form = {"type": "string", "pattern": "^/"}
_TEXT_OR_TEXTS: Form = {"anyOf": [_TEXT, _TEXTS]}
_AFTER = _list(_object(("operation",), operation=_TEXT, body=_VALUES))

_REFUSAL = _object(
    ("status",),
    after=_AFTER,
    also=_map(_VALUES),
    body=_VALUES,
    headers=_VALUES,
    message=_TEXT,
    path=_VALUES,
    query=_VALUES,
    status=_INTEGER,
    when=_VALUES,
)
_SCENARIO: Form = {
    "type": "object",
    "properties": {
        **dict.fromkeys(("body", "query", "returns", "sets", "when"), _VALUES),
        **dict.fromkeys(("object", "of", "read", "repeated", "undone-by"), _TEXT),
        **dict.fromkeys(("also", "in", "not-in"), _TEXTS),
        "after": _AFTER,
        "elsewhere": _map(_VALUES),
        "refused": _TRUE,
    },
}
_PROPERTY_EFFECTS: Form = {
    "type": "object",
    "minProperties": 1,
    "properties": {
        **dict.fromkeys(("lasting", "needed", "null-means-default", "risky", "unique", "volatile"), _TEXTS),
        **dict.fromkeys(("batch", "derived", "ignored-with"), _map(_TEXT)),
        **dict.fromkeys(("defaults", "ignored", "settled"), _map(_ANY)),
        "changes": _map(_TEXTS),
        "relations": _map(_object(("operation",), operation=_TEXT, parameter=_TEXT, value=_TEXT)),
        "returned-as": _map(_TEXT),
        "write-only": {"anyOf": [_TEXTS, _map(_VALUES)]},
    },
}
_VARIANT: Form = {
    "type": "object",
    "properties": {**dict.fromkeys(("media-type", "method", "returns"), _TEXT), "headers": _TEXTS},
}

_FILTER: Form = {
    "type": "object",
    "minProperties": 1,
    "properties": {
        **dict.fromkeys(("counts", "negation", "operator", "refers", "same-as", "separator", "wildcard"), _TEXT),
        **dict.fromkeys(("changes", "flags", "perhaps"), _TEXTS),
        **dict.fromkeys(("exact", "ignore-case", "in-url", "may-omit-items"), _TRUE),
        "groups": _object(("key", "property"), key=_TEXT, property=_TEXT),
        "header": _map(_TEXT),
        "implies": _map(_TEXT),
        "likely": _map(_TEXT),
        "listed-by": _map(_TEXT),
        "property": _TEXT_OR_TEXTS,
        "related": _object(("operation",), operation=_TEXT),
        "source": {"anyOf": [_object(operation=_TEXT, property=_TEXT, prefix=_TEXT), _list(_ANY)]},
        "values": _VALUES,
    },
}
_PART: Form = {
    "anyOf": [
        _TEXT,
        _object(("property",), property=_TEXT, optional=_TRUE, details=_TRUE),
        _object(("properties", "since"), properties=_TEXTS, since=_TEXT),
    ]
}

OPERATION: dict[str, Form] = {
    "x-alias-methods": _names(_one_of(*(method.upper() for method in METHODS))),
    "x-distinct": _TEXTS,
    "x-effects": _list(_SCENARIO),
    "x-field-errors": _TRUE,
    "x-idempotent": {"const": False},
    "x-messages": _map(_TEXT),
    "x-optional": _TRUE,
    "x-order": _TEXT,
    "x-page-links": _names(_one_of("first", "prev")),
    "x-pagination": _TEXT,
    "x-refusals": _list(_REFUSAL),
    "x-scopes": _names(_TEXT, at_least=0),
    "x-sdk-method": _TEXT,
    "x-sdk-variants": _list(_VARIANT),
    "x-strict": _object(without=_TEXTS),
    "x-suffixes": _map(_TEXT),
    "x-trailing-slash": _TRUE,
    "x-undocumented": _TRUE,
}
PARAMETER: dict[str, Form] = {
    "x-excludes": _PART,
    "x-filters": _FILTER,
    "x-includes": _PART,
    "x-page-size": _object(("default",), default=_INTEGER, maximum=_INTEGER),
    "x-sorts": _object(("by",), by=_one_of("property", "direction"), default=_TEXT, header=_map(_TEXT)),
    "x-undocumented": _TRUE,
}
HEADER: dict[str, Form] = {
    "x-content": _object(size=_TEXT, sha1=_TEXT, type=_TEXT, states=_TEXTS),
    "x-equals": _object(("pointer",), pointer=_POINTER, method=_one_of(*METHODS)),
}
CONTENT: dict[str, Form] = {
    "x-invalid-examples": _map(_object(("field", "value"), field={"type": "string"}, code=_TEXT)),
    "x-pointer": _POINTER,
}
SCHEMA: dict[str, Form] = {
    "x-effects": _PROPERTY_EFFECTS,
    "x-entry-point": _TRUE,
    "x-equals": _object(("operation", "pointer"), operation=_TEXT, pointer=_POINTER),
    "x-graphql-type": _TEXT,
    "x-implies": _list(_object(("when", "then"), when=_map(_ANY), then=_map(_ANY))),
    "x-includes": _TEXT,
    "x-max-bytes": {"type": "integer", "minimum": 1},
    "x-needs-scope": _TEXT,
    "x-optional": {"enum": [True, "members"]},
    "x-python-type": _TEXT,
    "x-returned-by": _TEXTS,
    "x-secret": _TRUE,
    "x-strict": {"type": "object", "minProperties": 1, "$ref": "https://json-schema.org/draft/2020-12/schema"},
    "x-undocumented": _TRUE,
}

FORMS: dict[str, dict[str, Form]] = {
    "content": CONTENT,
    "headers": HEADER,
    "info": {"x-revision": _map(_TEXT)},
    "operation": OPERATION,
    "parameters": PARAMETER,
    "schema": SCHEMA,
    "securitySchemes": {"x-scopes": _TEXTS},
}
"""The form of each extension, by the place where it belongs."""
