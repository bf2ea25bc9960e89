"""Validation of requests, and how the OpenAPI document is loaded."""

from __future__ import annotations

import pytest

from buildkite_rest.mock.http.errors import FieldError
from buildkite_rest.mock.http.query import Query
from buildkite_rest.mock.http.validation import Problem, Spec, api_spec

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


def test_a_huge_body_is_rejected(api):
    assert api.post(BUILDS, content=b'{"commit": "' + b"x" * (2 << 20) + b'"}').status_code == 400


def test_invalid_fields_are_named(api):
    body = {"commit": 1, "branch": "main", "author": {"name": 2}, "env": []}
    response = api.post(BUILDS, json=body)
    assert response.status_code == 422
    errors = {(error["field"], error["code"]) for error in response.json()["errors"]}
    assert errors == {("commit", "invalid"), ("author.name", "invalid"), ("env", "invalid")}


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


def test_a_field_is_named_once():
    contract = api_spec().operation("POST", "/v2/organizations/{org}/pipelines/{pipeline}/builds")
    problems = [Problem("branch", missing=False, detail="is invalid")] * 2
    assert contract.error(problems, of_query=False).errors == (FieldError("branch", "invalid"),)


def test_a_missing_required_body_is_rejected(api):
    assert {error["field"] for error in api.post(BUILDS).json()["errors"]} == {"commit", "branch"}
    response = api.patch(WEB)
    assert (response.status_code, response.json()) == (422, {"message": "Validation failed: The body is missing"})
    assert api.put(f"{BUILDS}/42/retry_failed_jobs").status_code == 202


def test_where_no_body_is_expected_none_is_read(api):
    response = api.put(f"{BUILDS}/42/rebuild", content=b"\xff", headers={"Content-Type": "image/png"})
    assert response.status_code == 200


def test_unknown_fields_and_parameters_are_ignored(api):
    assert api.post(f"{BUILDS}?x=1", json={"commit": "HEAD", "branch": "main", "x": [None]}).status_code == 201


@pytest.mark.parametrize(
    "query", ["exclude_jobs=maybe", "meta_data=x", "state=x", "state[]=x", "creator=x", "page[a]=1"]
)
def test_invalid_parameters_are_400(api, query):
    response = api.get(f"{BUILDS}?{query}")
    assert response.status_code == 400
    assert query.partition("=")[0].partition("[")[0] in response.json()["message"]


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
    ("schema", "good", "bad"),
    [
        ({"type": "integer", "minimum": 1}, ["1", "9" * 30], ["0", "x", "1.0", "", "-1"]),
        ({"type": "boolean"}, ["true", "false", "1", "TRUE"], ["2", "maybe", ""]),
        ({"type": ["integer", "null"]}, ["5"], ["x"]),
        ({"oneOf": [{"type": "integer"}, {"type": "boolean"}]}, ["5", "true"], ["x"]),
        ({"type": "string", "format": "date-time"}, ["2026-03-02T09:00:00Z"], ["2026-03-02", "x"]),
        ({"type": "string", "format": "uuid"}, ["01920000-0000-7000-8000-000000000001"], ["x"]),
    ],
)
def test_parameters_are_read_as_their_types(schema, good, bad):
    contract = small(schema)
    for value in good:
        assert contract.query_problems(Query.parse(f"x={value}".encode())) == []
    for value in bad:
        assert contract.query_problems(Query.parse(f"x={value}".encode()))


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
