"""Errors of attempts without a complete response, and of functions of the caller's inside the HTTP library.

Those of error responses, by status, are in `_base/errors.py`.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from .._base.errors import APIConnectionError, APITimeoutError, BuildkiteError, SentRequest
from .._base.records import Record
from .log_filters import own_request

if TYPE_CHECKING:
    from types import TracebackType

    from .library import Library


class CallersError(BaseException):
    """Carrier of an error of the caller's code through the HTTP library, which would handle it as an error of its own.

    Not an `Exception`, because the library handles those.
    """

    def __init__(self, error: Exception) -> None:
        self.error = error
        super().__init__(error)


@contextmanager
def carry_errors() -> Generator[None]:
    """Run code of the caller's, such as a file or a function that returns a token, inside the HTTP library."""
    try:
        yield
    except Exception as error:
        raise CallersError(error) from None


class translate_errors:  # noqa: N801 - a context manager, and cheaper than a generator on the path of every call
    """Turn every exception that a default client raises into a request error of the HTTP library.

    It lets some escape: those of its dependencies, and errors of name resolution or a closed event loop. In a client
    that the caller passed, an exception of another kind may be that of an event hook or a transport.
    """

    __slots__ = ("_library",)

    def __init__(self, library: Library) -> None:
        self._library = library

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if not isinstance(error, Exception) or isinstance(error, (self._library.request_error, BuildkiteError)):
            return
        # Our URLs are valid, so an invalid one is that of a redirect, which any client parses.
        if self._library.is_own or isinstance(error, self._library.invalid_url):
            # Without its text, since that of an invalid header contains the value.
            name = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
            raise self._library.unexpected_error(f"unexpected {name}") from error


class library_call(translate_errors):  # noqa: N801 - see `translate_errors`
    """Let the HTTP library work for this client: translate its errors, and remove queries and headers from its log."""

    __slots__ = ("_token",)

    def __enter__(self) -> None:
        self._token = own_request.set(True)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        own_request.reset(self._token)
        if error is not None:
            super().__exit__(kind, error, traceback)


class Failure(Record, frozen=True):
    """An attempt without a complete response, described without secrets."""

    reason: str
    timed_out: bool
    maybe_sent: bool
    """Whether the server may have received the request."""
    cause: Exception | None = None
    """The error of the HTTP library, unless its text may quote headers."""
    permanent: bool = False
    """Whether a retry would fail alike."""


def failure_of(library: Library, error: Exception, what: str = "") -> Failure:
    """Return the failure for an error of the HTTP library, without the URL, whose query may contain credentials.

    Args:
        library: The HTTP library.
        error: Its error.
        what: The interrupted activity, as a prefix of the reason.
    """
    http = library.module
    cause: Exception | None = error
    if isinstance(error, http.ProtocolError):  # Its text may quote a header, of a request or a response.
        reason, cause = f"the exchange is incomplete or not valid HTTP ({type(error).__name__})", None
    else:
        reason = library.timeout_reason(error) or _text_of(error)
    if isinstance(error, http.ProxyError):
        reason = f"the proxy refused the connection: {reason}"
    reason = f"{what}: {reason}" if what else reason
    return Failure(
        reason,
        timed_out=isinstance(error, http.TimeoutException),
        maybe_sent=not isinstance(error, library.not_sent),
        cause=cause,
        permanent=isinstance(error, library.unexpected_error),
    )


def _text_of(error: Exception) -> str:
    """Return the reason of the operating system, or else the text of the library."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
        # httpcore raises again `from None`. A context that is not suppressed may be of the caller's code.
        cause = cause.__cause__ or (cause.__context__ if cause.__suppress_context__ else None)
    return str(error).strip().rstrip(".") or type(error).__name__


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
