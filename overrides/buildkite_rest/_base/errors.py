"""Exceptions.

A call raises a `BuildkiteError`; a `TypeError` or `ValueError` for a mistake of the caller, such as an invalid argument
or a closed client; or an `OSError` for a file that cannot be read or written. Exceptions of the caller's own code are
raised unchanged, those of the default HTTP client never.
"""

from __future__ import annotations

import copyreg
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from .json_values import as_array, as_object, is_object
from .rate_limits import exhausted_limit
from .records import Record
from .safe_text import MAX_LENGTH, safe_excerpt, without_credential
from .urls import host_of, without_query

_MAX_ERRORS: Final = 1_000
"""Errors of fields that are decoded."""
_MAX_FIELDS: Final = 10
"""Fields in a message."""
_MAX_HOST_LENGTH: Final = 255
_MAX_ID_LENGTH: Final = 100
REQUEST_ID: Final = "X-Request-Id"
"""Response header with the id of the request."""
SAFE_METHODS: Final = frozenset({"GET", "HEAD"})
"""HTTP methods that have no side effects."""
T = TypeVar("T")


class BuildkiteError(Exception):
    """Base class of all errors of this package."""

    def __init_subclass__(cls) -> None:
        if cls.__module__.startswith("buildkite_rest._"):
            cls.__module__ = "buildkite_rest"

    def __reduce__(self) -> tuple[Any, ...]:
        # The state has everything that `__init__` has set, so unpickling need not call it.
        return copyreg.__newobj__, (type(self), *self.args), self.__dict__  # type: ignore[attr-defined]  # typeshed


class ConfigurationError(BuildkiteError):
    """A token, a key or another setting is missing or cannot be used."""


class SentRequest(Record, frozen=True):
    """The request of an `APIError`, with text as it was sent and received."""

    __hidden__ = frozenset({"url", "request_id"})

    operation_id: str
    method: str
    url: str
    attempts: int
    request_id: str | None = None
    is_to_storage: bool = False
    """Whether it is sent to the storage of artifacts. The path may be a secret there."""

    @property
    def label(self) -> str:
        """The operation and the request without host and query: `getAgent: GET /v2/organizations/acme/agents/1`."""
        target = host_of(self.url) if self.is_to_storage else urlsplit(without_query(self.url)).path
        line = f"{self.method} {safe_excerpt(target)}"
        return line if self.is_ad_hoc else f"{self.operation_id}: {line}"

    @property
    def is_ad_hoc(self) -> bool:
        """Whether the spec lacks the operation, whose id then begins with the method."""
        return self.operation_id.startswith(f"{self.method} ")


def safe_request_id(value: str | None) -> str | None:
    """Return the value of `X-Request-Id` in one bounded line, or None if there is none."""
    return safe_excerpt(value, _MAX_ID_LENGTH) or None if value is not None else None


class APIError(BuildkiteError):
    """A request failed. Base class of `APIStatusError`, `APIConnectionError` and `GraphQLError`.

    Attributes:
        operation_id: The `operationId` in the spec; for `request` and `paginate` the method and the path; for
            `graphql` this word, and `operation_name` if it was passed.
        method: The HTTP method.
        url: The URL of the request in one line of at most 500 characters, without its user, query and fragment. `?…`
            replaces a query.
        request_id: The header `X-Request-Id` of the response, in one line of at most 100 characters. None if there was
            no response or it has no such header.
        attempts: Number of attempts of the call, including this one and those that failed to connect. 0 if the deadline
            passed before the first. For a download from the storage, the number of its attempts.
    """

    def __init__(self, message: str, request: SentRequest) -> None:
        self.operation_id: str = request.operation_id
        """The `operationId` in the spec, or what was requested without one."""
        self.method: str = request.method
        """The HTTP method."""
        self.url: str = without_query(request.url)
        """The URL of the request in one line, without its user, query and fragment."""
        self.request_id: str | None = safe_request_id(request.request_id)
        """The header `X-Request-Id` of the response, or None."""
        self.attempts: int = request.attempts
        """Number of requests that the call had sent, including this one."""
        super().__init__(message)


class APIConnectionError(APIError):
    """No complete response was received.

    The message states whether the request may have been processed, except for `GET` and `HEAD`, which have no side
    effects. The error of the HTTP library is the `__cause__`, unless its text contains a credential or it is a
    protocol error, whose text may quote headers.

    It also has the attributes of `APIError`.

    Attributes:
        host: The host of the URL, with its port if it has one. For a download, that of the storage.
        may_have_been_processed: Whether the server may have received the request or an earlier attempt.
    """

    def __init__(self, reason: str, request: SentRequest, *, may_have_been_processed: bool) -> None:
        self.host: str = host_of(request.url)
        """The host of the URL, with its port if it has one."""
        self.reason: str = safe_excerpt(reason)
        """The message without the request and the host."""
        self.may_have_been_processed: bool = may_have_been_processed
        """Whether the server may have received the request or an earlier attempt."""
        host = "" if request.is_to_storage else f" {safe_excerpt(self.host, _MAX_HOST_LENGTH)}:"
        text = f"{request.label}:{host} {self.reason}"
        if request.method not in SAFE_METHODS:
            text += f". The request {'may have been processed' if may_have_been_processed else 'was not sent'}."
        super().__init__(text, request)


class APITimeoutError(APIConnectionError):
    """No complete response was received in time."""


class PaginationError(BuildkiteError):
    """A list cannot be continued.

    The URL of the next page, or the one to resume from, is invalid or has another origin than the API. Or the pages
    form a cycle, or a hundred in a row are empty. Or the history of builds has a time that the API does not list in
    full.

    Attributes:
        operation_id: That of an `APIError`.
    """

    def __init__(self, reason: str, operation_id: str | None = None) -> None:
        self.operation_id: str | None = operation_id
        self._reason = reason
        super().__init__(reason if operation_id is None else f"{operation_id}: {reason}")

    def set_request(self, request: SentRequest) -> None:
        """Name the request in the message."""
        self.args = (f"{request.label}: {self._reason}",)


class DecodeError(BuildkiteError):
    """A response with a success status cannot be decoded.

    Its body is not JSON, is too large, lacks a list of items, has a content coding that was not requested, or, with
    `strict=True`, does not match the spec.

    Attributes:
        operation_id: The `operationId` in the spec, or None if the data was not a response.
        reason: The message without the operation and the request.
        status: The HTTP status of the response, or None if the error is not that of a single response. So are `url` and
            `request_id`, which are those of an `APIError`.
    """

    def __init__(self, reason: str, operation_id: str | None = None) -> None:
        if operation_id is not None:  # That of a request by its path has the path.
            operation_id = without_credential(operation_id)
        self.operation_id: str | None = operation_id
        """The `operationId` in the spec, or None."""
        self.reason: str = reason
        """The message without the operation."""
        self.status: int | None = None
        """The HTTP status, or None if there was no response."""
        self.url: str | None = None
        """The URL of the request in one line, without its user, query and fragment."""
        self.request_id: str | None = None
        """The header `X-Request-Id` of the response, or None."""
        super().__init__(reason if operation_id is None else f"{operation_id}: {reason}")

    def set_response(self, request: SentRequest, status: int | None) -> None:
        """Set the attributes that identify the response."""
        self.status, self.url = status, without_query(request.url)
        self.request_id = safe_request_id(request.request_id)
        self.args = (f"{request.label}: {self.reason}",)


class DownloadError(BuildkiteError):
    """A download failed.

    The size or checksum is wrong, the storage responded with an error, or the name or path of the artifact is not valid
    or would leave the folder.

    Attributes:
        status: The unexpected HTTP status of the storage, or None for any other cause.
    """

    def __init__(self, message: str, status: int | None = None) -> None:
        self.status: int | None = status
        super().__init__(message)


class WebhookError(BuildkiteError):
    """A webhook delivery is not genuine, is too old or is invalid."""


class InvalidField(Record, frozen=True):
    """An error in one field of a request.

    Its texts are as received, with `***` in place of credentials: escape them before you print them.
    """

    __hidden__ = frozenset({"value"})

    field: str | None
    """Name of the field."""
    code: str | None
    """Kind of the error, such as `missing_field`, or its text."""
    value: Any = None
    """The invalid value. It may be a secret, so the `repr` does not show it."""


class ErrorResponse(Record, frozen=True):
    """The response of an `APIStatusError`."""

    __hidden__ = frozenset({"headers", "content", "body"})

    status: int
    headers: Mapping[str, str]
    content: bytes
    body: Any
    """The decoded JSON body, or None if it is not JSON."""
    message: str
    """The message of the API, as one line that is safe to show."""


class APIStatusError(APIError):
    """The API responded with an error status.

    It also has the attributes of `APIError`.

    Attributes:
        status: The HTTP status.
        message: The message of the API, or a description of the response if it has none. One line of at most 500
            characters, with characters that are not printable escaped; `body` has the original message.
        headers: The response headers.
        body: The decoded JSON body, or None if it is not JSON.
        content: The body in bytes.
    """

    def __init__(self, request: SentRequest, response: ErrorResponse) -> None:
        self.status: int = response.status
        """The HTTP status."""
        self.headers: Mapping[str, str] = response.headers
        """The response headers."""
        self.content: bytes = response.content
        """The body in bytes."""
        self.body: Any = response.body
        """The decoded JSON body, or None if it is not JSON."""
        self.message: str = response.message
        """The message of the API, as one line that is safe to show."""
        details = _details(response) if self.status in (400, 422) else ""
        super().__init__(f"{request.label}: {self.status}: {self.message}{details}", request)


class BadRequestError(APIStatusError):
    """400: the request is malformed, or the state of the object does not allow it."""


class AuthenticationError(APIStatusError):
    """401: the token is missing, unknown, expired or has an invalid signature."""


class PermissionDeniedError(APIStatusError):
    """403: the token lacks a scope, or its user lacks a permission."""


class NotFoundError(APIStatusError):
    """404: there is no such object, or the token has no access to it."""


class ConflictError(APIStatusError):
    """409: the object is in use, or already exists."""


class UnprocessableEntityError(APIStatusError):
    """422: the request is invalid. `message` has the reason; `errors` has the invalid fields if the API lists them.

    It also has the attributes of `APIStatusError`.

    Attributes:
        errors: The first 1,000 errors of fields; `body` has all. Empty if the response has only a message, like that of
            most operations.
    """

    def __init__(self, request: SentRequest, response: ErrorResponse) -> None:
        # Not when they are read: which credentials are masked depends on the thread or task.
        self.errors: tuple[InvalidField, ...] = _invalid_fields(response)
        """The first 1,000 errors of fields. Empty if the response has none."""
        super().__init__(request, response)


def _invalid_fields(response: ErrorResponse) -> tuple[InvalidField, ...]:
    entries = as_array(as_object(response.body).get("errors"))
    return tuple(map(_invalid_field, entries[:_MAX_ERRORS]))


def _details(response: ErrorResponse) -> str:
    """Return the invalid fields and their codes, to append to the message."""
    shown = [f"{error.field} {error.code}" for error in _invalid_fields(response) if error.field and error.code]
    excerpt = safe_excerpt(", ".join(shown[:_MAX_FIELDS]), max(MAX_LENGTH - len(response.message), 0))
    return f" ({excerpt})" if shown and excerpt != "…" else ""


def _invalid_field(entry: object) -> InvalidField:
    if is_object(entry):
        return InvalidField(_text(entry.get("field")), _text(entry.get("code")), entry.get("value"))
    return InvalidField(None, _text(entry) if entry is not None else "None")


def _text(value: object) -> str | None:
    """Return a str without credentials, or a number as one. Other values may be nested too deeply to convert."""
    if isinstance(value, str):
        return without_credential(value)
    return str(value) if isinstance(value, int | float) else None


class RateLimitError(APIStatusError):
    """429: the rate limit of the organization or of the user is exhausted.

    If the response does not report an exhausted limit, such as that of a proxy, `scope`, `limit` and `reset` are None.
    Its `headers` may have a `Retry-After`.
    """

    @property
    def scope(self) -> str | None:
        """`rest` for the limit of the organization, `rest_user` for that of the user. As received, not escaped."""
        return exhausted_limit(self.headers, self.body).scope

    @property
    def limit(self) -> int | None:
        """Requests that are allowed per window, or None if the response has no plausible number."""
        return exhausted_limit(self.headers, self.body).limit

    @property
    def reset(self) -> int | None:
        """Seconds from the response until the window ends, or None if the response has no plausible number."""
        return exhausted_limit(self.headers, self.body).reset


class ServerError(APIStatusError):
    """5xx: the API or a proxy in front of it failed."""


_BY_STATUS: Final[dict[int, type[APIStatusError]]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    422: UnprocessableEntityError,
    429: RateLimitError,
}


def status_error(request: SentRequest, response: ErrorResponse) -> APIStatusError:
    """Return the error for `response`."""
    fallback = ServerError if response.status >= 500 else APIStatusError
    return _BY_STATUS.get(response.status, fallback)(request, response)


class GraphQLErrorEntry(Record, frozen=True):
    """One of the errors in a GraphQL response.

    Its message and path are as received, with `***` in place of credentials, its extensions unchanged: escape them
    before you print them.
    """

    __hidden__ = frozenset({"extensions"})

    message: str
    """The message. Empty if the error has none."""
    path: tuple[str | int, ...] = ()
    """The field of the result that failed: names, and indexes of lists. Empty for an error of the whole request."""
    locations: tuple[tuple[int, int], ...] = ()
    """Lines and columns in the document, counted from 1."""
    extensions: Mapping[str, Any] = {}
    """Further information, such as a `code`."""


class GraphQLError(APIError):
    """The response of `graphql` has errors: the request was not executed, or fields of the result failed.

    A mutation that is followed by a failed field may have had its effect. A query that exceeds the limit of complexity
    is such an error too; an exhausted rate limit is a `RateLimitError`.

    It also has the attributes of `APIError`.

    Attributes:
        message: The message of the first error. One line of at most 500 characters, with characters that are not
            printable escaped; `errors` has the original messages.
        errors: All errors.
        data: The result as plain Python objects, in which failed fields are None. None if there is no result.
        status: The HTTP status, usually 200.
        headers: The response headers.
        content: The response body in bytes.
    """

    def __init__(
        self,
        request: SentRequest,
        errors: tuple[GraphQLErrorEntry, ...],
        data: Any,
        *,
        status: int,
        headers: Mapping[str, str],
        content: bytes,
    ) -> None:
        self.status: int = status
        """The HTTP status, usually 200."""
        self.headers: Mapping[str, str] = headers
        """The response headers."""
        self.content: bytes = content
        """The response body in bytes."""
        self.errors: tuple[GraphQLErrorEntry, ...] = errors
        """All errors."""
        self.data: Any = data
        """The result as plain Python objects, in which failed fields are None. None if there is no result."""
        first = safe_excerpt(errors[0].message) if errors else ""
        self.message: str = first or "the response has an error without a message"
        """The message of the first error, as one line that is safe to show."""
        more = f" (errors: {len(errors)})" if len(errors) > 1 else ""
        super().__init__(f"{request.label}: {self.message}{more}", request)


def error_entries(errors: object) -> tuple[GraphQLErrorEntry, ...]:
    """Return the entries of the field `errors` of a response. A value that is not an array is a single entry."""
    return tuple(_entry(each) for each in (as_array(errors) or [errors]))


def _entry(error: object) -> GraphQLErrorEntry:
    fields = as_object(error)
    message = error if isinstance(error, str) else fields.get("message")
    return GraphQLErrorEntry(
        without_credential(message) if isinstance(message, str) else "",
        tuple(_masked(each) for each in as_array(fields.get("path")) if isinstance(each, str | int)),
        tuple(filter(None, map(_location, as_array(fields.get("locations"))))),
        as_object(fields.get("extensions")),
    )


def _masked(name: str | int) -> str | int:
    return without_credential(name) if isinstance(name, str) else name


def _location(value: object) -> tuple[int, int] | None:
    line, column = (as_object(value).get(name) for name in ("line", "column"))
    return (line, column) if isinstance(line, int) and isinstance(column, int) else None


@contextmanager
def note_in_errors(name: Callable[[T], str], file: T) -> Generator[None]:
    """Add a note to errors that names the file. Most files have no error, and need no name."""
    try:
        yield
    except (BuildkiteError, OSError) as error:
        error.add_note(name(file))
        raise
