"""Bugs in authentication and scopes, and secrets that appear."""

import base64
import binascii

import httpx
from tests.conformance.planted.fourth_set_b_support import ANALYTICS, CLUSTER, ORG, PACKAGES, bearer, path_values, send
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.runner_support import TOKEN

MUTANTS = Mutants()


async def _scopes(server: Server, request: Request) -> list[str]:
    found = (await send(server, request, "GET", "/v2/access-token")).json
    return found.get("scopes", []) if isinstance(found, dict) else []


def secrets_need_own_scope(http: httpx.Client) -> None:
    token = bearer("bkua_mock_limited_1")
    scopes = http.get("/v2/access-token", headers=token).json()["scopes"]
    assert "read_clusters" in scopes
    assert "read_secrets_details" not in scopes
    assert http.get(f"{CLUSTER}/secrets", headers=token).status_code == 403


@MUTANTS.plant(
    "access",
    operations="listClusterSecrets getClusterSecret",
    title="`read_clusters` is enough to read secrets",
    source="pages/apis/rest_api/clusters/secrets.md: Required scope: read_secret_details",
    witness=secrets_need_own_scope,
)
async def secrets_of_clusters(server: Server, request: Request) -> Response:
    response = await server.call(request)
    root = "/v2/organizations/{org}/clusters/{cluster}/secrets"
    if (
        path_values(request, root, f"{root}/{{id}}") is not None
        and response.status == 403
        and "read_clusters" in await _scopes(server, request)
    ):
        request.headers |= bearer(TOKEN)
        return await server.call(request)
    return response


def copy_needs_both_scopes(http: httpx.Client) -> None:
    packages = f"{PACKAGES}/registries/gems/packages"
    package = http.get(packages).json()["items"][0]["id"]
    token = bearer("bkua_mock_limited_6")
    scopes = http.get("/v2/access-token", headers=token).json()["scopes"]
    assert "write_packages" in scopes
    assert "read_packages" not in scopes
    copied = http.post(f"{packages}/{package}/copy", params={"to": "gems-stable"}, headers=token)
    assert copied.status_code == 403


@MUTANTS.plant(
    "access",
    operations="copyPackage",
    title="a package can be copied without the scope to read it",
    source="pages/apis/rest_api/package_registries/packages.md: Required scopes: read_packages, write_packages",
    witness=copy_needs_both_scopes,
)
async def copy_without_reading(server: Server, request: Request) -> Response:
    response = await server.call(request)
    template = "/v2/packages/organizations/{org}/registries/{registry}/packages/{id}/copy"
    if (
        request.values("POST", template)
        and response.status == 403
        and "write_packages" in await _scopes(server, request)
    ):
        request.headers |= bearer(TOKEN)
        return await server.call(request)
    return response


def foreign_invitation_is_unknown(http: httpx.Client) -> None:
    token = bearer("bkua_mock_globex")
    foreign = http.get("/v2/organizations/globex/invitations", headers=token).json()["items"][0]["id"]
    assert http.get(f"{ORG}/invitations/{foreign}").status_code == 404


@MUTANTS.plant(
    "access",
    operations="getOrganizationInvitation",
    title="an invitation of another organization can be read",
    source="pages/apis/rest_api/organizations/invitations.md: 404, belongs to a different organization",
    witness=foreign_invitation_is_unknown,
)
async def foreign_invitation(server: Server, request: Request) -> Response:
    response = await server.call(request)
    found = path_values(request, "/v2/organizations/{org}/invitations/{uuid}")
    if found is not None and found["org"] == "acme" and response.status == 404:
        path = f"/v2/organizations/globex/invitations/{found['uuid']}"
        other = await send(server, request, request.method, path, headers=bearer("bkua_mock_globex"))
        if other.status == 200:
            return other
    return response


def portal_token_is_shown_once(http: httpx.Client) -> None:
    sent = {"name": "Shown once", "query": "query Viewer { viewer { user { name } } }"}
    portal = http.post(f"{ORG}/portals", json=sent).json()
    assert portal["token"]
    assert "token" not in http.get(f"{ORG}/portals/{portal['slug']}").json()


@MUTANTS.plant(
    "access",
    operations="getPortal",
    title="the token of a portal is returned after its creation",
    source="pages/apis/rest_api/portals.md: token, Only returned when creating a portal",
    witness=portal_token_is_shown_once,
)
async def portal_token_again(server: Server, request: Request) -> Response:
    response = await server.call(request)
    tokens = server.memory.setdefault("tokens", {})
    if request.values("POST", "/v2/organizations/{org}/portals") and response.status == 201:
        tokens[response.json["uuid"]] = response.json["token"]
    if path_values(request, "/v2/organizations/{org}/portals/{slug}") and response.status == 200:
        body = response.json
        if body["uuid"] in tokens:
            response.json = {**body, "token": tokens[body["uuid"]]}
    return response


def basic_authentication_is_refused(http: httpx.Client) -> None:
    assert http.get(f"{ANALYTICS}/suites", auth=("ada@acme.example", TOKEN)).status_code == 401


@MUTANTS.plant(
    "access",
    operations="listTestSuites getTestSuite listTestRuns getTestRun listTests getTest",
    title="Test Engine accepts a token as the password of basic authentication",
    source="pages/apis/rest_api.md: API access using basic HTTP authentication is not supported",
    witness=basic_authentication_is_refused,
)
async def basic_authentication(server: Server, request: Request) -> Response:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if request.path.startswith("/v2/analytics/organizations/") and scheme.lower() == "basic":
        try:
            token = base64.b64decode(value).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return await server.call(request)
        request.headers |= bearer(token)
    return await server.call(request)
