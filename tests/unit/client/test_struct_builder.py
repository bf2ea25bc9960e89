"""Lenient decoding into structs, which builds fields with mismatches separately: also those of a caller's classes."""

from typing import Any, Generic, TypeVar

import msgspec
import pytest
from tests.each import check_each

from buildkite_rest import UnknownVariant, models
from buildkite_rest._decoding.lenient import build_leniently
from buildkite_rest._decoding.other_types import is_struct
from buildkite_rest._decoding.placeholders import placeholder

T = TypeVar("T")


class Part(msgspec.Struct, frozen=True):
    size: int
    label: str = "none"
    tags: list[str] = []


class Box(msgspec.Struct, Generic[T], rename="camel"):
    inner_part: Part
    content: T
    number: int = 3


class Line(msgspec.Struct, array_like=True):
    start: int
    part: Part | None = None
    width: float = 1.0


class Circle(msgspec.Struct, array_like=True, tag="circle"):
    radius: int


class Square(msgspec.Struct, array_like=True, tag="square"):
    side: int = 0


class First(msgspec.Struct, tag=1):
    n: int


class Second(msgspec.Struct, tag=2):
    n: int = 0


class FirstArray(msgspec.Struct, array_like=True, tag=1):
    n: int


class SecondArray(msgspec.Struct, array_like=True, tag=2):
    n: int


class Drawing(msgspec.Struct):
    line: Line
    shape: Circle | Square | int | None = None


class Endless(msgspec.Struct):
    next: "Endless"
    number: int


class Checked(msgspec.Struct):
    size: int
    name: str

    def __post_init__(self) -> None:
        seen.append(self.size)


seen: list[Any] = []


def test_a_field_that_did_not_match_has_its_value_or_its_default_in_later_objects():
    assert build_leniently(Part, {"size": 1, "label": 7}) == Part(1, 7)
    assert build_leniently(Part, {"size": 2}) == Part(2, "none")
    assert build_leniently(Part, {"size": 3, "label": "x"}) == Part(3, "x")


def test_a_default_is_not_shared():
    assert build_leniently(Part, {"size": 1, "tags": 7}).tags == 7
    first, second = (build_leniently(Part, {"size": 1}) for _ in range(2))
    assert first.tags == second.tags == []
    assert first.tags is not second.tags


def test_a_missing_field_is_none():
    for _ in range(2):
        assert build_leniently(Part, {"label": "x"}) == Part(None, "x")


def test_fields_have_their_names_in_json():
    for _ in range(2):
        found = build_leniently(Box[int], {"innerPart": {"size": "1"}, "content": "x", "number": None})
        assert found == Box(Part("1"), "x", None)


def test_objects_with_many_mismatches_are_built_and_do_not_slow_down_others():
    wrong = {"id": 1, "number": "x", "state": [], "web_url": 1, "url": 1, "branch": 1, "commit": 2, "message": 3}
    found = build_leniently(models.Build, wrong)
    assert {name: getattr(found, name) for name in wrong} == wrong
    assert build_leniently(models.Build, {**wrong, "message": "x"}).message == "x"


def test_code_of_the_caller_sees_no_placeholder():
    seen.clear()
    assert build_leniently(Checked, {"size": "large", "name": "x"}) == Checked("large", "x")
    assert build_leniently(Checked, {"size": "small", "name": 2}) == Checked("small", 2)
    assert set(seen) == {"large", "small"}


def test_a_class_that_requires_an_object_of_itself():
    assert build_leniently(Endless, {"next": 7, "number": 1}) == Endless(7, 1)


@pytest.mark.parametrize("data", [{}, {"state": 1}, {"type": "waiter"}])
def test_an_object_without_the_tag_of_its_class(data):
    assert build_leniently(models.ScriptJob, data) == UnknownVariant(data.get("type"), data)
    assert build_leniently(models.WaiterJob, {"id": "1", "state": "passed"}).id == "1"


def test_the_fields_of_all_models_have_placeholders_that_msgspec_converts():
    structs = {name: (each,) for name in models.__all__ if is_struct(each := getattr(models, name))}
    assert structs
    check_each(structs, check_placeholders)


def check_placeholders(model):
    for field in msgspec.structs.fields(model):
        msgspec.convert(placeholder(field.type), field.type)


ARRAYS = {
    "match": (Line, [1, {"size": 2}, 3], Line(1, Part(2), 3.0)),
    "first item": (Line, ["a", {"size": 2}], Line("a", Part(2))),
    "object in it": (Line, [1, {"size": "b", "label": "c"}, 2], Line(1, Part("b", "c"), 2.0)),
    "missing item": (Line, [], Line(None)),
    "more items": (Line, ["a", None, 2, 5], Line("a", None, 2.0)),
    "object": (Line, {"start": 1}, {"start": 1}),
    "optional": (Line | None, ["a"], Line("a")),
    "list": (list[Line], [["a"], [1], 5], [Line("a"), Line(1), 5]),
    "field": (Drawing, {"line": ["a"], "shape": 5}, Drawing(Line("a"), 5)),
    "tag": (Circle, ["circle", "a"], Circle("a")),
    "another tag": (Circle, ["square", "a"], ["square", "a"]),
    "no tag": (Circle, [], []),
    "union": (Drawing, {"line": [1], "shape": ["square", "a"]}, Drawing(Line(1), Square("a"))),
    "unknown kind": (Drawing, {"line": [1], "shape": ["star", 5]}, Drawing(Line(1), ["star", 5])),
    "object in a union": (Circle | Square, {"a": 1}, {"a": 1}),
    "object in a union with other types": (Drawing, {"line": [1], "shape": {"a": 1}}, Drawing(Line(1), {"a": 1})),
    "integer tag": (FirstArray | SecondArray, [2, "a"], SecondArray("a")),
    "tag of another type": (FirstArray, [True, "a"], [True, "a"]),
}


@pytest.mark.parametrize(("kind", "data", "built"), ARRAYS.values(), ids=ARRAYS)
def test_structs_that_are_arrays_in_json_are_built_item_by_item(kind, data, built):
    for _ in range(2):
        assert build_leniently(kind, data) == built


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
    for _ in range(2):
        found = build_leniently(kind, data)
        assert (type(found), found) == (type(built), built)
