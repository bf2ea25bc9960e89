"""Wrong errors, and requests that should have been refused."""

from __future__ import annotations

import re

import httpx
from attrs import evolve
from tests.conformance.planted.fourteenth_set_b_support import (
    CLUSTER,
    ORG,
    V2,
    WEB,
    as_token,
    edited,
    fields,
    mapping,
    matches,
    read,
    sequence,
    with_body,
)
from tests.conformance.planted.mutant import Mutants, Request, Response, Server

MUTANTS = Mutants()


def own_membership(http: httpx.Client) -> None:
    user = http.get("/v2/user").json()["id"]
    assert http.patch(f"{ORG}/members/{user}", json={"sso_mode": "required"}).status_code == 403


@MUTANTS.plant(
    "errors",
    operations="updateOrganizationMember",
    title="users can update the SSO mode of their own membership",
    source="pages/apis/rest_api/organizations/members.md: You cannot update your own membership",
    witness=own_membership,
)
async def own_sso_mode(server: Server, request: Request) -> Response:
    members = f"{V2}/members"
    response = await server.call(request)
    if matches(request, f"PATCH {members}/{{user}}") and b"own membership" in response.body:
        mode = fields(request).get("sso_mode")
        if mode in ("required", "optional") and "role" not in fields(request):
            member = await server.call(read(as_token(request, "all_scopes"), request.path))
            if member.status == 200:
                response = member
                server.memory[member.json["id"]] = mode
    if matches(request, f"GET {members}", f"GET {members}/{{user}}", f"PATCH {members}/{{user}}"):
        edited(
            response, lambda one: {**one, "sso_mode": server.memory[one["id"]]} if one["id"] in server.memory else one
        )
    return response


def value_of_secret(http: httpx.Client) -> None:
    cluster = http.get(f"{ORG}/clusters").json()[0]["url"]
    secret = http.get(f"{cluster}/secrets").json()[0]["url"]
    response = http.put(secret, json={"description": "New", "value": "new-secret-value"})
    assert response.status_code == 422
    assert response.json()["message"] == "The value parameter cannot be updated on this endpoint."


@MUTANTS.plant(
    "errors",
    operations="updateClusterSecret",
    title="the value in an update of the description of a secret is ignored",
    source="pages/apis/rest_api/clusters/secrets.md: Attempting to update the value parameter returns an error",
    witness=value_of_secret,
)
async def value_is_ignored(server: Server, request: Request) -> Response:
    if matches(request, f"PUT {CLUSTER}/secrets/{{secret}}") and "value" in fields(request):
        request = with_body(request, {name: value for name, value in fields(request).items() if name != "value"})
    return await server.call(request)


def rule_with_slugs(http: httpx.Client) -> None:
    value = {"source_pipeline": "web", "target_pipeline": "docs"}
    rule = {"type": "pipeline.artifacts_read.pipeline", "value": value}
    assert http.post(f"{ORG}/rules", json=rule).status_code == 201


@MUTANTS.plant(
    "errors",
    operations="createRule",
    title="a rule is refused if it has slugs of pipelines",
    source="pages/apis/rest_api/rules.md: fields accept either a pipeline UUID or a pipeline slug",
    witness=rule_with_slugs,
)
async def slugs_are_refused(server: Server, request: Request) -> Response:
    value = mapping(fields(request).get("value"))
    if matches(request, f"POST {V2}/rules") and value:
        found = {
            key: "00000000-0000-4000-8000-000000000000" if isinstance(one, str) and not _is_uuid(one) else one
            for key, one in value.items()
        }
        request = with_body(request, fields(request) | {"value": found})
    return await server.call(request)


def _is_uuid(text: str) -> bool:
    return re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", text) is not None


def steps_without_configuration(http: httpx.Client) -> None:
    steps = [{"type": "script", "command": "make"}]
    assert http.patch(WEB, json={"description": "New", "steps": steps}).status_code == 422


@MUTANTS.plant(
    "errors",
    operations="updatePipeline",
    title="visual steps in an update of a YAML pipeline are ignored",
    source="pages/apis/rest_api/pipelines.md: rejects steps with a 422 error when configuration is absent",
    witness=steps_without_configuration,
)
async def steps_are_ignored(server: Server, request: Request) -> Response:
    response = await server.call(request)
    body = fields(request)
    if matches(request, f"PATCH {V2}/pipelines/{{pipeline}}") and b"Steps can't be set" in response.body:
        return await server.call(with_body(request, {key: body[key] for key in body if key != "steps"}))
    return response


def template_in_use(http: httpx.Client) -> None:
    template = http.get(f"{ORG}/pipeline-templates").json()[0]
    http.patch(f"{ORG}/pipelines/docs", json={"pipeline_template_uuid": template["uuid"]})
    assert http.delete(template["url"]).status_code == 422


@MUTANTS.plant(
    "errors",
    operations="deletePipelineTemplate",
    title="deleting a template that is in use removes it from its pipelines",
    source="pages/apis/rest_api/pipeline_templates.md: can only be deleted when it is not assigned to any pipelines",
    witness=template_in_use,
)
async def template_is_removed(server: Server, request: Request) -> Response:
    response = await server.call(request)
    found = request.values("DELETE", f"{V2}/pipeline-templates/{{template}}")
    if found is None or response.status != 422:
        return response
    pipelines = f"/v2/organizations/{found['org']}/pipelines"
    admin = as_token(request, "all_scopes")
    listed = await server.call(read(admin, pipelines, per_page="100"))
    for pipeline in sequence(listed.json):
        if pipeline["pipeline_template_uuid"] == found["template"]:
            update = with_body(admin, {"pipeline_template_uuid": None})
            update.headers = {**update.headers, "content-type": "application/json"}
            await server.call(evolve(update, method="PATCH", path=f"{pipelines}/{pipeline['slug']}"))
    return await server.call(request)


def unknown_period(http: httpx.Client) -> None:
    response = http.patch(f"{ORG}/api-settings", json={"revoke_inactive_tokens_after_days": 45})
    assert response.status_code == 422


@MUTANTS.plant(
    "errors",
    operations="updateOrganizationApiSettings",
    title="a revocation period between the allowed values is rounded up to the next one",
    source="pages/apis/rest_api/organizations/api_settings.md: a revocation period not in the set of allowed values",
    witness=unknown_period,
)
async def period_is_rounded_up(server: Server, request: Request) -> Response:
    name = "revoke_inactive_tokens_after_days"
    days = fields(request).get(name)
    if matches(request, f"PATCH {V2}/api-settings") and type(days) is int and 30 < days < 365:
        allowed = next(one for one in (60, 90, 180, 365) if days <= one)
        request = with_body(request, fields(request) | {name: allowed})
    return await server.call(request)
