"""Unique names of the objects that a run creates, and ids of objects that do not exist."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping
from secrets import token_hex
from typing import Any, Final

from .._base.json_values import as_array, as_object, is_array, is_object

#: Random per process, not from the seed: two runs with the same seed must not use the same names.
RUN_ID: Final = token_hex(4)
#: Properties that name an object. Some are unique in their collection.
_NAMES: Final = ("name", "slug", "key", "label")
#: The name of objects that have no other.
_DESCRIPTION: Final = "description"
_EMAILS: Final = "emails"
_MADE_UP: Final = re.compile(
    rf"no-such-[a-z0-9-]+-{RUN_ID}-\d+|00000000-0000-4000-8000-[0-9a-f]{{12}}|21474[78]\d{{4}}", re.ASCII
)
_UNIQUE: Final = re.compile(f"conformance[-_]?{RUN_ID}[-_]?[0-9a-f]{{8}}", re.ASCII)


def unique_name(schema: Mapping[str, Any] | None = None) -> str:
    """Return a new name that the pattern and the length of a property allow, or else the usual one."""
    pattern, longest = (schema or {}).get("pattern"), (schema or {}).get("maxLength")
    names = [separator.join(("conformance", RUN_ID, token_hex(4))) for separator in ("-", "_", "")]
    for name in names:
        if isinstance(pattern, str) and re.search(pattern, name) is None:
            continue
        if isinstance(longest, int) and len(name) > longest:
            continue
        return name
    return names[0]


def unique_name_in(text: str) -> str | None:
    """Return the first name of this run in a text."""
    match = _UNIQUE.search(text)
    return None if match is None else match[0]


def has_other_name(body: object) -> bool:
    """Return whether a request body names a new object so that it cannot be recognized as one of this run."""
    properties = as_object(body)
    is_named = any(isinstance(properties.get(name), str) for name in _NAMES)
    return is_named and not _is_recognizable(properties)


def recognizable(body: Any, schemas: Mapping[str, Mapping[str, Any]]) -> Any:
    """Return the request body of a new object with a unique description, unless its name is unique."""
    if not is_object(body) or _DESCRIPTION not in schemas or _is_recognizable(body):
        return body
    return {**body, _DESCRIPTION: unique_name(schemas[_DESCRIPTION])}


def _is_recognizable(body: Mapping[str, Any]) -> bool:
    """Return whether a body has a unique name where the cleanup searches for it."""
    texts = [body.get(name) for name in (*_NAMES, _DESCRIPTION)] + [*as_array(body.get(_EMAILS))]
    return any(isinstance(text, str) and unique_name_in(text) is not None for text in texts)


def is_made_up(value: str) -> bool:
    """Return whether a path segment is one of `made_up`, which no object has."""
    return _MADE_UP.fullmatch(value) is not None


def made_up(parameter: str, number: int) -> str | int:
    """Return the value of a path parameter that no object has."""
    if parameter == "number":
        return 2**31 + number % 1000  # more than four bytes
    if parameter.endswith(("id", "uuid")):
        return str(uuid.UUID(int=number % 2**32, version=4))
    return f"no-such-{parameter.replace('_', '-')}-{RUN_ID}-{number}"


def with_unique_names(body: Mapping[str, Any], schemas: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return a request body with unique names. A longer name keeps its length, and invalid ones stay."""
    return {**body, **dict(_replacements(body, schemas))}


def _replacements(body: Mapping[str, Any], schemas: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, Any]]:
    texts = {name: body[name] for name in (*_NAMES, _DESCRIPTION) if isinstance(body.get(name), str)}
    valid = {name: value for name, value in texts.items() if _is_valid(value, as_object(schemas.get(name)))}
    for name, value in valid.items():
        if name != _DESCRIPTION or len(valid) == 1:  # an object without a name
            schema = as_object(schemas.get(name))
            yield name, _padded(unique_name(schema), value, schema)
    if is_array(emails := body.get(_EMAILS)):
        yield _EMAILS, [f"{unique_name()}@example.com" if isinstance(each, str) else each for each in emails]


def _is_valid(value: str, schema: Mapping[str, Any]) -> bool:
    pattern, longest, shortest = schema.get("pattern"), schema.get("maxLength"), schema.get("minLength")
    return (
        (not isinstance(longest, int) or len(value) <= longest)
        and (not isinstance(shortest, int) or len(value) >= shortest)
        and (not isinstance(pattern, str) or re.search(pattern, value) is not None)
    )


def _padded(name: str, value: str, schema: Mapping[str, Any]) -> str:
    longer = name + "x" * (len(value) - len(name))
    return longer if _is_valid(longer, schema) else name
