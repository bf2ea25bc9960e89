"""Responses of a test's choice."""

from __future__ import annotations

import httpx
import pytest

from buildkite_rest import (
    Buildkite,
    NotFoundError,
    PermissionDeniedError,
    RetryPolicy,
    UnprocessableEntityError,
)

from .caller import PIPELINES, WEB

BUILDS = f"{WEB}/builds"
BODY = {"commit": "HEAD", "branch": "main"}


@pytest.fixture
def client(server):
    retries = RetryPolicy(max_retries=0)
    with Buildkite(server.token, base_url=server.url, retries=retries, strict=True) as client:
        yield client


@pytest.fixture
def get(server):
    with httpx.Client(base_url=server.url, timeout=60) as http:
        yield http.get


def test_field_errors(server, client):
    errors = [{"field": "commit", "code": "invalid"}]
    response = server.respond("POST", BUILDS, status=422, json={"message": "Validation Failed", "errors": errors})
    with pytest.raises(UnprocessableEntityError, match="commit") as raised:
        client.builds.create("acme", "web", **BODY)
    assert raised.value.errors[0].code == "invalid"
    assert [request.json for request in response.requests] == [BODY]
    assert len(list(client.builds.list("acme", "web"))) < 10
    response.remove()
    response.remove()
    assert client.builds.create("acme", "web", **BODY).number


@pytest.mark.parametrize(("status", "error"), [(404, NotFoundError), (403, PermissionDeniedError)])
def test_an_error_without_a_body_has_the_message_of_its_status(server, client, status, error):
    server.respond("GET", "/v2/organizations/{org}/pipelines/*", status=status)
    with pytest.raises(error, match={404: "Not Found", 403: "Forbidden"}[status]):
        client.pipelines.get("acme", "web")
    assert client.user.get().name


@pytest.mark.parametrize(
    ("options", "content_type", "body"),
    [
        ({"content": b"\xff\x00"}, None, b"\xff\x00"),
        ({"content": "é"}, "text/plain; charset=utf-8", "é".encode()),
        ({"content": "<h1>", "headers": {"content-type": "text/html"}}, "text/html", b"<h1>"),
        ({"json": None}, "application/json; charset=utf-8", b"null"),
        ({"status": 204}, None, b""),
        ({"status": 599}, "application/json; charset=utf-8", b'{"message":"Error"}'),
        ({"headers": {"X-Test": "1", "date": "today"}}, None, b""),
    ],
)
def test_any_body_and_any_header(server, get, options, content_type, body):
    server.respond("GET", "/v2/new/path", **options)
    response = get("/v2/new/path")
    assert (response.status_code, response.content) == (options.get("status", 200), body)
    assert response.headers.get("Content-Type") == content_type
    if "X-Test" in options.get("headers", {}):
        assert response.headers.get_list("date") == ["today"]
        assert response.headers["x-test"] == "1"


def test_the_order_of_responses(server, get):
    for status, times in ((200, None), (201, 1), (202, 2), (203, None)):
        server.respond("GET", "/v2/user", status=status, times=times)
    assert [get("/v2/user").status_code for _ in range(5)] == [201, 202, 202, 203, 203]
    server.inject("500")
    assert [get("/v2/user").status_code for _ in range(2)] == [500, 203]


def test_a_response_of_a_block(server, get):
    with server.respond("GET", "/v2/user", status=404) as response:
        assert get("/v2/user/").status_code == 404
        assert httpx.head(f"{server.url}/v2/user", timeout=60).status_code == 404
    assert len(response.requests) == 2
    assert get("/v2/user").status_code == 401


INVALID = {
    "method": ({"method": "FETCH"}, ValueError, "method is invalid: Invalid enum value 'FETCH'"),
    "path": ({"path": "/_mock/reset"}, ValueError, "'/_mock/reset' is not the path of a request"),
    "status": ({"status": 199}, ValueError, "status is invalid: Expected `int` >= 200"),
    "times": ({"times": 0}, ValueError, "times is invalid: "),
    "two-bodies": ({"json": 1, "content": "1"}, ValueError, "a response has one body: json or content, not both"),
    "json": ({"json": object()}, TypeError, "Encoding objects of type object"),
    "surrogate": ({"content": "\ud800"}, ValueError, ".*surrogates not allowed"),
    "headers": ({"headers": {"a": 1}}, ValueError, "headers is invalid: Expected `str`, got `int`"),
}


@pytest.mark.parametrize(("change", "error", "message"), INVALID.values(), ids=INVALID)
def test_an_invalid_argument_is_rejected_in_one_line(server, change, error, message):
    arguments = {"method": "GET", "path": "/v2/user"} | change
    with pytest.raises(error, match=f"^{message}") as raised:
        server.respond(arguments.pop("method"), arguments.pop("path"), **arguments)
    assert "\n" not in str(raised.value)


def test_other_programs_set_responses(api):
    control = api.as_owner_of(None)
    plan = {"method": "POST", "path": f"{PIPELINES}/{{pipeline}}/builds", "status": 422, "json": {"message": "No"}}
    state = control.post("/_mock/respond", json={**plan, "times": 2}).json()
    assert state["responses"] == [{"method": "POST", "path": plan["path"], "times": 2, "status": 422}]
    refused = api.post(BUILDS, json=BODY)
    assert (refused.status_code, refused.json()) == (422, {"message": "No"})
    assert control.get("/_mock/").json()["responses"][0]["times"] == 1
    control.post("/_mock/respond", json={"method": "GET", "path": "/v2/user", "content": "Hi"})
    assert api.get("/v2/user").text == "Hi"
    assert control.post("/_mock/reset").json()["responses"] == []
    assert api.post(BUILDS, json=BODY).status_code == 201
