"""Encoding of request bodies as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from math import isfinite
from typing import Any, Final

import msgspec

from _buildkite_rest.types import UNSET

from .._base.arguments import is_collection, is_mapping, plain, short_repr
from .._base.json_values import MAX_DEPTH, has_too_many_digits
from .._base.records import is_model
from .._base.safe_text import safe_excerpt
from .._base.times import timestamp

_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def encode_body(body: Mapping[str, object], names: Mapping[str, str]) -> bytes:
    """Encode the fields of a body as JSON. `names` are their names in Python, for messages.

    Raises:
        TypeError: A value cannot be represented in JSON, or a key is not a str.
        ValueError: A value cannot be represented in JSON, or is nested too deeply.
    """
    for name, value in body.items():
        _check(names.get(name, name), value, MAX_DEPTH - 1)
    return _encode(body)


def encode_json(value: object) -> bytes:
    """Encode the argument `json`. JSON in a `msgspec.Raw` is sent unchanged. See `encode_body`."""
    if isinstance(value, msgspec.Raw):
        return bytes(value)
    _check("json", value)
    return _encode(value)


def _encode(body: object) -> bytes:
    return json.dumps(body, default=_default, ensure_ascii=False).encode()


def _default(value: object) -> object:
    if isinstance(value, datetime):
        return timestamp("a datetime in the body", value)
    if is_model(value):
        return _set_fields(value)
    if is_mapping(value):
        return dict(value)
    if is_collection(value):
        return list(value)
    if (simple := plain(value)) is not value:
        return simple
    raise _unrepresentable("the body", value)


def _set_fields(model: msgspec.Struct) -> dict[str, object]:
    """Return the fields of a model that are not None, and extra fields.

    Null would clear a field that was absent in the response.
    """
    fields = zip(model.__struct_encode_fields__, msgspec.structs.asdict(model).values(), strict=True)
    tag_field, tag = model.__struct_config__.tag_field, model.__struct_config__.tag
    given: dict[str, object] = {} if tag_field is None else {tag_field: tag}
    given |= {wire: value for wire, value in fields if value is not None}
    return given | getattr(model, "__extra_fields__", {})


def _check(path: str, value: Any, levels: int = MAX_DEPTH) -> None:
    """Raise an error if `value`, or a value in it, cannot be represented in JSON. It does not show the value."""
    if is_model(value):
        items = [(f"{path}.{key}", item) for key, item in _set_fields(value).items()]
    elif is_mapping(value):
        _check_keys(path, value)
        items = [(f"{path}[{short_repr(key)}]", item) for key, item in value.items()]
    elif is_collection(value):
        items = [(f"{path}[{index}]", item) for index, item in enumerate(value)]
    else:
        _check_scalar(path, value)
        return
    if levels == 0:
        raise ValueError(f"the body is nested deeper than {MAX_DEPTH} levels, or contains itself")
    for item_path, item in items:
        _check(item_path, item, levels - 1)


def _check_keys(path: str, value: Mapping[Any, Any]) -> None:
    for key in value:
        if not isinstance(key, str):
            raise TypeError(f"the keys of {safe_excerpt(path)} must be str, not {type(key).__name__}")
        _check_scalar(f"a key of {path}", key)


def _check_scalar(path: str, value: Any) -> None:
    value, problem = plain(value), ""
    if isinstance(value, str):
        problem = "contains a lone surrogate, which cannot be encoded as UTF-8" if _SURROGATE.search(value) else ""
    elif isinstance(value, float):
        problem = "" if isfinite(value) else "is NaN or infinite, which cannot be represented in JSON"
    elif isinstance(value, datetime):
        timestamp(safe_excerpt(path), value)
    elif value is not None and not isinstance(value, int):
        raise _unrepresentable(safe_excerpt(path), value)
    elif has_too_many_digits(value):
        problem = "is an int with too many digits"
    if problem:
        raise ValueError(f"{safe_excerpt(path)} {problem}")


def _unrepresentable(path: str, value: object) -> TypeError:
    hint = "; leave the key out" if value is UNSET else ""
    name = "UNSET" if value is UNSET else f"a {type(value).__name__}"
    return TypeError(f"{path} is {name}, which cannot be represented in JSON{hint}")
