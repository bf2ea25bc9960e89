"""Paths, queries, headers and bodies of requests. `build_request` is pure, so httpx is involved in few tests."""

import json
import re
from collections import UserDict
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from types import MappingProxyType
from urllib.parse import parse_qsl, unquote, urlsplit
from uuid import UUID

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from tests.unit.client.support import Script, build, operation, reproducible, response

from _buildkite_rest.ports import Arguments
from buildkite_rest import UNSET, models
from buildkite_rest._http.request import build_request


def path_of(value):
    return build_request(operation(), Arguments({"name": value})).target


def query_of(style=None, **query):
    styles = dict.fromkeys(query, style) if style else {}
    target = build_request(operation(path="/v2/things", query_styles=styles), Arguments({}, query)).target
    return parse_qsl(urlsplit(target).query, keep_blank_values=True, strict_parsing="?" in target)


def test_a_model_is_sent_with_the_fields_that_it_has():
    """A field that is None may have been missing, and null in a request clears it."""
    from _buildkite_rest.models import Author, WaiterJob

    made = build_request(
        operation(method="POST", path="/v2/things", body="required"),
        Arguments({}, body={"author": Author(name="Ada"), "job": WaiterJob(id="1", state="passed", step_key=None)}),
    )
    assert json.loads(made.content) == {
        "author": {"name": "Ada"},
        "job": {"type": "waiter", "id": "1", "state": "passed"},
    }


@pytest.mark.parametrize("value", ["", ".", ".."])
def test_a_value_that_changes_the_path_is_refused(value):
    with pytest.raises(ValueError, match=r"^name is (empty$|.* would change the path)"):
        path_of(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a&b=c+d e%20", "a&b=c+d e%20"),
        ("ü/?#", "ü/?#"),
        ("", ""),
        (True, "true"),
        (datetime(2026, 3, 2, 9, 15, tzinfo=UTC), "2026-03-02T09:15:00Z"),
        (
            datetime(2026, 3, 2, 9, 15, 0, 250_000, tzinfo=timezone(timedelta(hours=-3.5))),
            "2026-03-02T09:15:00.250000-03:30",
        ),
    ],
    ids=["reserved", "unicode", "empty", "true", "utc", "offset"],
)
def test_a_plain_value_is_written(value, text):
    assert query_of(x=value) == [("x", text)]


STYLES = {
    "array-many": ("array", ["a", "b", "a"], [("x[]", "a"), ("x[]", "b"), ("x[]", "a")]),
    "array-tuple": ("array", ("a", 1, True), [("x[]", "a"), ("x[]", "1"), ("x[]", "true")]),
    "either-text": ("scalar-or-array", "ab", [("x", "ab")]),
    "either-many": ("scalar-or-array", ["a", "b"], [("x[]", "a"), ("x[]", "b")]),
    "object": ("deepObject", {"a": "1", "b": True}, [("x[a]", "1"), ("x[b]", "true")]),
    "object-encoded": (
        "deepObject",
        {"a b&=#": "c&d", "ü": "f"},
        [("x[a b&=#]", "c&d"), ("x[ü]", "f")],
    ),
}


@pytest.mark.parametrize(("style", "value", "pairs"), STYLES.values(), ids=STYLES)
def test_a_style_is_written(style, value, pairs):
    assert query_of(style, x=value) == pairs


@pytest.mark.parametrize(("style", "value"), [("array", []), ("scalar-or-array", set()), ("deepObject", {})])
def test_a_filter_that_nothing_can_pass_is_refused(style, value):
    with pytest.raises(
        ValueError, match=r"^x is empty, which cannot be written in a query\. Leave it out to send no x\.$"
    ):
        query_of(style, x=value)


def test_a_header_of_an_operation_is_an_argument(connect):
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    script = Script(response(build(), 201), response([]))
    client = connect(script)
    client.builds.create("acme", "web", commit="HEAD", branch="main", traceparent=trace)
    list(client.tests.list("acme", "web-rspec", buildkite_version="2026-08-01"))
    created, listed = (request.headers for request in script.requests)
    assert created["traceparent"] == trace
    assert listed["Buildkite-Version"] == "2026-08-01"
    assert "traceparent" not in listed


def test_a_url_that_is_too_long_is_refused_before_anything_is_sent(connect):
    script = Script(response([]))
    with pytest.raises(ValueError, match=r"listBuilds: a URL of \d+ characters cannot be sent"):
        list(connect(script).builds.list("acme", "web", commit=["4b825dc642cb6eb9a060e54bf8d69288fbee4904"] * 1600))
    assert script.requests == []


@pytest.mark.parametrize(
    ("call", "place"),
    [
        (lambda client: client.builds.get("acme", "x\ud800", 1), "pipeline"),
        (lambda client: list(client.builds.list("acme", "web", branch="x\ud800")), "branch"),
        (
            lambda client: client.builds.create("acme", "web", commit="c", branch="b", env={"A": "\ud800"}),
            "the body",
        ),
    ],
    ids=["path", "query", "body"],
)
def test_a_lone_surrogate_is_refused_where_it_is(connect, call, place):
    script = Script()
    with pytest.raises(ValueError, match=f"^{place} contains a lone surrogate, which cannot be encoded as UTF-8$"):
        call(connect(script))
    assert script.requests == []


@reproducible
@given(st.text(min_size=1) | st.integers(-(2**63), 2**63 - 1))
@example("../user")
@example("%2e%2e")
@example("...")
def test_a_path_parameter_stays_one_segment(value):
    assume(value not in (".", ".."))
    prefix, segment = path_of(value)[: len("/v2/things/")], path_of(value)[len("/v2/things/") :]
    assert prefix == "/v2/things/"
    assert re.fullmatch(r"(?:[A-Za-z0-9._~-]|%[0-9A-F]{2})+", segment)
    assert unquote(segment) == str(value)


@reproducible
@given(st.text(), st.text(st.characters(exclude_categories=["Cs"], exclude_characters="[]"), min_size=1))
def test_any_text_of_a_query_is_sent(value, key):
    assert query_of(x=value) == [("x", value)]
    assert query_of("deepObject", x={key: value}) == [(f"x[{key}]", value)]


def test_httpx_changes_neither_path_nor_query(connect):
    script = Script(response(build()), response([]))
    client = connect(script)
    client.builds.get("acme", "%2e%2e/ü?#", 1)
    list(client.builds.list_all(state=["failed", "passed"], meta_data={"a b": "c+"}, per_page=5))
    assert script.paths == [
        "/v2/organizations/acme/pipelines/%252e%252e%2F%C3%BC%3F%23/builds/1",
        "/v2/builds?state%5B%5D=failed&state%5B%5D=passed&meta_data%5Ba%20b%5D=c%2B&per_page=5",
    ]


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


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"name": UNSET}, r"x\['name'\] is UNSET, which cannot be represented in JSON; leave the key out"),
        (
            {"tags": [1, {"y": Decimal(1)}]},
            r"x\['tags'\]\[1\]\['y'\] is a Decimal, which cannot be",
        ),
        ({"deep": [float("nan")]}, "Out of range float values are not JSON compliant"),
        ({"\ud83d": 1}, "the body contains a lone surrogate, which cannot be encoded as UTF-8$"),
        ([datetime(2026, 3, 2)], r"x\[0\] has no time zone"),  # noqa: DTZ001 - that is the mistake
        ({"salary": 10**5000}, "Exceeds the limit"),
        (models.JobEnv(env={1: "x"}), r"the keys of x\['env'\] must be str, not int$"),
    ],
    ids=lambda value: "" if isinstance(value, str) else type(value).__name__,
)
def test_a_value_without_json_is_named(value, message):
    with pytest.raises((TypeError, ValueError), match=f"^{message}"):
        sent(value)


def test_uuids_and_unset_values_are_sent(connect):
    script = Script(response([]))
    client = connect(script)
    list(client.builds.list(UUID(int=7), "web", branch=UNSET, created_from=UNSET, creator=UUID(int=8)))
    assert script.paths == [f"/v2/organizations/{UUID(int=7)}/pipelines/web/builds?creator={UUID(int=8)}&per_page=100"]


def test_none_in_a_path_is_refused(connect):
    script = Script()
    with pytest.raises(TypeError, match=r"^number must be a str or an int, not None$"):
        connect(script).builds.get("acme", "web", None)
    assert script.requests == []
