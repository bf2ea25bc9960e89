"""Ninth set of planted bugs: scopes, credentials and secrets."""

from __future__ import annotations

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.ninth_set_a_support import ORG, PACKAGES, REGISTRY_PATH, send
from tests.conformance.runner_support import TOKEN

MUTANTS = Mutants()


def token_of_portal(http: httpx.Client) -> None:
    body = {"name": "Ninth", "query": "query { viewer { user { name } } }"}
    portal = http.post(f"{ORG}/portals", json=body).json()
    assert portal["token"]
    assert "token" not in http.put(f"{ORG}/portals/{portal['slug']}", json={"description": "changed"}).json()


@MUTANTS.plant(
    "access",
    operations="updatePortal",
    title="the response of an update of a portal has its token",
    source="pages/apis/rest_api/portals.md: `token`, Only returned when creating a portal",
    witness=token_of_portal,
)
async def token_of_updated_portal(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if response.status == 201 and request.values("POST", "/v2/organizations/{org}/portals"):
        server.memory[response.json["uuid"]] = response.json["token"]
    if response.status == 200 and request.values("PUT", "/v2/organizations/{org}/portals/{portal}"):
        found = response.json
        if found["uuid"] in server.memory:
            response.json = {**found, "token": server.memory[found["uuid"]]}
    return response


def scope_of_package_deletion(http: httpx.Client) -> None:
    path = f"{PACKAGES}/registries/gems/packages"
    package = http.get(path).json()["items"][0]["id"]
    headers = {"Authorization": "Bearer bkua_mock_limited_6"}
    scopes = http.get("/v2/access-token", headers=headers).json()["scopes"]
    assert "write_packages" in scopes
    assert "delete_packages" not in scopes
    assert http.delete(f"{path}/{package}", headers=headers).status_code == 403


@MUTANTS.plant(
    "access",
    operations="deletePackage",
    title="`write_packages` is enough to delete a package",
    source="pages/apis/rest_api/package_registries/packages.md: Required scope: `delete_packages`",
    witness=scope_of_package_deletion,
)
async def package_deleted_by_writer(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if response.status == 403 and request.values("DELETE", REGISTRY_PATH + "/packages/{package}"):
        token = (await send(server, request, "GET", "/v2/access-token")).json
        if "write_packages" in token.get("scopes", []):
            request.headers["authorization"] = f"Bearer {TOKEN}"
            return await server.call(request)
    return response


def catalog_without_token(http: httpx.Client) -> None:
    assert httpx.get(f"{http.base_url}/.well-known/api-catalog").status_code == 200


@MUTANTS.plant(
    "access",
    operations="getApiCatalog",
    title="the API catalog requires a token",
    source="pages/apis/rest_api.md: Both endpoints are unauthenticated",
    witness=catalog_without_token,
)
async def private_catalog(server: Server, request: Request) -> Response:
    if request.path == "/.well-known/api-catalog":
        token = await send(server, request, "GET", "/v2/access-token")
        if token.status == 401:
            return token
    return await server.call(request)


def webhook_of_build(http: httpx.Client) -> None:
    path = f"{ORG}/pipelines/web/builds"
    number = http.get(path).json()[0]["number"]
    reader = {"Authorization": "Bearer bkua_mock_read_only"}
    assert http.get(f"{path}/{number}").json()["pipeline"]["provider"]["webhook_url"]
    assert http.get(f"{path}/{number}", headers=reader).json()["pipeline"]["provider"]["webhook_url"] == ""


@MUTANTS.plant(
    "access",
    operations="getBuild",
    title="the pipeline of a build has its webhook URL without the scope `write_pipelines`",
    source="pages/apis/rest_api/builds.md: Webhook URL",
    witness=webhook_of_build,
)
async def webhook_of_build_for_readers(server: Server, request: Request) -> Response:
    response = await server.call(request)
    place = request.values("GET", "/v2/organizations/{org}/pipelines/{pipeline}/builds/{number}")
    if response.status == 200 and place:
        found = response.json
        if found.get("pipeline", {}).get("provider", {}).get("webhook_url") == "":
            request.headers["authorization"] = f"Bearer {TOKEN}"
            path = f"/v2/organizations/{place['org']}/pipelines/{place['pipeline']}"
            pipeline = (await send(server, request, "GET", path)).json
            found["pipeline"]["provider"]["webhook_url"] = pipeline["provider"]["webhook_url"]
            response.json = found
    return response
