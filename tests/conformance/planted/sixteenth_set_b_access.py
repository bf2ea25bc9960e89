"""Bugs in who may do what."""

from __future__ import annotations

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.sixteenth_set_b_support import (
    ACME,
    AGENT_TOKENS,
    CLUSTERS,
    JOB,
    ORGANIZATION,
    as_user,
    cluster_named,
    command_job,
    fetch,
    found,
    message,
    read,
)
from tests.conformance.runner_support import TOKEN

from buildkite_rest.mock.resources.access_tokens import GLOBEX_TOKEN, LIMITED_TOKENS, REVOCABLE_TOKEN

MUTANTS = Mutants()
_TOKEN_PATH = "/v2/access-token"


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def environment_has_its_own_scope(http: httpx.Client) -> None:
    path = f"{ACME}/jobs/{command_job(http)['id']}/env"
    tokens = {token: found(http.get(_TOKEN_PATH, headers=_bearer(token)))["scopes"] for token in LIMITED_TOKENS}
    lacking = [token for token, scopes in tokens.items() if "read_builds" in scopes and "read_job_env" not in scopes]
    assert lacking
    assert all(http.get(path, headers=_bearer(token)).status_code == 403 for token in lacking)


@MUTANTS.plant(
    "access",
    operations="getJobEnv",
    title="a token with `read_builds` may read the environment of a job",
    source="pages/apis/rest_api/jobs.md: get a job's environment variables, required scope read_job_env",
    witness=environment_has_its_own_scope,
)
async def environment_is_part_of_builds(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if read(request, f"{JOB}/env") is not None and response.status == 403:
        token = await fetch(server, request, _TOKEN_PATH)
        if token.status == 200 and "read_builds" in token.json["scopes"]:
            return await server.call(as_user(request, TOKEN))
    return response


def revoked_token_is_useless(http: httpx.Client) -> None:
    headers = _bearer(REVOCABLE_TOKEN)
    assert http.delete(_TOKEN_PATH, headers=headers).status_code == 204
    assert http.get(_TOKEN_PATH, headers=headers).status_code == 401


@MUTANTS.plant(
    "access",
    operations="revokeAccessToken getAccessToken",
    title="details of a token are cached, and a revoked one can still be used to get them",
    source="pages/apis/rest_api/access_token.md: once revoked, the token can no longer be used",
    witness=revoked_token_is_useless,
)
async def revoked_token_is_cached(server: Server, request: Request) -> Response:
    credential = request.headers.get("authorization", "")
    if request.values("DELETE", _TOKEN_PATH) is not None:
        details = await fetch(server, request, _TOKEN_PATH)
        if details.status == 200:
            server.memory[credential] = details
    response = await server.call(request)
    if read(request, _TOKEN_PATH) is not None and response.status == 401 and credential in server.memory:
        cached = server.memory[credential]
        return Response(cached.status, dict(cached.headers), cached.body)
    return response


def own_membership_is_fixed(http: httpx.Client) -> None:
    me = found(http.get("/v2/user"))["id"]
    mode = found(http.get(f"{ACME}/members/{me}"))["sso_mode"]
    assert http.patch(f"{ACME}/members/{me}", json={"sso_mode": mode}).status_code == 403


@MUTANTS.plant(
    "access",
    operations="updateOrganizationMember",
    title="administrators may update their own membership",
    source="pages/apis/rest_api/organizations/members.md: you cannot update your own membership",
    witness=own_membership_is_fixed,
)
async def own_membership_is_updated(server: Server, request: Request) -> Response:
    response = await server.call(request)
    is_refused = request.values("PATCH", f"{ORGANIZATION}/members/{{user_uuid}}") is not None and response.status == 403
    if is_refused and "own membership" in message(response):
        return await server.call(as_user(request, GLOBEX_TOKEN))
    return response


def token_is_shown_once(http: httpx.Client) -> None:
    path = f"{cluster_named(http, 'Experiments')}/tokens"
    created = found(http.post(path, json={"description": "Windows agents"}))
    assert created["token"]
    assert created["token"] not in http.get(f"{path}/{created['id']}").text


@MUTANTS.plant(
    "access",
    operations="getClusterAgentToken createClusterAgentToken",
    title="the value of an agent token can be read after its creation",
    source="pages/apis/rest_api/clusters/agent_tokens.md: subsequent responses do not contain the token value",
    witness=token_is_shown_once,
)
async def token_is_shown_again(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.values("POST", AGENT_TOKENS) is not None and response.status == 201:
        created = response.json
        server.memory[created["id"]] = created["token"]
    elif request.values("GET", f"{AGENT_TOKENS}/{{token_id}}") is not None and response.status == 200:
        body = response.json
        if body["id"] in server.memory:
            response.json = {**body, "token": server.memory[body["id"]]}
    return response


def other_organization_is_closed(http: httpx.Client) -> None:
    visible = {organization["slug"] for organization in found(http.get("/v2/organizations"))}
    assert "globex" not in visible
    assert http.get("/v2/organizations/globex/clusters").status_code == 404


@MUTANTS.plant(
    "access",
    operations="listClusters",
    title="a token lists the clusters of organizations that it has no access to",
    source="pages/apis/managing_api_tokens.md: a token has access to the organizations that it was created for",
    witness=other_organization_is_closed,
)
async def clusters_of_any_organization(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if read(request, CLUSTERS) is not None and response.status == 404:
        return await server.call(as_user(request, GLOBEX_TOKEN))
    return response


def description_is_public(http: httpx.Client) -> None:
    response = httpx.get(http.base_url.join("/v2/analytics/openapi.yaml"))
    assert response.status_code == 200
    assert response.text.startswith("openapi:")


@MUTANTS.plant(
    "access",
    operations="getAnalyticsDescription",
    title="the OpenAPI description of Test Engine needs a token",
    source="pages/apis/rest_api.md: OpenAPI specification, both endpoints are unauthenticated",
    witness=description_is_public,
)
async def description_needs_a_token(server: Server, request: Request) -> Response:
    if read(request, "/v2/analytics/openapi.yaml") is not None:
        token = await fetch(server, request, _TOKEN_PATH, method=request.method)
        if token.status == 401:
            return token
    return await server.call(request)
