"""A number becomes the same value in strict and in lenient decoding."""

import json
from decimal import Decimal
from enum import IntEnum
from typing import Annotated, Any, Literal, get_origin

import msgspec
import pytest
from tests.each import check_each

from buildkite_rest import from_dict, from_json, models, to_dict, to_json
from buildkite_rest._decoding.lenient import build_leniently

NUMBERS = [
    *("0", "-0", "1", "-0.0", "1.0", "1e3", "1.5", "1e22", "1e400", "true"),
    *("9007199254740993", "-9007199254740993", "18446744073709551617", "-9223372036854775809"),
    *("123456789012345678901234567890", "1" + "0" * 400),
]
MODELS = {
    name: model
    for name in models.__all__
    if isinstance(model := getattr(models, name), type) and issubclass(model, msgspec.Struct)
}


class Level(IntEnum):
    """An enum of integers."""

    LOW = 1


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


FEW_INTEGERS = [float | Literal[1, 2], float | Level | None, int | Decimal]
"""Types into which msgspec decodes other numbers differently from JSON and from Python's numbers."""


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


@pytest.mark.parametrize("number", ["1", "3", "1.5", "9007199254740993"])
@pytest.mark.parametrize("expected", FEW_INTEGERS, ids=str)
def test_other_members_of_a_union_decide_what_a_number_becomes(expected, number):
    check_type(expected, number)


def check_model(model):
    """Check each number in each field of a model, with and without the other fields."""
    config, fields = model.__struct_config__, msgspec.structs.fields(model)
    tag = {} if config.tag_field is None else {config.tag_field: config.tag}
    names = [field.encode_name for field in fields]
    for number in NUMBERS:
        value = json.loads(number)
        for field in fields:
            check_type(field.type, number)
            check_round_trip(model, json.dumps({field.encode_name: value} | tag))
        check_round_trip(model, json.dumps(dict.fromkeys(names, value) | tag))


def check_round_trip(model, text):
    """Check that an object equals itself after it was encoded and decoded."""
    found = from_json(model, text)
    assert from_json(model, to_json(found)) == found
    assert from_dict(model, to_dict(found)) == found
    assert to_json(from_json(model, to_json(found))) == to_json(found)


def test_numbers_in_each_field_of_each_model_survive_a_round_trip():
    check_each({name: (model,) for name, model in MODELS.items()}, check_model)
