"""Lenient decoding into structs of the caller, field by field."""

from typing import Generic, TypeVar

import msgspec
import pytest

from buildkite_rest import UnknownVariant, models
from buildkite_rest._decoding.lenient import build_leniently

T = TypeVar("T")


class Part(msgspec.Struct, frozen=True):
    size: int
    label: str = "none"
    tags: list[str] = []


class Box(msgspec.Struct, Generic[T], rename="camel"):
    inner_part: Part
    content: T
    number: int = 3


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


def test_fields_have_their_names_in_json():
    found = build_leniently(Box[int], {"innerPart": {"size": "1"}, "content": "x", "number": None})
    assert found == Box(Part("1"), "x", None)


def test_a_class_that_requires_an_object_of_itself():
    assert build_leniently(Endless, {"next": 7, "number": 1}) == Endless(7, 1)


@pytest.mark.parametrize("data", [{}, {"state": 1}, {"type": "waiter"}])
def test_an_object_without_the_tag_of_its_class(data):
    assert build_leniently(models.ScriptJob, data) == UnknownVariant(data.get("type"), data)
    assert build_leniently(models.WaiterJob, {"id": "1", "state": "passed"}).id == "1"


INTEGER_TAGS = {
    "match": (First | Second, {"type": 2, "n": 1}, Second(1)),
    "mismatch": (First | Second, {"type": 1, "n": "x"}, First("x")),
    "optional": (First | Second | None, {"type": 1}, First(None)),
    "list": (list[First | Second], [{"type": 1, "n": 1}, {"type": 2, "n": "x"}], [First(1), Second("x")]),
    "one class": (First, {"type": 1, "n": "x"}, First("x")),
    "unknown": (First | Second, {"type": 3}, UnknownVariant(3, {"type": 3})),
    "str": (First | Second, {"type": "1"}, UnknownVariant("1", {"type": "1"})),
    "bool": (First | Second, {"type": True}, UnknownVariant(True, {"type": True})),
    "float": (First | Second, {"type": 1.0}, UnknownVariant(1.0, {"type": 1.0})),
    "bool for one class": (First, {"type": True, "n": 1}, UnknownVariant(True, {"type": True, "n": 1})),
    "list as the tag": (First | Second, {"type": [1]}, UnknownVariant([1], {"type": [1]})),
    "no tag": (First | Second, {"n": 1}, UnknownVariant(None, {"n": 1})),
}


@pytest.mark.parametrize(("kind", "data", "built"), INTEGER_TAGS.values(), ids=INTEGER_TAGS)
def test_an_integer_tag_names_the_class(kind, data, built):
    found = build_leniently(kind, data)
    assert (type(found), found) == (type(built), built)
