"""GraphQL responses: their data and their errors."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Final

import msgspec

from .._base.errors import DecodeError
from .._base.json_values import is_object, loads_or_none
from .._base.records import Record
from .ad_hoc import AdHocOperation
from .decoder import MISMATCH_ERRORS, load_json


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


def graphql_body(operation: AdHocOperation[Any], content: bytes) -> GraphQLBody:
    """Return the parts of a response body.

    Raises:
        DecodeError: The body is not a JSON object with data or errors.
    """
    body: _Body | None = None
    with suppress(*MISMATCH_ERRORS):
        body = _decoder.decode(content)
    if body is None:
        if is_object(load_json(operation, content)):
            raise DecodeError("the response cannot be decoded", operation.id)
        body = _Body()
    data, errors = bytes(body.data), _errors(bytes(body.errors))
    if not data and not errors:
        raise DecodeError("the response has neither data nor errors", operation.id)
    return GraphQLBody(data, errors)


def _errors(content: bytes) -> Any:
    """Return decoded errors. Those that cannot be decoded are one error without a message."""
    errors = loads_or_none(content)
    return [{}] if errors is None and content not in (b"", b"null") else errors
