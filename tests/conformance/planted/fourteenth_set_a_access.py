"""Access that is granted or refused wrongly."""

from __future__ import annotations

import base64

import httpx
from tests.conformance.planted.fourteenth_set_a_support import (
    FOREIGN_CLUSTERS,
    FOREIGN_TOKEN,
    ORG,
    REGISTRIES,
    REGISTRY,
    V2,
    body_of,
    edit,
    matches,
    objects,
    send,
    without_body,
)
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.runner_support import TOKEN

MUTANTS = Mutants()


def revoked_token(http: httpx.Client) -> None:
    headers = {"Authorization": "Bearer bkua_mock_revocable"}
    assert http.delete("/v2/access-token", headers=headers).status_code == 204
    assert http.get("/v2/access-token", headers=headers).status_code == 401


@MUTANTS.plant(
    "access",
    operations="revokeAccessToken getAccessToken",
    title="a revoked token can still read its own details",
    source="pages/apis/rest_api/access_token.md: Once revoked, the token can no longer be used for further requests",
    witness=revoked_token,
)
async def revoked_token_reads_itself(server: Server, request: Request) -> Response:
    credential = request.headers.get("authorization", "")
    own = await send(server, request, "GET", request.path) if matches(request, "DELETE /v2/access-token") else None
    response = await server.call(request)
    if own and response.status == 204:
        server.memory[credential] = (own.body, own.headers)
    reads = ("GET /v2/access-token", "HEAD /v2/access-token")
    if matches(request, *reads) and response.status == 401 and credential in server.memory:
        content, headers = server.memory[credential]
        return Response(200, dict(headers), b"" if request.method == "HEAD" else content)
    return response


def basic_authentication(http: httpx.Client) -> None:
    credential = base64.b64encode(f"{TOKEN}:".encode()).decode()
    assert http.get("/v2/user", headers={"Authorization": f"Basic {credential}"}).status_code == 401


@MUTANTS.plant(
    "access",
    operations="getUser getAccessToken getOrganization",
    title="a token is accepted as the name of basic authentication",
    source="pages/apis/rest_api.md: API access using basic HTTP authentication is not supported",
    witness=basic_authentication,
)
async def basic_authentication_is_accepted(server: Server, request: Request) -> Response:
    scheme, _, credential = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            name = base64.b64decode(credential, validate=True).decode("ascii").partition(":")[0]
        except ValueError:
            return await server.call(request)
        request.headers["authorization"] = f"Bearer {name}"
    return await server.call(request)


def emojis_without_scope(http: httpx.Client) -> None:
    headers = {"Authorization": "Bearer bkua_mock_no_scopes"}
    assert http.get(f"{ORG}/emojis", headers=headers).status_code == 200


@MUTANTS.plant(
    "access",
    operations="listEmojis",
    title="the list of emojis requires the scope `read_organizations`",
    source="pages/apis/rest_api/emojis.md: Required scope: none",
    witness=emojis_without_scope,
)
async def emojis_require_scope(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if not matches(request, f"GET {V2}/emojis", f"HEAD {V2}/emojis") or response.status != 200:
        return response
    credential = request.headers.get("authorization", "")
    if credential not in server.memory:
        own = await send(server, request, "GET", "/v2/access-token")
        server.memory[credential] = own.json["scopes"]
    if "read_organizations" not in server.memory[credential]:
        response.status = 403
        response.json = {"message": "This access token does not have the scope read_organizations."}
        return without_body(response) if request.method == "HEAD" else response
    return response


def scope_to_delete_registry(http: httpx.Client) -> None:
    headers = {"Authorization": "Bearer bkua_mock_limited_1"}
    assert http.delete(f"{REGISTRIES}/images", headers=headers).status_code == 403
    assert http.get(f"{REGISTRIES}/images").status_code == 200


@MUTANTS.plant(
    "access",
    operations="deleteRegistry",
    title="`write_registries` is enough to delete a registry",
    source="pages/apis/rest_api/package_registries/registries.md: Required scope: delete_registries",
    witness=scope_to_delete_registry,
)
async def write_scope_deletes_registry(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, f"DELETE {REGISTRY}") and response.status == 403:
        own = await send(server, request, "GET", "/v2/access-token")
        if own.status == 200 and "write_registries" in own.json["scopes"]:
            request.headers["authorization"] = f"Bearer {TOKEN}"
            response = await server.call(request)
    return response


def foreign_default_cluster(http: httpx.Client) -> None:
    response = http.patch(f"{ORG}/pipeline-settings", json={"default_cluster_id": FOREIGN_CLUSTERS[0]})
    assert response.status_code == 422
    assert http.get(f"{ORG}/pipeline-settings").json()["default_cluster_id"] != FOREIGN_CLUSTERS[0]


@MUTANTS.plant(
    "access",
    operations="updateOrganizationPipelineSettings getOrganizationPipelineSettings",
    title="the default cluster can be a cluster of another organization",
    source="pages/apis/rest_api/organizations/pipeline_settings.md: a cluster that belongs to another organization",
    witness=foreign_default_cluster,
)
async def foreign_default_cluster_is_accepted(server: Server, request: Request) -> Response:
    response = await server.call(request)
    settings = V2 + "/pipeline-settings"
    cluster = body_of(request).get("default_cluster_id")
    if matches(request, f"PATCH {settings}") and isinstance(cluster, str):
        if response.status == 200:
            server.memory.pop(request.path, None)
        elif response.status == 422 and cluster in FOREIGN_CLUSTERS:
            others = {key: value for key, value in body_of(request).items() if key != "default_cluster_id"}
            response = await send(server, request, "PATCH" if others else "GET", request.path, others or None)
            server.memory[request.path] = cluster
    if matches(request, f"GET {settings}", f"PATCH {settings}") and request.path in server.memory:
        return edit(response, lambda one: one.update(default_cluster_id=server.memory[request.path]))
    return response


def organizations_of_token(http: httpx.Client) -> None:
    found = http.get("/v2/organizations").json()
    assert [organization["slug"] for organization in found] == ["acme"]


@MUTANTS.plant(
    "access",
    operations="listOrganizations",
    title="all organizations of the user are listed, also those that the token has no access to",
    source="pages/apis/rest_api/organizations.md: organizations accessible by the user's access token",
    witness=organizations_of_token,
)
async def organizations_of_user_are_listed(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "GET /v2/organizations") and response.status == 200 and not {"page"} & set(request.params):
        if "all" not in server.memory:
            server.memory["all"] = (await send(server, request, "GET", request.path, token=FOREIGN_TOKEN)).json
        slugs = [one["slug"] for one in objects(response.json)]
        if "link" not in response.headers:
            response.json = response.json + [one for one in server.memory["all"] if one["slug"] not in slugs]
    return response
