"""Decoding of response bodies: strictly first, then with `lenient.py`, whose mismatches are logged once here."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, TypeGuard, TypeVar, get_args, get_origin

import msgspec

from _buildkite_rest.model import Model
from _buildkite_rest.ports import Operation

from .._base.error_messages import describe_body
from .._base.errors import DecodeError
from .._base.json_values import DepthError, is_array
from .json_text import create_decoder, loads_text
from .unknown_objects import UnknownVariant

if TYPE_CHECKING:
    from .ad_hoc import AdHocOperation, AnyJSON

_logger = logging.getLogger("buildkite_rest")
_FAILED = object()
_raw_items_decoder = msgspec.json.Decoder(list[msgspec.Raw])

T = TypeVar("T")


def expect_object(operation_id: str, result: T) -> T:
    """Return a decoded response. Raises `DecodeError` unless it is an object: lenient decoding returns any value."""
    if not isinstance(result, msgspec.Struct | UnknownVariant):
        raise DecodeError("the response is not an object", operation_id)
    return result


class Decoder:
    """Decoder of the JSON responses of one client.

    Args:
        strict: Raise `DecodeError` for a response that does not match the spec, instead of decoding it leniently.
        extra_fields: Keep the fields that the spec lacks.
    """

    def __init__(self, *, strict: bool, extra_fields: bool = False) -> None:
        self._strict = strict
        self._extra_fields = extra_fields
        self._decoders: dict[str, msgspec.json.Decoder[Any]] = {}
        self._reported = set[str]()

    def decode(self, operation: Operation[Any], content: bytes) -> Any:
        """Return the decoded body.

        Raises:
            DecodeError: The body is not JSON or lacks a list of items, or with `strict` it does not match the spec.
        """
        decoder = self._decoders.get(operation.id) or self._decoder_of(operation, content)
        try:
            result = decoder.decode(content)
        except Exception:  # Which exceptions msgspec raises differs between its versions.
            result = _FAILED
        if result is _FAILED:
            result = _decode_leniently(operation, content)
            self._report_mismatch(operation, content, decoder)
        if self._extra_fields and result is not None:
            from .lenient import keep_extra_fields  # noqa: PLC0415 - few clients keep them

            keep_extra_fields(result, load_json(operation, content))
        return result

    def with_extra_fields(self, extra_fields: bool) -> Decoder:
        """Return a decoder that keeps extra fields or does not."""
        decoder = Decoder(strict=self._strict, extra_fields=extra_fields)
        decoder._reported = self._reported  # A mismatch is logged once for both.
        return decoder

    def _decoder_of(self, operation: Operation[Any], content: bytes) -> msgspec.json.Decoder[Any] | AnyJSON:
        """Return the decoder of an operation that has not been called, or is not in the spec and never stored."""
        if not _is_ad_hoc(operation):
            decoder = self._decoders[operation.id] = _json_decoder(operation.id, operation.result)
            return decoder
        from .ad_hoc import decoder_for  # noqa: PLC0415 - few programs need it

        return decoder_for(operation, content)

    def _report_mismatch(self, operation: Operation[Any], content: bytes, decoder: Any) -> None:
        """Log once per operation that `decoder` rejects `content`. Raises `DecodeError` with `strict`."""
        from .lenient import mismatch_in  # noqa: PLC0415 - few responses have a mismatch

        key = f"{operation.expected}" if _is_ad_hoc(operation) else operation.id
        if key in self._reported and not self._strict:
            return
        source, reason = _source(operation), mismatch_in(decoder, content)
        if reason is None:
            source = "standard JSON"
            reason = "it has NaN, text that is not UTF-8, a number out of range, a key twice, or a byte order mark"
        if self._strict:
            raise DecodeError(f"the response does not match {source}: {reason}", operation.id)
        self._reported.add(key)
        _logger.warning("%s: the response does not match %s, decoded leniently: %s", operation.id, source, reason)


def _is_ad_hoc(operation: Operation[Any]) -> TypeGuard[AdHocOperation[Any]]:
    """Whether `operation` is not one of the spec."""
    return type(operation) is not Operation


def _source(operation: Operation[Any]) -> str:
    """Return what a response does not match."""
    if not _is_ad_hoc(operation):
        return "the spec"
    return "the format of a page" if operation.expected is None else "its type"


def _decode_leniently(operation: Operation[Any], content: bytes) -> Any:
    """Decode a response with a mismatch. In a list, only items with a mismatch are decoded the slow way."""
    from .ad_hoc import type_decoder  # noqa: PLC0415 - few responses have a mismatch
    from .lenient import MISMATCH, attempt, build_leniently  # noqa: PLC0415

    expected = operation.result()
    if get_origin(expected) is not list:
        body = load_json(operation, content)
        is_bare_page = operation.pagination == "cursor" and is_array(body)  # like a page of a list with links
        return build_leniently(_item_type(expected) if is_bare_page else expected, body)
    raw_items = attempt(_raw_items_decoder.decode, content)
    if raw_items is MISMATCH:
        return build_leniently(expected, _expect_list(operation, load_json(operation, content)))
    [item] = get_args(expected)
    decoder, items = type_decoder(item), list[Any]()
    for raw_item in raw_items:
        built = attempt(decoder.decode, raw_item)
        items.append(build_leniently(item, load_json(operation, bytes(raw_item))) if built is MISMATCH else built)
    return items


def _item_type(page: type[msgspec.Struct]) -> Any:
    return next(field.type for field in msgspec.structs.fields(page) if field.name == "items")


def _expect_list(operation: Operation[Any], value: object) -> object:
    """Return the body of an operation that returns a list without pages. The pager checks the others."""
    if operation.pagination != "none" or is_array(value):
        return value
    if value is None:
        return []
    raise DecodeError("the response has no list of items", operation.id)


def load_json(operation: Operation[Any], content: bytes) -> Any:
    """Decode a body as JSON. See `loads_text`.

    Raises:
        DecodeError: It is not JSON. The strict decoder stops at a mismatch, before it has read the rest.
    """
    try:
        return loads_text(content)
    except DepthError:
        reason = "the response is nested too deeply"
    except ValueError:
        reason = f"the response is not JSON: it {describe_body(content, may_quote=may_quote(operation))}"
    # Not in the `except` block: the context of the exception would have the whole body.
    raise DecodeError(reason, operation.id)


@cache
def _json_decoder(_: str, result: Any) -> msgspec.json.Decoder[Any]:
    """Return the decoder of an operation. Clients share it, because creating one is more expensive than a call."""
    return create_decoder(result())


def may_quote(operation: Operation[Any]) -> bool:
    """Whether a body that is not JSON may be shown.

    That of an operation that the spec lacks may be a secret. A gateway may return what a request has created.
    """
    return not _is_ad_hoc(operation) and not _is_secret(operation.result())


@cache
def _is_secret(expected: Any) -> bool:
    """Whether a value of the type `expected`, or an object in it, has a secret. Secrets deeper in it are rare."""
    values = list(_structs(expected))
    objects = [each for value in values for field in msgspec.structs.fields(value) for each in _structs(field.type)]
    return any(issubclass(model, Model) and model.__secrets__ for model in (*values, *objects))


def _structs(expected: Any) -> Iterator[type[msgspec.Struct]]:
    """Yield the structs in a type, without those in their fields."""
    if isinstance(expected, type) and issubclass(expected, msgspec.Struct):
        yield expected
    for part in get_args(expected):
        yield from _structs(part)
