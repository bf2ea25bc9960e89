"""Refusals. A handler raises one; the engine turns it into a response."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

_SENTENCES = {"missing": "is missing", "invalid": "is invalid", "already_exists": "has already been taken"}


@attrs.frozen
class FieldError:
    """What is wrong with one field of a request: a code such as `missing` or `invalid`, or free text."""

    field: str
    code: str

    def __str__(self) -> str:
        return f"{self.field} {_SENTENCES.get(self.code, self.code)}"


class ApiError(Exception):
    """A request that is answered with an error status and a JSON body with a `message`."""

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
    """401: no token, or none that counts."""

    status = 401


class ForbiddenError(ApiError):
    """403: the token may not do this."""

    status = 403


class NotFoundError(ApiError):
    """404: no such thing, or none that the token may see."""

    status = 404


class MethodNotAllowedError(ApiError):
    """405: the path exists, the method does not."""

    status = 405


class ConflictError(ApiError):
    """409: another object is in the way."""

    status = 409


class RangeError(ApiError):
    """416: there is nothing in the range that was asked for."""

    status = 416


class UnprocessableError(ApiError):
    """422: understood and refused."""

    status = 422


class UnavailableError(ApiError):
    """503: something that the API needs does not answer."""

    status = 503


def invalid_fields(*errors: FieldError) -> UnprocessableError:
    """Return the refusal of a body in which some fields are wrong."""
    return UnprocessableError("Validation Failed", errors=errors)


def validation_failed(reason: str) -> UnprocessableError:
    """Return the refusal of a body in the words of the operations that name no fields."""
    return UnprocessableError(f"Validation failed: {reason}")
