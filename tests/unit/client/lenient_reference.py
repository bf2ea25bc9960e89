"""Lenient decoding in the simplest way, to compare that of the client with."""

from contextlib import suppress
from datetime import datetime
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec

from _buildkite_rest.model import build_unchecked
from _buildkite_rest.types import DateTime, parse_datetime
from buildkite_rest import UnknownVariant


def convert_by_parts(expected: Any, value: Any) -> Any:
    """Return decoded JSON as an object of the type `expected`. What does not match as a whole is converted by parts."""
    members = get_args(expected) if get_origin(expected) in (Union, UnionType) else (expected,)
    if DateTime not in members:
        with suppress(msgspec.ValidationError):
            return msgspec.convert(value, expected, str_keys=True)
    members = [get_args(each)[0] if get_origin(each) is Annotated and each != DateTime else each for each in members]
    if isinstance(value, dict):
        return _convert_object(members, value)
    if isinstance(value, list):
        items = [get_args(each)[0] for each in members if get_origin(each) is list]
        return [convert_by_parts(items[0], each) for each in value] if items else value
    if isinstance(value, str) and (DateTime in members or datetime in members):
        with suppress(ValueError):
            return parse_datetime(value)
    return value


def _convert_object(members: list[Any], value: dict[str, Any]) -> Any:
    structs = [each for each in members if isinstance(each, type) and issubclass(each, msgspec.Struct)]
    if not structs:
        values = [get_args(each)[1] for each in members if get_origin(each) is dict]
        return {key: convert_by_parts(values[0], each) for key, each in value.items()} if values else value
    tag_field = structs[0].__struct_config__.tag_field
    tag = None if tag_field is None else value.get(tag_field)
    matching = [each for each in structs if each.__struct_config__.tag == tag]
    if not matching:
        return UnknownVariant(tag, value)
    fields = {
        field.name: convert_by_parts(field.type, value[field.encode_name]) if field.encode_name in value else None
        for field in msgspec.structs.fields(matching[0])
    }
    try:
        return build_unchecked(matching[0], fields)
    except (TypeError, ValueError):
        return value
