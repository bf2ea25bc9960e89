"""Fields that the spec lacks: a second pass over a decoded value and the JSON that it was decoded from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final, ForwardRef, Literal, NoReturn, TypeAlias, TypeGuard, TypeVar, get_args, get_origin

import msgspec
from msgspec.structs import fields

from _buildkite_rest.model import Model

from .._base.arguments import type_name
from .._base.json_values import is_object
from .lenient import is_struct, without_alias

_DATACLASS: Final = "__dataclass_fields__"
_ATTRS: Final = "__attrs_attrs__"
"""Attributes of classes of dataclasses and of attrs with their fields."""
Visit: TypeAlias = Callable[[Model, dict[str, Any]], None]


def to_builtins(value: object) -> Any:
    """Return a copy of `value` as dictionaries and lists. Times are `datetime` objects.

    Raises:
        TypeError: It contains an object that is not data.
        RecursionError: It is nested too deeply.
    """
    return msgspec.to_builtins(value, builtin_types=(datetime,), str_keys=True, enc_hook=_refuse)


def _refuse(value: object) -> NoReturn:
    raise TypeError(f"value contains an object of the type {type_name(value)}, which is not data")


def keep_extra_fields(value: object, data: object) -> None:
    """Store the fields that the spec lacks in each model of a decoded value. `data` is the decoded JSON."""
    _walk(value, data, _store)


def restore_extra_fields(value: object, data: object) -> None:
    """Add the stored fields of each model in `value` to its JSON object in `data`."""
    _walk(value, data, _restore)


def _store(model: Model, data: dict[str, Any]) -> None:
    known = _known_names(type(model))
    model.__extra_fields__ = {name: value for name, value in data.items() if name not in known}


def _restore(model: Model, data: dict[str, Any]) -> None:
    data.update(to_builtins(getattr(model, "__extra_fields__", {})))


def _walk(value: object, data: object, visit: Visit) -> None:
    """Visit the models in `value`, each with its object in `data`, which has the same shape.

    Only fields whose type has models are walked, so the depth is that of the types rather than of the JSON.
    """
    if isinstance(value, Model):
        if is_object(data):
            for name, wire in _fields_with_models(type(value)):
                _walk(getattr(value, name), data.get(wire), visit)
            visit(value, data)
    elif _is_sequence(value) and _is_sequence(data):
        for item, each in zip(value, data, strict=False):
            _walk(item, each, visit)
    elif is_object(value) and is_object(data):
        for key, item in value.items():
            _walk(item, data.get(str(key)), visit)
    elif is_object(data):
        _walk_fields(value, data, visit)
    elif _is_sequence(data):
        _walk_fields(value, dict(enumerate(data)), visit)


def _is_sequence(value: object) -> TypeGuard[Sequence[Any]]:
    return isinstance(value, list | tuple)


def _walk_fields(value: object, data: dict[Any, Any], visit: Visit) -> None:
    """Visit the models in an object of the caller. For a struct with `array_like`, the keys of `data` are indexes."""
    cls: Any = type(value)
    for name, wire in _fields_with_models(cls):
        _walk(getattr(value, name, None), data.get(wire), visit)


@cache
def _known_names(cls: type[Model]) -> frozenset[str]:
    """Return the names in JSON of the fields of a model and of its tag."""
    tag_field = cls.__struct_config__.tag_field
    return frozenset(cls.__struct_encode_fields__).union(() if tag_field is None else (tag_field,))


@cache
def _fields_with_models(cls: Any) -> tuple[tuple[str, Any], ...]:
    """Return the names of fields with models, in Python and in JSON. Other classes than those with fields have none."""
    if issubclass(cls, msgspec.Struct):
        config, known = cls.__struct_config__, fields(cls)
        first = 0 if config.tag_field is None else 1
        return tuple(
            (each.name, first + index if config.array_like else each.encode_name)
            for index, each in enumerate(known)
            if _has_models(each.type)
        )
    others: tuple[Any, ...] = (*getattr(cls, _DATACLASS, {}).values(), *getattr(cls, _ATTRS, ()))
    return tuple((each.name, each.name) for each in others if _has_models(each.type))


def _has_models(expected: Any) -> bool:
    """Whether a value of a type may be a model or contain one, as far as the type is known."""
    expected = without_alias(expected)
    if get_origin(expected) is Literal:
        return False
    if arguments := get_args(expected):
        return any(_has_models(part) for part in (get_origin(expected), *arguments))
    if isinstance(expected, str | ForwardRef | TypeVar):
        return True
    return is_struct(expected) or hasattr(expected, _DATACLASS) or hasattr(expected, _ATTRS)
