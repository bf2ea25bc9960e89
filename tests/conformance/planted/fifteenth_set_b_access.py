"""Bugs in the checks of tokens and rights."""

from __future__ import annotations

import httpx
from tests.conformance.planted.fifteenth_set_b_support import (
    ANALYTICS,
    ORGANIZATION,
    ORGANIZATION_PATH,
    REGISTRIES,
    REGISTRIES_PATH,
    SUITES_PATH,
    bearer,
    own,
    privileged,
    publish,
    scopes,
)
from tests.conformance.planted.mutant import Mutants, Request, Response, Server

from buildkite_rest.mock import GLOBEX_TOKEN, LIMITED_TOKENS, READ_ONLY_TOKEN

MUTANTS = Mutants()


def readers_do_not_see_webhook_urls(http: httpx.Client) -> None:
    pipelines = http.get(f"{ORGANIZATION}/pipelines", headers=bearer(READ_ONLY_TOKEN)).json()
    assert pipelines
    assert {pipeline["provider"].get("webhook_url", "") for pipeline in pipelines} == {""}


@MUTANTS.plant(
    "access",
    operations="listPipelines",
    title="the list of pipelines has webhook URLs without the scope write_pipelines",
    source="pages/apis/rest_api/pipelines.md: Webhook URL, only if the token has the write_pipelines scope",
    witness=readers_do_not_see_webhook_urls,
)
async def webhook_urls_for_readers(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.values("GET", f"{ORGANIZATION_PATH}/pipelines") is not None and response.status == 200:
        pipelines = response.json
        everything = await server.call(privileged(request))
        if everything.status == 200:
            urls = {each["id"]: each["provider"].get("webhook_url") for each in everything.json}
            for pipeline in pipelines:
                if urls.get(pipeline["id"]):
                    pipeline["provider"]["webhook_url"] = urls[pipeline["id"]]
            response.json = pipelines
    return response


def writing_is_not_deleting(http: httpx.Client) -> None:
    package = publish(http, "downloads", "kept-1.0.0.bin", b"keep it").json()["url"]
    for token in LIMITED_TOKENS:
        granted = set(http.get("/v2/access-token", headers=bearer(token)).json()["scopes"])
        if "write_packages" in granted and "delete_packages" not in granted:
            assert http.delete(package, headers=bearer(token)).status_code == 403
    assert http.get(package).status_code == 200


@MUTANTS.plant(
    "access",
    operations="deletePackage",
    title="a package can be deleted with the scope write_packages",
    source="pages/apis/rest_api/package_registries/packages.md: Delete a package, required scope delete_packages",
    witness=writing_is_not_deleting,
)
async def delete_with_write_scope(server: Server, request: Request) -> Response:
    response = await server.call(request)
    path = f"{REGISTRIES_PATH}/{{registry}}/packages/{{package}}"
    is_refused = request.values("DELETE", path) is not None and response.status == 403
    if is_refused and "write_packages" in await scopes(server, request):
        deleted = await server.call(privileged(request))
        return deleted if deleted.status == 200 else response
    return response


def members_do_not_see_connections(http: httpx.Client) -> None:
    user = http.get("/v2/user", headers=bearer(GLOBEX_TOKEN)).json()["id"]
    demoted = http.patch(f"{ORGANIZATION}/members/{user}", json={"role": "member"})
    assert demoted.status_code == 200, demoted.text
    assert http.get(f"{ORGANIZATION}/repository_connections", headers=bearer(GLOBEX_TOKEN)).status_code == 403


@MUTANTS.plant(
    "access",
    operations="listRepositoryConnections",
    title="members who are not administrators may list repository connections",
    source="pages/apis/rest_api/organizations/repository_connections.md: required: organization administrator access",
    witness=members_do_not_see_connections,
)
async def connections_for_members(server: Server, request: Request) -> Response:
    response = await server.call(request)
    is_list = request.values("GET", f"{ORGANIZATION_PATH}/repository_connections") is not None
    is_refused = is_list and response.status == 403
    if is_refused and "read_organization_repository_connections" in await scopes(server, request):
        found = await server.call(privileged(request))
        return found if found.status == 200 else response
    return response


def tokens_belong_to_their_registry(http: httpx.Client) -> None:
    token = http.post(f"{REGISTRIES}/gems/tokens", json={"description": "Only gems"}).json()["id"]
    assert http.get(f"{REGISTRIES}/gems/tokens/{token}").status_code == 200
    assert http.get(f"{REGISTRIES}/wheels/tokens/{token}").status_code == 404


@MUTANTS.plant(
    "access",
    operations="getRegistryToken",
    title="a token of another registry of the organization is found",
    source="pages/apis/rest_api/package_registries/registry_tokens.md: a token of the registry in the path",
    witness=tokens_belong_to_their_registry,
)
async def token_of_another_registry(server: Server, request: Request) -> Response:
    response = await server.call(request)
    values = request.values("GET", f"{REGISTRIES_PATH}/{{registry}}/tokens/{{token}}")
    if values is not None and response.status == 404:
        path = REGISTRIES_PATH.replace("{org}", values["org"])
        registries = await server.call(own(request, "GET", path))
        if registries.status == 200:
            for registry in registries.json:
                found = await server.call(own(request, "GET", f"{path}/{registry['slug']}/tokens/{values['token']}"))
                if found.status == 200:
                    return found
    return response


def token_of_suite_only_on_request(http: httpx.Client) -> None:
    assert "api_token" not in http.get(f"{ANALYTICS}/suites/rspec", params={"show_api_token": "false"}).json()


@MUTANTS.plant(
    "access",
    operations="getTestSuite",
    title="the token of a suite is shown with any value of show_api_token, also false",
    source="pages/apis/rest_api/test_engine/suites.md: show_api_token returns the suite's API token; default false",
    witness=token_of_suite_only_on_request,
)
async def token_shown_with_false(server: Server, request: Request) -> Response:
    if request.values("GET", f"{SUITES_PATH}/{{suite}}") is not None and "show_api_token" in request.params:
        request.params["show_api_token"] = ["true"]
    return await server.call(request)


def addresses_are_public(http: httpx.Client) -> None:
    with httpx.Client(base_url=http.base_url) as anonymous:
        response = anonymous.get("/v2/meta")
    assert response.status_code == 200
    assert response.json()["webhook_ips"]


@MUTANTS.plant(
    "access",
    operations="getMeta",
    title="the meta information requires a token",
    source="pages/apis/rest_api/meta.md: it does not require authentication",
    witness=addresses_are_public,
)
async def meta_requires_token(server: Server, request: Request) -> Response:
    if request.values("GET", "/v2/meta") is not None:
        token = await server.call(own(request, "GET", "/v2/access-token"))
        if token.status == 401:
            return token
    return await server.call(request)
