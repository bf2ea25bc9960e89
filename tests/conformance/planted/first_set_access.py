"""What a credential should not reach."""

from __future__ import annotations

import base64
import json
import re
import time
from typing import Any

import httpx
from tests.conformance.planted.first_set_tools import (
    BUILD,
    CLUSTER,
    NO_SCOPES,
    ORG,
    REGISTRIES,
    V2,
    WEB,
    clusters,
    matches,
)
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.runner_support import TOKEN

MUTANTS = Mutants()
KEY_ID = "01920000-feed-7003-8000-000000000006"


async def without_scopes(server: Server, request: Request, *routes: str) -> Response:
    """Serve a request of the routes although its token lacks the scope."""
    response = await server.call(request)
    if response.status == 403 and b"does not have the scope" in response.body and matches(request, *routes):
        request.headers["authorization"] = f"Bearer {TOKEN}"
        return await server.call(request)
    return response


async def found_by_id(server: Server, request: Request, collection: str) -> Response:
    """Find an object of a collection by its id only, wherever in the path it is."""
    response = await server.call(request)
    body = response.json
    key = request.path.rpartition("/")[2]
    if matches(request, f"GET {collection}", f"GET {collection}/{{id}}") and response.status == 200:
        listed = body if isinstance(body, list) else body.get("items", [body])
        server.memory.update({one["id"]: one for one in listed})
    if matches(request, f"DELETE {collection}/{{id}}") and response.status < 300:
        server.memory.pop(key, None)
    if matches(request, f"GET {collection}/{{id}}") and response.status == 404 and key in server.memory:
        response.status, response.json = 200, server.memory[key]
    return response


def scope_to_add_members(http: httpx.Client) -> None:
    team, user = http.get(f"{ORG}/teams").json()[1]["id"], http.get(f"{ORG}/members").json()[-1]["id"]
    body = {"user_id": user, "role": "member"}
    assert http.post(f"{ORG}/teams/{team}/members", json=body, headers=NO_SCOPES).status_code == 403


@MUTANTS.plant(
    "access",
    operations="createTeamMember",
    title="adding a member to a team needs no scope",
    source="pages/apis/rest_api/teams/members.md: Required scope: write_teams",
    witness=scope_to_add_members,
)
async def anyone_adds_members(server: Server, request: Request) -> Response:
    return await without_scopes(server, request, f"POST {V2}/teams/{{team}}/members")


def scope_to_read_members(http: httpx.Client) -> None:
    user = http.get("/v2/user").json()["id"]
    assert http.get(f"{ORG}/members/{user}", headers=NO_SCOPES).status_code == 403


@MUTANTS.plant(
    "access",
    operations="getOrganizationMember",
    title="the list of members is protected by a scope, a member is not",
    source="pages/apis/rest_api/organizations/members.md: Required scope: read_organizations",
    witness=scope_to_read_members,
)
async def anyone_reads_a_member(server: Server, request: Request) -> Response:
    return await without_scopes(server, request, f"GET {V2}/members/{{user}}")


def scope_to_read_secrets(http: httpx.Client) -> None:
    assert http.get(f"{clusters(http)[0]}/secrets", headers=NO_SCOPES).status_code == 403


@MUTANTS.plant(
    "access",
    operations="listClusterSecrets",
    title="listing secrets needs no scope",
    source="pages/apis/rest_api/clusters/secrets.md: Required scope: read_secret_details",
    witness=scope_to_read_secrets,
)
async def anyone_lists_secrets(server: Server, request: Request) -> Response:
    return await without_scopes(server, request, f"GET {CLUSTER}/secrets")


def scope_to_delete_portals(http: httpx.Client) -> None:
    portal = f"{ORG}/portals/{http.get(f'{ORG}/portals').json()[0]['slug']}"
    assert http.delete(portal, headers=NO_SCOPES).status_code == 403


@MUTANTS.plant(
    "access",
    operations="deletePortal",
    title="deleting a portal needs no scope",
    source="pages/apis/rest_api/portals.md: Required scope: write_portals",
    witness=scope_to_delete_portals,
)
async def anyone_deletes_portals(server: Server, request: Request) -> Response:
    return await without_scopes(server, request, f"DELETE {V2}/portals/{{portal}}")


def revoked_token(http: httpx.Client) -> None:
    assert http.delete("/v2/access-token").status_code == 204
    assert http.get("/v2/user").status_code == 401


@MUTANTS.plant(
    "access",
    operations="revokeAccessToken",
    title="revoking a token has no effect",
    source="pages/apis/rest_api/access_token.md: Once revoked, the token can no longer be used",
    witness=revoked_token,
)
async def revocation_without_effect(server: Server, request: Request) -> Response:
    if not matches(request, "DELETE /v2/access-token"):
        return await server.call(request)
    request.method = "GET"
    response = await server.call(request)
    if response.status == 200:
        response.status, response.body = 204, b""
        response.headers.pop("content-type", None)
    return response


def token_in_query(http: httpx.Client) -> None:
    query = {"access_token": TOKEN}
    assert http.get("/v2/access-token", params=query, headers={"Authorization": ""}).status_code == 401


@MUTANTS.plant(
    "access",
    operations="getAccessToken",
    title="the token may be in the query, as `access_token`",
    source="pages/apis/rest_api/access_token.md: token to be provided using the Authorization HTTP header",
    witness=token_in_query,
)
async def token_may_be_in_query(server: Server, request: Request) -> Response:
    if matches(request, "GET /v2/access-token") and not request.headers.get("authorization"):
        request.headers["authorization"] = f"Bearer {request.params.pop('access_token', [''])[0]}"
    return await server.call(request)


def basic_authentication(http: httpx.Client) -> None:
    credentials = base64.b64encode(f"buildkite:{TOKEN}".encode()).decode()
    assert http.get(REGISTRIES, headers={"Authorization": f"Basic {credentials}"}).status_code == 401


@MUTANTS.plant(
    "access",
    operations="listRegistries getRegistry listPackages getPackage",
    title="the packages API accepts tokens as passwords",
    source="pages/apis/rest_api.md: API access using basic HTTP authentication is not supported",
    witness=basic_authentication,
)
async def token_as_password(server: Server, request: Request) -> Response:
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    if request.path.startswith("/v2/packages/") and kind.lower() == "basic":
        try:
            password = base64.b64decode(value).decode().partition(":")[2]
        except ValueError:
            password = ""
        request.headers["authorization"] = f"Bearer {password}"
    return await server.call(request)


def emojis_need_a_token(http: httpx.Client) -> None:
    assert http.get(f"{ORG}/emojis", headers={"Authorization": ""}).status_code == 401


@MUTANTS.plant(
    "access",
    operations="listEmojis",
    title="emojis need no token, as if no scope meant no token",
    source="pages/apis/rest_api/emojis.md: the emojis for an organization; Required scope: none",
    witness=emojis_need_a_token,
)
async def emojis_without_token(server: Server, request: Request) -> Response:
    if matches(request, f"GET {V2}/emojis") and not request.headers.get("authorization"):
        request.headers["authorization"] = f"Bearer {TOKEN}"
    return await server.call(request)


def queues_of_cluster(http: httpx.Client) -> None:
    first, second = clusters(http)[:2]
    queue = http.get(f"{second}/queues").json()[0]["id"]
    assert http.get(f"{first}/queues/{queue}").status_code == 404


@MUTANTS.plant(
    "access",
    operations="getClusterQueue",
    title="a queue is found below every cluster",
    source="pages/apis/rest_api/clusters/queues.md: Queues define discrete groups of agents within a cluster",
    witness=queues_of_cluster,
)
async def queue_of_another_cluster(server: Server, request: Request) -> Response:
    return await found_by_id(server, request, f"{CLUSTER}/queues")


def jobs_of_build(http: httpx.Client) -> None:
    job = http.get(f"{WEB}/builds/2/jobs").json()["items"][0]["id"]
    assert http.get(f"{WEB}/builds/1/jobs/{job}").status_code == 404


@MUTANTS.plant(
    "access",
    operations="getJobInBuild",
    title="a job is found below every build",
    source='pages/apis/rest_api/jobs.md: 404 { "message": "No job found" }',
    witness=jobs_of_build,
)
async def job_of_another_build(server: Server, request: Request) -> Response:
    return await found_by_id(server, request, f"{BUILD}/jobs")


def rules_of_organization(http: httpx.Client) -> None:
    http.get(f"{ORG}/rules")
    assert http.get("/v2/organizations/someone-else/rules").status_code == 404


@MUTANTS.plant(
    "access",
    operations="listRules",
    title="the cached list of rules is returned for every organization",
    source="pages/apis/rest_api/rules.md: Returns a paginated list of an organization's rules",
    witness=rules_of_organization,
)
async def rules_of_any_organization(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, f"GET {V2}/rules"):
        key = str((request.params, request.headers.get("authorization")))
        if response.status == 200:
            server.memory[key] = response
        elif response.status == 404 and key in server.memory:
            return server.memory[key]  # type: ignore[no-any-return]
    return response


def foreign_pipelines(http: httpx.Client) -> None:
    assert http.get("/v2/organizations/globex/pipelines").status_code in {403, 404}


@MUTANTS.plant(
    "access",
    operations="listPipelines",
    title="the pipelines of an organization are listed to users of other organizations",
    source="pages/apis/rest_api/organizations.md: organizations accessible by the user's access token",
    witness=foreign_pipelines,
)
async def pipelines_of_foreign_organizations(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, f"GET {V2}/pipelines") and response.status == 404:
        request.headers["authorization"] = "Bearer bkua_mock_globex"
        return await server.call(request)
    return response


def encoded(part: Any) -> str:
    """Return a part of a JWT."""
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


def claims_of(request: Request) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Return header and claims of the JWT of a request."""
    found = re.fullmatch(r"Bearer ([\w-]+)\.([\w-]+)\.([\w-]*)", request.headers.get("authorization", ""))
    if found is None:
        return None
    try:
        header, claims = (json.loads(base64.urlsafe_b64decode(part + "==")) for part in found.groups()[:2])
        return dict(header), claims | {name: float(claims.get(name, 0)) for name in ("iat", "exp")}
    except (AttributeError, TypeError, ValueError):
        return None


def jwt_must_be_signed(http: httpx.Client) -> None:
    claims = {"iss": KEY_ID, "iat": int(time.time()) - 5, "exp": int(time.time()) + 60}
    token = f"{encoded({'alg': 'none', 'typ': 'JWT'})}.{encoded(claims)}."
    assert http.get("/v2/access-token", headers={"Authorization": f"Bearer {token}"}).status_code == 401


@MUTANTS.plant(
    "access",
    operations="getAccessToken",
    title="a JWT with the algorithm `none` is accepted",
    source="pages/apis/rest_api.md: sign a JWT with your private key using the RS256 algorithm",
    witness=jwt_must_be_signed,
    signed=True,
)
async def unsigned_jwt(server: Server, request: Request) -> Response:
    response = await server.call(request)
    found = claims_of(request)
    if response.status == 401 and found and found[0].get("alg") == "none" and found[1]["exp"] > time.time():
        request.headers["authorization"] = f"Bearer {TOKEN}"
        return await server.call(request)
    return response


def signature_is_verified(http: httpx.Client) -> None:
    claims = {"iss": KEY_ID, "iat": int(time.time()) - 5, "exp": int(time.time()) + 60}
    token = f"{encoded({'alg': 'RS256', 'typ': 'JWT'})}.{encoded(claims)}.{encoded('x' * 192)}"
    assert http.get("/v2/access-token", headers={"Authorization": f"Bearer {token}"}).status_code == 401


@MUTANTS.plant(
    "access",
    operations="getAccessToken",
    title="the signature of a JWT is not verified",
    source="pages/apis/rest_api.md: register the public key with Buildkite, and use the private key to sign JWTs",
    witness=signature_is_verified,
    signed=True,
)
async def signature_not_verified(server: Server, request: Request) -> Response:
    response = await server.call(request)
    found = claims_of(request)
    if response.status == 401 and found and found[0].get("alg") == "RS256":
        claims, now = found[1], time.time()
        if abs(claims["iat"] - now) <= 10 and now < claims["exp"] <= claims["iat"] + 300:
            request.headers["authorization"] = f"Bearer {TOKEN}"
            return await server.call(request)
    return response
