"""Validation against the JSON Schemas of OpenAPI, so that later steps can rely on the structure of the document."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import jsonschema_rs
from jsonschema_rs import ValidationErrorKind as Kind
from openapi_spec_validator.schemas import schema_v31

from .fragment import Finding
from .schema_messages import findings

_TEXT = {"type": "string"}
_URI = {"type": "string", "format": "uri"}
_VARIANT = {
    "type": "object",
    "properties": {
        "media-type": _TEXT,
        "method": _TEXT,
        "returns": _TEXT,
        "headers": {"type": "array", "items": _TEXT},
    },
}
_DISCRIMINATOR = {
    "type": "object",
    "required": ["propertyName"],
    "properties": {"propertyName": _TEXT, "mapping": {"type": "object", "additionalProperties": _TEXT}},
}
_EXTERNAL_DOCUMENTATION = {"type": "object", "required": ["url"], "properties": {"url": _URI, "description": _TEXT}}
_XML = {
    "type": "object",
    "properties": {
        "name": _TEXT,
        "namespace": _URI,
        "prefix": _TEXT,
        "attribute": {"type": "boolean"},
        "wrapped": {"type": "boolean"},
    },
}
_OBJECT = {"type": "object"}
_PARAMETER = {"properties": {"schema": _OBJECT}, "anyOf": [{"required": ["$ref"]}, {"required": ["schema"]}]}
_CONTENT = {"additionalProperties": {"required": ["schema"], "properties": {"schema": _OBJECT}}}
_BODY = {"properties": {"content": _CONTENT}}
_OPERATION = {
    "properties": {
        "parameters": {"items": _PARAMETER},
        "requestBody": _BODY,
        "responses": {"additionalProperties": _BODY},
        "x-sdk-variants": {"type": "array", "items": _VARIANT},
    }
}
# Requirements of this project beyond those of OpenAPI.
_REQUIRED = {
    "required": ["paths", "components", "tags"],
    "properties": {
        "components": {
            "required": ["schemas"],
            "properties": {
                "parameters": {"additionalProperties": _PARAMETER},
                "responses": {"additionalProperties": _BODY},
                "schemas": {"additionalProperties": _OBJECT},
            },
        },
        "paths": {"additionalProperties": {"additionalProperties": _OPERATION}},
        "tags": {"items": {"required": ["description"]}},
    },
}
# `true` is a schema without content; only `additionalProperties` may have it.
_SCHEMA = {
    "properties": {
        "discriminator": _DISCRIMINATOR,
        "externalDocs": _EXTERNAL_DOCUMENTATION,
        "xml": _XML,
        "properties": {"additionalProperties": _OBJECT},
        "items": _OBJECT,
        "enum": {"minItems": 1, "uniqueItems": True},
        **{key: {"items": _OBJECT} for key in ("oneOf", "anyOf", "allOf")},
    }
}


def schema_errors(document: dict[str, Any]) -> Iterator[Finding]:
    """Yield the pointer and message of each invalid value, one message for each pointer."""
    errors = _validator().iter_errors(document)
    return findings(error for error in errors if not _is_url_template(error, document))


def _is_url_template(error: Any, document: dict[str, Any]) -> bool:
    """Return whether an error is about the URL of a server with variables, which OpenAPI's schema takes for a URL."""
    match list(error.instance_path), error.kind:
        case ["servers", int(index), "url"], Kind.Format():
            names = re.findall(r"\{([^{}]*)\}", error.instance)
            return bool(names) and document["servers"][index].get("variables", {}).keys() >= set(names)
    return False


@cache
def _validator() -> jsonschema_rs.Validator:
    openapi = dict(schema_v31)
    # OpenAPI's schema accepts any schema object; this anchor makes it validate them.
    inner = {"$dynamicAnchor": "meta", "$ref": "https://json-schema.org/draft/2020-12/schema", **_SCHEMA}
    whole = {"$id": "urn:spec", "$ref": openapi["$id"], "$defs": {"schema": inner}, **_REQUIRED}
    registry = jsonschema_rs.Registry([(openapi["$id"], openapi)])
    return jsonschema_rs.Draft202012Validator(whole, registry=registry, validate_formats=True)
