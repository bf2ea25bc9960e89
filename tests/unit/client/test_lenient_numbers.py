"""A number becomes the same value in strict and in lenient decoding."""

import json
from decimal import Decimal
from typing import Annotated, Any, get_origin

import msgspec
import pytest

from buildkite_rest import models
from buildkite_rest._decoding.lenient import build_leniently

NUMBERS = [
    *("0", "-0", "1", "-0.0", "1.0", "1e3", "1.5", "1e22", "1e400", "true"),
    *("9007199254740993", "-9007199254740993", "18446744073709551617", "-9223372036854775809"),
    *("123456789012345678901234567890", "1" + "0" * 400),
]


TYPES = [
    float,
    int,
    bool | None,
    str | None,
    float | None,
    float | str,
    float | bool,
    int | float,
    str | int | float | bool,
    float | Decimal,
    int | float | Decimal,
    float | list[float] | dict[str, float],
    Annotated[float, msgspec.Meta(ge=0)],
    models.Scalar,
    Any,
]


def assert_identical(actual, expected):
    """Check that both are equal, of equal types and with equal signs."""
    assert (type(actual), repr(actual)) == (type(expected), repr(expected))


def check_type(expected, number):
    """Check what a number becomes in both ways. A mismatch is preserved."""
    try:
        strict = msgspec.json.decode(number, type=expected)
    except msgspec.ValidationError:
        strict = json.loads(number)
    assert_identical(build_leniently(expected, json.loads(number)), strict)


@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: number[:20])
@pytest.mark.parametrize("expected", TYPES, ids=str)
def test_a_number_becomes_the_same_with_and_without_a_mismatch_beside_it(expected, number):
    if number.startswith("-") and get_origin(expected) is Annotated:
        number = number[1:]  # Only strict decoding enforces constraints.
    check_type(expected, number)
    check_type(list[expected], f"[{number}]")
    check_type(dict[str, expected], f'{{"x": {number}}}')
