"""API errors. Handlers raise them; the server turns them into responses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import attrs

T = TypeVar("T")
_SENTENCES = {"missing": "is missing", "invalid": "is invalid", "already_exists": "has already been taken"}


@attrs.frozen
class FieldError:
    """An invalid field of a request: a code such as `missing` or `invalid`, or free text."""

    field: str
    code: str

    def __str__(self) -> str:
        return f"{self.field} {_SENTENCES.get(self.code, self.code)}"


class ApiError(Exception):
    """An error response: a status, and a JSON body with a `message`."""

    status: int = 500

    def __init__(
        self, message: str, *, errors: tuple[FieldError, ...] = (), headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.errors = errors
        self.headers = dict(headers or {})

    def body(self) -> dict[str, object]:
        """Return the body of the response."""
        body: dict[str, object] = {"message": self.message}
        if self.errors:
            body["errors"] = [{"field": error.field, "code": error.code} for error in self.errors]
        return body


class BadRequestError(ApiError):
    """400: the request is malformed, or the object is in the wrong state for it."""

    status = 400


class UnauthorizedError(ApiError):
    """401: the token is missing, unknown, revoked or expired."""

    status = 401


class ForbiddenError(ApiError):
    """403: the token or its user lacks a permission."""

    status = 403


class NotFoundError(ApiError):
    """404: the object does not exist, or the token has no access to it."""

    status = 404


class MethodNotAllowedError(ApiError):
    """405: the path exists, the method does not."""

    status = 405


class ConflictError(ApiError):
    """409: another object conflicts."""

    status = 409


class RangeError(ApiError):
    """416: the requested range is empty."""

    status = 416


class UnprocessableError(ApiError):
    """422: the request is well-formed but invalid."""

    status = 422


def invalid_fields(*errors: FieldError) -> UnprocessableError:
    """Return a 422 that lists invalid fields."""
    return UnprocessableError("Validation Failed", errors=errors)


def validation_failed(reason: str) -> UnprocessableError:
    """Return a 422 as operations phrase it that do not list fields."""
    return UnprocessableError(f"Validation failed: {reason}")


def require(item: T | None, noun: str) -> T:
    """Return an object, or raise 404 if it is None."""
    if item is None:
        raise NotFoundError(f"No {noun} found")
    return item
