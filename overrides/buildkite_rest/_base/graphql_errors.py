"""Errors in GraphQL responses, which have a success status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .errors import APIError, SentRequest
from .json_values import as_array, as_object
from .records import Record
from .safe_text import SafeRepr, safe_excerpt, without_credential


class GraphQLErrorEntry(Record, frozen=True):
    """One of the errors in a GraphQL response.

    Its message and path are as received, with `***` in place of credentials, its extensions unchanged: escape them
    before you print them.
    """

    message: str
    """The message. Empty if the error has none."""
    path: tuple[str | int, ...] = ()
    """The field of the result that failed: names, and indexes of lists. Empty for an error of the whole request."""
    locations: tuple[tuple[int, int], ...] = ()
    """Lines and columns in the document, counted from 1."""
    extensions: Mapping[str, Any] = {}
    """Further information, such as a `code`."""

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [(name, SafeRepr(getattr(self, name))) for name in ("message", "path", "locations")]


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
        status: The HTTP status, 200.
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
        """The HTTP status, 200."""
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
