"""Lenient decoding of JSON that does not match its type: what cannot be converted as a whole is converted by parts.

A value of an unexpected type is preserved, a missing one is None, an unknown enum value is a str, and an unknown
variant of a union is an `UnknownVariant`. Fields that are not in the spec are dropped, as by strict decoding.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, TypeGuard, Union, get_args, get_origin

import msgspec
from msgspec import Struct

from _buildkite_rest.model import Model, build_unchecked
from _buildkite_rest.text import shown
from _buildkite_rest.types import DateTime, parse_datetime

from .._base.json_values import is_array, is_object
from .._base.records import Record
from .._base.safe_text import safe_excerpt
from .json_text import create_decoder
from .unknown_objects import UnknownVariant

MISSING: Final = object()
"""The value of a required field that is not in the body."""

_MAX_VALUE: Final = 60
_MAX_EXPECTED: Final = 200
_MAX_PATH: Final = 250
_EXPECTED: Final[dict[Any, str]] = {
    str: "a string",
    int: "an integer",
    float: "a number",
    bool: "a boolean",
    NoneType: "null",
    list: "an array",
    dict: "an object",
    datetime: "a date-time",
    DateTime: "a date-time",
}
_SHORT: Final = (int, float, bool, NoneType)
MISMATCH: Final = object()
"""The result of strict decoding where it failed."""
_UNCHANGED: Final = (str, int, bool, type(None))
"""Types whose values strict decoding returns as they are in JSON."""


def mismatch_text(expected: tuple[Any, ...], value: object, path: str, field: str | None) -> str:
    """Return what does not match and its path, in one line: `expected a date-time or null, got "soon" at $.due_at`.

    Args:
        expected: The types that strict decoding accepts, or the tags of objects.
        value: The decoded JSON, or `MISSING`.
        path: Its path in the body.
        field: The name of the field that it is in, if its value may be quoted.
    """
    got = _got(value, field)
    words = list(dict.fromkeys(word for each in expected for word in _words(each)))
    if _kind(value) in words:  # of a class with conditions of its own
        words = ["a valid value"]
    listed = " or ".join(part for part in (", ".join(words[:-1]), words[-1]) if part)
    return f"expected {safe_excerpt(listed, _MAX_EXPECTED)}, got {got} at {safe_excerpt(path, _MAX_PATH)}"


def _words(expected: Any) -> list[str]:
    """Describe a type in the words of JSON, or a tag."""
    if get_origin(expected) is Literal:
        return [json.dumps(value) for value in get_args(expected)]
    if isinstance(expected, str | int):
        return [json.dumps(expected)]
    origin = get_origin(expected) or expected
    if isinstance(origin, type) and issubclass(origin, Struct):
        return ["an object"]
    name: str = getattr(origin, "__name__", f"{origin}")  # pyright: ignore[reportUnknownArgumentType]
    return [_EXPECTED.get(origin) or _EXPECTED.get(expected) or f"a valid {name}"]


def _got(value: object, field: str | None) -> str:
    """Describe a value. A string is quoted, with credentials masked, if that is allowed."""
    if value is MISSING:
        return "no value"
    if isinstance(value, _SHORT):
        return safe_excerpt(str(json.dumps(value)), _MAX_VALUE) if field is not None or value is None else _kind(value)
    if isinstance(value, str) and field is not None:
        return safe_excerpt(f'"{shown(field, value)}"', _MAX_VALUE)
    return _kind(value)


def _kind(value: object) -> str:
    return _EXPECTED.get(type(value), "another type")


def attempt(function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """Return the result of strict decoding, or `MISMATCH` if it fails.

    What does not match is found by `LenientDecoding`: which exceptions msgspec raises, and their texts, differ between
    its versions.
    """
    try:
        return function(*arguments, **options)
    except Exception:
        return MISMATCH


def build_leniently(expected: Any, data: Any) -> Any:
    """Return decoded JSON as an object of the type `expected`, except for parts that do not match."""
    return LenientDecoding().build(expected, data)


class LenientDecoding:
    """Lenient decoding of one body.

    Args:
        quotes: Whether a mismatch may quote the values of fields of models that are not secrets.
    """

    def __init__(self, *, quotes: bool = False) -> None:
        self._quotes = quotes
        self.mismatch: str | None = None
        """What does not match first, and where."""

    def build(self, expected: Any, value: Any, path: str = "$", field: str | None = None) -> Any:
        """Return decoded JSON as an object of the type `expected`, except for parts that do not match.

        Args:
            expected: The type.
            value: The decoded JSON, nested at most `MAX_DEPTH` levels deep.
            path: Its path in the body.
            field: The name of the field that it is in, if a mismatch may quote its value.
        """
        return self._build(_part(expected), value, path, field)

    def _build(self, part: _Part, value: Any, path: str, field: str | None) -> Any:
        built = part.convert(value)
        if built is MISMATCH:
            built = self._by_parts(part.members, value, path, field)
            if self.mismatch is None and msgspec.Raw not in part.members:
                self.mismatch = mismatch_text(part.members, value, path, field)
        return built

    def _by_parts(self, members: tuple[Any, ...], value: Any, path: str, field: str | None) -> Any:
        if is_object(value):
            if structs := [member for member in members if is_struct(member) and not _config(member).array_like]:
                return self._object(structs, value, path)
            for arguments in _arguments(members, dict):
                if arguments[0] is str:
                    return {key: self.build(arguments[1], each, f"{path}.{key}", field) for key, each in value.items()}
        if is_array(value):
            for [item] in _arguments(members, list):
                return [self.build(item, each, f"{path}[{index}]", field) for index, each in enumerate(value)]
        if msgspec.Raw in members:  # A lone surrogate is written as an escape of JSON.
            text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
            return msgspec.Raw(text.encode(errors="backslashreplace"))
        if isinstance(value, str) and datetime in members and (time := _datetime(value)) is not MISMATCH:
            return time  # in the other of the two forms
        return value

    def _object(self, structs: list[type[msgspec.Struct]], data: dict[str, Any], path: str) -> Any:
        tag_field = _config(structs[0]).tag_field or ""
        tag = data.get(tag_field, MISSING) if tag_field else None
        struct = next((each for each in structs if _is_tag(tag, _config(each).tag)), None)
        if struct is None:
            if self.mismatch is None:
                tags = tuple(_config(each).tag for each in structs)
                self.mismatch = mismatch_text(tags, tag, f"{path}.{tag_field}", None)
            return UnknownVariant(None if tag is MISSING else tag, data)
        cls: type[msgspec.Struct] = get_origin(struct) or struct
        secrets = cls.__secrets__ if issubclass(cls, Model) and self._quotes else None
        values = dict[str, Any]()
        for field in _fields(struct):
            value = data.get(field.key, MISSING)
            if type(value) in field.part.unchanged:
                values[field.name] = value
            elif value is not MISSING:
                name = field.name if secrets is not None and field.name not in secrets else None
                values[field.name] = self._build(field.part, value, f"{path}.{field.key}", name)
            elif field.required:
                values[field.name] = None
                if self.mismatch is None:
                    self.mismatch = mismatch_text(field.part.members, MISSING, f"{path}.{field.key}", None)
        try:
            return build_unchecked(cls, values)
        except (TypeError, ValueError):  # of a `__post_init__`, which is a mismatch in strict decoding too
            return data


class _Field(Record, frozen=True):
    """A field of a struct."""

    name: str
    key: str
    """Its name in JSON."""
    part: _Part
    required: bool


class _Part(Record, frozen=True):
    """A type of a part of a body."""

    members: tuple[Any, ...]
    is_time: bool
    """Whether it is a time in either of the two forms, which msgspec does not convert by itself."""
    unchanged: tuple[Any, ...]
    """The types of values that need no conversion."""
    wrapper: Any
    """A struct with a field of this type. msgspec describes any other type anew whenever it converts a value."""

    def convert(self, value: Any) -> Any:
        """Return the value as strict decoding does, or `MISMATCH`."""
        if self.is_time and not (value is None and type(None) in self.members):
            return _datetime(value)
        built = attempt(msgspec.convert, {"value": value}, self.wrapper, str_keys=True)
        return built if built is MISMATCH else built.value


@cache
def _part(expected: Any) -> _Part:
    wrapper = msgspec.defstruct("Wrapper", [("value", expected)])
    create_decoder(wrapper)
    members, unchanged = _members(expected), tuple(each for each in _union(expected) if each in _UNCHANGED)
    return _Part(members, DateTime in members, unchanged, wrapper)


@cache
def _fields(struct: type[msgspec.Struct]) -> tuple[_Field, ...]:
    fields = msgspec.structs.fields(struct)
    return tuple(_Field(each.name, each.encode_name, _part(each.type), each.required) for each in fields)


def _members(expected: Any) -> tuple[Any, ...]:
    """Return the members of a union, or the only type, without names and constraints, which are of strict decoding."""
    expected = without_alias(expected)
    if get_origin(expected) is Annotated and expected != DateTime:
        return _members(get_args(expected)[0])
    members = _union(expected)
    return members if members == (expected,) else tuple(member for each in members for member in _members(each))


def _union(expected: Any) -> tuple[Any, ...]:
    return get_args(expected) if get_origin(expected) in (Union, UnionType) else (expected,)


def _arguments(members: tuple[Any, ...], origin: type) -> list[tuple[Any, ...]]:
    """Return the arguments of the members that are of the generic type `origin`."""
    return [get_args(member) for member in members if get_origin(member) is origin]


def _config(struct: type[msgspec.Struct]) -> msgspec.structs.StructConfig:
    cls: type[msgspec.Struct] = get_origin(struct) or struct
    return cls.__struct_config__


def _is_tag(value: object, tag: str | int | None) -> bool:
    """Whether a value is the tag of a class. To Python, True and 1.0 are 1."""
    return type(value) is type(tag) and value == tag


def _datetime(value: object) -> Any:
    """Return a time in either form as a `datetime`, or `MISMATCH`."""
    if isinstance(value, str):
        with suppress(ValueError):
            return parse_datetime(value)
    return value if isinstance(value, datetime) and value.utcoffset() is not None else MISMATCH


def is_struct(expected: Any) -> TypeGuard[type[msgspec.Struct]]:
    """Whether `expected` is a class of structs, or a generic one with its parameters."""
    origin = get_origin(expected) or expected
    return isinstance(origin, type) and issubclass(origin, msgspec.Struct)


def without_alias(expected: Any) -> Any:
    """Return the type that a `NewType` or a `type` statement names."""
    for name in ("__supertype__", "__value__"):
        if (target := getattr(expected, name, None)) is not None and not isinstance(expected, type):
            return without_alias(target)
    return expected
