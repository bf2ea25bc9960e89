"""Bugs in access: scopes and organizations that are not checked."""

from __future__ import annotations

import httpx
from tests.conformance.planted.fifth_set_b_support import (
    ORGANIZATION,
    READ_ONLY,
    SUITES,
    as_token,
    new_package,
    new_registry,
    scopes,
    send,
)
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.runner_support import TOKEN

MUTANTS = Mutants()

FOREIGN = "bkua_mock_globex"
WRITE_PACKAGES = {"Authorization": "Bearer bkua_mock_limited_6"}
"""A token with `write_packages`, without `read_packages`."""


def copy_needs_both_scopes(http: httpx.Client) -> None:
    source, target = new_registry(http, "Planted from"), new_registry(http, "Planted to")
    path = f"{source}/packages/{new_package(http, source)['id']}/copy"
    params = {"to": target.rpartition("/")[2]}
    assert http.post(path, params=params, headers=WRITE_PACKAGES).status_code == 403


@MUTANTS.plant(
    "access",
    operations="copyPackage",
    title="a package is copied without the scope `read_packages`",
    source="pages/apis/rest_api/package_registries/packages.md: read_packages, write_packages",
    witness=copy_needs_both_scopes,
)
async def copy_with_one_scope(server: Server, request: Request) -> Response:
    response = await server.call(request)
    template = "/v2/packages/organizations/{org}/registries/{registry}/packages/{package}/copy"
    is_refused = request.values("POST", template) is not None and response.status == 403
    if is_refused and "write_packages" in await scopes(server, request):
        return await server.call(as_token(request, TOKEN))
    return response


def muting_needs_write_suites(http: httpx.Client) -> None:
    test = http.get(f"{SUITES}/rspec/tests").json()[0]["id"]
    assert http.put(f"{SUITES}/rspec/tests/{test}/mute", headers=READ_ONLY).status_code == 403


@MUTANTS.plant(
    "access",
    operations="muteTest",
    title="tests are muted with the scope `read_suites`",
    source="pages/apis/rest_api/test_engine/quarantine.md: write_suites",
    witness=muting_needs_write_suites,
)
async def mute_with_read_scope(server: Server, request: Request) -> Response:
    response = await server.call(request)
    template = "/v2/analytics/organizations/{org}/suites/{suite}/tests/{test}/mute"
    is_refused = request.values("PUT", template) is not None and response.status == 403
    if is_refused and "read_suites" in await scopes(server, request):
        return await server.call(as_token(request, TOKEN))
    return response


def webhook_url_needs_write_pipelines(http: httpx.Client) -> None:
    path = f"{ORGANIZATION}/pipelines/web/builds"
    number = http.get(path).json()[0]["number"]
    build = http.get(f"{path}/{number}", headers=READ_ONLY).json()
    assert build["pipeline"]["provider"]["webhook_url"] == ""


@MUTANTS.plant(
    "access",
    operations="getBuild",
    title="a build has the webhook URL of its pipeline without the scope `write_pipelines`",
    source="pages/apis/rest_api/builds.md: otherwise, the field returns with an empty string",
    witness=webhook_url_needs_write_pipelines,
)
async def webhook_url_in_build(server: Server, request: Request) -> Response:
    response = await server.call(request)
    template = "/v2/organizations/{org}/pipelines/{pipeline}/builds/{number}"
    if request.values("GET", template) is None or response.status != 200:
        return response
    build = response.json
    provider = (build.get("pipeline") or {}).get("provider")
    if provider and provider.get("webhook_url") == "":
        pipeline = await send(server, as_token(request, TOKEN), "GET", request.path.rsplit("/", 2)[0])
        if pipeline.status == 200:
            provider["webhook_url"] = pipeline.json["provider"]["webhook_url"]
            response.json = build
    return response


def registries_of_others_are_hidden(http: httpx.Client) -> None:
    path = "/v2/packages/organizations/globex/registries"
    registries = http.get(path, headers={"Authorization": f"Bearer {FOREIGN}"}).json()
    assert registries
    assert http.get(f"{path}/{registries[0]['slug']}").status_code == 404


@MUTANTS.plant(
    "access",
    operations="getRegistry",
    title="a registry of another organization can be read",
    source="pages/apis/rest_api.md: limit their access to individual organizations",
    witness=registries_of_others_are_hidden,
)
async def registry_of_another_organization(server: Server, request: Request) -> Response:
    response = await server.call(request)
    template = "/v2/packages/organizations/{org}/registries/{registry}"
    values = request.values("GET", template)
    is_refused = values is not None and values["org"] == "globex" and response.status == 404
    if is_refused and "read_registries" in await scopes(server, request):
        return await server.call(as_token(request, FOREIGN))
    return response
