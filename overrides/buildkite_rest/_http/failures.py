"""Failures of attempts without a complete response, and the errors for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from .._base.errors import APIConnectionError, APITimeoutError, SentRequest
from .._base.records import Record
from .._base.safe_text import shows_credential
from .library_errors import invalid_redirect, is_from_proxy_connection

if TYPE_CHECKING:
    from .library import Library

_QUOTES: Final = (": ", "bytearray(", "b'", 'b"')
"""Prefixes of the bytes that the text of a protocol error quotes."""
_WITHOUT_QUOTE: Final = "Only Transfer-Encoding: chunked is supported"

CLOSED: Final = "the client was closed during the call"
"""Reason of a failure that `close` has caused, whatever error the library raises then."""
_HTTP2_EVENTS: Final = (
    ("<StreamReset ", "the server reset the HTTP/2 stream"),
    ("<ConnectionTerminated ", "the server closed the HTTP/2 connection"),
)


class Failure(Record, frozen=True):
    """An attempt without a complete response, described without secrets."""

    reason: str
    timed_out: bool
    maybe_sent: bool
    """Whether the server may have received the request."""
    cause: Exception | None = None
    """The error of the HTTP library, if its text may be shown too."""
    permanent: bool = False
    """Whether a retry would fail alike."""
    redirect: tuple[int, Mapping[str, str]] | None = None
    """Status and headers of a response that redirects to an invalid URL. httpx returns no such response."""


def failure_of(library: Library, error: Exception, what: str = "") -> Failure:
    """Return the failure for an error of the HTTP library, without the URL, whose query may contain credentials.

    Args:
        library: The HTTP library.
        error: Its error.
        what: The interrupted activity, as a prefix of the reason.
    """
    if (response := invalid_redirect(error)) is not None:
        reason, redirect = "the response redirects to an invalid URL", (response.status_code, response.headers)
        return Failure(reason, timed_out=False, maybe_sent=True, permanent=True, redirect=redirect)
    reason = library.timeout_reason(error) or _without_errno(str(error))
    if library.is_proxy_error(error):
        reason = f"the proxy refused the connection: {reason}"
    elif is_from_proxy_connection(error):
        reason = f"cannot connect to the proxy: {_lower(reason)}"
    cause = None if shows_credential(error) else error
    if library.is_protocol_error(error) and (visible := _without_quotes(reason)) != reason:
        reason, cause = visible, None  # It quotes a header, of a request or a response.
    reason = _readable(reason.strip().rstrip(".")) or type(error).__name__
    reason = _lower(reason)
    return Failure(f"{what}: {reason}" if what else reason, library.timed_out(error), library.maybe_sent(error), cause)


def _lower(reason: str) -> str:
    """Return a reason of several words with its first letter in lower case, unless the word is an abbreviation."""
    return reason[0].lower() + reason[1:] if " " in reason and reason[1:2].islower() else reason


def connection_error(
    failure: Failure, request: SentRequest, *, earlier_attempt_maybe_sent: bool = False
) -> APIConnectionError:
    """Return the error for the last attempt of a call.

    Args:
        failure: The failure of the last attempt.
        request: The request of that attempt.
        earlier_attempt_maybe_sent: Whether the server may have received an earlier attempt.
    """
    kind = APITimeoutError if failure.timed_out else APIConnectionError
    error = kind(failure.reason, request, may_have_been_processed=failure.maybe_sent or earlier_attempt_maybe_sent)
    error.__cause__ = failure.cause  # which also hides the error that is being handled
    return error


def deadline_failure(deadline: float | None, *, maybe_sent: bool = True, cause: Exception | None = None) -> Failure:
    """Return the failure of an attempt that the deadline ended."""
    within = "the deadline" if deadline is None else f"the deadline of {round(deadline, 3) or deadline:g} s"
    return Failure(f"no complete response within {within}", timed_out=True, maybe_sent=maybe_sent, cause=cause)


def _readable(reason: str) -> str:
    """Return the reason for an error of HTTP/2, whose text is the `repr` of an event or the number of a stream."""
    if reason.isdecimal():
        return f"the HTTP/2 stream {reason} failed"
    return next((text for event, text in _HTTP2_EVENTS if reason.startswith(event)), reason)


def _without_errno(text: str) -> str:
    return text.partition("] ")[2] if text.startswith("[Errno ") else text


def _without_quotes(text: str) -> str:
    for quote in _QUOTES if text != _WITHOUT_QUOTE else ():
        text = text.partition(quote)[0]
    return text
