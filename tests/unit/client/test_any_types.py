"""Types of the caller's own: a value that does not match loses nothing of the rest."""

import dataclasses
import enum
from collections.abc import Sequence
from datetime import date
from typing import Any, Generic, NewType, TypeVar
from uuid import UUID

import httpx
import msgspec
import pytest
from tests.unit.client.support import Script, response

from buildkite_rest import DecodeError, models

THING = "/v2/organizations/acme/new-thing"
ID = "00000000-0000-0000-0000-000000000001"
T = TypeVar("T")


class Color(enum.Enum):
    RED = "red"


@dataclasses.dataclass
class Point:
    x: int


class Node(msgspec.Struct):
    number: int
    children: "list[Node]" = []


class Positive(msgspec.Struct):
    x: int

    def __post_init__(self):
        if self.x < 0:
            raise ValueError("it is negative")


class Box(msgspec.Struct, Generic[T]):
    wrong: int
    item: T


Alias = NewType("Alias", Point)
VALUES = [
    (date, "2026-01-02", date(2026, 1, 2)),
    (UUID, ID, UUID(ID)),
    (Color, "red", Color.RED),
    (tuple[Point, ...], [{"x": 1}, {"x": "y"}], [{"x": 1}, {"x": "y"}]),
    (tuple[int, date], [1, "2026-01-02"], (1, date(2026, 1, 2))),
    (Sequence[Node], [{"number": 1}], [Node(1)]),
    (list[UUID] | None, [ID, 5], [UUID(ID), 5]),
    (dict[int, Point], {"1": {"x": 1}, "2": {"x": "y"}}, {"1": {"x": 1}, "2": {"x": "y"}}),
    (dict[str, Point], {"1": {"x": 1}, "2": {"x": "y"}}, {"1": Point(1), "2": {"x": "y"}}),
    (Alias, {"x": 1}, Point(1)),
    (Node, {"number": "y", "children": [{"number": 1}]}, Node("y", [Node(1)])),
    (Positive, {"x": -1}, {"x": -1}),
    (Box[date], {"wrong": 1, "item": "2026-01-02"}, Box(1, date(2026, 1, 2))),
    (date, "y", "y"),
]


@pytest.mark.parametrize(("kind", "json", "value"), VALUES, ids=lambda each: str(each)[:30])
def test_a_field_is_decoded_although_another_does_not_match(connect, kind, json, value):
    client = connect(Script(response({"wrong": "y", "item": json})))
    assert client.request("GET", THING, type=Box[kind]) == Box("y", value)


@pytest.mark.parametrize("kind", [models.Build | None, Any, object, type(None)])
def test_an_empty_body_is_none_if_the_type_has_none(connect, kind):
    client = connect(Script(httpx.Response(202, content=b" ")), strict=True)
    assert client.request("GET", THING, type=kind) is None


class Event(msgspec.Struct):
    payload: msgspec.Raw
    number: int = 0
    others: list[msgspec.Raw] = []


@pytest.mark.parametrize("text", ['{"a":[1,null]}', '"\u00fc\\ud800"', "1.5", "NaN", "null"])
def test_raw_json_is_json_although_another_field_does_not_match(connect, text):
    body = b'[{"payload": %b, "number": "x", "others": [%b]}, {"payload": %b}]' % ((text.encode(),) * 3)
    client = connect(Script(httpx.Response(200, content=body)))
    for found in (client.request("GET", THING, type=list[Event]), list(client.paginate(THING, type=Event))):
        raw = [found[0].payload, *found[0].others, found[1].payload]
        assert [bytes(each).decode() for each in raw] == [text] * 3
        assert {type(each) for each in raw} == {msgspec.Raw}


def test_a_mismatch_without_a_type_names_what_is_wrong(connect):
    client = connect(Script(httpx.Response(200, content=b'{"items": [NaN], "links": 5}')), strict=True)
    with pytest.raises(DecodeError, match=r"the response does not match standard JSON: it has NaN, "):
        client.request("GET", THING)
    client = connect(Script(response({"items": [1], "links": 5})), strict=True)
    with pytest.raises(
        DecodeError,
        match=r"the response does not match the format of a page: .*got `int` - at `\$\.links`$",
    ):
        list(client.paginate(THING))
