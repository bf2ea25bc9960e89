"""Lenient decoding of JSON that does not match its type: what cannot be converted as a whole is converted by parts.

A value of an unexpected type is preserved, a missing one is None, an unknown enum value is a str, and an unknown
variant of a union is an `UnknownVariant`. Fields that are not in the spec are dropped, as by strict decoding, unless
`keep_extra_fields` stores them. `decoder.py` decides when.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import cache
from types import UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin

import msgspec
from msgspec import Struct

from _buildkite_rest.model import Model, build_unchecked
from _buildkite_rest.types import DateTime, parse_datetime

from .._base.json_values import is_array, is_object
from .._base.records import Record
from .._base.safe_text import safe_excerpt
from .json_text import create_decoder
from .unknown_objects import UnknownVariant

MISMATCH: Final = object()
"""The result of strict decoding where it failed."""
_UNCHANGED: Final = (str, int, bool, type(None))
"""Types whose values strict decoding returns as they are in JSON."""


def attempt(function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """Return the result of strict decoding, or `MISMATCH` if it fails.

    Which exceptions msgspec raises differs between its versions.
    """
    try:
        return function(*arguments, **options)
    except Exception:
        return MISMATCH


def mismatch_in(decoder: Any, content: str | bytes) -> str | None:
    """Return what does not match the type, and where, or None if all values match and only the text is not standard."""
    try:
        decoder.decode(content)
    except msgspec.ValidationError as error:
        return safe_excerpt(str(error))
    except Exception:  # NaN, text that is not UTF-8, and others; see `attempt`
        return None
    return None


def build_leniently(expected: Any, value: Any) -> Any:
    """Return decoded JSON as an object of the type `expected`, except for parts that do not match."""
    return _part(expected).build(value)


class _Part(Record, frozen=True):
    """A type of a part of a body."""

    members: tuple[Any, ...]
    """The members of the union, or the only type."""
    unchanged: tuple[Any, ...]
    """The types of values that need no conversion."""
    wrapper: Any
    """A struct with a field of this type. msgspec describes any other type anew whenever it converts a value."""

    def build(self, value: Any) -> Any:
        if type(value) in self.unchanged:
            return value
        if DateTime not in self.members:
            built = attempt(msgspec.convert, {"value": value}, self.wrapper, str_keys=True)
            if built is not MISMATCH:
                return built.value
        if is_object(value):
            if structs := [member for member in self.members if _is_struct(member)]:
                return _build_object(structs, value)
            for key, each in _arguments(self.members, dict):
                if key is str:
                    part = _part(each)
                    return {name: part.build(item) for name, item in value.items()}
        if is_array(value):
            for [each] in _arguments(self.members, list):
                return list(map(_part(each).build, value))
        if isinstance(value, str) and (DateTime in self.members or datetime in self.members):
            with suppress(ValueError):
                return parse_datetime(value)  # in either form
        return value


class _Field(Record, frozen=True):
    """A field of a struct."""

    name: str
    key: str
    """Its name in JSON."""
    part: _Part
    required: bool


def _build_object(structs: list[type[Struct]], data: dict[str, Any]) -> Any:
    """Return a JSON object as that of the structs that its tag names."""
    struct, tag_field = structs[0], _class_of(structs[0]).__struct_config__.tag_field
    if tag_field is not None:
        tag = data.get(tag_field)  # To Python, True and 1.0 are 1.
        tags = [_class_of(each).__struct_config__.tag for each in structs]
        named = [each for each, own in zip(structs, tags, strict=True) if type(tag) is type(own) and tag == own]
        if not named:
            return UnknownVariant(tag, data)
        [struct] = named
    values = dict[str, Any]()
    for field in _fields(struct):
        if field.key in data:
            values[field.name] = field.part.build(data[field.key])
        elif field.required:
            values[field.name] = None
    try:
        return build_unchecked(_class_of(struct), values)
    except (TypeError, ValueError):  # of a `__post_init__`, which is a mismatch in strict decoding too
        return data


@cache
def _part(expected: Any) -> _Part:
    wrapper = msgspec.defstruct("Wrapper", [("value", expected)])
    create_decoder(wrapper)
    members, unconstrained = _members(expected), _union(expected)
    return _Part(members, tuple(each for each in unconstrained if each in _UNCHANGED), wrapper)


@cache
def _fields(struct: type[Struct]) -> tuple[_Field, ...]:
    fields = msgspec.structs.fields(struct)
    return tuple(_Field(each.name, each.encode_name, _part(each.type), each.required) for each in fields)


def _members(expected: Any) -> tuple[Any, ...]:
    """Return the members of a union, or the only type, without constraints, which are of strict decoding."""
    if get_origin(expected) is Annotated and expected != DateTime:
        return _members(get_args(expected)[0])
    members = _union(expected)
    return members if members == (expected,) else tuple(member for each in members for member in _members(each))


def _union(expected: Any) -> tuple[Any, ...]:
    return get_args(expected) if get_origin(expected) in (Union, UnionType) else (expected,)


def _arguments(members: tuple[Any, ...], origin: type) -> list[tuple[Any, ...]]:
    """Return the arguments of the members that are of the generic type `origin`."""
    return [get_args(member) for member in members if get_origin(member) is origin]


def _class_of(struct: Any) -> type[Struct]:
    """Return the class of a struct that may be a generic one with its parameters."""
    cls: type[Struct] = get_origin(struct) or struct
    return cls


def _is_struct(expected: Any) -> bool:
    cls: Any = get_origin(expected) or expected
    return isinstance(cls, type) and issubclass(cls, Struct) and not cls.__struct_config__.array_like


def keep_extra_fields(value: object, data: object) -> None:
    """Store the fields that the spec lacks in each model of a decoded value. `data` is the decoded JSON."""
    if isinstance(value, Struct) and is_object(data):
        names, parts = value.__struct_encode_fields__, msgspec.structs.asdict(value).values()
        for name, part in zip(names, parts, strict=True):
            keep_extra_fields(part, data.get(name))
        if isinstance(value, Model):
            known = {*names, value.__struct_config__.tag_field}
            value.__extra_fields__ = {name: each for name, each in data.items() if name not in known}
    elif is_array(value) and is_array(data):
        for part, each in zip(value, data, strict=False):
            keep_extra_fields(part, each)
    elif is_object(value) and is_object(data):
        for key, part in value.items():
            keep_extra_fields(part, data.get(str(key)))
