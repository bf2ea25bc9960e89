"""Validation of the numbers and names that `MockServer` and `create_app` accept."""

from __future__ import annotations

from collections.abc import Sequence

from .._base.arguments import check_type, type_name

_LONGEST = 60


def check_number_type(name: str, value: float, accepted: str = "a number") -> None:
    """Raise `TypeError` if the argument `name` is not an int or a float. The message calls these `accepted`."""
    _check_not_bool(name, value, accepted)
    if not isinstance(value, int | float):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"{name} must be {accepted}, not {type_name(value)}")


def check_int_type(name: str, value: int, accepted: str = "an int") -> None:
    """Raise `TypeError` if the argument `name` is not an int. The message calls it `accepted`."""
    _check_not_bool(name, value, accepted)
    check_type(name, value, int, accepted)


def check_text(name: str, value: str, *, accepted: str = "a str", can_be_empty: bool = False) -> None:
    """Raise `TypeError` or `ValueError` if the argument `name` is not text, or cannot be sent in a response."""
    check_type(name, value, str, accepted)
    if not can_be_empty and not value.strip():
        raise ValueError(f"{name} must not be empty")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"{name} cannot be encoded as UTF-8: {error.reason}") from error


def check_line(name: str, value: str, accepted: str = "a str") -> None:
    """Raise `TypeError` or `ValueError` if the argument `name` is not one line of text."""
    check_text(name, value, accepted=accepted)
    if not value.isprintable():
        raise ValueError(f"{name} must be one line of printable characters")


def check_choice(name: str, value: object, choices: Sequence[str]) -> None:
    """Raise `TypeError` or `ValueError` if the argument `name` is not one of `choices`."""
    accepted = f"one of {', '.join(map(repr, choices))}"
    check_type(name, value, str, accepted)
    if value not in choices:
        raise ValueError(f"{name} must be {accepted}, not {str(value)[:_LONGEST]!r}")


def check_int_range(name: str, value: int, least: int, most: int) -> None:
    """Raise `TypeError` or `ValueError` if the argument `name` is not an int in a range."""
    accepted = f"an int from {least} to {most}"
    check_int_type(name, value, accepted)
    _check_range(name, value, least, most, accepted)


def check_number_range(name: str, value: float, least: float, most: float) -> None:
    """Raise `TypeError` or `ValueError` if the argument `name` is not a number in a range."""
    accepted = f"a number from {least:g} to {most:g}"
    check_number_type(name, value, accepted)
    _check_range(name, value, least, most, accepted)


def check_rate_limit(name: str, value: int | None) -> None:
    """Raise `TypeError` or `ValueError` if the argument `name` is not a rate limit or None."""
    if value is not None:
        check_int_range(name, value, 1, 10**9)


def _check_not_bool(name: str, value: object, accepted: str) -> None:
    if isinstance(value, bool):
        raise TypeError(f"{name} must be {accepted}, not bool")


def _check_range(name: str, value: float, least: float, most: float, accepted: str) -> None:
    if not least <= value <= most:
        text = f"{value.bit_length()} bits" if isinstance(value, int) and abs(value) > 10**_LONGEST else value
        raise ValueError(f"{name} must be {accepted}, not {text}")
