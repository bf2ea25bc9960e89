"""Access without a scope, a valid token or the right organization, and secrets in responses."""

from __future__ import annotations

from typing import Any

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.tenth_set_b_support import (
    ADMIN_OF_BOTH,
    ANALYTICS,
    JOBS,
    ORG,
    PACKAGES,
    REGISTRIES,
    V2,
    auth,
    authorized,
    command_job,
    each,
    edited,
    fetched,
    found,
    matches,
    nested,
    properties,
)

MUTANTS = Mutants()


def text_needs_scope(http: httpx.Client) -> None:
    assert http.get(f"{command_job(http)}/env.txt", headers=auth("no_scopes")).status_code == 403


@MUTANTS.plant(
    "access",
    operations="getJobEnv getJobEnvInBuild",
    title="the text form of an environment, by file extension, needs no scope",
    source="pages/apis/rest_api/jobs.md: Required scope: read_job_env",
    witness=text_needs_scope,
)
async def text_needs_no_scope_b(server: Server, request: Request) -> Response:
    response = await server.call(request)
    text = request.method in {"GET", "HEAD"} and found(request, *(f"{job}/env.txt" for job in JOBS)) is not None
    return await authorized(server, request) if text and response.status == 403 else response


def copying_needs_to_read(http: httpx.Client) -> None:
    package = http.get(f"{REGISTRIES}/gems/packages").json()["items"][0]["url"]
    response = http.post(f"{package}/copy", params={"to": "gems-stable"}, headers=auth("limited_3"))
    assert response.status_code == 403


@MUTANTS.plant(
    "access",
    operations="copyPackage",
    title="copying a package needs only the second of its two scopes",
    source="pages/apis/rest_api/package_registries/packages.md: Required scopes: read_packages, write_packages",
    witness=copying_needs_to_read,
)
async def copying_needs_one_scope(server: Server, request: Request) -> Response:
    response = await server.call(request)
    copy = matches(request, f"POST {PACKAGES}/registries/{{registry}}/packages/{{package}}/copy")
    if copy and response.status == 403:
        token = await fetched(server, request, "/v2/access-token")
        if "write_packages" in token.json["scopes"]:
            return await authorized(server, request)
    return response


def revoked_token_reads_nothing(http: httpx.Client) -> None:
    assert http.get(f"{ORG}/emojis", headers=auth("revocable")).status_code == 200
    assert http.delete("/v2/access-token", headers=auth("revocable")).status_code == 204
    assert http.get(f"{ORG}/emojis", headers=auth("revocable")).status_code == 401


@MUTANTS.plant(
    "access",
    operations="revokeAccessToken listEmojis",
    title="a token that has been revoked can still list emojis",
    source="pages/apis/rest_api/access_token.md: the token can no longer be used for further requests",
    witness=revoked_token_reads_nothing,
)
async def revoked_token_lists_emojis(server: Server, request: Request) -> Response:
    response = await server.call(request)
    credential = request.headers.get("authorization", "")
    if matches(request, "DELETE /v2/access-token") and response.status == 204:
        server.memory[credential] = True
    emojis = matches(request, f"GET {V2}/emojis", f"HEAD {V2}/emojis")
    return await authorized(server, request) if emojis and credential in server.memory else response


def tests_of_other_organization(http: httpx.Client) -> None:
    builds = http.get("/v2/organizations/globex/builds", headers=auth("globex")).json()
    for build in builds:
        assert http.get(f"/v2/analytics/organizations/acme/builds/{build['id']}/tests").status_code == 404


@MUTANTS.plant(
    "access",
    operations="listBuildTests",
    title="the tests of builds of every organization are listed below the own organization",
    source="pages/apis/rest_api/test_engine/build_tests.md: every … suite … that the API token can access",
    witness=tests_of_other_organization,
)
async def tests_of_any_build(server: Server, request: Request) -> Response:
    response = await server.call(request)
    build = request.values("GET", ANALYTICS + "/builds/{build}/tests")
    if build is None or build["org"] != "acme" or response.status != 404:
        return response
    request.path = f"/v2/analytics/organizations/globex/builds/{build['build']}/tests"
    foreign = await authorized(server, request, ADMIN_OF_BOTH)
    return foreign if foreign.status == 200 else response


def headers_of_service_are_secret(http: httpx.Client) -> None:
    settings = {"endpoint": "https://otel.example", "headers": {"x-api-key": "open sesame"}}
    body = {"provider": "open_telemetry_tracing", "settings": settings}
    created = http.post(f"{ORG}/services", json=body)
    assert created.status_code == 201
    assert "sesame" not in created.text + http.get(created.json()["url"]).text


@MUTANTS.plant(
    "access",
    operations="createNotificationService updateNotificationService getNotificationService listNotificationServices",
    title="the headers of OpenTelemetry services are returned",
    source="pages/apis/rest_api/organizations/notification_services.md: encrypted OpenTelemetry headers are omitted",
    witness=headers_of_service_are_secret,
)
async def headers_of_service_are_returned(server: Server, request: Request) -> Response:
    sent = nested(properties(request), "settings").get("headers")

    def with_headers(service: Any) -> Any:
        if request.method in {"POST", "PATCH"} and sent and service["provider"]["id"] == "open_telemetry_tracing":
            server.memory[service["id"]] = sent
        if service["id"] in server.memory:
            service["settings"]["headers"] = server.memory[service["id"]]
        return service

    one = V2 + "/services/{service}"
    routes = (f"POST {V2}/services", f"PATCH {one}", f"GET {V2}/services", f"GET {one}")
    return await edited(server, request, each(with_headers), *routes)


def query_is_no_credential(http: httpx.Client) -> None:
    params = {"access_token": "bkua_mock_all_scopes"}
    assert http.get("/v2/user", params=params, headers={"Authorization": ""}).status_code == 401


@MUTANTS.plant(
    "access",
    operations="getUser getAccessToken",
    title="a token in the query parameter `access_token` is accepted",
    source="pages/apis/rest_api/access_token.md: expect the token to be provided using the Authorization HTTP header",
    witness=query_is_no_credential,
)
async def token_in_query(server: Server, request: Request) -> Response:
    token = request.params.get("access_token", [""])[0]
    if token and not request.headers.get("authorization"):
        return await authorized(server, request, f"Bearer {token}")
    return await server.call(request)
