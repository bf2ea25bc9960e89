"""Seventh set A: invalid requests that are accepted, and wrong errors."""

import re

import httpx
from tests.conformance.planted.mutant import Request, Response, Server
from tests.conformance.planted.seventh_set_a_support import (
    CLUSTER,
    EDSGER,
    FRONTEND,
    HOSTED_CLUSTER,
    METRICS,
    MUTANTS,
    ORGANIZATION,
    SUITE,
    internal,
    values,
)

TESTS = "/v2/analytics/organizations/{org}/suites/{suite}/tests"


def unknown_role(http: httpx.Client) -> None:
    response = http.post(f"{FRONTEND}/members", json={"user_id": EDSGER, "role": "owner"})
    assert response.status_code == 422
    assert http.get(f"{FRONTEND}/members/{EDSGER}").status_code == 404


@MUTANTS.plant(
    "errors",
    operations="createTeamMember",
    title="an unknown role is accepted as `member`",
    source="pages/apis/rest_api/teams/members.md: member or maintainer; 422 Unprocessable Entity",
    witness=unknown_role,
)
async def unknown_role_is_member_a(server: Server, request: Request) -> Response:
    body = request.json
    if values(request, "POST", "/v2/organizations/{org}/teams/{team}/members") is not None and isinstance(body, dict):
        role = body.get("role")
        if isinstance(role, str) and role not in {"member", "maintainer"}:
            request.json = {**body, "role": "member"}
    return await server.call(request)


def blank_version(http: httpx.Client) -> None:
    assert http.get(f"{SUITE}/tests", headers={"Buildkite-Version": "1.0"}).status_code == 400
    assert http.get(f"{SUITE}/tests", headers={"Buildkite-Version": ""}).status_code == 200


@MUTANTS.plant(
    "errors",
    operations="listTests getTest",
    title="a blank `Buildkite-Version` is refused",
    source="pages/apis/rest_api/test_engine/_tests_version_header.md: A blank value is treated as an omitted header",
    witness=blank_version,
)
async def blank_version_refused_a(server: Server, request: Request) -> Response:
    response = await server.call(request)
    is_test = values(request, "GET", TESTS) is not None or values(request, "GET", f"{TESTS}/{{test}}") is not None
    if is_test and response.status == 200 and not request.headers.get("buildkite-version", "-").strip():
        response.status = 400
        response.headers.pop("link", None)
        response.json = {"message": "Buildkite-Version must be in format YYYY-MM-DD"}
    return response


def key_of_secret(http: httpx.Client) -> None:
    secret = http.get(f"{CLUSTER}/secrets").json()[0]
    body = {"key": "OTHER_KEY", "description": "Changed"}
    response = http.put(f"{CLUSTER}/secrets/{secret['id']}", json=body)
    assert 400 <= response.status_code < 500
    assert response.json()["message"] == "The key parameter cannot be updated."


@MUTANTS.plant(
    "errors",
    operations="updateClusterSecret",
    title="a new `key` of a secret is ignored instead of refused",
    source="pages/apis/rest_api/clusters/secrets.md: The key parameter cannot be updated.",
    witness=key_of_secret,
)
async def key_of_secret_ignored_a(server: Server, request: Request) -> Response:
    body = request.json
    template = "/v2/organizations/{org}/clusters/{cluster}/secrets/{secret}"
    if values(request, "PUT", template) is not None and isinstance(body, dict) and "key" in body:
        request.json = {name: value for name, value in body.items() if name != "key"}
    return await server.call(request)


def empty_tag(http: httpx.Client) -> None:
    response = http.request("DELETE", f"{HOSTED_CLUSTER}/cache_volumes", json={"tag": ""})
    assert response.status_code == 400
    assert response.json()["message"] == "`tag` must be a non-empty string"


@MUTANTS.plant(
    "errors",
    operations="deleteClusterCacheVolume",
    title="an empty tag is looked up, so the error is 404 instead of 400",
    source="pages/apis/rest_api/clusters/cache_volumes.md: `tag` must be a non-empty string",
    witness=empty_tag,
)
async def empty_tag_not_found_a(server: Server, request: Request) -> Response:
    response = await server.call(request)
    is_deletion = values(request, "DELETE", "/v2/organizations/{org}/clusters/{cluster}/cache_volumes") is not None
    body = request.json
    if is_deletion and response.status == 400 and isinstance(body, dict) and body.get("tag") == "":
        response.status = 404
        response.json = {"message": "No cache volume found for tag: "}
    return response


def malformed_connection(http: httpx.Client) -> None:
    assert http.get(f"{ORGANIZATION}/repository_connections/github").status_code == 400


@MUTANTS.plant(
    "errors",
    operations="getRepositoryConnection",
    title="an id that is not a UUID gets 404 instead of 400",
    source="pages/apis/rest_api/organizations/repository_connections.md: The connection ID is not a valid UUID",
    witness=malformed_connection,
)
async def malformed_connection_not_found_a(server: Server, request: Request) -> Response:
    response = await server.call(request)
    is_connection = values(request, "GET", "/v2/organizations/{org}/repository_connections/{id}") is not None
    if is_connection and response.status == 400:
        response.status = 404
        response.json = {"message": "No repository connection found"}
    return response


def batch_with_invalid_address(http: httpx.Client) -> None:
    body = {"emails": ["valid@elsewhere.example", "invalid"], "sso_mode": "optional"}
    assert http.post(f"{ORGANIZATION}/invitations", json=body).status_code == 422
    pending = http.get(f"{ORGANIZATION}/invitations").json()["items"]
    assert "valid@elsewhere.example" not in {each["email"] for each in pending}


@MUTANTS.plant(
    "errors",
    operations="createOrganizationInvitations",
    title="of a batch with an invalid address, the addresses before it are invited",
    source="pages/apis/rest_api/organizations/invitations.md: If any address is invalid, no invitations are created",
    witness=batch_with_invalid_address,
)
async def valid_part_of_batch_invited_a(server: Server, request: Request) -> Response:
    response = await server.call(request)
    body = request.json
    is_batch = values(request, "POST", "/v2/organizations/{org}/invitations") is not None
    if is_batch and response.status == 422 and isinstance(body, dict) and isinstance(body.get("emails"), list):
        for email in body["emails"]:
            if not isinstance(email, str) or not re.fullmatch(r"[^@\s]+@[^@\s]+\.\w+", email):
                break
            await internal(server, request, "POST", request.path, json={**body, "emails": [email]})
    return response


def both_windows(http: httpx.Client) -> None:
    test = http.get(f"{SUITE}/tests").json()[0]
    params = {"period": "7days", "min_timestamp": "2026-07-01T00:00:00Z"}
    response = http.get(f"{SUITE}/tests/{test['id']}", params=params, headers=METRICS)
    assert 400 <= response.status_code < 500


@MUTANTS.plant(
    "errors",
    operations="getTest",
    title="`period` is ignored if there is a `min_timestamp`, instead of an error",
    source="pages/apis/rest_api/test_engine/_tests_metrics_query_strings.md: Cannot be combined with `min_timestamp`",
    witness=both_windows,
)
async def both_windows_accepted_a(server: Server, request: Request) -> Response:
    if values(request, "GET", f"{TESTS}/{{test}}") is not None and "min_timestamp" in request.params:
        request.params.pop("period", None)
    return await server.call(request)
