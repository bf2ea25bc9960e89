"""Decoding of response bodies."""

from __future__ import annotations

import logging
from functools import cache
from typing import Any, TypeVar, get_args, get_origin

import msgspec

from _buildkite_rest.ports import Operation

from .._base.error_messages import prefix_of
from .._base.errors import DecodeError
from .._base.json_values import is_array, loads
from .._base.safe_text import safe_excerpt
from .lenient import UnknownVariant, build_leniently

_logger = logging.getLogger("buildkite_rest")
_MISMATCHES = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""In the error of Python for an integer of more digits than it converts, see `sys.set_int_max_str_digits`."""
_parts_of_list = msgspec.json.Decoder(list[msgspec.Raw])

T = TypeVar("T")


def expect_object(operation_id: str, answer: T) -> T:
    """Return `answer`, a response body, if it is an object. Lenient decoding may return a value of any type.

    Raises:
        DecodeError: It is not an object.
    """
    if not isinstance(answer, msgspec.Struct | UnknownVariant):
        raise DecodeError(f"{operation_id}: the response is not an object")
    return answer


class Decoder:
    """Decodes the JSON responses of one client.

    Args:
        strict: Raise `DecodeError` for a response that does not match the spec, instead of decoding it leniently.
    """

    def __init__(self, *, strict: bool) -> None:
        self._strict = strict
        self._decoders: dict[str, msgspec.json.Decoder[Any]] = {}
        self._reported = set[str]()

    def decode(self, operation: Operation[Any], content: bytes) -> Any:
        """Return the decoded body.

        Raises:
            DecodeError: The body is not JSON or not a list of items, or it does not match the spec and the client is
                strict.
        """
        decoder = self._decoders.get(operation.id)
        if decoder is None:
            decoder = self._decoders[operation.id] = _json_decoder(operation)
        try:
            return decoder.decode(content)
        except _MISMATCHES as error:
            mismatch = error
        if self._strict:
            _load(operation, content)
            raise DecodeError(f"{operation.id}: the response does not match the spec: {safe_excerpt(str(mismatch))}")
        answer = _read_leniently(operation, content)
        self._report(operation.id, mismatch)
        return answer

    def _report(self, operation_id: str, mismatch: Exception) -> None:
        if operation_id not in self._reported:
            self._reported.add(operation_id)
            what = safe_excerpt(str(mismatch))  # It quotes values and names of the response.
            _logger.warning("%s: the response does not match the spec, read leniently: %s", operation_id, what)


def _read_leniently(operation: Operation[Any], content: bytes) -> Any:
    """Decode a response with a mismatch. Of a list only the items that have one are decoded slowly."""
    expected = operation.result()
    if get_origin(expected) is not list:
        body = _load(operation, content)
        return build_leniently(_type_of_items(expected) if _is_bare_page(operation, body) else expected, body)
    try:
        parts = _parts_of_list.decode(content)
    except _MISMATCHES:
        return build_leniently(expected, _list(operation, _load(operation, content)))
    [item], decoder, read = get_args(expected), _item_decoder_of(operation.id, operation.result), list[Any]()
    for part in parts:
        try:
            read.append(decoder.decode(part))
        except _MISMATCHES:
            read.append(build_leniently(item, _load(operation, bytes(part))))
    return read


def _is_bare_page(operation: Operation[Any], body: object) -> bool:
    """Whether a page of a list with cursors is an array of items, as one with links is."""
    return operation.pagination == "cursor" and is_array(body)


def _type_of_items(page: type[msgspec.Struct]) -> Any:
    return next(field.type for field in msgspec.structs.fields(page) if field.name == "items")


def _list(operation: Operation[Any], value: object) -> object:
    """Return `value`, the body of a response to an operation that returns a list. The pager checks those with pages."""
    if operation.pagination != "none" or is_array(value):
        return value
    if value is None:
        return []
    raise DecodeError(f"{operation.id}: the response has no list of items")


def _load(operation: Operation[Any], content: bytes) -> Any:
    """Return the body as JSON. A mismatch may come before the end of the valid JSON, so this checks the rest too.

    Bytes that are not UTF-8 are replaced: one of them is no reason to lose a page.
    """
    text = content.decode(errors="replace")
    try:
        try:
            return loads(content)
        except UnicodeDecodeError:
            return loads(text)
    except RecursionError:
        raise DecodeError(f"{operation.id}: the response is nested too deeply") from None
    except ValueError:
        described = _described(text, show=not has_secrets(operation.result()))
        raise DecodeError(f"{operation.id}: the response is not JSON; {described}") from None


def _described(text: str, *, show: bool) -> str:
    """Describe a body that is not JSON. `show` allows to show its start, which may contain a secret."""
    if not text.strip():
        return "it is empty"
    start = prefix_of(text)
    if start is None:
        return f"it begins like JSON and has {len(text)} characters"
    if show:
        return f"it starts with '{start}'"
    page = start.lower().startswith(("<!doctype html", "<html"))
    return f"it {'is an HTML page of' if page else 'has'} {len(text)} characters"


def _json_decoder(operation: Operation[Any]) -> msgspec.json.Decoder[Any]:
    return _decoder_of(operation.id, operation.result)


@cache
def _decoder_of(_: str, result: Any) -> msgspec.json.Decoder[Any]:
    """Building a decoder costs more than a call, so clients share them."""
    return msgspec.json.Decoder(result())


@cache
def _item_decoder_of(_: str, result: Any) -> msgspec.json.Decoder[Any]:
    [item] = get_args(result())
    return msgspec.json.Decoder(item)


@cache
def has_secrets(expected: Any) -> bool:
    """Whether a value of the type `expected` may have a field that the spec marks with `x-secret`.

    A generated model with such a field masks it in a `__repr__` of its own, which no other model has.
    """
    return any("__repr__" in vars(model) for model in _models(expected, set()))


def _models(expected: Any, seen: set[type]) -> set[type]:
    """Return the models in a type. `seen` has those that were found before."""
    for part in get_args(expected):
        _models(part, seen)
    if isinstance(expected, type) and issubclass(expected, msgspec.Struct) and expected not in seen:
        seen.add(expected)
        for field in msgspec.structs.fields(expected):
            _models(field.type, seen)
    return seen
