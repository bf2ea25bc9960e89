"""Lenient decoding of a response body that does not match the spec.

It builds the same models as the strict decoder, field by field: a value of an unexpected type is preserved, a missing
one is None, an unknown enum value is a str, and an unknown variant of a union is an `UnknownVariant`. Fields that are
not in the spec are dropped, as by the strict decoder.
"""

from __future__ import annotations

import json
import types
from contextlib import suppress
from datetime import datetime
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec

from _buildkite_rest.types import AwareDatetime, DateTime, parse_datetime

from .._base.json_values import is_array, is_object
from .other_types import (
    CONVERSION_ERRORS,
    Builder,
    converter,
    is_array_type,
    is_collection_type,
    is_mapping_type,
    is_other,
    is_struct,
    is_union,
    key_converter,
    without_alias,
)
from .struct_builder import StructBuilder
from .unknown_objects import UnknownVariant


def build_leniently(expected: Any, data: Any) -> Any:
    """Return decoded JSON as an object of the type `expected`, except for parts that do not match."""
    return _builder(expected)(data)


@cache
def _builder(expected: Any) -> Builder:
    if _is_datetime(expected):
        return _two_forms if expected == DateTime else _one_form
    expected = _without_constraints(expected)
    if is_union(expected):
        return _union(get_args(expected))
    if get_origin(expected) is list:
        return _list(*get_args(expected))
    if is_mapping_type(expected):
        return _dict(*get_args(expected))
    if is_struct(expected):
        return StructBuilder(expected, _builder)
    if is_collection_type(expected):
        return _collection(expected)
    if expected in (float, msgspec.Raw):
        return _float if expected is float else _raw
    return converter(expected) if is_other(expected) else _preserve


def _preserve(value: Any) -> Any:
    return value


def _float(value: Any) -> Any:
    """Return an integer as a float, as strict decoding does, unless it is larger than any."""
    if type(value) is int:
        with suppress(OverflowError):
            return float(value)
    return value


def _raw(value: Any) -> Any:
    """Return decoded JSON as JSON text, unless it is nested too deeply."""
    with suppress(RecursionError):
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        return msgspec.Raw(text.encode(errors="backslashreplace"))  # a lone surrogate as an escape of JSON
    return value


def _two_forms(value: Any) -> Any:
    """Build a time that the API writes in either of two forms."""
    if isinstance(value, str):
        with suppress(ValueError):
            return parse_datetime(value)
    return value


def _one_form(value: Any) -> Any:
    """Build a time as msgspec decodes it, which differs in fractions and letters, or in the other form."""
    if isinstance(value, str):
        with suppress(*CONVERSION_ERRORS):
            return msgspec.convert(value, AwareDatetime)
    return _two_forms(value)


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


def _without_constraints(expected: Any) -> Any:
    """Return a type without its name and its constraints, which only strict decoding enforces."""
    expected = without_alias(expected)
    return _without_constraints(get_args(expected)[0]) if get_origin(expected) is Annotated else expected


def _is_datetime(expected: Any) -> bool:
    return expected == DateTime or _without_constraints(expected) is datetime


def _union(members: tuple[Any, ...]) -> Builder:
    datetime_builder = next((_builder(member) for member in members if _is_datetime(member)), None)
    members = tuple(_without_constraints(member) for member in members)
    structs = [member for member in members if is_struct(member)]
    others = [member for member in members if member not in structs and member is not types.NoneType]
    build_object = _objects([each for each in structs if not is_array_type(each)], others)
    arrays = [_builder(member) for member in (*structs, *others) if is_array_type(member)]
    scalars = _scalars(others)
    if not scalars and not arrays:
        if not structs and not any(is_mapping_type(member) for member in others):
            return datetime_builder or _preserve
        if datetime_builder is None and len(structs) <= 1:
            return build_object
    convert = converter(Union[scalars]) if scalars else _preserve  # noqa: UP007 - its members are known at run time

    def build(value: Any) -> Any:
        if (converted := convert(value)) is not value:
            return converted
        if is_object(value):
            return build_object(value)
        if arrays and is_array(value):
            return next((built for build in arrays if (built := build(value)) is not value), value)
        return value if datetime_builder is None else datetime_builder(value)

    return build


def _scalars(members: list[Any]) -> tuple[Any, ...]:
    """Return the members of a union that msgspec converts values into, or none if it preserves all of them.

    Members whose values are decoded JSON are among them: with `int`, an integer remains one.
    """
    scalars = tuple(
        member
        for member in members
        if not _is_datetime(member) and member not in (list, dict) and get_origin(member) not in (list, dict)
    )
    converts = any(is_other(member) for member in scalars) or (float in scalars and int not in scalars)
    return scalars if converts else ()


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
        make = by_tag.get(tag) if type(tag) in (str, int) else None  # True and 1.0 would be found as 1.
        return make(value) if make is not None else UnknownVariant(tag, value)

    return build
