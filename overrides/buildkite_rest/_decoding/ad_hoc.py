"""Operations that the spec lacks, and their decoders, by the type that the caller passes."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final, Generic, TypeVar, cast

import msgspec

from _buildkite_rest.model import Model
from _buildkite_rest.ports import Operation

from .._base.safe_text import safe_repr
from .json_text import create_decoder
from .lenient import MISMATCH, attempt

T = TypeVar("T")

_MAX_TYPES: Final = 256
"""Types whose decoders are cached. Programs have few, but may create types in a loop."""
_ARRAY: Final = re.compile(rb"\s*\[")


class AdHocOperation(Operation[T], Generic[T], frozen=True, kw_only=True):
    """An operation that the spec lacks. Its `id` is its method and path.

    Decoders and reports of mismatches are cached by its type, since there is no limit to the number of paths.
    """

    expected: Any
    """The type of the result, or of the items of a list. None for decoded JSON."""


class AnyJSON:
    """Decoder of JSON as plain Python objects. An empty body is None."""

    def __init__(self) -> None:
        self._decoder = msgspec.json.Decoder()

    def decode(self, content: bytes) -> Any:
        """Return the decoded body."""
        return self._decoder.decode(content) if content.strip() else None


class _Links(msgspec.Struct):
    next: str | None = None


def result_of(expected: Any) -> Any:
    """Return the type of a whole result."""
    return Any if expected is None else expected


@lru_cache(_MAX_TYPES)
def page_of(expected: Any) -> Any:
    """Return the type of a page with a cursor, whose items are of the type `expected`."""
    items = ("items", list[result_of(expected)])  # type: ignore[misc]  # a type that is known at run time only
    # A model, so that items keep extra fields.
    return msgspec.defstruct("Page", [items, ("links", _Links | None, None)], bases=(Model,))


def decoder_for(operation: AdHocOperation[Any], content: bytes) -> msgspec.json.Decoder[Any] | AnyJSON:
    """Return the decoder of a response. The body decides how a list is paginated."""
    if operation.pagination == "none":
        is_plain = operation.expected is None or (not content.strip() and _accepts_none(operation.expected))
        return _any_json if is_plain else type_decoder(operation.expected)
    if _ARRAY.match(content):
        return type_decoder(list[result_of(operation.expected)])  # type: ignore[misc]  # as above
    return type_decoder(operation.result())


@lru_cache(_MAX_TYPES)
def type_decoder(expected: Any) -> msgspec.json.Decoder[Any]:
    """Return the decoder of a type.

    Raises:
        TypeError: msgspec cannot decode JSON into it.
    """
    decoder = create_decoder(expected)
    if isinstance(expected, type) and _is_custom(cast("type[object]", expected)):
        raise TypeError("msgspec decodes no such class")
    return decoder


@lru_cache(_MAX_TYPES)
def _accepts_none(expected: Any) -> bool:
    """Whether None is a value of the type, as which an empty body is decoded."""
    return attempt(msgspec.convert, None, expected) is not MISMATCH


def check_result_type(argument: str, expected: Any) -> None:
    """Raise `TypeError` if an argument is not a type that JSON can be decoded into."""
    try:
        type_decoder(expected)
    except TypeError:
        example = "models.Build or list[models.Build]"
        message = f"{argument} must be a type that msgspec decodes, as {example}, not {safe_repr(expected)}"
        raise TypeError(message) from None


def _is_custom(expected: type[object]) -> bool:
    if expected is object or issubclass(expected, msgspec.Struct):
        return False
    from msgspec.inspect import CustomType, type_info  # noqa: PLC0415 - most types are models

    return isinstance(type_info(expected), CustomType)


_any_json: Final = AnyJSON()
