"""What can go wrong, as one tree of exceptions.

A call raises a `BuildkiteError`, a `TypeError` or `ValueError` for a mistake of the caller, such as an argument that
could never be sent or a client that is closed, an `OSError` for a file that cannot be read or written, and unchanged
whatever the caller's own code raises. Nothing that is raised inside the HTTP library leaves a call as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from attrs import field, frozen

from ._json import as_array, as_object, is_object
from ._rate_limits import RateLimit


class BuildkiteError(Exception):
    """Base of all errors of this package.

    Attributes:
        out_of_time: Whether there would have been another attempt, had the deadline left time for it.
    """

    out_of_time: bool = False


class ConfigurationError(BuildkiteError):
    """A token, a key or another setting is missing or cannot be used."""


class APIConnectionError(BuildkiteError):
    """No complete answer came back."""


class APITimeoutError(BuildkiteError):
    """An answer did not come in time."""


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


_MOST_NAMED: Final = 10


@frozen
class FieldError:
    """What is wrong with one field of a request."""

    field: str | None
    code: str | None
    value: Any = None


@frozen
class ErrorResponse:
    """The answer that an `APIStatusError` stands for."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)
    body: Any
    """The decoded JSON body, or None when it is no JSON."""
    message: str
    """What it says in words."""


class APIStatusError(BuildkiteError):
    """The API answered with an error status.

    Attributes:
        status: The HTTP status.
        operation_id: The operation that was called, as the description names it.
        message: What the API says, or what else answered in its place, and the status when that says nothing.
        headers: The headers of the response.
        body: The decoded JSON body, or None when it is no JSON.
        content: The body as it came.
    """

    def __init__(self, operation_id: str, response: ErrorResponse) -> None:
        self.operation_id = operation_id
        self.status: int = response.status
        self.headers: Mapping[str, str] = response.headers
        self.content: bytes = response.content
        self.body: Any = response.body
        self.message: str = response.message
        self._response = response
        super().__init__(f"{operation_id}: {self.status}: {self.message}{self._details()}")

    def _details(self) -> str:
        """Return what stands behind the message in the text of the error."""
        return ""

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.operation_id, self._response)


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
    """422: the request is understood and refused. `errors` tells which fields are wrong."""

    @property
    def errors(self) -> tuple[FieldError, ...]:
        """The fields that are wrong; empty when the request as a whole is refused."""
        return tuple(_field_error(entry) for entry in as_array(as_object(self.body).get("errors")))

    def _details(self) -> str:
        """Name the fields. Their values may be secrets."""
        named = [f"{error.field} {error.code}" for error in self.errors if error.field and error.code]
        return f" ({', '.join(named[:_MOST_NAMED])})" if named else ""


def _field_error(entry: object) -> FieldError:
    if not is_object(entry):
        return FieldError(None, str(entry))
    return FieldError(entry.get("field"), entry.get("code"), entry.get("value"))


class RateLimitError(APIStatusError):
    """429: too many requests of the organization or of the user in this window."""

    @property
    def scope(self) -> str | None:
        """`rest` for the limit of the organization, `rest_user` for that of the user."""
        value = as_object(self.body).get("scope")
        return value if isinstance(value, str) else self._told.scope

    @property
    def limit(self) -> int | None:
        """Requests allowed in a window."""
        value = as_object(self.body).get("limit")
        return value if isinstance(value, int) else self._told.limit

    @property
    def reset(self) -> int | None:
        """Seconds from the answer until the window ends."""
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
    """Return the error that stands for `response`."""
    fallback = ServerError if response.status >= 500 else APIStatusError
    return _BY_STATUS.get(response.status, fallback)(operation_id, response)
