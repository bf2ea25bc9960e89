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


class Recorder:
    """Stores the last response of a call."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: Mapping[str, str] = {}
        self.content = b""
        self.operation_id: str | None = None

    def wrap(self, parsed: T) -> RawResponse[T]:
        """Return the result of the call with its response.

        Raises:
            TypeError: The call had no response.
        """
        if not self.status:
            raise no_response()
        return RawResponse(parsed, self.status, self.headers, self.content, self.operation_id)


def no_response() -> TypeError:
    """Return the error for a call that has no response of its own."""
    return TypeError(
        "with_raw_response needs a call with a single response. The headers of a stream or a page are in its `headers`."
    )


_recorder: ContextVar[Recorder | None] = ContextVar("buildkite_rest_recorder", default=None)


@contextmanager
def record_responses() -> Generator[Recorder]:
    """Record the responses of calls in this thread or task while the block runs."""
    recorder = Recorder()
    token = _recorder.set(recorder)
    try:
        yield recorder
    finally:
        _recorder.reset(token)


def record(operation_id: str, status: int, headers: Mapping[str, str], content: bytes) -> None:
    """Store a response if the call is being recorded."""
    recorder = _recorder.get()
    if recorder is not None:
        recorder.operation_id, recorder.status = operation_id, status
        recorder.headers, recorder.content = headers, content
