"""Encoding of request bodies as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from math import isfinite
from typing import Any, Final

import msgspec

from _buildkite_rest.types import UNSET

from .._base.arguments import is_collection, is_mapping, short_repr
from .._base.dates import timestamp
from .._base.json_values import has_too_many_digits
from .._base.records import is_model
from .._base.safe_text import safe_excerpt

_ATOMS: Final = frozenset([str, int, float, bool, type(None), datetime])


def encode_body(body: Mapping[str, object], names: Mapping[str, str]) -> bytes:
    """Encode the fields of a body as JSON. `names` are their names in Python, for messages.

    Raises:
        TypeError: A value cannot be represented in JSON, or a key is not a str.
        ValueError: A value cannot be represented in JSON, or is nested too deeply.
    """
    return _encode(body, body, names)


def encode_json(value: object) -> bytes:
    """Encode the argument `json`. JSON in a `msgspec.Raw` is sent unchanged. See `encode_body`."""
    if isinstance(value, msgspec.Raw):
        return bytes(value)
    return _encode(value, {"json": value}, {})


def _encode(body: object, fields: Mapping[str, object], names: Mapping[str, str]) -> bytes:
    """Encode a body that consists of `fields`."""
    try:
        content = json.dumps(body, allow_nan=False, default=_default, ensure_ascii=False).encode()
        if all(type(value) in _ATOMS or _has_text_keys(value) for value in fields.values()):
            return content
        problem: Exception = TypeError("the keys of the body must be str")
    except RecursionError:
        raise ValueError("the body is nested too deeply for JSON") from None
    except (TypeError, ValueError) as error:
        if "Circular reference" in str(error):
            raise ValueError("the body contains itself, which cannot be represented in JSON") from None
        problem = error
    with suppress(RecursionError):  # of a body so deep that only the encoder can read it
        problem = _first_problem(fields, names) or problem
    raise problem from None


def _default(value: object) -> object:
    if isinstance(value, datetime):
        return timestamp("a datetime in the body", value)
    if is_model(value):
        return _set_fields(value)
    if is_mapping(value):
        return dict(value)
    if is_collection(value):
        return list(value)
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


def _has_text_keys(value: object) -> bool:
    """Whether all keys are str. `json` converts other keys, `None` to `"null"`."""
    if is_model(value):
        value = _set_fields(value)
    if is_mapping(value):
        return all(isinstance(key, str) for key in value) and all(
            type(item) in _ATOMS or _has_text_keys(item) for item in value.values()
        )
    return not is_collection(value) or all(type(item) in _ATOMS or _has_text_keys(item) for item in value)


def _first_problem(fields: Mapping[str, object], names: Mapping[str, str]) -> Exception | None:
    """Return the error for the first value that cannot be represented in JSON. It does not show the value."""
    for name, value in fields.items():
        for path, each in _values(names.get(name, name), value):
            if error := _problem(safe_excerpt(path), each):
                return error
    return None


def _values(path: str, value: object) -> Iterator[tuple[str, object]]:
    """Yield `value` and all values in it, each with its path."""
    yield path, value
    if is_model(value):
        for key, item in _set_fields(value).items():
            yield from _values(f"{path}.{key}", item)
    elif is_mapping(value):
        for key, item in value.items():
            yield from _values(f"{path}[{short_repr(key)}]", item)
    elif is_collection(value):
        for index, item in enumerate(value):
            yield from _values(f"{path}[{index}]", item)


def _problem(path: str, value: Any) -> Exception | None:
    if is_mapping(value):
        return _key_problem(path, value)
    if isinstance(value, str):
        return (
            ValueError(f"{path} contains a lone surrogate, which cannot be encoded as UTF-8")
            if _has_surrogate(value)
            else None
        )
    if isinstance(value, float):
        return (
            None if isfinite(value) else ValueError(f"{path} is NaN or infinite, which cannot be represented in JSON")
        )
    if has_too_many_digits(value):
        return ValueError(f"{path} is an int with too many digits")
    if isinstance(value, datetime):
        return _time_problem(path, value)
    if value is None or isinstance(value, int) or is_model(value) or is_collection(value):
        return None
    return _unrepresentable(path, value)


def _key_problem(path: str, value: Mapping[Any, Any]) -> Exception | None:
    for key in value:
        if not isinstance(key, str):
            return TypeError(f"the keys of {path} must be str, not {type(key).__name__}")
        if _has_surrogate(key):
            return ValueError(f"a key of {path} contains a lone surrogate, which cannot be encoded as UTF-8")
    return None


def _time_problem(path: str, value: datetime) -> Exception | None:
    try:
        timestamp(path, value)
    except ValueError as error:
        return error
    return None


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= each <= "\udfff" for each in text)


def _unrepresentable(path: str, value: object) -> TypeError:
    hint = "; leave the key out" if value is UNSET else ""
    name = "UNSET" if value is UNSET else f"a {type(value).__name__}"
    return TypeError(f"{path} is {name}, which cannot be represented in JSON{hint}")
