"""Lenient decoding into structs of the caller, field by field."""

import msgspec
import pytest

from buildkite_rest import UnknownVariant
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
