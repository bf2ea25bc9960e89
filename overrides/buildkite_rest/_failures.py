"""Attempts without a complete response, and the errors for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from attrs import frozen

from ._errors import APIConnectionError, APITimeoutError
from ._safe_text import shows_credential

if TYPE_CHECKING:
    from ._http import Library

_QUOTES: Final = (": ", "bytearray(", "b'", 'b"')
"""What precedes the bytes that the text of a protocol error quotes."""


@frozen
class Failure:
    """An attempt without a complete response, in a text that shows nothing secret."""

    reason: str
    timed_out: bool
    maybe_sent: bool
    """Whether the server may have received the request."""
    cause: Exception | None = None
    """The error of the HTTP library, if its text may be shown too."""


def failure_of(library: Library, error: Exception, what: str = "") -> Failure:
    """Return what an error of the HTTP library means, without the URL, whose query may hold credentials.

    Args:
        library: The HTTP library.
        error: Its error.
        what: What was interrupted, as a prefix of the reason.
    """
    reason = library.timeout_reason(error) or _without_errno(str(error))
    cause = None if shows_credential(error) else error
    if library.is_protocol_error(error) and (shown := _without_quotes(reason)) != reason:
        reason, cause = shown, None  # It quotes a header, of a request or a response.
    reason = reason.strip().rstrip(".") or type(error).__name__
    if " " in reason and reason[1:2].islower():
        reason = reason[0].lower() + reason[1:]
    return Failure(f"{what}: {reason}" if what else reason, library.timed_out(error), library.maybe_sent(error), cause)


def connection_error(
    failure: Failure, *, operation_id: str, method: str, host: str, earlier: bool = False
) -> APIConnectionError:
    """Return the error for the last attempt of a call.

    Args:
        failure: What happened.
        operation_id: The operation that was called.
        method: The HTTP method.
        host: The host that the request was for.
        earlier: Whether the server may have received an earlier attempt.
    """
    kind = APITimeoutError if failure.timed_out else APIConnectionError
    error = kind(
        failure.reason,
        operation_id=operation_id,
        method=method,
        host=host,
        may_have_been_processed=failure.maybe_sent or earlier,
    )
    error.__cause__ = failure.cause  # which also hides the error that is being handled
    return error


def host_of(url: str) -> str:
    """Return the host in `url`, with its port where it has one, and without a user."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2]
    except ValueError:
        return ""


def deadline_failure(deadline: float | None) -> Failure:
    """Return the failure of an attempt that the deadline has ended."""
    within = "the deadline" if deadline is None else f"the deadline of {deadline:g} s"
    return Failure(f"no complete response within {within}", timed_out=True, maybe_sent=True)


def _without_errno(text: str) -> str:
    return text.partition("] ")[2] if text.startswith("[Errno ") else text


def _without_quotes(text: str) -> str:
    for quote in _QUOTES:
        text = text.partition(quote)[0]
    return text
