"""Raw responses: the result of a call together with its status, headers and body."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Generic, TypeVar

from .._base.records import Record
from .._decoding.json_text import decode_json

T = TypeVar("T")


class RawResponse(Record, Generic[T], frozen=True):
    """The result of a call and the response that it was decoded from."""

    __hidden__ = frozenset({"headers", "content", "operation_id"})

    parsed: T
    """The result of the call."""
    status: int
    """The HTTP status."""
    headers: Mapping[str, str]
    """The response headers."""
    content: bytes
    """The response body in bytes."""
    operation_id: str | None = None
    """The `operationId` in the spec; for `request` the method and the path."""

    def json(self) -> Any:
        """Return the decoded JSON of the body: also what the spec lacks, and whether a field is null or missing.

        Raises:
            DecodeError: The body is not JSON, or is empty.
        """
        return decode_json(self.content, "the response", self.operation_id)


def no_response() -> TypeError:
    """Return the error for a call that has no response of its own."""
    return TypeError(
        "with_raw_response needs a call with a single response. The headers of a stream or a page are in its `headers`."
    )


recording: ContextVar[list[RawResponse[None]] | None] = ContextVar("buildkite_rest_recording", default=None)
"""The last response of the call that is being recorded in this thread or task."""


@contextmanager
def record_responses() -> Generator[list[RawResponse[None]]]:
    """Record the last response of the calls in this thread or task while the block runs."""
    recorded: list[RawResponse[None]] = []
    token = recording.set(recorded)
    try:
        yield recorded
    finally:
        recording.reset(token)


def raw_response(parsed: T, recorded: list[RawResponse[None]]) -> RawResponse[T]:
    """Return the result of a call with its response. Raises `TypeError` if there was none."""
    if not recorded:
        raise no_response()
    [last] = recorded
    return RawResponse(parsed, last.status, last.headers, last.content, last.operation_id)
