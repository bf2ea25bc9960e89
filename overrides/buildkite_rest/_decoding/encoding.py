"""Python values to JSON: models to dictionaries and text, request bodies; and back."""

from __future__ import annotations

import json
import types
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from functools import cache, partial
from typing import Any, TypeVar, Union, get_args, get_origin, overload

import msgspec

from _buildkite_rest.model import Model
from _buildkite_rest.types import UNSET

from .._base.arguments import is_collection, is_mapping, plain, short_repr, type_name
from .._base.errors import DecodeError
from .._base.json_values import MAX_DEPTH, is_array
from .._base.records import is_model
from .._base.safe_text import safe_excerpt
from .._base.times import timestamp
from .json_text import create_decoder, decode_json
from .lenient import MISMATCH, attempt, build_leniently, keep_extra_fields
from .unknown_objects import UnknownVariant

T = TypeVar("T")


def json_data(
    path: str, value: Any, *, with_nulls: bool = True, datetimes: bool = False, levels: int = MAX_DEPTH
) -> Any:
    """Return a copy of `value` as JSON: dictionaries, lists and scalars. Messages do not show a value.

    Args:
        path: Name of the value, for messages.
        value: Models, mappings, collections and scalars.
        with_nulls: Whether objects have the fields of models that are None.
        datetimes: Whether times stay `datetime` objects. Otherwise they become text in RFC 3339.
        levels: How deeply the value may be nested.

    Raises:
        TypeError: A value in it cannot be represented in JSON, or a key is not a str.
        ValueError: It is nested too deeply, or a time has no time zone.
    """
    value = plain(value.value if isinstance(value, Enum) and value is not UNSET else value)
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, datetime):
        return value if datetimes else timestamp(safe_excerpt(path), value)
    if levels == 0 and (is_model(value) or is_mapping(value) or is_collection(value)):
        name = path.partition("[")[0]
        raise ValueError(f"{name} is nested deeper than {MAX_DEPTH} levels, or contains itself")
    convert = partial(json_data, with_nulls=with_nulls, datetimes=datetimes, levels=levels - 1)
    if is_model(value):
        value = _fields_of(value, with_nulls)
    if is_mapping(value):
        for key in value:
            if not isinstance(key, str):
                raise TypeError(f"the keys of {safe_excerpt(path)} must be str, not {type_name(key)}")
        return {key: convert(f"{path}[{short_repr(key)}]", each) for key, each in value.items()}
    if is_collection(value):
        return [convert(f"{path}[{index}]", each) for index, each in enumerate(value)]
    hint = "; leave the key out" if value is UNSET else ""
    name = "UNSET" if value is UNSET else f"a {type_name(value)}"
    raise TypeError(f"{safe_excerpt(path)} is {name}, which cannot be represented in JSON{hint}")


def _fields_of(model: msgspec.Struct, with_nulls: bool) -> dict[str, Any]:
    """Return the fields of a model by their names in JSON, with its tag and extra fields."""
    tag_field, tag = model.__struct_config__.tag_field, model.__struct_config__.tag
    fields: dict[str, Any] = {} if tag_field is None else {tag_field: tag}
    own = zip(model.__struct_encode_fields__, msgspec.structs.asdict(model).values(), strict=True)
    fields |= {name: value for name, value in own if with_nulls or value is not None}
    return fields | getattr(model, "__extra_fields__", {})


def encode_body(body: Mapping[str, object], names: Mapping[str, str]) -> bytes:
    """Encode the fields of a body as JSON. `names` are their names in Python, for messages.

    Of a model, fields that are None are left out: null would clear a field that was absent in the response.

    Raises:
        TypeError: A value cannot be represented in JSON, or a key is not a str.
        ValueError: A value cannot be represented in JSON, or is nested too deeply.
    """
    data = {
        name: json_data(names.get(name, name), value, with_nulls=False, levels=MAX_DEPTH - 1)
        for name, value in body.items()
    }
    return _encode("the body", data)


def encode_json(value: object) -> bytes:
    """Encode the argument `json`. JSON in a `msgspec.Raw` is sent unchanged. See `encode_body`."""
    if isinstance(value, msgspec.Raw):
        return bytes(value)
    return _encode("json", json_data("json", value, with_nulls=False))


def _encode(name: str, data: Any) -> bytes:
    text = json.dumps(data, ensure_ascii=False, allow_nan=False)
    try:
        return text.encode()
    except UnicodeEncodeError:
        pass  # The exception has the whole text, so it must not be the context of another one.
    raise ValueError(f"{name} contains a lone surrogate, which cannot be encoded as UTF-8")


def to_dict(value: object, *, datetimes: bool = False) -> Any:
    """Return a model as a dictionary with the names of the API, and a list of models as a list of dictionaries.

    The dictionary has a key for each field of the spec, also if it is None, so that rows have the same columns. Nested
    models are dictionaries too. It includes extra fields, if they were kept, and **secrets**, such as the value of a
    new token. Values that were decoded leniently are unchanged. Plain data, in lists and dictionaries, may contain
    models. A tuple or a set becomes a list. The result shares no list and no dictionary with `value`.

    Args:
        value: A model, a webhook event, or lists and dictionaries of them.
        datetimes: Leave times as `datetime` objects, instead of strings in RFC 3339.

    Raises:
        TypeError: `value` contains an object that is not data, such as a page or `UNSET`, or a key that is not a str.
        ValueError: `value` is nested deeper than 100 levels, or contains a time without a time zone and `datetimes` is
            False.
    """
    return json_data("value", value, datetimes=datetimes)


def to_json(value: object, *, indent: int | None = None) -> str:
    """Return a model, or a list of models, as JSON that `from_json` decodes to an equal object.

    It has the contents of `to_dict`, **secrets** included. NaN and infinities, which are not in JSON, are written like
    by Python's `json` module.

    Args:
        value: A model, a webhook event, or lists and dictionaries of them.
        indent: Number of spaces of each level. By default the text is one line.

    Raises:
        TypeError: `value` contains an object that is not data, such as a page or `UNSET`, or a key that is not a str.
        ValueError: `value` is nested deeper than 100 levels, or contains a time without a time zone or an int of more
            than 4300 digits.
    """
    separators = (",", ":") if indent is None else None
    text = json.dumps(to_dict(value), ensure_ascii=False, indent=indent, separators=separators)
    # A lone surrogate, which UTF-8 cannot encode, as an escape of JSON.
    return text.encode(errors="backslashreplace").decode()


@overload
def from_json(model: type[T], data: str | bytes, *, extra_fields: bool = False) -> T: ...
@overload
def from_json(model: Any, data: str | bytes, *, extra_fields: bool = False) -> Any: ...
def from_json(model: Any, data: str | bytes, *, extra_fields: bool = False) -> Any:
    """Decode JSON of `to_json`, or a response body, like the client does: `from_json(models.Build, text)`.

    A mismatch with the spec is decoded leniently, and not logged.

    To type checkers, the result for a union is Any. Annotate it: `job: models.Job = from_json(models.Job, text)`.

    Args:
        model: A model, a union of models such as `models.Job`, or a list: `list[models.Build]`.
        data: The JSON.
        extra_fields: Keep the fields that the spec lacks, as `Buildkite(extra_fields=True)` does.

    Raises:
        DecodeError: `data` is not JSON, is nested too deeply, or is not an object, or not a list for a list.
        TypeError: An argument has another type.
    """
    decoder = _decoder(model)
    if not isinstance(data, str | bytes):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"data must be str or bytes, not {type_name(data)}")
    value = attempt(decoder.decode, data)
    plain_data = decode_json(data, "data") if value is MISMATCH or extra_fields else None
    return _finish(model, value, plain_data, extra_fields)


@overload
def from_dict(model: type[T], data: object, *, extra_fields: bool = False) -> T: ...
@overload
def from_dict(model: Any, data: object, *, extra_fields: bool = False) -> Any: ...
def from_dict(model: Any, data: object, *, extra_fields: bool = False) -> Any:
    """Decode a dictionary of `to_dict`, with either form of times, or decoded JSON. See `from_json`.

    The result shares no list and no dictionary with `data`.

    Args:
        model: A model, a union of models such as `models.Job`, or a list: `list[models.Build]`.
        data: A dictionary, or a list of dictionaries for a list, with what `to_dict` accepts.
        extra_fields: Keep the fields that the spec lacks, as `Buildkite(extra_fields=True)` does.

    Raises:
        DecodeError: `data` is not a dictionary, or not a list for a list.
        TypeError: An argument has another type, or `data` contains an object that is not data or a key that is not a
            str.
        ValueError: `data` is nested deeper than 100 levels.
    """
    decoder = _decoder(model)
    data = json_data("data", data, datetimes=True)
    value = attempt(msgspec.convert, data, type=decoder.type)
    return _finish(model, value, data, extra_fields)


def _finish(expected: Any, value: Any, data: object, extra_fields: bool) -> Any:
    """Return a decoded value, with its extra fields. A `MISMATCH` is decoded leniently.

    Raises:
        DecodeError: It is not an object, or not a list for a list.
    """
    if value is MISMATCH:
        value = build_leniently(expected, data)
    if extra_fields:
        keep_extra_fields(value, data)
    kind = "null" if value is None else f"of the type {type_name(value)}"
    if get_origin(expected) is list:
        if not is_array(value):
            raise DecodeError(f"data is not a list of objects, but {kind}")
    elif not isinstance(value, msgspec.Struct | UnknownVariant):
        raise DecodeError(f"data is not an object, but {kind}")
    return value


def _decoder(expected: Any) -> msgspec.json.Decoder[Any]:
    try:
        return _cached_decoder(expected)
    except TypeError:  # not a type, cannot be hashed, or a union that msgspec cannot decode
        raise TypeError(
            "model must be a model of the spec, a list of models or a union of models, such as models.Build, "
            "list[models.Build] or models.Job"
        ) from None


@cache
def _cached_decoder(expected: Any) -> msgspec.json.Decoder[Any]:
    item = get_args(expected)[0] if get_origin(expected) is list else expected
    members = get_args(item) if get_origin(item) in (Union, types.UnionType) else (item,)
    if not all(isinstance(member, type) and issubclass(member, Model) for member in members):
        raise TypeError
    return create_decoder(expected)
