"""Models to dictionaries and JSON, and back."""

from __future__ import annotations

import json
import types
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import cache
from typing import Any, Final, TypeVar, Union, get_args, get_origin, overload

import msgspec

from _buildkite_rest.model import Model
from _buildkite_rest.types import UNSET

from .._base.arguments import check_int, is_collection, type_name
from .._base.errors import DecodeError
from .._base.json_values import MAX_DEPTH, has_too_many_digits, is_array, is_object, may_be_deep, too_many_digits
from .._base.records import is_model
from .extra_fields import keep_extra_fields, restore_extra_fields, to_builtins
from .json_text import create_decoder, decode_json
from .lenient import MISMATCH, attempt, build_leniently
from .unknown_objects import UnknownVariant

_SCALARS: Final = (str, int, float, datetime)
_WRITTEN: Final = (str, int, float, bool)
_CONTAINERS: Final = (dict, list)
_NOT_DATA: Final = ("parsed", "next_url")
"""Attributes of a response and of a page, whose headers must not be taken for data."""
_MINUTE: Final = timedelta(minutes=1)
T = TypeVar("T")
_MAX_INDENT: Final = 100


def as_lists(value: Any) -> Any:
    """Return data to encode with lists in place of tuples and sets, in lists and dictionaries.

    Members of an `Enum` are replaced by their values.

    Raises:
        TypeError: It contains `UNSET` or a key that is not a str.
        RecursionError: It is nested too deeply.
    """
    if value is None or isinstance(value, _SCALARS) or is_model(value):
        return value
    if any(hasattr(value.__class__, name) for name in _NOT_DATA):
        raise TypeError(f"value contains an object of the type {type_name(value)}, which is not data")
    if value is UNSET:
        raise TypeError("value contains UNSET, which is not data")
    if isinstance(value, Enum):
        return as_lists(value.value)
    if is_object(value):
        return {_checked_key(key): as_lists(each) for key, each in value.items()}
    if is_collection(value):
        return [as_lists(each) for each in value]
    return value


def _checked_key(key: object) -> str:
    """Return a key of a dictionary to encode. Others than str would be written like the str that they resemble."""
    if not isinstance(key, str):
        raise TypeError(f"value has a key of the type {type_name(key)}. Keys must be str.")
    return key


def copy_of(data: Any, levels: int = MAX_DEPTH) -> Any:
    """Return a copy of data to decode, which shares no list and no dictionary with it.

    Raises:
        DecodeError: It contains an object that is neither JSON nor a `datetime`, a key that is not a str, or an int
            that Python does not write, or is nested deeper than `levels`.
    """
    if data is None or isinstance(data, _SCALARS):
        if has_too_many_digits(data):
            raise DecodeError(f"data contains {too_many_digits()}")
        return data
    if levels == 0 and isinstance(data, dict | list | tuple):
        raise DecodeError("data is nested too deeply")
    if is_object(data):
        return {_decodable_key(key): copy_of(each, levels - 1) for key, each in data.items()}
    if isinstance(data, list | tuple):
        return [copy_of(each, levels - 1) for each in data]  # pyright: ignore[reportUnknownVariableType]
    hint = ". Pass to_dict(…) of it." if is_model(data) else ""
    raise DecodeError(f"data contains an object of the type {type_name(data)}, which is not JSON{hint}")


def _decodable_key(key: object) -> str:
    if not isinstance(key, str):
        raise DecodeError(f"data has a key of the type {type_name(key)}, which is not JSON")
    return key


def write_rest(data: Any, *, datetimes: bool) -> Any:
    """Return the result of `to_builtins` with the rest encoded. Its lists and dictionaries are changed.

    The rest are times, which become text in RFC 3339 unless `datetimes` is set, and values of members of an `Enum`.

    Raises:
        TypeError: It contains an object that is not data.
        ValueError: A time has no time zone.
    """
    whole = [data]
    containers: list[Any] = [whole]
    for container in containers:
        items: Any = container.items() if is_object(container) else enumerate(container)
        for key, value in items:
            if value is None or type(value) in _WRITTEN or (datetimes and isinstance(value, datetime)):
                continue
            written = value if type(value) in _CONTAINERS else write_value(value)
            container[key] = written
            if type(written) in _CONTAINERS:
                containers.append(written)
    return whole[0]


def write_value(value: Any) -> Any:
    """Encode a time, or a value of a member of an `Enum`, which msgspec leaves as it is. See `write_rest`."""
    return time_text(value) if isinstance(value, datetime) else to_builtins(as_lists(value))


def time_text(time: datetime) -> str:
    """Return a time in RFC 3339. Raises `ValueError` if it has no time zone."""
    offset = time.utcoffset()
    if offset is None:
        raise ValueError(f"value has a time without a time zone: {time.isoformat()}. Pass one with a time zone.")
    if offset % _MINUTE:  # RFC 3339 has no such offsets, and msgspec rounds them.
        try:
            time = time.astimezone(UTC)
        except OverflowError:
            raise ValueError("value has a time outside the years that a datetime can hold") from None
    text: str = msgspec.to_builtins(time)
    return text


def to_dict(value: object, *, datetimes: bool = False) -> Any:
    """Return a model as a dictionary with the names of the API, and a list of models as a list of dictionaries.

    The dictionary has a key for each field of the spec, also if it is None, so that rows have the same columns. Nested
    models are dictionaries too. It includes extra fields, if they were kept, and **secrets**, such as the value of a
    new token. Values that were decoded leniently are unchanged. Plain data, in lists and dictionaries, may contain
    models. A tuple or a set becomes a list, and `bytes` become Base64. The result shares no list and no dictionary with
    `value`.

    Args:
        value: A model, a webhook event, or lists and dictionaries of them.
        datetimes: Leave times as `datetime` objects, instead of strings in RFC 3339.

    Raises:
        TypeError: `value` contains an object that is not data, such as a page or `UNSET`, or a key that is not a str.
        ValueError: `value` is nested too deeply, or contains a time without a time zone and `datetimes` is False.
    """
    try:
        value = as_lists(value)
        data = to_builtins(value)
        restore_extra_fields(value, data)
        return write_rest(data, datetimes=datetimes)
    except RecursionError:
        raise ValueError("value is nested too deeply") from None


def to_json(value: object, *, indent: int | None = None) -> str:
    """Return a model, or a list of models, as JSON that `from_json` decodes to an equal object.

    It has the contents of `to_dict`, **secrets** included. NaN and infinities, which are not in JSON, are written like
    by Python's `json` module.

    Args:
        value: A model, a webhook event, or lists and dictionaries of them.
        indent: Number of spaces of each level, at most 100. By default the text is one line.

    Raises:
        TypeError: `value` contains an object that is not data, such as a page or `UNSET`, or a key that is not a str,
            or `indent` is not an int.
        ValueError: `value` is nested too deeply, contains a time without a time zone or an int of more than 4300
            digits, or `indent` is negative or too large.
    """
    if indent is not None:
        check_int("indent", indent, minimum=0)
        if indent > _MAX_INDENT:
            raise ValueError(f"indent must be at most {_MAX_INDENT}")
    separators = (",", ":") if indent is None else None
    data = to_dict(value)
    try:
        text = json.dumps(data, ensure_ascii=False, indent=indent, separators=separators)
    except RecursionError:
        raise ValueError("value is nested too deeply") from None
    except ValueError:
        raise ValueError(f"value contains {too_many_digits()}") from None
    # A lone surrogate, which UTF-8 cannot encode, as an escape of JSON.
    return text.encode(errors="backslashreplace").decode()


@overload
def from_json(type: type[T], data: str | bytes, *, extra_fields: bool = False) -> T: ...
@overload
def from_json(type: Any, data: str | bytes, *, extra_fields: bool = False) -> Any: ...
def from_json(type: Any, data: str | bytes, *, extra_fields: bool = False) -> Any:  # noqa: A002
    """Decode JSON of `to_json`, or a response body, like the client does: `from_json(models.Build, text)`.

    A mismatch with the spec is decoded leniently, and not logged.

    To type checkers, the result for a union is Any. Annotate it: `job: models.Job = from_json(models.Job, text)`.

    Args:
        type: A model, a union of models such as `models.Job`, or a list: `list[models.Build]`.
        data: The JSON.
        extra_fields: Keep the fields that the spec lacks, as `Buildkite(extra_fields=True)` does.

    Raises:
        DecodeError: `data` is not JSON, is nested too deeply, or is not an object, or not a list for a list.
        TypeError: An argument has another type.
    """
    decoder = _decoder(type)
    if not isinstance(data, str | bytes):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"data must be str or bytes, not {type_name(data)}")
    value = attempt(decoder.decode, data)
    plain = decode_json(data, "data") if value is MISMATCH or extra_fields or may_be_deep(data) else None
    return _finish(type, value, plain, extra_fields)


@overload
def from_dict(type: type[T], data: object, *, extra_fields: bool = False) -> T: ...
@overload
def from_dict(type: Any, data: object, *, extra_fields: bool = False) -> Any: ...
def from_dict(type: Any, data: object, *, extra_fields: bool = False) -> Any:  # noqa: A002
    """Decode a dictionary of `to_dict`, with either form of times, or decoded JSON. See `from_json`.

    The result shares no list and no dictionary with `data`.

    Args:
        type: A model, a union of models such as `models.Job`, or a list: `list[models.Build]`.
        data: A dictionary, or a list of dictionaries for a list. It has decoded JSON and `datetime` objects only.
        extra_fields: Keep the fields that the spec lacks, as `Buildkite(extra_fields=True)` does.

    Raises:
        DecodeError: `data` is nested too deeply, has an object that is not JSON, such as a model or a set, a key that
            is not a str or an int of more than 4300 digits, or is not a dictionary, or not a list for a list.
        TypeError: An argument has another type.
    """
    decoder = _decoder(type)
    data = copy_of(data)
    value = attempt(msgspec.convert, data, type=decoder.type)
    return _finish(type, value, data, extra_fields)


def _finish(expected: Any, value: Any, data: object, extra_fields: bool) -> Any:
    """Return a decoded value, with its extra fields. A `MISMATCH` is decoded leniently.

    Raises:
        DecodeError: It is not an object, or not a list for a list.
    """
    if value is MISMATCH:
        value = build_leniently(expected, data)
    if extra_fields:
        keep_extra_fields(value, data)
    if get_origin(expected) is list:
        if not is_array(value):
            raise DecodeError(f"data is not a list of objects, but {_kind(value)}")
    elif not isinstance(value, msgspec.Struct | UnknownVariant):
        raise DecodeError(f"data is not an object, but {_kind(value)}")
    return value


def _kind(value: object) -> str:
    return "null" if value is None else f"of the type {type_name(value)}"


def _decoder(expected: Any) -> msgspec.json.Decoder[Any]:
    try:
        return _cached_decoder(expected)
    except TypeError:  # not a type, cannot be hashed, or a union that msgspec cannot decode
        raise TypeError(
            "type must be a model, a list of models, or a union of models that the spec has, such as models.Build, "
            "list[models.Build] or models.Job"
        ) from None


@cache
def _cached_decoder(expected: Any) -> msgspec.json.Decoder[Any]:
    item = get_args(expected)[0] if get_origin(expected) is list else expected
    members = get_args(item) if get_origin(item) in (Union, types.UnionType) else (item,)
    if not all(isinstance(member, type) and issubclass(member, Model) for member in members):
        raise TypeError
    return create_decoder(expected)
