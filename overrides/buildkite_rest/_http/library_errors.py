"""Exceptions that are raised inside the HTTP library: its own, and those of functions of the caller's."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from .._base.errors import BuildkiteError
from .log_redaction import own_request

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
