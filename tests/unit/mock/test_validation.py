"""Validation of requests, and how the OpenAPI document is loaded."""

from __future__ import annotations

import pytest

from buildkite_rest.mock.http.query import Query

from .caller import PIPELINES, WEB

BUILDS = f"{WEB}/builds"


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"nope",
        b"\xff\xfe",
        b'{"commit": "\\ud800", "branch": "x"}',
        b"[" * 100_000,
        b'{"a": 1e999}',
        b"NaN",
        b"\x00",
    ],
)
def test_what_is_not_json_is_400(api, body):
    response = api.post(BUILDS, content=body, headers={"Content-Type": "application/json"})
    assert (response.status_code, response.json()) == (400, {"message": "The body is not valid JSON"})


@pytest.mark.parametrize("body", ["[]", "1", '"x"', "true"])
def test_a_body_is_an_object(api, body):
    response = api.post(BUILDS, content=body)
    assert (response.status_code, response.json()) == (
        422,
        {"message": "Validation failed: The body must be an object"},
    )


@pytest.mark.parametrize(("method", "path"), [("POST", PIPELINES), ("PATCH", WEB), ("POST", BUILDS)])
def test_three_operations_list_the_fields(api, method, path):
    body = api.request(method, path, json={"name": 1, "branch": 1}).json()
    assert body["message"] == "Validation Failed"
    assert {error["code"] for error in body["errors"]} <= {"missing", "invalid"}


@pytest.mark.parametrize(
    ("raw", "values"),
    [
        (b"a=1&a=2", {"a": "2"}),
        (b"a[]=1&a[]=2&a=3", {"a[]": ["1", "2"], "a": "3"}),
        (b"m[k]=v&m[l]=w&m[k]=x", {"m": {"k": "x", "l": "w"}}),
        (b"m=1&m[k]=v", {"m": {"k": "v"}}),
        (b"a=%FF&b=%C3%BC&c=+", {"a": "\ufffd", "b": "ü", "c": " "}),
        (b"a&=x&[k]=v&a[[]]=1&&", {"a": "", "": "x", "[k]": "v", "a[[]]": "1"}),
        (b"\xff=1", {"\xff": "1"}),
    ],
)
def test_query_strings(raw, values):
    assert Query.parse(raw).values == values


@pytest.mark.parametrize("depth", [100, 255, 256, 500, 900, 5000])
def test_deep_bodies_are_rejected(api, depth):
    deep = b'{"commit": "HEAD", "branch": "main", "env": {"x": ' + b"[" * depth + b"]" * depth + b"}}"
    assert api.post(BUILDS, content=deep).status_code in {400, 422}
