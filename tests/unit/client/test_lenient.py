"""Lenient decoding: structs of the caller, and each success response of the spec, damaged at each place.

The responses are the examples, and for each schema made-up ones that have every property, once with each variant of its
unions.
"""

import json
import random
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any

import msgspec
import pytest
from tests.each import check_each
from tests.unit.client.openapi_document import described
from tests.unit.client.samples import sample

from _buildkite_rest.operations import all_operations
from buildkite_rest import UnknownVariant
from buildkite_rest._decoding.decoder import Decoder
from buildkite_rest._decoding.lenient import build_leniently


class Part(msgspec.Struct, frozen=True):
    size: int
    label: str = "none"
    tags: list[str] = []


class First(msgspec.Struct, tag=1):
    n: int


class Second(msgspec.Struct, tag=2):
    n: int = 0


class Endless(msgspec.Struct):
    next: "Endless"
    number: int


def test_a_default_is_not_shared():
    first, second = (build_leniently(Part, {"size": "1"}) for _ in range(2))
    assert first == second == Part("1", "none", [])
    assert first.tags is not second.tags


def test_a_missing_field_is_none():
    assert build_leniently(Part, {"label": "x"}) == Part(None, "x")


def test_a_class_that_requires_an_object_of_itself():
    assert build_leniently(Endless, {"next": 7, "number": 1}) == Endless(7, 1)


INTEGER_TAGS = {
    "match": (First | Second, {"type": 2, "n": 1}, Second(1)),
    "mismatch": (First | Second, {"type": 1, "n": "x"}, First("x")),
    "list": (list[First | Second], [{"type": 1, "n": 1}, {"type": 2, "n": "x"}], [First(1), Second("x")]),
    "unknown": (First | Second, {"type": 3}, UnknownVariant(3, {"type": 3})),
    "bool": (First | Second, {"type": True}, UnknownVariant(True, {"type": True})),
    "bool for one class": (First, {"type": True, "n": 1}, UnknownVariant(True, {"type": True, "n": 1})),
    "list as the tag": (First | Second, {"type": [1]}, UnknownVariant([1], {"type": [1]})),
    "no tag": (First | Second, {"n": 1}, UnknownVariant(None, {"n": 1})),
}


@pytest.mark.parametrize(("kind", "data", "built"), INTEGER_TAGS.values(), ids=INTEGER_TAGS)
def test_an_integer_tag_names_the_class(kind, data, built):
    found = build_leniently(kind, data)
    assert (type(found), found) == (type(built), built)


SEED = 20260302
NEW_KEY = "x_new_key"

MOST_VARIANTS = 16
SAMPLE = 20
LENIENT, STRICT = Decoder(strict=False), Decoder(strict=True)


def made_up(pointer: str | None) -> Iterator[tuple[str, Any]]:
    """Yield name and value of each response that can be made up for the schema at `pointer`."""
    known = []
    for variant in range(MOST_VARIANTS if pointer is not None else 0):
        value = json.loads(json.dumps(sample(pointer, variant), default=datetime.isoformat))
        if value not in known:
            known.append(value)
            yield f"everything-{variant}", value


@pytest.fixture(scope="module")
def responses() -> dict[str, tuple[Any, Any]]:
    """Each response of each operation, with the operation."""
    return {
        f"{operation.id}-{status}-{name}": (operation, value)
        for _, _, operation in all_operations()
        if operation.returns == "json"
        for status in operation.success
        for name, value in (
            *described()[operation.id].examples(status),
            *made_up(described()[operation.id].response(status)),
        )
    }


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any, Any]]:
    """Yield each place in `value`: its path, and the object or array and the key that it stands under."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield (*path, key), value, key
        yield from places(value[key], (*path, key))


def other_type(value: Any, random: random.Random) -> Any:
    """Return something of another JSON type than `value`."""
    choices = [None, True, 7, -1.5, 10**20, "text", [], ["text"], {}, {"a": [1]}, [{"type": "script"}]]
    return random.choice([choice for choice in choices if type(choice) is not type(value)])


def parts(value: Any) -> dict[Any, Any]:
    """Return what `value` consists of, under the keys that it has in JSON."""
    if isinstance(value, msgspec.Struct):
        values = msgspec.structs.asdict(value)  # does not warn about deprecated fields
        return {
            wire: values[name]
            for wire, name in zip(value.__struct_encode_fields__, value.__struct_fields__, strict=True)
        }
    return dict(enumerate(value)) if isinstance(value, list) else value


def assert_same_beside(path: tuple[Any, ...], expected: Any, actual: Any, raw: Any) -> None:
    """Check that `actual`, read from the damaged `raw`, is like `expected` except at `path`."""
    if isinstance(actual, UnknownVariant):  # The place is the tag, so nothing can be read but all must be kept.
        assert actual.data == raw
        return
    assert type(actual) is type(expected)
    key, *rest = path
    before, after = parts(expected), parts(actual)
    assert {name: each for name, each in after.items() if name != key} == {
        name: each for name, each in before.items() if name != key
    }
    if rest and key in before:  # The spec may lack the key, and then nothing below it is decoded.
        assert_same_beside(tuple(rest), before[key], after[key], raw[key])


def test_both_decoders_return_the_same_for_responses_that_match(responses):
    check_each(responses, check_decoders)


def check_decoders(operation, value):
    assert build_leniently(operation.result(), value) == STRICT.decode(operation, json.dumps(value).encode())


@pytest.mark.parametrize("step", [SAMPLE, pytest.param(1, marks=pytest.mark.exhaustive)], ids=["sample", "all"])
def test_a_damaged_value_changes_nothing_else(step, responses):
    check_each(responses, partial(check_damage, step))


def check_damage(step, operation, value):
    """Damage every `step`-th place of `value`, in each way."""
    numbers = random.Random(f"{SEED}{operation.id}")
    damaged = json.loads(json.dumps(value))
    expected = STRICT.decode(operation, json.dumps(value).encode())

    def check(*path):
        read = LENIENT.decode(operation, json.dumps(damaged).encode())
        assert_same_beside(path, expected, read, damaged)
        return read

    for path, holder, key in list(places(damaged))[numbers.randrange(step) :: step]:
        whole = holder[key]
        for replacement in (None, other_type(whole, numbers), f"invented-{numbers.randrange(10**6)}"):
            holder[key] = replacement
            read = check(*path)
        assert LENIENT.decode(operation, msgspec.json.encode(read)) == read
        if isinstance(holder, dict):
            del holder[key]
            check(*path)
        holder[key] = whole
        if isinstance(whole, dict):
            whole[NEW_KEY] = {"anything": [None]}
            check(*path, NEW_KEY)
            del whole[NEW_KEY]
    assert damaged == value
