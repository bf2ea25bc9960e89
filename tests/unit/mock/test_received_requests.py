"""Records of the requests that the mock has received."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx
import pytest

from buildkite_rest import Buildkite
from buildkite_rest.mock.http import received_requests

from .caller import PIPELINES, WEB

BODY = {"commit": "HEAD", "branch": "main"}


@pytest.fixture
def client(server):
    with Buildkite(server.token, base_url=server.url, timing=server.timing) as client:
        yield client


def test_a_request_is_recorded(server, client):
    client.builds.create("acme", "web", **BODY)
    [request] = server.requests
    assert (request.method, request.path, request.status) == ("POST", f"{WEB}/builds", 201)
    assert (request.json, request.query, request.truncated) == (BODY, {}, False)
    assert abs(request.received_at - datetime.now(UTC)).total_seconds() < 60
    assert request.headers["content-type"] == request.headers["Content-Type"] == "application/json"


def test_values_of_names_of_credentials_are_masked(server):
    headers = {"X-Api-Key": "S3CRET", "X-Buildkite-Token": "S3CRET", "Proxy-Authorization": "Basic S3CRET"}
    parameters = {"access_token": "S3CRET", "step_key": "lint", "show_api_token": "true"}
    httpx.get(f"{server.url}/v2/user", headers={**headers, "Idempotency-Key": "1"}, params=parameters, timeout=60)
    [request] = server.requests
    assert request.query == {"access_token": ["***"], "step_key": ["lint"], "show_api_token": ["true"]}
    assert [request.headers[name] for name in headers] == ["***"] * 3
    assert request.headers["Idempotency-Key"] == "1"
    assert "S3CRET" not in httpx.get(f"{server.url}/_mock/requests", timeout=60).text


@pytest.mark.parametrize(
    ("method", "path", "count"),
    [
        ("POST", f"{WEB}/builds", 1),
        ("post", "/v2/organizations/{org}/pipelines/*/builds/", 1),
        ("GET", f"{WEB}/builds", 0),
        ("POST", "/v2/organizations/{org}/builds", 0),
        ("POST", "/v2/*", 0),
        ("POST", "/", 0),
    ],
)
def test_requests_are_found_by_method_and_path(server, client, method, path, count):
    client.builds.create("acme", "web", **BODY)
    assert len(server.requests_to(method, path)) == count


def test_a_request_that_fails_is_recorded_with_what_was_sent(server, client):
    server.inject("502")
    server.inject("reset")
    client.user.get()
    assert [request.status for request in server.requests] == [502, None, 200]


def test_bodies_that_are_not_json(server):
    for body in (b"", b"\xff", b"1" * (received_requests.MOST_BYTES + 1)):
        httpx.post(f"{server.url}/v2/user", content=body, timeout=60)
    empty, raw, long = server.requests
    assert (empty.json, raw.content) == (None, b"\xff")
    assert (len(long.content), long.truncated) == (received_requests.MOST_BYTES, True)
    for request, message in ((raw, "is not JSON; use content"), (long, "is longer than 262144 bytes; use content")):
        with pytest.raises(ValueError, match=f"^the body of POST /v2/user {message}$"):
            assert request.json


@pytest.mark.parametrize("query", ["methd=POST", "path[]=/v2/user"])
def test_parameters_that_are_not_used_are_refused(server, query):
    refused = httpx.get(f"{server.url}/_mock/requests?{query}", timeout=60)
    assert (refused.status_code, query[:4] in refused.json()["message"]) == (400, True)


def test_the_latest_requests_are_kept(api):
    for _ in range(received_requests.MOST_REQUESTS + 5):
        api.request("BREW", "/")
    assert len(api.get("/_mock/requests").json()) == 1000


def test_other_programs_read_the_records(api):
    control = api.as_owner_of(None)
    api.post(f"{WEB}/builds", json=BODY)
    api.post(PIPELINES, content=b"\x00", headers={"Content-Type": "text/plain"})
    first, second = control.get("/_mock/requests").json()
    assert (first["method"], first["path"], first["json"], first["status"]) == ("POST", f"{WEB}/builds", BODY, 201)
    assert first["headers"]["authorization"] == "***"
    assert (second["content"], second["truncated"], second["json"]) == ("AA==", False, None)
    assert second["received_at"] == "2026-03-02T10:00:00Z"
    found = control.get("/_mock/requests", params={"method": "POST", "path": "/v2/organizations/{org}/pipelines"})
    assert found.json() == [second]
    refused = control.get("/_mock/requests?method=GET&path=v2")
    assert (refused.status_code, "The request is invalid: 'v2'" in refused.json()["message"]) == (400, True)
    assert control.get("/_mock/").json()["requests"] == 2
