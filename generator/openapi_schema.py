"""Validation against JSON Schemas: that of OpenAPI, and the further requirements of `document_schema.yaml`."""

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
from jsonschema_rs import ValidationErrorKind as Kind
from openapi_spec_validator.schemas import schema_v31

from .fragment import Finding, Pointer, read_fragment

_LONGEST = 160
"""Characters of a message, which may contain the whole value."""


def schema_errors(document: dict[str, Any]) -> Iterator[Finding]:
    """Yield the pointer and message of each invalid value, one message for each pointer."""
    return findings(_validator().iter_errors(document))


def findings(errors: Iterable[Any]) -> Iterator[Finding]:
    """Yield the pointer and the message of each error of `jsonschema_rs`, one for each pointer.

    An unknown key has a pointer of its own.
    """
    seen = set[Pointer]()
    for error in errors:
        place = tuple(map(str, error.instance_path))
        match error.kind:
            case Kind.UnevaluatedProperties(unexpected=keys) | Kind.AdditionalProperties(unexpected=keys):
                found = [((*place, str(key)), f"{key!r} is not a key here") for key in keys]
            case Kind.PropertyNames(error=inner):
                found = [((*place, str(inner.instance)), f"{inner.instance!r} is not a name here: {message(inner)}")]
            case _:
                found = [(place, message(error))]
        yield from (each for each in found if each[0] not in seen)
        seen.update(pointer for pointer, _ in found)


def message(error: Any) -> str:
    """Return the message of an error of `jsonschema_rs` in one line, shortened in the middle."""
    text = " ".join(str(error.message).split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]}…{text[-_LONGEST // 2 :]}"


@cache
def _validator() -> jsonschema_rs.Validator:
    openapi = dict(schema_v31)
    registry = jsonschema_rs.Registry([(openapi["$id"], openapi)])
    schema = read_fragment(Path(__file__).with_name("document_schema.yaml")).data
    return jsonschema_rs.Draft202012Validator(schema, registry=registry, validate_formats=True)
