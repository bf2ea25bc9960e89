"""Missing checks of tokens, scopes and owners."""

from __future__ import annotations

import base64
import binascii
import json
import time

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.second_set_headers import ALL
from tests.conformance.planted.second_set_support import (
    CLUSTER,
    JOB,
    JOB_IN_BUILD,
    NO_SCOPES,
    ORG,
    PACKAGES,
    REGISTRIES,
    cluster,
    jobs,
    matches,
    user,
    without_scope,
)
from tests.conformance.runner_support import TOKEN

MUTANTS = Mutants()


def basic_authentication(http: httpx.Client) -> None:
    assert httpx.get(f"{http.base_url}/v2/user", auth=(TOKEN, "")).status_code == 401


@MUTANTS.plant(
    "access",
    operations=ALL,
    title="a token is accepted as the user of basic authentication",
    source="pages/apis/rest_api.md: basic HTTP authentication is not supported",
    witness=basic_authentication,
)
async def token_as_user_of_basic_authentication(server: Server, request: Request) -> Response:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            token = base64.b64decode(value).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            token = ""
        request.headers["authorization"] = f"Bearer {token}"
    return await server.call(request)


def token_in_capitals(http: httpx.Client) -> None:
    headers = {"Authorization": f"Bearer {TOKEN.swapcase()}"}
    assert http.get("/v2/access-token", headers=headers).status_code == 401


@MUTANTS.plant(
    "access",
    operations=ALL,
    title="tokens are compared without regard to case",
    source="pages/apis/rest_api.md: Authentication, the access token",
    witness=token_in_capitals,
)
async def tokens_compared_without_case(server: Server, request: Request) -> Response:
    response = await server.call(request)
    value = request.headers.get("authorization", "")
    if response.status == 401 and value.lower() == f"Bearer {TOKEN}".lower():
        request.headers["authorization"] = f"Bearer {TOKEN}"
        return await server.call(request)
    return response


def token_in_query(http: httpx.Client) -> None:
    assert httpx.get(f"{http.base_url}/v2/access-token", params={"access_token": TOKEN}).status_code == 401


@MUTANTS.plant(
    "access",
    operations=ALL,
    title="a token in the parameter `access_token` is accepted",
    source="pages/apis/rest_api/access_token.md: expect the token to be provided using the Authorization HTTP header",
    witness=token_in_query,
)
async def token_accepted_in_the_query(server: Server, request: Request) -> Response:
    if "access_token" in request.params and "authorization" not in request.headers:
        request.headers["authorization"] = f"Bearer {request.params.pop('access_token')[0]}"
    return await server.call(request)


def unsigned_token(http: httpx.Client) -> None:
    now = int(time.time())
    claims = {"iss": http.get("/v2/access-token").json()["uuid"], "iat": now, "exp": now + 60}
    parts = [base64.urlsafe_b64encode(json.dumps(each).encode()).decode() for each in ({"alg": "none"}, claims)]
    headers = {"Authorization": f"Bearer {'.'.join(parts).replace('=', '')}."}
    assert http.get("/v2/access-token", headers=headers).status_code == 401


@MUTANTS.plant(
    "access",
    operations=ALL,
    title="a JWT with the algorithm `none` is accepted",
    source="pages/apis/rest_api.md: sign a JWT with your private key using the RS256 algorithm",
    witness=unsigned_token,
)
async def jwt_without_signature_accepted(server: Server, request: Request) -> Response:
    parts = request.headers.get("authorization", "").removeprefix("Bearer ").split(".")
    if len(parts) == 3:
        try:
            header, claims = (json.loads(base64.urlsafe_b64decode(f"{part}==")) for part in parts[:2])
            if header["alg"].lower() == "none" and claims["iss"] and abs(claims["iat"] - time.time()) <= 10:
                request.headers["authorization"] = f"Bearer {TOKEN}"
        except (ValueError, KeyError, TypeError, AttributeError):
            pass
    return await server.call(request)


def revoked_token(http: httpx.Client) -> None:
    assert http.delete("/v2/access-token", headers=NO_SCOPES).status_code == 204
    assert http.get("/v2/access-token", headers=NO_SCOPES).status_code == 401


@MUTANTS.plant(
    "access",
    operations="revokeAccessToken",
    title="a revoked token can still be used",
    source="pages/apis/rest_api/access_token.md: once revoked, the token can no longer be used",
    witness=revoked_token,
)
async def revoked_token_still_valid(server: Server, request: Request) -> Response:
    if matches(request, "DELETE", "/v2/access-token"):
        response = await server.call(Request("GET", request.path, {}, request.headers, b""))
        return response if response.status == 401 else Response(204)
    return await server.call(request)


def public_addresses(http: httpx.Client) -> None:
    assert httpx.get(f"{http.base_url}/v2/meta").status_code == 200


@MUTANTS.plant(
    "access",
    operations="getMeta",
    title="the addresses of Buildkite need a token",
    source="pages/apis/rest_api/meta.md: it does not require authentication",
    witness=public_addresses,
)
async def meta_needs_a_token(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "GET", "/v2/meta") and "authorization" not in request.headers:
        response.status = 401
        response.json = {"message": "Authentication required. Please supply a valid API access token."}
    return response


def environment_scope(http: httpx.Client) -> None:
    job = jobs(http, 30)[0]["id"]
    assert http.get(f"{ORG}/jobs/{job}/env", headers=NO_SCOPES).status_code == 403


@MUTANTS.plant(
    "access",
    operations="getJobEnv getJobEnvInBuild",
    title="the environment of a job needs no scope",
    source="pages/apis/rest_api/jobs.md: Get a job's environment variables, required scope read_job_env",
    witness=environment_scope,
)
async def environment_without_scope(server: Server, request: Request) -> Response:
    if matches(request, "GET", f"{JOB}/env", f"{JOB_IN_BUILD}/env"):
        return await without_scope(server, request)
    return await server.call(request)


def package_scope(http: httpx.Client) -> None:
    package = http.get(f"{REGISTRIES}/gems/packages").json()["items"][0]
    assert http.delete(package["url"], headers=NO_SCOPES).status_code == 403


@MUTANTS.plant(
    "access",
    operations="deletePackage",
    title="packages can be deleted without the scope",
    source="pages/apis/rest_api/package_registries/packages.md: Delete a package, required scope delete_packages",
    witness=package_scope,
)
async def package_deleted_without_scope(server: Server, request: Request) -> Response:
    if matches(request, "DELETE", f"{PACKAGES}/{{id}}"):
        return await without_scope(server, request)
    return await server.call(request)


def event_scope(http: httpx.Client) -> None:
    event = http.get(f"{ORG}/audit_events").json()["items"][0]
    assert http.get(event["url"], headers=NO_SCOPES).status_code == 403


@MUTANTS.plant(
    "access",
    operations="getAuditEvent",
    title="a single audit event needs no scope; the list does",
    source="pages/apis/rest_api/organizations/audit_events.md: Get an audit event, required scope read_audit_events",
    witness=event_scope,
)
async def audit_event_without_scope(server: Server, request: Request) -> Response:
    if matches(request, "GET", "/v2/organizations/{org}/audit_events/{id}"):
        return await without_scope(server, request)
    return await server.call(request)


def template_scope(http: httpx.Client) -> None:
    template = http.get(f"{ORG}/pipeline-templates").json()[0]
    assert http.patch(template["url"], json={"available": True}, headers=NO_SCOPES).status_code == 403


@MUTANTS.plant(
    "access",
    operations="updatePipelineTemplate",
    title="a template can be changed without the scope",
    source="pages/apis/rest_api/pipeline_templates.md: required scope write_pipeline_templates",
    witness=template_scope,
)
async def template_changed_without_scope(server: Server, request: Request) -> Response:
    if matches(request, "PATCH", "/v2/organizations/{org}/pipeline-templates/{id}"):
        return await without_scope(server, request)
    return await server.call(request)


def team_scope(http: httpx.Client) -> None:
    team = next(each["id"] for each in http.get(f"{ORG}/teams").json() if each["slug"] == "backend")
    member = {"user_id": user(http, "Grace Hopper"), "role": "maintainer"}
    assert http.post(f"{ORG}/teams/{team}/members", json=member, headers=NO_SCOPES).status_code == 403


@MUTANTS.plant(
    "access",
    operations="createTeamMember",
    title="members can be added to a team without the scope",
    source="pages/apis/rest_api/teams/members.md: Create a team member, required scope write_teams",
    witness=team_scope,
)
async def team_member_added_without_scope(server: Server, request: Request) -> Response:
    if matches(request, "POST", "/v2/organizations/{org}/teams/{team}/members"):
        return await without_scope(server, request)
    return await server.call(request)


def network_scope(http: httpx.Client) -> None:
    assert http.get(f"{cluster(http, 'Hosted')}/network_ranges", headers=NO_SCOPES).status_code == 403


@MUTANTS.plant(
    "access",
    operations="listClusterNetworkRanges",
    title="the network ranges of a cluster need no scope",
    source="pages/apis/rest_api/clusters/network_ranges.md: required scope read_clusters",
    witness=network_scope,
)
async def network_ranges_without_scope(server: Server, request: Request) -> Response:
    if matches(request, "GET", f"{CLUSTER}/network_ranges"):
        return await without_scope(server, request)
    return await server.call(request)


def queue_of_another_cluster(http: httpx.Client) -> None:
    queue = http.get(f"{cluster(http)}/queues").json()[0]
    assert http.get(queue["url"]).status_code == 200
    assert http.get(f"{cluster(http, 'Hosted')}/queues/{queue['id']}").status_code == 404


@MUTANTS.plant(
    "access",
    operations="getClusterQueue",
    title="a queue that was read before is found in every cluster",
    source="pages/apis/rest_api/clusters/queues.md: Get a queue, a cluster's queues",
    witness=queue_of_another_cluster,
)
async def queues_cached_without_their_cluster(server: Server, request: Request) -> Response:
    response = await server.call(request)
    values = request.values("GET", f"{CLUSTER}/queues/{{queue}}")
    if values is not None and response.status == 200:
        server.memory[values["queue"]] = response.json
    elif values is not None and response.status == 404 and values["queue"] in server.memory:
        response.status = 200
        response.json = server.memory[values["queue"]]
    elif values is None and request.method in ("PUT", "DELETE") and response.status < 300:
        server.memory.clear()
    return response
