"""Lenient conversion of decoded JSON objects into structs of one class."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, cast, get_origin

import msgspec

from _buildkite_rest.cached_property import cached_property
from _buildkite_rest.model import build_unchecked
from _buildkite_rest.types import DateTimeStruct

from .._base.json_values import is_array, is_object
from .._base.records import Record
from .other_types import CONVERSION_ERRORS, Builder, converter
from .placeholders import placeholder
from .unknown_objects import UnknownVariant

_PATH: Final = " - at `$"
_FOR: Final = " for `"
"""Prefix of the name of a field in an error of `DateTimeStruct`."""
_MISSING: Final = "Object missing required field `"
_MAX_SEPARATE: Final = 4
"""Fields that are built separately. An object with more mismatches is built field by field."""


class _Field(Record, frozen=True):
    """A field of a struct."""

    name: str
    key: str
    """Its name in JSON."""
    build: Builder
    default: Callable[[], Any]
    placeholder: Any
    """A valid value for msgspec to convert, if the field is built separately. `NODEFAULT`: none is known."""

    def value(self, data: dict[str, Any]) -> Any:
        """Return the value of the field in an object."""
        return self.build(data[self.key]) if self.key in data else self.default()


class _Separate(Record, frozen=True):
    """The fields that are built separately, and valid values that msgspec converts in their place."""

    fields: tuple[_Field, ...]
    placeholders: dict[str, Any]


class StructBuilder:
    """Builder of the structs of one class.

    msgspec converts an object as a whole, which is much faster than field by field, but stops at the first field that
    does not match. That field is built separately from then on, in later objects too: they usually have the same
    mismatch.

    Args:
        expected: The class, with its parameters if it is generic.
        builder_of: Returns the builder of a type.
    """

    def __init__(self, expected: type[msgspec.Struct], builder_of: Callable[[Any], Builder]) -> None:
        self._expected = expected
        self._class: type[msgspec.Struct] = get_origin(expected) or expected
        self._builder_of = builder_of
        self._convert = converter(expected)
        self._separate = _Separate((), {})
        """Replaced rather than changed, for other threads."""

    def __call__(self, data: Any) -> Any:
        """Return `data` as a struct, or as it is if it is not an object, or not an array for an `array_like` struct."""
        config = self._class.__struct_config__
        if config.array_like:
            return self._from_array(data) if is_array(data) else data
        if not is_object(data):
            return data
        if config.tag_field is not None and not _is_tag(data.get(config.tag_field), config.tag):
            converted = self._convert(data)  # Strict decoding accepts an object without tag outside of a union.
            return UnknownVariant(data.get(config.tag_field), data) if converted is data else converted
        while True:
            separate = self._separate
            try:
                model: Any = msgspec.convert(data | separate.placeholders, self._expected, str_keys=True)
            except CONVERSION_ERRORS as error:
                if not self._add_separate(error):
                    return self._by_fields(data)
                continue
            for field in separate.fields:
                msgspec.structs.force_setattr(model, field.name, field.value(data))
            return model

    def _add_separate(self, error: Exception) -> bool:
        """Build the field that `error` names separately from now on. Return False if it cannot be."""
        field = self._fields.get(_name_in(error))
        separate = self._separate
        if len(separate.fields) >= _MAX_SEPARATE:
            self._separate = _Separate((), {})  # Most of them may match again.
            return False
        if field is None or field.key in separate.placeholders or field.placeholder is msgspec.NODEFAULT:
            return False
        self._separate = _Separate((*separate.fields, field), separate.placeholders | {field.key: field.placeholder})
        return True

    def _from_array(self, data: list[Any]) -> Any:
        """Return an array as a struct with `array_like`, or as it is if it has another tag, the first item."""
        config, converted = self._class.__struct_config__, self._convert(data)
        if converted is not data:
            return converted
        if config.tag_field is not None:
            if not data or not _is_tag(data[0], config.tag):
                return data
            data = data[1:]
        return self._by_fields(dict(zip(self._fields, data, strict=False)))

    def _by_fields(self, data: dict[str, Any]) -> Any:
        try:
            return build_unchecked(self._class, {field.name: field.value(data) for field in self._fields.values()})
        except (TypeError, ValueError):  # of a `__post_init__`, which strict decoding reports as a mismatch too
            return data

    @cached_property
    def _fields(self) -> dict[str, _Field]:
        """The fields by their keys. Not before they are needed, since a struct may contain structs of its own class."""
        # The code of a caller's class must not see placeholders.
        has_hook = getattr(self._class, "__post_init__", None) not in (None, DateTimeStruct.__post_init__)
        return {
            field.encode_name: _Field(
                field.name,
                field.encode_name,
                self._builder_of(field.type),
                _default_of(field),
                msgspec.NODEFAULT if has_hook else placeholder(field.type),
            )
            for field in msgspec.structs.fields(self._expected)
        }


def _is_tag(value: object, tag: str | int | None) -> bool:
    """Whether a value is the tag of a class. To Python, True and 1.0 are 1."""
    return type(value) is type(tag) and value == tag


def _name_in(error: Exception) -> str:
    """Return the name of the field that a mismatch is in, or another text."""
    text, _, path = str(error).rpartition(_PATH)
    if path.startswith("."):
        return path[1:].partition("`")[0].partition(".")[0].partition("[")[0]
    text = text or path
    if text.startswith(_MISSING):
        return text.removeprefix(_MISSING).removesuffix("`")
    return text.partition(_FOR)[2].partition("`")[0]


def _default_of(field: msgspec.structs.FieldInfo) -> Callable[[], Any]:
    """Return a function that returns the default of a field. It is None for all fields of our models."""
    if field.default_factory is not msgspec.NODEFAULT:
        return cast("Callable[[], Any]", field.default_factory)
    default = None if field.default is msgspec.NODEFAULT else field.default
    return lambda: default
