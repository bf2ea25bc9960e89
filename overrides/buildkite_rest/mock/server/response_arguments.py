"""Validation of the arguments of `MockServer.respond` and `MockServer.respond_graphql`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Raw

from ..._base.arguments import is_collection, is_mapping, type_name
from ..arguments import check_int_range
from ..http.planned_responses import encoded_json
from ..http.rate_limits import LARGEST_LIMIT


def checked_headers(headers: Mapping[str, str] | None) -> dict[str, str]:
    """Return the headers of a response."""
    if headers is None:
        return {}
    if not is_mapping(headers) or not all(isinstance(text, str) for item in headers.items() for text in item):
        raise TypeError("headers must be a mapping of str to str, or None")
    return dict(headers)


def checked_data(data: object) -> Raw:
    """Return the data of a GraphQL response as JSON."""
    encoded = encoded_json("data", data)
    if not bytes(encoded).lstrip().startswith(b"{"):
        raise TypeError(f"data must be an object, or None, not {type_name(data)}")
    return encoded


def checked_errors(errors: Sequence[str | Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the errors of a GraphQL response as objects."""
    if isinstance(errors, str) or not is_collection(errors):
        raise TypeError("errors must be a list of messages or objects, or None")
    if not errors:
        raise ValueError("errors must not be empty; leave it out for a response without errors")
    objects: list[Mapping[str, Any]] = [{"message": error} if isinstance(error, str) else error for error in errors]
    for error in objects:
        if not is_mapping(error) or not isinstance(error.get("message"), str):
            raise TypeError("an item of errors must be a message, or a mapping with a `message`")
    return objects


def checked_times(times: int | None) -> int | None:
    """Return the number of requests that get a response."""
    if times is not None:
        check_int_range("times", times, 1, LARGEST_LIMIT)
    return times
