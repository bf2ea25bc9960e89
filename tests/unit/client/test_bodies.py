import json
from collections import UserDict
from datetime import UTC, datetime
from decimal import Decimal
from enum import Flag
from types import MappingProxyType

import pytest
from tests.unit.client.support import Script, answer, build, operation

from _buildkite_rest.ports import Arguments
from _buildkite_rest.types import parse_datetime
from buildkite_rest import UNSET, models
from buildkite_rest._http.request import build_request

MOMENT = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)


def wire_of(body, kind="required"):
    return build_request(operation(method="POST", body=kind), Arguments({"name": "a"}, body=body))


def sent(value):
    return json.loads(wire_of({"x": value}).content)["x"]


def test_absent_null_and_falsy_are_different_things():
    body = {"absent": UNSET, "null": None, "false": False, "zero": 0, "text": "", "list": [], "object": {}}
    expected = {"null": None, "false": False, "zero": 0, "text": "", "list": [], "object": {}}
    assert json.loads(wire_of(body).content) == expected


def test_a_patch_can_send_null(connect):
    script = Script(answer({"id": "1"}))
    connect(script).pipelines.update("acme", "web", description=None, name="Web")
    assert json.loads(script.requests[0].content) == {"description": None, "name": "Web"}


def test_a_body_has_a_content_type(connect):
    script = Script(answer(build(), 201))
    connect(script).builds.create("acme", "web", commit="HEAD", branch="main", message="schön")
    [request] = script.requests
    assert request.headers["Content-Type"] == "application/json"
    assert request.content == '{"commit": "HEAD", "branch": "main", "message": "schön"}'.encode()


def test_a_required_body_is_sent_though_empty():
    wire = wire_of({"a": UNSET})
    assert wire.content == b"{}"
    assert wire.headers["Content-Type"] == "application/json"


def test_an_optional_body_is_not_sent_when_empty(connect):
    script = Script(answer({**build(), "state": "failed"}, 202))
    client = connect(script)
    client.builds.retry_failed_jobs("acme", "web", 1)
    client.builds.retry_failed_jobs("acme", "web", 1, states="failed")
    assert [request.content for request in script.requests] == [b"", b'{"states": "failed"}']
    assert ["Content-Type" in request.headers for request in script.requests] == [False, True]


def test_without_a_body_nothing_is_sent():
    wire = wire_of({}, "none")
    assert wire.content is None
    assert "Content-Type" not in wire.headers


def test_times_are_written_anywhere():
    text = "2026-03-02T09:15:00+00:00"
    assert sent({"a": [MOMENT, {"b": MOMENT}]}) == {"a": [text, {"b": text}]}


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match=r"^x\[0\] has no time zone"):
        sent([datetime(2026, 3, 2)])  # noqa: DTZ001 - that is the mistake


@pytest.mark.parametrize(
    ("value", "data"),
    [
        (("a", "b"), ["a", "b"]),
        ({"a"}, ["a"]),
        (MappingProxyType({"a": 1}), {"a": 1}),
        (UserDict({"a": UserDict()}), {"a": {}}),
        (10**30, 10**30),
    ],
    ids=["tuple", "set", "proxy", "user-dict", "big-int"],
)
def test_collections_are_written(value, data):
    assert sent(value) == data


def test_a_model_that_was_read_can_be_sent_back():
    token = models.AccessToken(uuid="u", scopes=[], created_at=parse_datetime("2026-03-02 09:15:00 UTC"))
    assert sent(token)["created_at"] == "2026-03-02T09:15:00+00:00"
    assert sent([models.User(id="1", name="Ada", created_at=MOMENT)])[0]["created_at"] == "2026-03-02T09:15:00+00:00"


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")], ids=str)
def test_a_number_that_json_does_not_know_is_refused(number):
    with pytest.raises(ValueError, match=r"^x\['deep'\]\[0\] is NaN or infinite, which cannot be represented in JSON$"):
        sent({"deep": [number]})


@pytest.mark.parametrize(
    "value",
    [object(), b"bytes", 1j, {("a", "b"): 1}, {"nested": UNSET}, lambda: 1, Flag("Mode", "READ")(0)],
    ids=lambda value: type(value).__name__,
)
def test_a_value_that_is_not_json_is_refused(value):
    with pytest.raises(TypeError):
        sent(value)


TOO_DEEP = r"^the body is nested deeper than 100 levels, or contains itself$"


def test_a_circle_is_refused():
    circle = []
    circle += [circle, circle]
    with pytest.raises(ValueError, match=TOO_DEEP):
        sent(circle)


@pytest.mark.parametrize("wrap", [lambda inner: [inner], lambda inner: {"a": inner}, lambda inner: (inner,)])
def test_a_body_has_100_levels(wrap):
    deep = []  # the second level, in the body
    for _ in range(98):
        deep = wrap(deep)
    assert sent(deep)
    with pytest.raises(ValueError, match=TOO_DEEP):
        sent(wrap(deep))


def test_half_a_character_is_refused():
    with pytest.raises(ValueError, match=r"^x contains a lone surrogate, which cannot be encoded as UTF-8$"):
        sent("\ud83d")


def test_a_refused_body_sends_nothing(connect):
    script = Script(answer(build(), 201))
    with pytest.raises(ValueError, match="NaN"):
        connect(script).builds.create("acme", "web", commit="HEAD", branch="main", env={"A": float("nan")})
    assert script.requests == []


def nested(depth, value):
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"name": UNSET}, "x['name'] is UNSET, which cannot be represented in JSON; leave the key out"),
        ({"tags": [1, {"y": UNSET}]}, "x['tags'][1]['y'] is UNSET, which cannot be represented in JSON; leave the"),
        ({"salary": Decimal(1)}, "x['salary'] is a Decimal, which cannot be represented in JSON"),
        ({"k" * 500: UNSET}, f"x['{'k' * 60}'…] is UNSET, "),
        (nested(99, UNSET), f"x{'[0]' * 99} is UNSET"),
    ],
    ids=["key", "item", "other-type", "long-key", "deep"],
)
def test_a_value_without_json_is_named(value, message):
    with pytest.raises(TypeError) as caught:
        sent(value)
    assert str(caught.value).startswith(message)
    assert len(str(caught.value)) < 600


def test_an_int_that_cannot_be_written_is_refused():
    with pytest.raises(ValueError, match=r"^x\['salary'\] is an int with too many digits$"):
        sent({"salary": 10**5000})


@pytest.mark.parametrize("number", [1 << 64, 10**400, -(10**5000)], ids=["65-bits", "long", "longer"])
def test_a_number_in_a_url_has_64_bits(connect, number):
    script = Script(answer(build()))
    with pytest.raises(ValueError, match=r"^number must be a number of at most 64 bits, not of \d+$"):
        connect(script).builds.get("acme", "web", number)
    with pytest.raises(ValueError, match=r"^page must be a number of at most 64 bits, not of \d+$"):
        list(connect(script).builds.list("acme", "web", page=abs(number)))
    assert script.requests == []


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({None: "x"}, "x"),
        ({True: "x"}, "x"),
        ({1: "a", "1": "b"}, "x"),
        ({("a", "b"): 1}, "x"),
        ({b"A": "x"}, "x"),
        ({"a": [{}, {1.5: "x"}]}, r"x\['a'\]\[1\]"),
        ((MappingProxyType({"a": {1: 2}}),), r"x\[0\]\['a'\]"),
        (models.Build(**dict.fromkeys(models.Build.__struct_fields__) | {"env": {1: "x"}}), r"x\.env"),
    ],
    ids=["none", "bool", "int", "tuple", "bytes", "nested", "proxy", "model"],
)
def test_a_key_that_is_not_text_is_refused(value, place):
    with pytest.raises(TypeError, match=f"^the keys of {place} must be str, not [A-Za-z]+$"):
        sent(value)


def test_a_key_of_env_that_is_not_text_is_refused(connect):
    script = Script()
    with pytest.raises(TypeError, match=r"^the keys of env must be str, not NoneType$"):
        connect(script).builds.create("acme", "web", commit="HEAD", branch="main", env={None: "x"})
    assert script.requests == []


def test_a_key_that_is_half_a_character_is_refused():
    with pytest.raises(ValueError, match=r"^a key of x contains a lone surrogate, which cannot be encoded as UTF-8$"):
        sent({"\ud83d": 1})
