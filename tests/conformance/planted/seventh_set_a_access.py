"""Seventh set A: secrets that leak, and tokens that may do too much."""

from typing import Final

import httpx
from attrs import evolve
from tests.conformance.planted.mutant import Request, Response, Server
from tests.conformance.planted.seventh_set_a_support import CLUSTER, MUTANTS, ORGANIZATION, REGISTRIES, values
from tests.conformance.runner_support import TOKEN

EXPIRED: Final = "bkua_mock_expired"
GLOBEX: Final = "bkua_mock_globex"
"""A token for both organizations."""
WITHOUT_DELETION: Final = "bkua_mock_limited_1"
"""A token with `write_registries`, and without `delete_registries`."""


def _bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def token_after_update(http: httpx.Client) -> None:
    created = http.post(f"{CLUSTER}/tokens", json={"description": "Windows agents"}).json()
    changed = http.put(f"{CLUSTER}/tokens/{created['id']}", json={"description": "Linux agents"})
    assert changed.status_code == 200
    assert created["token"] not in changed.text


@MUTANTS.plant(
    "access",
    operations="updateClusterAgentToken",
    title="an update returns the value of the agent token again",
    source="pages/apis/rest_api/clusters/agent_tokens.md: Subsequent responses do not contain the token value",
    witness=token_after_update,
)
async def token_value_on_update_a(server: Server, request: Request) -> Response:
    template = "/v2/organizations/{org}/clusters/{cluster}/tokens"
    response = await server.call(request)
    if values(request, "POST", template) is not None and response.status == 201:
        server.memory[response.json["id"]] = response.json["token"]
    found = values(request, "PUT", f"{template}/{{token}}")
    if found is not None and response.status == 200 and found["token"] in server.memory:
        response.json = {**response.json, "token": server.memory[found["token"]]}
    return response


def suite_of_other_organization(http: httpx.Client) -> None:
    suites = "/v2/analytics/organizations/globex/suites"
    suite = http.get(suites, headers=_bearer(GLOBEX)).json()[0]
    assert http.get(suites).status_code == 404
    assert http.get(f"{suites}/{suite['slug']}").status_code == 404


@MUTANTS.plant(
    "access",
    operations="getTestSuite",
    title="suites of organizations that the token has no access to can be read",
    source="pages/apis/rest_api.md: you can limit their access to individual organizations",
    witness=suite_of_other_organization,
)
async def suite_of_any_organization_a(server: Server, request: Request) -> Response:
    response = await server.call(request)
    is_suite = values(request, "GET", "/v2/analytics/organizations/{org}/suites/{suite}") is not None
    if is_suite and response.status == 404:
        other = await server.call(evolve(request, headers={**request.headers, **_bearer(GLOBEX)}))
        return other if other.status == 200 else response
    return response


def deletion_of_registry(http: httpx.Client) -> None:
    response = http.delete(f"{REGISTRIES}/wheels", headers=_bearer(WITHOUT_DELETION))
    assert response.status_code == 403
    assert http.get(f"{REGISTRIES}/wheels").status_code == 200


@MUTANTS.plant(
    "access",
    operations="deleteRegistry",
    title="the scope `write_registries` is enough to delete a registry",
    source="pages/apis/rest_api/package_registries/registries.md: Required scope: delete_registries",
    witness=deletion_of_registry,
)
async def registry_deleted_by_writer_a(server: Server, request: Request) -> Response:
    response = await server.call(request)
    is_deletion = values(request, "DELETE", "/v2/packages/organizations/{org}/registries/{registry}") is not None
    if is_deletion and response.status == 403:
        own = Request("GET", "/v2/access-token", {}, request.headers, b"")
        token = (await server.call(own)).json
        if "write_registries" in token.get("scopes", []):
            return await server.call(evolve(request, headers={**request.headers, **_bearer(TOKEN)}))
    return response


def key_of_new_service(http: httpx.Client) -> None:
    body = {"provider": "datadog_pipeline_visibility", "settings": {"api_key": "0123456789abcdef0123456789abcdef"}}
    response = http.post(f"{ORGANIZATION}/services", json=body)
    assert response.status_code == 201
    assert response.json()["settings"]["api_key"] != body["settings"]["api_key"]  # type: ignore[index]


@MUTANTS.plant(
    "access",
    operations="createNotificationService",
    title="the Datadog `api_key` of a new service is returned in full",
    source="pages/apis/rest_api/organizations/notification_services.md: show only their final characters",
    witness=key_of_new_service,
)
async def datadog_key_in_full_a(server: Server, request: Request) -> Response:
    response = await server.call(request)
    is_creation = values(request, "POST", "/v2/organizations/{org}/services") is not None
    if is_creation and response.status == 201 and response.json["provider"]["id"] == "datadog_pipeline_visibility":
        body = response.json
        body["settings"]["api_key"] = request.json["settings"]["api_key"]
        response.json = body
    return response


def user_of_expired_token(http: httpx.Client) -> None:
    assert http.get("/v2/user", headers=_bearer(EXPIRED)).status_code == 401


@MUTANTS.plant(
    "access",
    operations="getUser",
    title="the user of an expired token can be read",
    source="pages/apis/rest_api/access_token.md: expires_at; pages/apis/rest_api.md: Authentication",
    witness=user_of_expired_token,
)
async def expired_token_reads_user_a(server: Server, request: Request) -> Response:
    is_expired = request.headers.get("authorization") == f"Bearer {EXPIRED}"
    if values(request, "GET", "/v2/user") is not None and is_expired:
        request.headers |= _bearer(TOKEN)
    return await server.call(request)
