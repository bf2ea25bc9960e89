"""GraphQL responses: their data and their errors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from .._base.errors import DecodeError
from .._base.json_values import as_object, loads_or_none
from .._base.records import Record
from .ad_hoc import AdHocOperation
from .decoder import Decoder, load_json
from .lenient import MISMATCH, attempt


class GraphQLBody(Record, frozen=True):
    """The body of a GraphQL response."""

    data: bytes
    """The JSON of the result, which may be null or, if there are errors, empty."""
    errors: Any
    """The decoded errors. Null or empty if there are none."""


class _Body(msgspec.Struct):
    data: msgspec.Raw = msgspec.Raw()
    errors: msgspec.Raw = msgspec.Raw()


_decoder: Final = msgspec.json.Decoder(_Body)


def graphql_body(decoder: Decoder, operation: AdHocOperation[Any], content: bytes) -> GraphQLBody:
    """Return the parts of a response body.

    A body that is not strictly JSON is decoded leniently. Its mismatch is reported unless it has errors, which are.

    Raises:
        DecodeError: The body is not a JSON object with data or errors, or with `strict` it is not strictly JSON.
    """
    body = attempt(_decoder.decode, content)
    is_standard = body is not MISMATCH
    if not is_standard:
        body = _encoded(as_object(load_json(operation, content)))
    data, errors = bytes(body.data), _errors(bytes(body.errors))
    if not data and not errors:
        raise DecodeError("the response has neither data nor errors", operation.id)
    if not is_standard and not errors:
        decoder.report_mismatch(operation, content, None)
    return GraphQLBody(data, errors)


def _encoded(fields: Mapping[str, Any]) -> _Body:
    """Return the parts of a decoded body in UTF-8. NaN, infinities and escapes of lone surrogates stay in them."""
    names = [name for name in _Body.__struct_fields__ if name in fields]
    return _Body(**{name: msgspec.Raw(json.dumps(fields[name]).encode()) for name in names})


def plain_or_none(content: bytes) -> Any:
    """Return decoded JSON, with bytes that are not UTF-8 replaced, or None if it is not JSON or nested too deeply."""
    return loads_or_none(content.decode(errors="replace").encode())


def _errors(content: bytes) -> Any:
    """Return decoded errors. Those that cannot be decoded are one error without a message."""
    errors = plain_or_none(content)
    return [{}] if errors is None and content not in (b"", b"null") else errors
