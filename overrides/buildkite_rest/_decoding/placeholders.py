"""Placeholders: a valid JSON value of a type."""

from __future__ import annotations

from datetime import datetime
from types import NoneType
from typing import Annotated, Any, Final, Literal, get_args, get_origin

import msgspec

from _buildkite_rest.types import DateTime

from .other_types import is_collection_type, is_mapping_type, is_struct, is_union, without_alias

_MAX_DEPTH: Final = 4
"""Levels of required objects. More are those of a class that requires an object of itself."""
_TIME: Final = "1970-01-01T00:00:00Z"
_OF_TYPES: Final[dict[Any, Any]] = {
    NoneType: None,
    str: "",
    int: 0,
    float: 0.0,
    bool: False,
    list: [],
    dict: {},
    datetime: _TIME,
    msgspec.Raw: msgspec.Raw(b"null"),
}


def placeholder(expected: Any, depth: int = 0) -> Any:
    """Return a value of the type `expected`, which may violate its constraints, or `NODEFAULT` if none is known."""
    if expected == DateTime:
        return _TIME
    expected = without_alias(expected)
    if get_origin(expected) is Annotated:
        return placeholder(get_args(expected)[0], depth)
    if is_union(expected):
        members = get_args(expected)
        return None if NoneType in members else placeholder(members[0], depth)
    if get_origin(expected) is Literal:
        return get_args(expected)[0]
    if is_mapping_type(expected):
        return {}
    if is_collection_type(expected):
        return []
    if is_struct(expected):
        return _object(expected, depth + 1) if depth < _MAX_DEPTH else msgspec.NODEFAULT
    return _OF_TYPES.get(expected, msgspec.NODEFAULT)


def _object(expected: type[msgspec.Struct], depth: int) -> Any:
    """Return an object with the required fields of a struct."""
    cls: type[msgspec.Struct] = get_origin(expected) or expected
    config = cls.__struct_config__
    required = [field for field in msgspec.structs.fields(expected) if field.required]
    fields = {field.encode_name: placeholder(field.type, depth) for field in required}
    if config.array_like or msgspec.NODEFAULT in fields.values():
        return msgspec.NODEFAULT
    return fields if config.tag_field is None else fields | {config.tag_field: config.tag}
