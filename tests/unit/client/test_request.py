"""Paths, queries and headers. `build_request` is pure, so what httpx then makes of it is tested for a few only."""

import json
import re
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from tests.unit.client.support import Script, build, operation, reproducible, response

from _buildkite_rest.ports import Arguments
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


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="x has no time zone"):
        query_of(x=datetime(2026, 3, 2))  # noqa: DTZ001 - that is the mistake


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
        (lambda client: list(client.builds.list("acme", "web", meta_data={"\ud800": "x"})), "meta_data"),
        (
            lambda client: client.builds.create("acme", "web", commit="c", branch="b", env={"A": "\ud800"}),
            "the body",
        ),
    ],
    ids=["path", "query", "key", "body"],
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
