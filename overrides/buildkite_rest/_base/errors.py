"""The exceptions of this package, in one tree.

A call raises a `BuildkiteError`, a `TypeError` or `ValueError` for a mistake of the caller, such as an argument that
could never be sent or a client that is closed, an `OSError` for a file that cannot be read or written, and unchanged
whatever the caller's own code raises. Nothing that is raised inside the HTTP library leaves a call as it is.
"""

from __future__ import annotations

import copyreg
from collections.abc import Mapping
from typing import Any, Final

import attrs

from .json_values import as_array, as_object, is_object
from .rate_limits import RateLimit
from .safe_text import LONGEST, safe_excerpt, safe_repr

_MOST_NAMED: Final = 10
_LONGEST_HOST: Final = 255
SAFE_METHODS: Final = frozenset({"GET", "HEAD"})
"""Methods that change nothing."""


class BuildkiteError(Exception):
    """Base of all errors of this package."""

    def __reduce__(self) -> tuple[Any, ...]:
        # The state has all that `__init__` has set, so that it need not be called with the same arguments again.
        return copyreg.__newobj__, (type(self), *self.args), self.__dict__  # type: ignore[attr-defined]  # typeshed


class ConfigurationError(BuildkiteError):
    """A token, a key or another setting is missing or cannot be used."""


class APIError(BuildkiteError):
    """A request failed: base of `APIStatusError` and `APIConnectionError`."""


class APIConnectionError(APIError):
    """There is no complete response.

    The text says whether the request may have been processed, except for `GET` and `HEAD`, which change nothing. The
    error of the HTTP library is the `__cause__`, unless its text quotes what the server sent.

    Attributes:
        operation_id: The operation that was called, as the spec names it.
        method: The HTTP method.
        host: The host that the request was for, with the port where the URL has one. For a download it is the storage.
        may_have_been_processed: Whether the server may have received this request, or an earlier attempt of the call.
    """

    def __init__(
        self, reason: str, *, operation_id: str, method: str, host: str, may_have_been_processed: bool
    ) -> None:
        self.operation_id = operation_id
        self.method = method
        self.host = host
        self.may_have_been_processed = may_have_been_processed
        text = f"{operation_id}: {method} {safe_excerpt(host, _LONGEST_HOST)}: {safe_excerpt(reason)}"
        if method not in SAFE_METHODS:
            text += f". The request {'may have been processed' if may_have_been_processed else 'was not sent'}."
        super().__init__(text)


class APITimeoutError(APIConnectionError):
    """There is no complete response in time. A subclass of `APIConnectionError`."""


class PaginationError(BuildkiteError):
    """The address of a next page, or one to resume from, is on another origin or was read already."""


class DecodeError(BuildkiteError):
    """An answer with a success status is not what it should be.

    Raised when the body is not JSON or has a content coding that was not requested, and under `strict=True` also when
    it does not match the spec.
    """


class DownloadError(BuildkiteError):
    """A download failed.

    Its size or checksum is not what was promised, the storage refuses to give it, or the API calls it by a name or path
    that would leave the folder or that no file can have.
    """


class WaitTimeoutError(BuildkiteError):
    """What was waited for did not happen in time."""


class WebhookError(BuildkiteError):
    """A delivery to a webhook is not genuine, is too old, or is not what Buildkite sends."""


def _hidden(value: object) -> str:
    return "None" if value is None else "***"


@attrs.frozen
class FieldError:
    """An error in one field of a request, as received: escape `field` and `code` before you print them."""

    field: str | None = attrs.field(repr=safe_repr)
    code: str | None = attrs.field(repr=safe_repr)
    value: Any = attrs.field(default=None, repr=_hidden)
    """The refused value. It may be a secret, so the `repr` does not show it."""


@attrs.frozen
class ErrorResponse:
    """The response behind an `APIStatusError`."""

    status: int
    headers: Mapping[str, str] = attrs.field(repr=False)
    content: bytes = attrs.field(repr=False)
    body: Any = attrs.field(repr=False)
    """The decoded JSON body, or None when it is not JSON."""
    message: str
    """The message of the API, as one line that is safe to show."""


class APIStatusError(APIError):
    """The API responded with an error status.

    Attributes:
        status: The HTTP status.
        operation_id: The operation that was called, as the spec names it.
        message: The message of the API, or what else responded in its place, or the status when the response has no
            message. It is one line of at most 500 characters in which what is not printable is escaped; `body` has the
            whole message.
        headers: The headers of the response.
        body: The decoded JSON body, or None when it is not JSON.
        content: The body in bytes.
    """

    def __init__(self, operation_id: str, response: ErrorResponse) -> None:
        self.operation_id = operation_id
        self.status: int = response.status
        self.headers: Mapping[str, str] = response.headers
        self.content: bytes = response.content
        self.body: Any = response.body
        self.message: str = response.message
        super().__init__(f"{operation_id}: {self.status}: {self.message}{self._details()}")

    def _details(self) -> str:
        """Return what follows the message in the text of the error."""
        return ""


class BadRequestError(APIStatusError):
    """400: the request is malformed, or the object is in a state that does not allow it."""


class AuthenticationError(APIStatusError):
    """401: the token is missing, unknown, expired or badly signed."""


class PermissionDeniedError(APIStatusError):
    """403: the token lacks a scope, or its user lacks a permission."""


class NotFoundError(APIStatusError):
    """404: there is no such object, or the token may not see it."""


class ConflictError(APIStatusError):
    """409: the object is in use, or there is already one like it."""


class UnprocessableEntityError(APIStatusError):
    """422: the request was understood and refused. `errors` lists the fields that are wrong."""

    @property
    def errors(self) -> tuple[FieldError, ...]:
        """The fields that are wrong; empty when the request as a whole is refused."""
        return tuple(_field_error(entry) for entry in as_array(as_object(self.body).get("errors")))

    def _details(self) -> str:
        """Name the fields. Their values may be secrets."""
        entries = as_array(as_object(self.body).get("errors"))
        errors = (_field_error(entry) for entry in entries if is_object(entry))
        named = [f"{error.field} {error.code}" for error in errors if error.field and error.code][:_MOST_NAMED]
        excerpt = safe_excerpt(", ".join(named), max(LONGEST - len(self.message), 0))
        return f" ({excerpt})" if named and excerpt != "…" else ""


def _field_error(entry: object) -> FieldError:
    if is_object(entry):
        return FieldError(_text(entry.get("field")), _text(entry.get("code")), entry.get("value"))
    return FieldError(None, _text(entry) if entry is not None else "None")


def _text(value: object) -> str | None:
    """Return a JSON text, or a number as one. The text of an array may be nested too deeply to be made."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) else None


class RateLimitError(APIStatusError):
    """429: too many requests of the organization or of the user in this window."""

    @property
    def scope(self) -> str | None:
        """`rest` for the limit of the organization, `rest_user` for that of the user. As received: not escaped."""
        value = as_object(self.body).get("scope")
        return value if isinstance(value, str) else self._told.scope

    @property
    def limit(self) -> int | None:
        """Requests allowed in a window."""
        value = as_object(self.body).get("limit")
        return value if isinstance(value, int) else self._told.limit

    @property
    def reset(self) -> int | None:
        """Seconds from the response until the window ends. None without a plausible number."""
        value = as_object(self.body).get("reset")
        return value if isinstance(value, int) else self._told.reset

    @property
    def _told(self) -> RateLimit:
        """What the headers tell of the limit that is exhausted: the body may be that of something before the API."""
        limits = [RateLimit.from_headers(self.headers, prefix) for prefix in ("RateLimit", "RateLimit-User")]
        return next((limit for limit in limits if limit and limit.remaining == 0), RateLimit(None, None, None, None))


class ServerError(APIStatusError):
    """5xx: the API failed, or something in front of it."""


_BY_STATUS: Final[dict[int, type[APIStatusError]]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    422: UnprocessableEntityError,
    429: RateLimitError,
}


def status_error(operation_id: str, response: ErrorResponse) -> APIStatusError:
    """Return the error for `response`."""
    fallback = ServerError if response.status >= 500 else APIStatusError
    return _BY_STATUS.get(response.status, fallback)(operation_id, response)
