"""Decoding of response bodies, strictly first, then leniently."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, TypeGuard, TypeVar, get_args, get_origin

import msgspec

from _buildkite_rest.model import Model
from _buildkite_rest.ports import Operation

from .._base.error_messages import prefix_of
from .._base.errors import DecodeError
from .._base.json_values import DepthError, is_array, may_be_deep
from .._base.safe_text import plural
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
        except Exception:  # What does not match is found without the exceptions of msgspec, which differ by version.
            result = _FAILED
        if result is _FAILED:
            result, mismatch = _decode_leniently(operation, content)
            self.report_mismatch(operation, content, mismatch)
        if self._extra_fields and result is not None:
            from .extra_fields import keep_extra_fields  # noqa: PLC0415 - few clients keep them

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

        if may_be_deep(content):
            load_json(operation, content)
        return decoder_for(operation, content)

    def report_mismatch(self, operation: Operation[Any], content: bytes, mismatch: str | None) -> None:
        """Log a mismatch once per operation. Raises `DecodeError` with `strict`.

        Without a mismatch, `content` is JSON that only strict decoding rejects.
        """
        source = "standard JSON" if mismatch is None else _source(operation)
        reason = _rejection(content) if mismatch is None else mismatch
        if self._strict:
            raise DecodeError(f"the response does not match {source}: {reason}", operation.id)
        key = f"{operation.expected}" if _is_ad_hoc(operation) else operation.id
        if key not in self._reported:
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


def _rejection(content: bytes) -> str:
    """Return why strict decoding rejects JSON that matches its type."""
    try:
        content.decode()
    except UnicodeDecodeError:
        return "it has text that is not UTF-8"
    return "it has NaN, a number out of range, half of a surrogate pair, a key twice, or a byte order mark"


def _decode_leniently(operation: Operation[Any], content: bytes) -> tuple[Any, str | None]:
    """Decode a response with a mismatch, and return it and the first mismatch in it, if its JSON has one.

    In a list, only items with a mismatch are decoded the slow way.
    """
    from .ad_hoc import type_decoder  # noqa: PLC0415 - few responses have a mismatch
    from .lenient import MISMATCH, LenientDecoding, attempt  # noqa: PLC0415

    is_ad_hoc = _is_ad_hoc(operation)
    root = operation.root if _is_ad_hoc(operation) else "$"
    lenient, expected = LenientDecoding(quotes=not is_ad_hoc), operation.result()
    if get_origin(expected) is not list:
        body = load_json(operation, content)
        expected = _item_type(expected) if _is_bare_page(operation, body) else expected
        return lenient.build(expected, body, root), lenient.mismatch
    raw_items = attempt(_raw_items_decoder.decode, content)
    if raw_items is MISMATCH:
        body = _expect_list(operation, load_json(operation, content))
        return lenient.build(expected, body, root), lenient.mismatch
    [item] = get_args(expected)
    decoder, items = type_decoder(item), list[Any]()
    for index, raw_item in enumerate(raw_items):
        built = attempt(decoder.decode, raw_item)
        if built is MISMATCH:
            built = lenient.build(item, load_json(operation, bytes(raw_item)), f"{root}[{index}]")
        items.append(built)
    return items, lenient.mismatch


def _is_bare_page(operation: Operation[Any], body: object) -> bool:
    """Whether a page of a list with cursors is an array, like a page of a list with links."""
    return operation.pagination == "cursor" and is_array(body)


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
        description = _describe(content.decode(errors="replace"), show=_quotes_bodies(operation))
        reason = f"the response is not JSON; {description}"
    # Not in the `except` block: the context of the exception would have the whole body.
    raise DecodeError(reason, operation.id)


def _quotes_bodies(operation: Operation[Any]) -> bool:
    """Whether a successful response may be shown. That of an operation that the spec lacks may contain a secret."""
    return not _is_ad_hoc(operation) and not _has_secrets(operation.result())


def quotes_errors(operation: Operation[Any]) -> bool:
    """Whether the start of an error response may be shown. A gateway may return what a request has created."""
    return not (_is_ad_hoc(operation) and operation.method != "GET") and not _is_secret(operation.result())


def _describe(text: str, *, show: bool) -> str:
    """Describe a body that is not JSON, with an excerpt if `show` allows it."""
    if not text.strip():
        return "it is empty"
    start = prefix_of(text)
    if start is None:
        return f"it begins like JSON and has {plural(len(text), 'character')}"
    if show:
        return f"it starts with '{start}'"
    is_html = start.lower().startswith(("<!doctype html", "<html"))
    return f"it {'is an HTML page of' if is_html else 'has'} {plural(len(text), 'character')}"


@cache
def _json_decoder(_: str, result: Any) -> msgspec.json.Decoder[Any]:
    """Return the decoder of an operation. Clients share it, because creating one is more expensive than a call."""
    return create_decoder(result())


@cache
def _has_secrets(expected: Any) -> bool:
    """Whether a value of the type `expected` may have a field that the spec marks with `x-secret`."""
    return any(issubclass(model, Model) and model.__secrets__ for model in _models(expected, set()))


@cache
def _is_secret(expected: Any) -> bool:
    """Whether a value of the type `expected`, or an object in it, has a secret. Secrets deeper in it are rare."""
    values = list(_structs(expected))
    objects = [each for value in values for field in msgspec.structs.fields(value) for each in _structs(field.type)]
    return any(issubclass(model, Model) and model.__secrets__ for model in (*values, *objects))


def _models(expected: Any, seen: set[type]) -> set[type]:
    """Return the models in a type and in its fields, in addition to those in `seen`."""
    for model in _structs(expected):
        if model not in seen:
            seen.add(model)
            for field in msgspec.structs.fields(model):
                _models(field.type, seen)
    return seen


def _structs(expected: Any) -> Iterator[type[msgspec.Struct]]:
    """Yield the structs in a type, without those in their fields."""
    if isinstance(expected, type) and issubclass(expected, msgspec.Struct):
        yield expected
    for part in get_args(expected):
        yield from _structs(part)
