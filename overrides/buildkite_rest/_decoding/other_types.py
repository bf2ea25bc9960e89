"""Lenient decoding of types that the spec does not use, but that callers may pass, such as `date` or a dataclass."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, MutableMapping, MutableSequence, Sequence
from collections.abc import Set as AbstractSet
from types import UnionType
from typing import Any, Final, Literal, TypeAlias, TypeGuard, Union, get_origin

import msgspec

Builder: TypeAlias = Callable[[Any], Any]
CONVERSION_ERRORS: Final = (msgspec.ValidationError, UnicodeError, RecursionError, SystemError)
"""Errors of `msgspec.convert` for a value that does not match.

msgspec 0.21 raises a `SystemError` for an integer that is larger than any float.
"""

_PLAIN: Final = (str, int, float, bool, type(None), Any, Literal, list, dict)
"""Types whose values are decoded JSON as it is."""
_MAPPINGS: Final = (Mapping, MutableMapping)
_COLLECTIONS: Final = (tuple, set, frozenset, Collection, Sequence, MutableSequence, AbstractSet)


def is_other(expected: Any) -> bool:
    """Whether `expected` is a type that msgspec has to convert decoded JSON into."""
    return expected not in _PLAIN and get_origin(expected) not in _PLAIN and not is_struct(expected)


def is_union(expected: Any) -> bool:
    """Whether `expected` is a union."""
    return get_origin(expected) in (Union, UnionType)


def is_struct(expected: Any) -> TypeGuard[type[msgspec.Struct]]:
    """Whether `expected` is a class of structs, or a generic one with its parameters."""
    origin = get_origin(expected) or expected
    return isinstance(origin, type) and issubclass(origin, msgspec.Struct)


def is_mapping_type(expected: Any) -> bool:
    """Whether `expected` is a mapping with parameters."""
    return get_origin(expected) in (dict, *_MAPPINGS)


def is_collection_type(expected: Any) -> bool:
    """Whether `expected` is a list with a parameter, or another collection that JSON has as an array."""
    return get_origin(expected) in (list, *_COLLECTIONS)


def is_array_type(expected: Any) -> bool:
    """Whether `expected` is a type that JSON has as an array: a collection, or structs with `array_like`."""
    return is_collection_type(expected) or (
        is_struct(expected) and (get_origin(expected) or expected).__struct_config__.array_like
    )


def without_alias(expected: Any) -> Any:
    """Return the type that a `NewType` or a `type` statement names."""
    for name in ("__supertype__", "__value__"):
        if (target := getattr(expected, name, None)) is not None and not isinstance(expected, type):
            return without_alias(target)
    return expected


def converter(expected: Any) -> Builder:
    """Return a function that converts decoded JSON into `expected`, and returns a value that does not match as it is.

    An exception that the caller's class raises is one of these mismatches if it is a `TypeError` or a `ValueError`, as
    in strict decoding.
    """

    def convert(value: Any) -> Any:
        try:
            return msgspec.convert(value, expected, str_keys=True)
        except CONVERSION_ERRORS:
            return value

    return convert


def key_converter(expected: Any) -> Builder:
    """Return the same for a key of an object, which is a str in JSON."""
    if expected in (str, Any):
        return lambda key: key

    def convert(key: Any) -> Any:
        try:
            return msgspec.convert(key, expected, strict=False)
        except (msgspec.ValidationError, UnicodeError):
            return key

    return convert
