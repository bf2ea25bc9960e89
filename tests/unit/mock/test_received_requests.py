"""Records of the requests that the mock has received."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import httpx
import pytest

from buildkite_rest import Buildkite
from buildkite_rest.mock import MockServer
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


def test_no_credential_is_recorded(server, client):
    client.user.get()
    [request] = server.requests
    assert request.headers["Authorization"] == "Bearer ***"
    assert server.token not in repr(request)


def test_values_of_names_of_credentials_are_masked(server):
    headers = {"X-Api-Key": "S3CRET", "X-Buildkite-Token": "S3CRET", "Proxy-Authorization": "Basic S3CRET"}
    parameters = {"access_token": "S3CRET", "step_key": "lint", "show_api_token": "true"}
    httpx.get(f"{server.url}/v2/user", headers={**headers, "Idempotency-Key": "1"}, params=parameters, timeout=60)
    [request] = server.requests
    assert request.query == {"access_token": ["***"], "step_key": ["lint"], "show_api_token": ["true"]}
    assert [request.headers[name] for name in headers] == ["***", "***", "Basic ***"]
    assert request.headers["Idempotency-Key"] == "1"
    assert "S3CRET" not in httpx.get(f"{server.url}/_mock/requests", timeout=60).text


def test_an_unknown_method_is_refused(server):
    with pytest.raises(ValueError, match="'PSOT' is not a supported method"):
        server.requests_to("PSOT", "/v2/user")
    refused = httpx.get(f"{server.url}/_mock/requests?method=PSOT", timeout=60)
    assert (refused.status_code, "'PSOT' is not a supported method" in refused.json()["message"]) == (400, True)


def test_parameters_are_decoded_lists(server, client):
    list(client.builds.list("acme", "web", state=["failed", "passed"], branch="a b", max_items=1))
    query = server.requests[-1].query
    assert (query["state[]"], query["branch"]) == (["failed", "passed"], ["a b"])


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


@pytest.mark.parametrize(
    "path", ["v2/user", "/v2/user?page=2", "/v2/us*", "/v2/{org", "/_mock/", "http://127.0.0.1/v2"]
)
def test_a_pattern_that_matches_no_request_is_rejected(server, path):
    with pytest.raises(ValueError, match="is not the path of a request"):
        server.requests_to("GET", path)


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


def test_the_path_and_repeated_headers_are_recorded_as_they_were_sent(server):
    headers = [("X-A", "1"), ("x-a", "2"), ("X-Token", "S3CRET"), ("X-Token", "S3CRET")]
    httpx.get(f"{server.url}/v2/user/", headers=headers, timeout=60)
    [request] = server.requests_to("GET", "/v2/user")
    assert request.path == "/v2/user/"
    assert (request.headers["X-A"], request.headers["X-Token"]) == ("1, 2", "***, ***")


@pytest.mark.parametrize("query", ["methd=POST", "method=GET&method=POST", "path[]=/v2/user"])
def test_parameters_that_are_not_used_are_refused(server, query):
    refused = httpx.get(f"{server.url}/_mock/requests?{query}", timeout=60)
    assert (refused.status_code, query[:4] in refused.json()["message"]) == (400, True)
    assert httpx.delete(f"{server.url}/_mock/responses?path=/v2/user", timeout=60).status_code == 400


def test_a_reset_removes_the_records(server, client):
    client.user.get()
    server.reset()
    assert server.requests == []


def test_requests_that_control_the_mock_are_not_recorded(server):
    httpx.get(f"{server.url}/_mock/", timeout=60)
    assert server.requests == []


def test_the_latest_requests_are_kept():
    records = received_requests.ReceivedRequests()
    for number in range(received_requests.MOST_REQUESTS + 5):
        records.add(number)
    assert (records.total, records.snapshot()[0], len(records.snapshot())) == (1005, 5, 1000)


def test_requests_of_threads_are_recorded_once(server, client):
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: (client.user.get(), server.requests), range(20)))
    assert len(server.requests) == 20


def test_requests_can_be_read_after_the_server_has_stopped():
    with MockServer(builds=1) as server, Buildkite(server.token, base_url=server.url) as client:
        client.user.get()
    assert [request.path for request in server.requests] == ["/v2/user"]


def test_other_programs_read_the_records(api):
    control = api.as_owner_of(None)
    api.post(f"{WEB}/builds", json=BODY)
    api.post(PIPELINES, content=b"\x00", headers={"Content-Type": "text/plain"})
    first, second = control.get("/_mock/requests").json()
    assert (first["method"], first["path"], first["json"], first["status"]) == ("POST", f"{WEB}/builds", BODY, 201)
    assert first["headers"]["authorization"] == "Bearer ***"
    assert (second["content"], second["truncated"], second["received_at"]) == (
        "AA==",
        False,
        "2026-03-02T10:00:00.000Z",
    )
    found = control.get("/_mock/requests", params={"method": "POST", "path": "/v2/organizations/{org}/pipelines"})
    assert found.json() == [second]
    refused = control.get("/_mock/requests?path=v2")
    assert (refused.status_code, "The request is invalid: 'v2'" in refused.json()["message"]) == (400, True)
    assert control.get("/_mock/").json()["requests"] == 2
