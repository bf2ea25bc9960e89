"""Rules about the names, places and forms of extensions."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import jsonschema_rs

from ..document import walk
from ..extension_forms import FORMS
from ..fragment import Finding, Pointer
from ..schema_messages import did_you_mean, findings
from ..schema_positions import is_schema_position

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
