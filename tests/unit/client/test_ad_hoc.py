"""`request` and `paginate`: any path of the API, with what generated calls have, and types of the caller's own."""

import dataclasses
import enum
import logging
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID, uuid4

import httpx
import httpx2
import msgspec
import pytest
from tests.each import check_each
from tests.unit.client.support import API, Script, build, response

from buildkite_rest import (
    UNSET,
    APIConnectionError,
    BuildkiteError,
    DecodeError,
    NotFoundError,
    RetryPolicy,
    models,
)

THING = "/v2/organizations/acme/new-thing"


class Thing(msgspec.Struct):
    id: str
    size: int = 5


def test_a_request_has_what_generated_calls_have(connect):
    script = Script(response({"id": "t", "new": [1]}))
    client = connect(script)
    assert client.request("get", THING) == {"id": "t", "new": [1]}
    sent = script.requests[0]
    assert (sent.method, str(sent.url), sent.content) == ("GET", f"{API}{THING}", b"")
    assert sent.headers["Authorization"] == "Bearer secret-token"
    assert (sent.headers["Accept"], sent.headers["Accept-Encoding"]) == ("application/json", "gzip")
    assert "Content-Type" not in sent.headers


def test_a_query_is_added_to_that_of_the_path(connect):
    script = Script(response({}))
    query = {
        "a": True,
        "state": ["x", "y"],
        "meta_data": {"k": 1},
        "since": datetime(2026, 3, 2, tzinfo=UTC),
        "none": None,
        "unset": UNSET,
    }
    client = connect(script).with_options(query={"a": 9, "option": 1})
    client.request("GET", f"{THING}?a=0&z=%2F&state=q", query=query)
    assert script.paths == [
        f"{THING}?z=%2F&a=true&state%5B%5D=x&state%5B%5D=y&meta_data%5Bk%5D=1&since=2026-03-02T00%3A00%3A00Z&option=1"
    ]


@pytest.mark.parametrize(
    ("query", "sent"),
    [
        ({"state[]": ["x", "y"]}, "state%5B%5D=x&state%5B%5D=y"),
        (httpx.QueryParams([("state", "x"), ("a", "1"), ("state", "y")]), "state=x&state=y&a=1"),
        (httpx2.QueryParams([("state[]", "x"), ("state[]", "y")]), "state%5B%5D=x&state%5B%5D=y"),
    ],
)
def test_no_value_of_a_query_is_lost(connect, query, sent):
    script = Script(response({}))
    connect(script).request("GET", f"{THING}?state[]=z", query=query)
    connect(script).with_options(query=query).request("GET", THING)
    assert script.paths == [f"{THING}?{sent}"] * 2


@pytest.mark.parametrize(
    "response", [response(status=404), httpx.ReadError("broken"), httpx.Response(200, content=b"{")], ids=str
)
def test_a_token_in_the_path_is_not_in_errors(connect, response, caplog):
    caplog.set_level(logging.DEBUG)
    token = uuid4().hex  # one that no earlier test has hidden
    client = connect(Script(response), auth=token, retries=RetryPolicy(max_retries=0))
    with pytest.raises(BuildkiteError) as raised:
        client.request("GET", f"/v2/{token}")
    assert "GET /v2/***" in str(raised.value)
    assert token not in f"{raised.value.__dict__}{caplog.text}"


@pytest.mark.parametrize(
    ("json", "sent"),
    [
        (
            {"a": [1, None, "ü"], "t": datetime(2026, 3, 2, tzinfo=UTC)},
            '{"a": [1, null, "ü"], "t": "2026-03-02T00:00:00Z"}',
        ),
        (None, "null"),
        (Thing("t"), '{"id": "t", "size": 5}'),
        (msgspec.Raw(b'{"a": 1e400}'), '{"a": 1e400}'),
    ],
)
def test_any_json_is_sent(connect, json, sent):
    script = Script(response({}, 201))
    connect(script).request("POST", THING, json=json)
    assert script.requests[0].content.decode() == sent
    assert script.requests[0].headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"])
def test_idempotent_methods_are_retried(connect, method):
    script = Script(response(status=503), httpx.ReadError("broken"), httpx.Response(204))
    assert connect(script).request(method, THING) is None
    assert [request.method for request in script.requests] == [method] * 3


BUILD = "/v2/organizations/acme/pipelines/web/builds/5"


@pytest.mark.parametrize(
    ("path", "is_retried"),
    [
        (f"{BUILD}/rebuild", False),
        (f"https://api.buildkite.com{BUILD}/re%62uild.json/?a=1", False),
        (f"/bk{BUILD}/retry_failed_jobs", False),
        ("/v2/organizations/acme/jobs/1/retry", False),
        (f"{BUILD}/cancel", True),
        (f"{BUILD}/rebuild/1", True),
    ],
)
def test_an_operation_of_the_spec_is_retried_as_its_method(connect, path, is_retried):
    script = Script(httpx.ReadError("broken"), response({}))
    client = connect(script)
    if is_retried:
        assert client.request("PUT", path) == {}
    else:
        with pytest.raises(APIConnectionError, match=r"may have been processed\.$"):
            client.request("put", path)
        assert len(script.requests) == 1


@pytest.mark.parametrize("content", [b"", b" \n"])
def test_an_empty_body_is_none(connect, content):
    client = connect(Script(httpx.Response(200, content=content)))
    assert client.request("GET", THING) is None
    with pytest.raises(DecodeError, match=f"^GET {THING}: the response is not JSON: it is empty"):
        client.request("GET", THING, response_type=models.Build)


def test_a_mismatch_is_decoded_leniently_and_logged_once_per_type(connect, caplog):
    client = connect(Script(response([{**build(1), "number": "x"}, build(2)])))
    for number in range(3):
        first, second = client.request("GET", f"{THING}/{number}", response_type=list[models.Build])
    assert (first.number, second.number) == ("x", 2)
    assert isinstance(first, models.Build)
    [record] = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage().startswith(f"GET {THING}/0: the response does not match its type, decoded leniently: ")


@pytest.mark.parametrize(("kind", "result"), [(bytes, b"\xff\x00{"), (str, "\ufffd\x00{")], ids=["bytes", "str"])
def test_a_body_that_is_not_json(connect, kind, result):
    script = Script(httpx.Response(200, content=b"\xff\x00{"))
    client = connect(script)
    assert client.request("GET", THING, response_type=kind) == result
    assert script.requests[0].headers["Accept"] == "*/*"
    with pytest.raises(DecodeError, match="the response is not JSON"):
        client.request("GET", THING)


def test_a_body_that_may_contain_a_secret_is_not_shown(connect):
    """Neither by the method of the operation nor by its path."""
    tokens = "/v2/organizations/acme/clusters/c/tokens"
    for status in (201, 500):
        client = connect(Script(httpx.Response(status, content=b"token=s3cret")), max_retries=0)
        for call in (
            lambda client=client: client.request("POST", tokens, json={}),
            lambda client=client: client.cluster_agent_tokens.create("acme", "c", description="d"),
        ):
            with pytest.raises(BuildkiteError, match=r"12 bytes$") as raised:
                call()
            assert "s3cret" not in str(raised.value)


PATHS = {
    f"{THING}?a=1&b[]=x y&c=%2F%zz+": f"{THING}?a=1&b%5B%5D=x%20y&c=%2F%25zz+",
    "/v2/übung/a%2Fb/100%/{org}": "/v2/%C3%BCbung/a%2Fb/100%25/%7Borg%7D",
    "/v2/a?url=https://other.example/../x": "/v2/a?url=https://other.example/../x",
    f"{API}{THING}?a=1": f"{THING}?a=1",
    f"HTTPS://API.Buildkite.com:443{THING}": THING,
    API: "/",
    "/": "/",
}


@pytest.mark.parametrize(("path", "sent"), PATHS.items())
def test_a_path_is_encoded_once(connect, path, sent):
    script = Script(response({}))
    connect(script).request("GET", path)
    assert script.paths == [sent]
    assert script.requests[0].url.host == "api.buildkite.com"


OTHER = r"path is on another origin than base_url \(rewrite_next_urls is for a proxy\): "
OTHER_PATHS = {
    "https://other.example/v2": f"{OTHER}https://other.example/v2",
    "https://api.buildkite.com@other.example/v2": "path is invalid: https://other.example/v2",
    "https://user:hidden@api.buildkite.com/v2": "path is invalid: https://api.buildkite.com/v2",
    "https://api.buildkite.com/v2?key=hidden\n": "path is not a path or a URL of the API: ",
    "v2/user?key=hidden": r"path is not a path or a URL of the API: v2/user\?…\. Write /v2/…",
    "https:/user:hidden@x": "path is not a path or a URL of the API: an invalid URL",
    "https://user:ge/hidden@x": "path is invalid: an invalid URL",
    "https://user:hidden@x\\": "path is not a path or a URL of the API: https://x",
    "/v2/a/../b": "path is invalid: /v2/a/../b",
    f"{API}/v2/..": "path is invalid: ",
    "/\\other.example/v2": "path is not a path or a URL of the API: ",
    "/v2/a#hidden": "path is not a path or a URL of the API: /v2/a",
}


def test_a_path_that_leaves_the_api_is_refused(connect):
    script = Script(response({}))
    client = connect(script)

    def check(path, message):
        for call in (lambda: client.request("GET", path), lambda: client.paginate(path)):
            with pytest.raises(ValueError, match=f"^{message}") as raised:
                call()
            assert "\n" not in str(raised.value)
            assert "hidden" not in str(raised.value)

    check_each({ascii(path): (path, message) for path, message in OTHER_PATHS.items()}, check)
    assert script.requests == []


GATEWAY = "https://gateway.example/bk"


@pytest.mark.parametrize(
    ("path", "rewrite", "sent"),
    [
        (THING, False, f"{GATEWAY}{THING}"),
        (f"{GATEWAY}{THING}?a=1", False, f"{GATEWAY}{THING}?a=1"),
        (f"{API}{THING}?a=1", True, f"{GATEWAY}{THING}?a=1"),
        (f"{GATEWAY}?a=1", True, f"{GATEWAY}?a=1"),
    ],
)
def test_a_gateway_with_a_path(connect, path, rewrite, sent):
    script = Script(response(status=404))
    client = connect(script, base_url=GATEWAY, rewrite_next_urls=rewrite)
    with pytest.raises(NotFoundError, match=r"^GET /.*: 404: ") as raised:
        client.request("GET", path)
    assert str(script.requests[0].url) == sent
    if THING in path:
        assert raised.value.operation_id == f"GET {THING}"


THINGS = "/v2/organizations/acme/things"


class NumberedThing(msgspec.Struct):
    id: int


def link_page(*numbers, next_query=None):
    links = {} if next_query is None else {"Link": f'<{API}{THINGS}?{next_query}>; rel="next"'}
    return response([{"id": number} for number in numbers], **links)


def cursor_page(*numbers, next_query=None):
    links = {} if next_query is None else {"next": f"{API}{THINGS}?{next_query}"}
    return response({"items": [{"id": number} for number in numbers], "links": links})


both_styles = pytest.mark.parametrize("page", [link_page, cursor_page])


@both_styles
def test_a_list_is_read_to_its_end(connect, page):
    script = Script(page(1, 2, next_query="after=x%2F"), page(3))
    client = connect(script)
    things = client.paginate(f"{THINGS}?a=1", query={"b": [2]}, headers={"X-A": "1"})
    assert script.requests == []
    assert list(things) == [{"id": 1}, {"id": 2}, {"id": 3}]
    assert script.paths == [f"{THINGS}?a=1&b%5B%5D=2&per_page=100", f"{THINGS}?after=x%2F"]
    assert [request.headers["X-A"] for request in script.requests] == ["1", "1"]
    assert script.requests[1].headers["Authorization"] == "Bearer secret-token"


@both_styles
def test_pages_resume_and_prefetch(connect, page):
    script = Script(page(1, next_query="page=2"), page(2))
    client = connect(script)
    assert [list(part.items) for part in client.paginate(THINGS).prefetch(4).pages()] == [[{"id": 1}], [{"id": 2}]]
    first = next(iter(connect(Script(page(1, next_query="page=2"))).paginate(THINGS).pages()))
    rest = connect(script).paginate(THINGS, item_type=NumberedThing).resume(first.next_url)
    assert list(rest) == [NumberedThing(2)]
    assert script.paths[-1] == f"{THINGS}?page=2"


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


VALUES = [
    (date, "2026-01-02", date(2026, 1, 2)),
    (UUID, ID, UUID(ID)),
    (Color, "red", Color.RED),
    (tuple[Point, ...], [{"x": 1}, {"x": "y"}], [{"x": 1}, {"x": "y"}]),
    (tuple[int, date], [1, "2026-01-02"], (1, date(2026, 1, 2))),
    (Sequence[Node], [{"number": 1}], [Node(1)]),
    (dict[int, Point], {"1": {"x": 1}, "2": {"x": "y"}}, {"1": {"x": 1}, "2": {"x": "y"}}),
    (dict[str, Point], {"1": {"x": 1}, "2": {"x": "y"}}, {"1": Point(1), "2": {"x": "y"}}),
    (Node, {"number": "y", "children": [{"number": 1}]}, Node("y", [Node(1)])),
    (Positive, {"x": -1}, {"x": -1}),
    (Box[date], {"wrong": 1, "item": "2026-01-02"}, Box(1, date(2026, 1, 2))),
]


@pytest.mark.parametrize(("kind", "json", "value"), VALUES, ids=lambda each: str(each)[:30])
def test_a_field_is_decoded_although_another_does_not_match(connect, kind, json, value):
    client = connect(Script(response({"wrong": "y", "item": json})))
    assert client.request("GET", THING, response_type=Box[kind]) == Box("y", value)


@pytest.mark.parametrize("kind", [models.Build | None, Any, object, type(None)])
def test_an_empty_body_is_none_if_the_type_has_none(connect, kind):
    client = connect(Script(httpx.Response(202, content=b" ")), strict=True)
    assert client.request("GET", THING, response_type=kind) is None


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
