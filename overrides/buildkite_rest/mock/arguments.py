"""Validation of the values that `MockServer` and `create_app` accept."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

#: Latest time that a clock may return, in the year 5138, so that later expiry times are still valid dates.
LATEST = 10**11
Count = Annotated[int, Meta(ge=1, le=10**9)]
Moment = Annotated[float, Meta(ge=0, le=LATEST)]
Duration = Annotated[float, Meta(ge=0, le=10**9)]
Builds = Annotated[int, Meta(ge=0, le=1_000_000)]
ExitStatus = Annotated[int, Meta(ge=1, le=255)]
Status = Annotated[int, Meta(ge=200, le=599)]
Port = Annotated[int, Meta(ge=0, le=65535)]


def check(name: str, value: object, expected: Any) -> None:
    """Raise `ValueError` if the argument `name` is not of the expected type, which may have bounds."""
    try:
        msgspec.convert(value, expected)
    except msgspec.ValidationError as error:
        raise ValueError(f"{name} is invalid: {error}") from error


def check_line(name: str, value: str) -> None:
    """Raise `ValueError` if the argument `name` is not one line of text."""
    if not value.strip() or not value.isprintable():
        raise ValueError(f"{name} must be one line of printable characters")
