"""Missing, wrong and superfluous errors."""

from __future__ import annotations

import re

import httpx
from tests.conformance.planted.fourteenth_set_a_support import (
    CLUSTER,
    HOSTED,
    ORG,
    V2,
    WEB,
    body_of,
    edit,
    matches,
    objects,
    path_values,
    send,
)
from tests.conformance.planted.mutant import Mutants, Request, Response, Server

MUTANTS = Mutants()


def assigned_template(http: httpx.Client) -> None:
    template = http.get(f"{ORG}/pipeline-templates").json()[0]["uuid"]
    http.patch(WEB, json={"pipeline_template_uuid": template})
    assert http.delete(f"{ORG}/pipeline-templates/{template}").status_code == 422
    assert http.get(WEB).json()["pipeline_template_uuid"] == template


@MUTANTS.plant(
    "errors",
    operations="deletePipelineTemplate updatePipeline",
    title="deleting an assigned template removes it from its pipelines",
    source="pages/apis/rest_api/pipeline_templates.md: only be deleted when it is not assigned to any pipelines",
    witness=assigned_template,
)
async def assigned_template_is_deleted(server: Server, request: Request) -> Response:
    response = await server.call(request)
    found = path_values(request, f"DELETE {V2}/pipeline-templates/{{template}}")
    if not found or response.status != 422:
        return response
    pipelines = f"/v2/organizations/{found['org']}/pipelines"
    for one in objects((await send(server, request, "GET", pipelines)).json):
        if one.get("pipeline_template_uuid") == found["template"]:
            await send(server, request, "PATCH", f"{pipelines}/{one['slug']}", {"pipeline_template_uuid": None})
    return await server.call(request)


def own_membership(http: httpx.Client) -> None:
    user = http.get("/v2/user").json()["id"]
    assert http.patch(f"{ORG}/members/{user}", json={"sso_mode": "required"}).status_code == 403
    assert http.get(f"{ORG}/members/{user}").json()["sso_mode"] == "optional"


@MUTANTS.plant(
    "errors",
    operations="updateOrganizationMember",
    title="users can change their own SSO mode, but not their own role",
    source="pages/apis/rest_api/organizations/members.md: You cannot update your own membership",
    witness=own_membership,
)
async def own_sso_mode_can_change(server: Server, request: Request) -> Response:
    response = await server.call(request)
    member = V2 + "/members/{user}"
    body = body_of(request)
    own = response.status == 403 and "own membership" in str(response.json)
    if matches(request, f"PATCH {member}") and own and body in ({"sso_mode": "required"}, {"sso_mode": "optional"}):
        server.memory[request.path.rpartition("/")[2]] = body["sso_mode"]
        response = await send(server, request, "GET", request.path)
    if not matches(request, f"PATCH {member}", f"GET {member}", f"GET {V2}/members"):
        return response
    return edit(response, lambda one: one.update({"sso_mode": mode} if (mode := server.memory.get(one["id"])) else {}))


def all_addresses_first(http: httpx.Client) -> None:
    body = {"emails": ["first@elsewhere.example", "second"], "sso_mode": "optional"}
    assert http.post(f"{ORG}/invitations", json=body).status_code == 422
    emails = [one["email"] for one in http.get(f"{ORG}/invitations").json()["items"]]
    assert "first@elsewhere.example" not in emails


@MUTANTS.plant(
    "errors",
    operations="createOrganizationInvitations listOrganizationInvitations",
    title="an invalid address is refused, but those before it have been invited",
    source="pages/apis/rest_api/organizations/invitations.md: If any address is invalid, no invitations are created",
    witness=all_addresses_first,
)
async def addresses_before_invalid_one(server: Server, request: Request) -> Response:
    response = await server.call(request)
    emails = body_of(request).get("emails")
    if matches(request, f"POST {V2}/invitations") and response.status == 422 and isinstance(emails, list):
        for email in emails[:-1]:
            body = body_of(request) | {"emails": [email]}
            if (await send(server, request, "POST", request.path, body)).status != 201:
                break
    return response


def rule_by_slugs(http: httpx.Client) -> None:
    value = {"source_pipeline": "docs", "target_pipeline": "ios"}
    body = {"type": "pipeline.trigger_build.pipeline", "value": value}
    assert http.post(f"{ORG}/rules", json=body).status_code == 201


@MUTANTS.plant(
    "errors",
    operations="createRule",
    title="the target of a rule is found by its UUID only, not by its slug",
    source="pages/apis/rest_api/rules.md: target_pipeline fields accept either a pipeline UUID or a pipeline slug",
    witness=rule_by_slugs,
)
async def slug_of_target_is_refused(server: Server, request: Request) -> Response:
    value = body_of(request).get("value")
    if matches(request, f"POST {V2}/rules") and isinstance(value, dict):
        target = value.get("target_pipeline")
        if isinstance(target, str) and not re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", target):
            unknown = "00000000-0000-4000-8000-000000000000"
            request.json = request.json | {"value": value | {"target_pipeline": unknown}}
    return await server.call(request)


def tag_with_semicolon(http: httpx.Client) -> None:
    tags = [one["tag"] for one in http.get(f"{HOSTED}/cache_volumes").json()]
    tag = next(tag for tag in tags if ";" in tag)
    assert http.request("DELETE", f"{HOSTED}/cache_volumes", json={"tag": tag}).status_code == 204


@MUTANTS.plant(
    "errors",
    operations="deleteClusterCacheVolume",
    title="the tag of a cache volume is cut at a semicolon, and the volume is not found",
    source="pages/apis/rest_api/clusters/cache_volumes.md: Cache tags can contain / and ;",
    witness=tag_with_semicolon,
)
async def tag_ends_at_semicolon(server: Server, request: Request) -> Response:
    tag = body_of(request).get("tag")
    if matches(request, f"DELETE {CLUSTER}/cache_volumes") and isinstance(tag, str) and ";" in tag:
        request.json = request.json | {"tag": tag.partition(";")[0]}
    return await server.call(request)


def period_of_days(http: httpx.Client) -> None:
    assert http.patch(f"{ORG}/api-settings", json={"revoke_inactive_tokens_after_days": 45}).status_code == 422


@MUTANTS.plant(
    "errors",
    operations="updateOrganizationApiSettings",
    title="a number of days that is not allowed is rounded up to one that is",
    source="pages/apis/rest_api/organizations/api_settings.md: Accepted values are 30, 60, 90, 180, and 365",
    witness=period_of_days,
)
async def days_are_rounded_up(server: Server, request: Request) -> Response:
    days = body_of(request).get("revoke_inactive_tokens_after_days")
    if matches(request, f"PATCH {V2}/api-settings") and type(days) is int and 0 < days < 365:
        allowed = next(period for period in (30, 60, 90, 180, 365) if period >= days)
        if allowed != days:
            request.json = request.json | {"revoke_inactive_tokens_after_days": allowed}
    return await server.call(request)


def provider_of_service(http: httpx.Client) -> None:
    service = next(one for one in http.get(f"{ORG}/services").json()["items"] if one["provider"]["id"] == "webhook")
    body = {"provider": "slack", "description": "Changed"}
    assert http.patch(service["url"], json=body).status_code == 422
    assert http.get(service["url"]).json()["description"] == service["description"]


@MUTANTS.plant(
    "errors",
    operations="updateNotificationService",
    title="another provider in an update of a notification service is ignored",
    source="pages/apis/rest_api/organizations/notification_services.md: provider must match the existing provider",
    witness=provider_of_service,
)
async def other_provider_is_ignored(server: Server, request: Request) -> Response:
    response = await server.call(request)
    body = body_of(request)
    if matches(request, f"PATCH {V2}/services/{{service}}") and response.status == 422 and "provider" in body:
        request.json = {key: value for key, value in body.items() if key != "provider"}
        return await server.call(request)
    return response
