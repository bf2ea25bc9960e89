"""Validation of requests, and how the OpenAPI document is loaded."""

from __future__ import annotations

import pytest

from buildkite_rest.mock.http.query import Query
from buildkite_rest.mock.http.validation import Spec

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


@pytest.mark.parametrize(
    ("method", "path", "body", "reason"),
    [
        ("POST", "pipeline-templates", {}, "name is missing, configuration is missing"),
        ("POST", "pipelines/web/schedules", {"cronline": "@daily", "env": 1}, "env is invalid"),
        ("POST", "portals", {"name": 1}, "query is missing, name is invalid"),
        ("POST", "rules", {"type": "x", "value": 7}, "type is invalid, value is invalid"),
        ("POST", "clusters", {}, "name is missing"),
        ("POST", "services", {}, "provider is missing"),
        ("PATCH", "pipelines/web/schedules/x", [], "The body must be an object"),
    ],
)
def test_most_errors_name_the_fields_in_a_sentence(api, method, path, body, reason):
    response = api.request(method, f"/v2/organizations/acme/{path}", json=body)
    assert (response.status_code, response.json()) == (422, {"message": f"Validation failed: {reason}"})


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


def small(schema, responses=("400",), location="query"):
    operation = {"responses": {status: {} for status in responses}}
    if location == "query":
        operation["parameters"] = [{"name": "x", "in": "query", "schema": schema}]
    else:
        operation["requestBody"] = {"content": {"application/json": {"schema": schema}}}
    document = {"openapi": "3.1.1", "paths": {"/x/{y}": {"post": operation}}, "components": {"schemas": {}}}
    return Spec(document).operation("POST", "/x/{anything}")


@pytest.mark.parametrize(
    ("responses", "of_query", "status"),
    [
        (("400",), True, 400),
        (("422",), True, 422),
        (("400", "422"), True, 400),
        (("400", "422"), False, 422),
        (("400",), False, 400),
        ((), False, 400),
    ],
)
def test_the_status_is_one_that_is_documented(responses, of_query, status):
    contract = small({"type": "object", "required": ["a"]}, responses, "body")
    problems = contract.body_problems({})
    assert contract.error(problems, of_query=of_query).status == status


def test_the_nearest_alternative_explains_the_error():
    one = {"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}}
    other = {"type": "object", "required": ["b", "c", "d"]}
    problems = small({"oneOf": [other, one]}, location="body").body_problems({})
    assert [(problem.field, problem.missing) for problem in problems] == [("a", True)]


@pytest.mark.parametrize("depth", [100, 255, 256, 500, 900, 5000])
def test_deep_bodies_are_rejected(api, depth):
    deep = b'{"commit": "HEAD", "branch": "main", "env": {"x": ' + b"[" * depth + b"]" * depth + b"}}"
    assert api.post(BUILDS, content=deep).status_code in {400, 422}
