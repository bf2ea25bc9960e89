"""Wrong errors, and requests that are wrongly refused or accepted."""

from __future__ import annotations

from typing import Any

import httpx
from tests.conformance.planted.eleventh_set_b_support import (
    CLUSTER,
    ORG,
    SUITE,
    SUITES,
    V2,
    bearer,
    cluster,
    fields,
    matches,
    no_content,
    other,
    with_body,
)
from tests.conformance.planted.mutant import Mutants, Request, Response, Server

MUTANTS = Mutants()


def blank_version(http: httpx.Client) -> None:
    assert http.get(f"{SUITES}/rspec/tests", headers={"Buildkite-Version": ""}).status_code == 200


@MUTANTS.plant(
    "errors",
    operations="listTests getTest",
    title="a blank `Buildkite-Version` is refused",
    source="pages/apis/rest_api/test_engine/_tests_version_header.md: A blank value is treated as an omitted header",
    witness=blank_version,
)
async def blank_version_is_refused(server: Server, request: Request) -> Response:
    response = await server.call(request)
    blank = not request.headers.get("buildkite-version", "2026-08-01").strip()
    if blank and matches(request, f"GET {SUITE}/tests", f"GET {SUITE}/tests/{{test}}") and response.status == 200:
        response.status = 400
        response.headers.pop("link", None)
        response.json = {"message": "Buildkite-Version must be in format YYYY-MM-DD"}
    return response


def unknown_tag(http: httpx.Client) -> None:
    volumes = f"{cluster(http, 'Hosted')}/cache_volumes"
    assert http.request("DELETE", volumes, json={"tag": "unknown"}).status_code == 404


@MUTANTS.plant(
    "errors",
    operations="deleteClusterCacheVolume",
    title="the deletion of a cache volume with an unknown tag succeeds",
    source="pages/apis/rest_api/clusters/cache_volumes.md: 404 Not Found: No cache volume found for tag: tag-value",
    witness=unknown_tag,
)
async def unknown_tag_is_deleted(server: Server, request: Request) -> Response:
    response = await server.call(request)
    unknown = matches(request, f"DELETE {CLUSTER}/cache_volumes") and response.status == 404
    return no_content(response) if unknown and "No cache volume found" in response.json["message"] else response


def key_of_secret_is_refused(http: httpx.Client) -> None:
    secret = http.get(f"{cluster(http, 'Default cluster')}/secrets").json()[0]["url"]
    response = http.put(secret, json={"key": "OTHER_KEY", "description": "Other"})
    assert response.status_code == 422
    assert "The key parameter cannot be updated." in response.text


@MUTANTS.plant(
    "errors",
    operations="updateClusterSecret",
    title="a new key of a secret is ignored instead of refused",
    source="pages/apis/rest_api/clusters/secrets.md: Attempting to update the key parameter returns an error",
    witness=key_of_secret_is_refused,
)
async def key_of_secret_is_ignored(server: Server, request: Request) -> Response:
    response = await server.call(request)
    refused = matches(request, f"PUT {CLUSTER}/secrets/{{secret}}") and response.status == 422
    if refused and "The key parameter" in response.json.get("message", ""):
        kept = {name: value for name, value in fields(request).items() if name != "key"}
        return await server.call(with_body(request, kept))
    return response


def update_without_role(http: httpx.Client) -> None:
    member = http.get(f"{ORG}/members").json()[1]["id"]
    assert http.patch(f"{ORG}/members/{member}", json={}).status_code == 422


@MUTANTS.plant(
    "errors",
    operations="updateOrganizationMember",
    title="an update of a member without a property is accepted",
    source="pages/apis/rest_api/organizations/members.md: 422: The request does not provide role or sso_mode",
    witness=update_without_role,
)
async def empty_update_of_member(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, f"PATCH {V2}/members/{{user}}") and response.status == 422 and request.json == {}:
        read = other(request, "GET", request.path)
        read.headers |= bearer("all_scopes")
        return await server.call(read)
    return response


def image_in_use(http: httpx.Client) -> None:
    images = http.get(f"{cluster(http, 'Hosted')}/agent-images").json()
    assert http.delete(next(one["url"] for one in images if one["name"] == "web")).status_code == 409


@MUTANTS.plant(
    "errors",
    operations="deleteClusterAgentImage",
    title="an agent image in use is deleted, and its queues get the default image",
    source="pages/apis/rest_api/clusters/agent_images.md: … assigned to one or more queues returns 409 Conflict",
    witness=image_in_use,
)
async def image_in_use_is_deleted(server: Server, request: Request) -> Response:
    response = await server.call(request)
    found = request.values("DELETE", CLUSTER + "/agent-images/{image}")
    if found is None or response.status != 409:
        return response
    path = f"/v2/organizations/{found['org']}/clusters/{found['cluster']}/queues"
    read = other(request, "GET", request.path)
    read.headers |= bearer("all_scopes")
    image = (await server.call(read)).json["image_ref"]
    for queue in (await server.call(Request("GET", path, {}, dict(read.headers), b""))).json:
        agents: Any = queue["hosted_agents"]
        if agents["platform_settings"].get("linux", {}).get("agent_image_ref") == image:
            body: Any = {"instanceShape": agents["instance_shape"]["name"], "agentImageRef": None}
            await server.call(other(request, "PUT", f"{path}/{queue['id']}", {"hostedAgents": body}))
    return await server.call(request)


def slug_of_target(http: httpx.Client) -> None:
    value = {"source_pipeline": "docs", "target_pipeline": "api"}
    body = {"type": "pipeline.trigger_build.pipeline", "value": value}
    assert http.post(f"{ORG}/rules", json=body).status_code == 201


@MUTANTS.plant(
    "errors",
    operations="createRule",
    title="the target of a rule is not found by its slug",
    source="pages/apis/rest_api/rules.md: target_pipeline fields accept either a pipeline UUID or a pipeline slug",
    witness=slug_of_target,
)
async def target_slug_is_unknown(server: Server, request: Request) -> Response:
    value: Any = fields(request).get("value")
    slug: Any = value.get("target_pipeline") if matches(request, f"POST {V2}/rules") and value else None
    if isinstance(slug, str) and slug.count("-") != 4:
        unknown = value | {"target_pipeline": "00000000-0000-4000-8000-000000000000"}
        request = with_body(request, fields(request) | {"value": unknown})
    return await server.call(request)


def boolean_setting(http: httpx.Client) -> None:
    body = {"restrict_user_api_token_creation": "no"}
    assert http.patch(f"{ORG}/api-settings", json=body).status_code == 422


@MUTANTS.plant(
    "errors",
    operations="updateOrganizationApiSettings",
    title="text and numbers are converted to a boolean",
    source="pages/apis/rest_api/organizations/api_settings.md: a non-boolean value for restrict_…",
    witness=boolean_setting,
)
async def setting_is_converted(server: Server, request: Request) -> Response:
    response = await server.call(request)
    name = "restrict_user_api_token_creation"
    value: Any = fields(request).get(name)
    if not matches(request, f"PATCH {V2}/api-settings") or response.status != 422:
        return response
    if isinstance(value, str | int) and name in response.json.get("message", ""):
        return await server.call(with_body(request, fields(request) | {name: bool(value)}))
    return response
