import json
from collections import UserDict
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType

import pytest
from tests.unit.client.support import Script, build, operation, response

from _buildkite_rest.ports import Arguments
from buildkite_rest import UNSET, models
from buildkite_rest._http.request import build_request


def wire_of(body, kind="required"):
    return build_request(operation(method="POST", body=kind), Arguments({"name": "a"}, body=body))


def sent(value):
    return json.loads(wire_of({"x": value}).content)["x"]


def test_absent_null_and_falsy_are_different_things():
    body = {"absent": UNSET, "null": None, "false": False, "zero": 0, "text": "", "list": [], "object": {}}
    expected = {"null": None, "false": False, "zero": 0, "text": "", "list": [], "object": {}}
    assert json.loads(wire_of(body).content) == expected


@pytest.mark.parametrize(
    ("value", "data"),
    [
        (("a", "b"), ["a", "b"]),
        (MappingProxyType({"a": 1}), {"a": 1}),
        (UserDict({"a": UserDict()}), {"a": {}}),
        (10**30, 10**30),
    ],
    ids=["tuple", "proxy", "user-dict", "big-int"],
)
def test_collections_are_written(value, data):
    assert sent(value) == data


TOO_DEEP = r"^x is nested deeper than 100 levels, or contains itself$"


@pytest.mark.parametrize("wrap", [lambda inner: [inner], lambda inner: {"a": inner}, lambda inner: (inner,)])
def test_a_body_has_100_levels(wrap):
    deep = []  # the second level, in the body
    for _ in range(98):
        deep = wrap(deep)
    assert sent(deep)
    with pytest.raises(ValueError, match=TOO_DEEP):
        sent(wrap(deep))


@pytest.mark.parametrize("number", [1 << 64, -(10**5000)], ids=["65-bits", "longer"])
def test_a_number_in_a_url_has_64_bits(connect, number):
    script = Script(response(build()))
    with pytest.raises(ValueError, match=r"^number must be a number of at most 64 bits, not of \d+$"):
        connect(script).builds.get("acme", "web", number)
    with pytest.raises(ValueError, match=r"^page must be a number of at most 64 bits, not of \d+$"):
        list(connect(script).builds.list("acme", "web", page=abs(number)))
    assert script.requests == []


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"name": UNSET}, r"x\['name'\] is UNSET, which cannot be represented in JSON; leave the key out"),
        (
            {"tags": [1, {"y": Decimal(1)}]},
            r"x\['tags'\]\[1\]\['y'\] is a Decimal, which cannot be",
        ),
        ({"k" * 500: UNSET}, rf"x\['{'k' * 60}'…\] is UNSET, "),
        (b"bytes", "x is a bytes, which cannot be"),
        ({"deep": [float("nan")]}, "Out of range float values are not JSON compliant"),
        ({"\ud83d": 1}, "the body contains a lone surrogate, which cannot be encoded as UTF-8$"),
        ([datetime(2026, 3, 2)], r"x\[0\] has no time zone"),  # noqa: DTZ001 - that is the mistake
        ({"salary": 10**5000}, "Exceeds the limit"),
        ({"a": [{}, {1.5: "x"}]}, r"the keys of x\['a'\]\[1\] must be str, not float$"),
        (models.JobEnv(env={1: "x"}), r"the keys of x\['env'\] must be str, not int$"),
    ],
    ids=lambda value: "" if isinstance(value, str) else type(value).__name__,
)
def test_a_value_without_json_is_named(value, message):
    with pytest.raises((TypeError, ValueError), match=f"^{message}"):
        sent(value)
