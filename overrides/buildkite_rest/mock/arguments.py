"""Validation of the arguments of `MockServer` and `create_app`."""

from __future__ import annotations

from collections.abc import Sequence

_LONGEST = 60


def check_type(name: str, value: object, kinds: type | tuple[type, ...], accepted: str) -> None:
    """Raise `TypeError` if the argument `name` is not one of `kinds`. The message says that it must be `accepted`."""
    if not isinstance(value, kinds) or isinstance(value, bool):
        raise TypeError(f"{name} must be {accepted}, not {'None' if value is None else type(value).__name__}")


def check_choice(name: str, value: object, choices: Sequence[str]) -> None:
    """Raise `TypeError` or `ValueError` if the argument `name` is not one of `choices`."""
    accepted = f"one of {', '.join(map(repr, choices))}"
    check_type(name, value, str, accepted)
    if value not in choices:
        raise ValueError(f"{name} must be {accepted}, not {str(value)[:_LONGEST]!r}")


def check_int(name: str, value: int, least: int, most: int) -> None:
    """Raise `TypeError` or `ValueError` if the argument `name` is not an int in a range."""
    accepted = f"an int from {least} to {most}"
    check_type(name, value, int, accepted)
    _check_range(name, value, least, most, accepted)


def check_number(name: str, value: float, least: float, most: float) -> None:
    """Raise `TypeError` or `ValueError` if the argument `name` is not a number in a range."""
    accepted = f"a number from {least:g} to {most:g}"
    check_type(name, value, (int, float), accepted)
    _check_range(name, value, least, most, accepted)


def check_limit(name: str, value: int | None) -> None:
    """Raise `TypeError` or `ValueError` if the argument `name` is not a rate limit or None."""
    if value is not None:
        check_int(name, value, 1, 10**9)


def check_function(name: str, value: object) -> None:
    """Raise `TypeError` if the argument `name` is not callable."""
    if not callable(value):
        raise TypeError(f"{name} must be a function, not {'None' if value is None else type(value).__name__}")


def _check_range(name: str, value: float, least: float, most: float, accepted: str) -> None:
    if not least <= value <= most:
        found = f"{value.bit_length()} bits" if isinstance(value, int) and abs(value) > 10**_LONGEST else value
        raise ValueError(f"{name} must be {accepted}, not {found}")
