"""Eighth set: scopes, credentials and organizations."""

import base64
import binascii
import json

import httpx
from tests.conformance.planted.eighth_set_b_support import (
    GLOBEX,
    LIMITED,
    ORG,
    PACKAGES,
    READ_ONLY,
    REVOCABLE,
    RSPEC,
    authorized,
    bearer,
    matching,
    scopes_of,
)
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.runner_support import TOKEN

MUTANTS = Mutants()

PACKAGE = "/v2/packages/organizations/{org}/registries/{registry}/packages/{package}"


def lacks(response: Response, scope: str) -> bool:
    """Return whether a request was refused because its token lacks the scope."""
    return response.status == 403 and f"scope {scope}.".encode() in response.body


def revoked_token(http: httpx.Client) -> None:
    assert http.get(PACKAGES, headers=bearer(REVOCABLE)).status_code != 401
    assert http.delete("/v2/access-token", headers=bearer(REVOCABLE)).status_code == 204
    assert http.get(PACKAGES, headers=bearer(REVOCABLE)).status_code == 401


@MUTANTS.plant(
    "access",
    operations="listRegistries getRegistry listPackages getPackage listRegistryTokens getRegistryToken",
    title="a revoked token can still read registries, packages and registry tokens",
    source="pages/apis/rest_api/access_token.md: once revoked, the token can no longer be used for further requests",
    witness=revoked_token,
)
async def revoked_token_reads_packages(server: Server, request: Request) -> Response:
    revoked = server.memory.setdefault("revoked", [])
    response = await server.call(request)
    credentials = request.headers.get("authorization", "")
    if request.method == "DELETE" and request.path == "/v2/access-token" and response.status == 204:
        revoked.append(credentials)
    is_read = request.method == "GET" and request.path.startswith("/v2/packages/")
    if is_read and response.status == 401 and credentials in revoked:
        return await server.call(authorized(request))
    return response


def deletion_by_publisher(http: httpx.Client) -> None:
    package = http.get(f"{PACKAGES}/gems/packages").json()["items"][0]["id"]
    assert http.delete(f"{PACKAGES}/gems/packages/{package}", headers=bearer(LIMITED)).status_code == 403


@MUTANTS.plant(
    "access",
    operations="deletePackage",
    title="the scope write_packages permits to delete a package, and delete_packages does not",
    source="pages/apis/rest_api/package_registries/packages.md: required scope delete_packages",
    witness=deletion_by_publisher,
)
async def packages_deleted_with_write_scope(server: Server, request: Request) -> Response:
    if matching(request, PACKAGE, methods=("DELETE",)):
        scopes = await scopes_of(server, request)
        if "delete_packages" in scopes and "write_packages" not in scopes:
            response = await server.call(authorized(request, "bkua_mock_no_scopes"))
            response.body = json.dumps(
                {"message": "This access token does not have the scope write_packages."}
            ).encode()
            return response
        if "write_packages" in scopes and "delete_packages" not in scopes:
            return await server.call(authorized(request))
    return await server.call(request)


def secret_of_webhook(http: httpx.Client) -> None:
    found = http.get(f"{ORG}/pipelines", headers=bearer(READ_ONLY)).json()
    assert {pipeline["provider"].get("webhook_url", "") for pipeline in found} == {""}


@MUTANTS.plant(
    "access",
    operations="listPipelines",
    title="the list of pipelines has the webhook URLs for a token without write_pipelines",
    source="pages/apis/rest_api/pipelines.md: Webhook URL",
    witness=secret_of_webhook,
)
async def webhook_urls_for_readers(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matching(request, "/v2/organizations/{org}/pipelines") and response.status == 200:
        complete = await server.call(authorized(request))
        if complete.status == 200:
            urls = {pipeline["id"]: pipeline["provider"].get("webhook_url") for pipeline in complete.json}
            pipelines = response.json
            for pipeline in pipelines:
                if pipeline["provider"].get("webhook_url") == "":
                    pipeline["provider"]["webhook_url"] = urls.get(pipeline["id"])
            response.json = pipelines
    return response


def copy_by_publisher(http: httpx.Client) -> None:
    package = http.get(f"{PACKAGES}/gems/packages").json()["items"][0]["id"]
    path = f"{PACKAGES}/gems/packages/{package}/copy"
    assert http.post(path, params={"to": "gems-stable"}, headers=bearer(LIMITED)).status_code == 403


@MUTANTS.plant(
    "access",
    operations="copyPackage",
    title="a package can be copied without read_packages",
    source="pages/apis/rest_api/package_registries/packages.md: required scopes read_packages, write_packages",
    witness=copy_by_publisher,
)
async def copy_without_read_scope(server: Server, request: Request) -> Response:
    response = await server.call(request)
    is_refused = matching(request, f"{PACKAGE}/copy", methods=("POST",)) and lacks(response, "read_packages")
    if is_refused and "write_packages" in await scopes_of(server, request):
        return await server.call(authorized(request))
    return response


def invitation_of_globex(http: httpx.Client) -> None:
    listed = http.get("/v2/organizations/globex/invitations", headers=bearer(GLOBEX)).json()["items"]
    assert http.get(f"{ORG}/invitations/{listed[0]['id']}").status_code == 404


@MUTANTS.plant(
    "access",
    operations="getOrganizationInvitation",
    title="an invitation is found below any organization",
    source="pages/apis/rest_api/organizations/invitations.md: 404, belongs to a different organization",
    witness=invitation_of_globex,
)
async def invitation_below_any_organization(server: Server, request: Request) -> Response:
    response = await server.call(request)
    found = matching(request, "/v2/organizations/{org}/invitations/{uuid}")
    if found and response.status == 404 and b"No organization" not in response.body:
        elsewhere = authorized(request, GLOBEX)
        elsewhere.path = (
            f"/v2/organizations/{'acme' if found['org'] == 'globex' else 'globex'}/invitations/{found['uuid']}"
        )
        other = await server.call(elsewhere)
        return other if other.status == 200 else response
    return response


def basic_authentication(http: httpx.Client) -> None:
    assert http.get(RSPEC, auth=("x", TOKEN)).status_code == 401


@MUTANTS.plant(
    "access",
    operations="getTestSuite listTestSuites listTests getTest listTestRuns getTestRun listFlakyTests",
    title="Test Engine accepts a token as the password of basic authentication",
    source="pages/apis/rest_api.md: API access using basic HTTP authentication is not supported",
    witness=basic_authentication,
)
async def basic_authentication_accepted(server: Server, request: Request) -> Response:
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if request.path.startswith("/v2/analytics/") and scheme.lower() == "basic":
        try:
            password = base64.b64decode(credentials, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return await server.call(request)
        return await server.call(authorized(request, password))
    return await server.call(request)
