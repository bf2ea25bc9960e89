"""Lenient decoding of a response body that does not match the spec.

It builds the same models as the strict decoder, field by field: a value of an unexpected type is preserved, a missing
one is None, an unknown enum value is a str, and an unknown variant of a union is an `UnknownVariant`. Fields that are
not in the spec are dropped, as by the strict decoder.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Annotated, Any, Self, Union, cast, get_args, get_origin

import msgspec

from _buildkite_rest.model import build_unchecked
from _buildkite_rest.types import DateTime, parse_datetime

from .._base.json_values import is_array, is_object
from .other_types import (
    Builder,
    converter,
    is_collection_type,
    is_mapping_type,
    is_other,
    is_struct,
    key_converter,
    without_alias,
)
from .unknown_objects import UnknownVariant


def build_leniently(expected: Any, data: Any) -> Any:
    """Return decoded JSON as an object of the type `expected`, except for parts that do not match."""
    return _builder(expected)(data)


@cache
def _builder(expected: Any) -> Builder:
    if _is_datetime(expected):
        return _datetime
    expected = _without_constraints(expected)
    if get_origin(expected) in (Union, types.UnionType):
        return _union(get_args(expected))
    if get_origin(expected) is list:
        return _list(*get_args(expected))
    if is_mapping_type(expected):
        return _dict(*get_args(expected))
    if is_struct(expected):
        return _struct(expected)
    if is_collection_type(expected):
        return _collection(expected)
    return converter(expected) if is_other(expected) else _preserve


def _preserve(value: Any) -> Any:
    return value


def _datetime(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return parse_datetime(value)
        except ValueError:
            pass
    return value


def _list(item: Any) -> Builder:
    build = _builder(item)
    if build is _preserve:
        return _preserve
    return lambda value: [build(each) for each in value] if is_array(value) else value


def _collection(expected: Any) -> Builder:
    """Return the builder of a set or a tuple. It is a list if one of its items does not match."""
    convert, arguments = converter(expected), tuple[Any, ...](get_args(expected))
    build_list = _list(arguments[0] if len(arguments) == 1 or arguments[-1] is ... else Any)

    def build(value: Any) -> Any:
        converted = convert(value)
        return build_list(value) if converted is value else converted

    return build


def _dict(key: Any, item: Any) -> Builder:
    convert_key, build = key_converter(key), _builder(item)
    if key in (str, Any) and build is _preserve:
        return _preserve

    def build_dict(value: Any) -> Any:
        return {convert_key(key): build(each) for key, each in value.items()} if is_object(value) else value

    return build_dict


def _struct(expected: type[msgspec.Struct]) -> Builder:
    cls: type[msgspec.Struct] = get_origin(expected) or expected
    config = cls.__struct_config__
    tag_field, tag = config.tag_field, config.tag

    @cache
    def fields() -> _Fields:
        # Not before they are needed, since a struct may contain structs of its own class.
        return _Fields.of(expected)

    def build(value: Any) -> Any:
        if not is_object(value):
            return value
        if tag_field is not None and value.get(tag_field) != tag:
            return UnknownVariant(value.get(tag_field), value)
        known = fields()
        if known.are_plain and (converted := known.convert(value)) is not value:
            return converted
        try:
            return build_unchecked(cls, known.values(value))
        except (TypeError, ValueError):  # of a `__post_init__`, which strict decoding reports as a mismatch too
            return value

    return build


class _Fields(msgspec.Struct, frozen=True):
    """The fields of a struct."""

    names: tuple[str, ...]
    """Names of those whose value is decoded JSON as it is."""
    keys: tuple[str, ...]
    """Their keys in JSON."""
    defaults: tuple[Any, ...]
    """Their defaults."""
    built: tuple[tuple[str, str, Callable[[], Any], Builder], ...]
    """Name, key, default and builder of each other field."""
    convert: Builder
    """Converts an object all of whose values match, faster than field by field."""
    are_plain: bool
    """Whether no field has objects. Conversion of each level would take a multiple of the time of the lowest one."""

    @classmethod
    def of(cls, expected: type[msgspec.Struct]) -> Self:
        """Return the fields of the struct `expected`."""
        fields = [(field, _builder(field.type)) for field in msgspec.structs.fields(expected)]
        simple = [field for field, build in fields if _is_simple(field, build)]
        others = [(field, build) for field, build in fields if not _is_simple(field, build)]
        return cls(
            names=tuple(field.name for field in simple),
            keys=tuple(field.encode_name for field in simple),
            defaults=tuple(_default_of(field)() for field in simple),
            built=tuple((field.name, field.encode_name, _default_of(field), build) for field, build in others),
            convert=converter(expected),
            are_plain=all(build in (_preserve, _datetime) for _, build in others),
        )

    def values(self, value: dict[str, Any]) -> dict[str, Any]:
        """Return the values of the fields, by name."""
        values = dict(zip(self.names, map(value.get, self.keys, self.defaults), strict=True))
        for name, key, default, build in self.built:
            values[name] = build(value[key]) if key in value else default()
        return values


def _is_simple(field: msgspec.structs.FieldInfo, build: Builder) -> bool:
    """Whether the value of a field is decoded JSON as it is, and its default is the same for all objects."""
    return build is _preserve and field.default_factory is msgspec.NODEFAULT


def _default_of(field: msgspec.structs.FieldInfo) -> Callable[[], Any]:
    """Return a function that returns the default of a field. It is None for all fields of our models."""
    if field.default_factory is not msgspec.NODEFAULT:
        return cast("Callable[[], Any]", field.default_factory)
    default = None if field.default is msgspec.NODEFAULT else field.default
    return lambda: default


def _without_constraints(expected: Any) -> Any:
    """Return a type without its name and its constraints, which only strict decoding enforces."""
    expected = without_alias(expected)
    return _without_constraints(get_args(expected)[0]) if get_origin(expected) is Annotated else expected


def _is_datetime(expected: Any) -> bool:
    return expected == DateTime or _without_constraints(expected) is datetime


def _union(members: tuple[Any, ...]) -> Builder:
    has_datetime = any(_is_datetime(member) for member in members)
    members = tuple(_without_constraints(member) for member in members)
    structs = [member for member in members if is_struct(member)]
    others = [member for member in members if member not in structs and member is not types.NoneType]
    build_object = _objects(structs, others)
    lists = [_builder(member) for member in others if is_collection_type(member)]
    scalars = tuple(member for member in others if is_other(member) and not _is_datetime(member))
    if not scalars and not lists:
        if not structs and not any(is_mapping_type(member) for member in others):
            return _datetime if has_datetime else _preserve
        if not has_datetime and len(structs) <= 1:
            return build_object
    convert = converter(Union[scalars]) if scalars else _preserve  # noqa: UP007 - its members are known at run time

    def build(value: Any) -> Any:
        if (converted := convert(value)) is not value:
            return converted
        if is_object(value):
            return build_object(value)
        if lists and is_array(value):
            return lists[0](value)
        return _datetime(value) if has_datetime else value

    return build


def _objects(structs: list[type[msgspec.Struct]], others: list[Any]) -> Builder:
    """Return the builder of the members of a union that are JSON objects."""
    if len(structs) == 1:
        return _builder(structs[0])
    if not structs:
        mappings = [_builder(member) for member in others if is_mapping_type(member)]
        return mappings[0] if mappings else _preserve
    configs = {struct: (get_origin(struct) or struct).__struct_config__ for struct in structs}
    tag_field = configs[structs[0]].tag_field
    by_tag = {config.tag: _builder(struct) for struct, config in configs.items()}

    def build(value: dict[str, Any]) -> Any:
        tag = value.get(tag_field) if tag_field is not None else None
        make = by_tag.get(tag) if isinstance(tag, str) else None
        return make(value) if make is not None else UnknownVariant(tag, value)

    return build
