"""Eighth set: requests that must be refused."""

import httpx
from tests.conformance.planted.eighth_set_b_support import ORG, RSPEC, matching, reading
from tests.conformance.planted.mutant import Mutants, Request, Response, Server

MUTANTS = Mutants()


def own_membership(http: httpx.Client) -> None:
    user = http.get("/v2/user").json()["id"]
    assert http.patch(f"{ORG}/members/{user}", json={"sso_mode": "required"}).status_code == 403


@MUTANTS.plant(
    "errors",
    operations="updateOrganizationMember",
    title="an update of the own membership is refused with 422 instead of 403",
    source="pages/apis/rest_api/organizations/members.md: 403, the user attempts to update their own membership",
    witness=own_membership,
)
async def own_membership_is_invalid(server: Server, request: Request) -> Response:
    response = await server.call(request)
    member = "/v2/organizations/{org}/members/{user}"
    if matching(request, member, methods=("PATCH",)) and response.status == 403 and b"own membership" in response.body:
        response.status = 422
    return response


def expired_invitation(http: httpx.Client) -> None:
    path = f"{ORG}/invitations/{http.get(ORG).json()['id'][:14]}701f-8000-000000000003"
    assert http.get(path).json()["state"] == "expired"
    assert http.delete(path).status_code == 422


@MUTANTS.plant(
    "errors",
    operations="revokeOrganizationInvitation",
    title="revoking an expired invitation seems to succeed",
    source="pages/apis/rest_api/organizations/invitations.md: 422, accepted, revoked, or expired",
    witness=expired_invitation,
)
async def expired_invitation_revoked(server: Server, request: Request) -> Response:
    response = await server.call(request)
    invitation = "/v2/organizations/{org}/invitations/{uuid}"
    if matching(request, invitation, methods=("DELETE",)) and response.status == 422 and b"expired" in response.body:
        for name in ("content-type", "content-length"):
            response.headers.pop(name, None)
        return Response(204, response.headers, b"")
    return response


def batch_with_bad_address(http: httpx.Client) -> None:
    body = {"emails": ["good@new.example", "not an address"], "sso_mode": "required"}
    assert http.post(f"{ORG}/invitations", json=body).status_code == 422
    found = http.get(f"{ORG}/invitations").json()["items"]
    assert "good@new.example" not in {invitation["email"] for invitation in found}


@MUTANTS.plant(
    "errors",
    operations="createOrganizationInvitations",
    title="a batch that is refused for one address has invited the addresses before it",
    source="pages/apis/rest_api/organizations/invitations.md: if any address is invalid, no invitations are created",
    witness=batch_with_bad_address,
)
async def part_of_batch_invited(server: Server, request: Request) -> Response:
    response = await server.call(request)
    body = request.json
    found = matching(request, "/v2/organizations/{org}/invitations", methods=("POST",))
    if found and response.status == 422 and isinstance(body, dict) and isinstance(body.get("emails"), list):
        for email in body["emails"]:
            single = reading(request, request.path)
            single.method = "POST"
            single.headers["content-type"] = "application/json"
            single.json = {**body, "emails": [email]}
            if (await server.call(single)).status != 201:
                break
    return response


def days_of_inactivity(http: httpx.Client) -> None:
    body = {"revoke_inactive_tokens_after_days": 45}
    assert http.patch(f"{ORG}/api-settings", json=body).status_code == 422


@MUTANTS.plant(
    "errors",
    operations="updateOrganizationApiSettings",
    title="a number of days that is not accepted is rounded up to the next one",
    source="pages/apis/rest_api/organizations/api_settings.md: accepted values are 30, 60, 90, 180, and 365",
    witness=days_of_inactivity,
)
async def days_rounded_up(server: Server, request: Request) -> Response:
    body = request.json
    settings = matching(request, "/v2/organizations/{org}/api-settings", methods=("PATCH",))
    if settings and isinstance(body, dict):
        days = body.get("revoke_inactive_tokens_after_days")
        if type(days) is int and 30 < days < 365:
            accepted = next(number for number in (60, 90, 180, 365) if number >= days)
            request.json = {**body, "revoke_inactive_tokens_after_days": accepted}
    return await server.call(request)


def template_in_use(http: httpx.Client) -> None:
    http.get(f"{ORG}/pipelines/docs/builds")
    body = {"name": "In use", "configuration": "steps:\n  - command: make\n"}
    template = http.post(f"{ORG}/pipeline-templates", json=body).json()["uuid"]
    http.patch(f"{ORG}/pipelines/docs", json={"pipeline_template_uuid": template})
    assert http.delete(f"{ORG}/pipeline-templates/{template}").status_code == 422


@MUTANTS.plant(
    "errors",
    operations="deletePipelineTemplate",
    title="a template that is assigned to pipelines is removed from them and deleted",
    source="pages/apis/rest_api/pipeline_templates.md: can only be deleted when it is not assigned to any pipelines",
    witness=template_in_use,
)
async def assigned_template_deleted(server: Server, request: Request) -> Response:
    response = await server.call(request)
    found = matching(request, "/v2/organizations/{org}/pipeline-templates/{uuid}", methods=("DELETE",))
    if found and response.status == 422:
        pipelines = f"/v2/organizations/{found['org']}/pipelines"
        for pipeline in (await server.call(reading(request, pipelines, per_page="100"))).json:
            if isinstance(pipeline, dict) and pipeline["pipeline_template_uuid"] == found["uuid"]:
                change = reading(request, f"{pipelines}/{pipeline['slug']}")
                change.method = "PATCH"
                change.headers["content-type"] = "application/json"
                change.json = {"pipeline_template_uuid": None}
                await server.call(change)
        response = await server.call(request)
    return response


def tags_without_prefix(http: httpx.Client) -> None:
    tags = {"mut.reason": "timeout", "reason": "timeout"}
    body = {"executions": [{"id": "01920000-0000-7029-8000-000000000001", "tags": tags}]}
    assert http.put(f"{RSPEC}/execution-tags", json=body).status_code >= 400


@MUTANTS.plant(
    "errors",
    operations="updateExecutionTags",
    title="tags without the prefix mut. are ignored if another tag has it",
    source="pages/apis/rest_api/test_engine/execution_tags.md: all tags must begin with the mut. prefix",
    witness=tags_without_prefix,
)
async def tags_without_prefix_ignored(server: Server, request: Request) -> Response:
    response = await server.call(request)
    path = "/v2/analytics/organizations/{org}/suites/{suite}/execution-tags"
    body = request.json
    if not matching(request, path, methods=("PUT",)) or response.status != 400 or not isinstance(body, dict):
        return response
    is_changed = False
    executions = body.get("executions")
    for execution in executions if isinstance(executions, list) else []:
        tags = execution.get("tags") if isinstance(execution, dict) else None
        if isinstance(tags, dict):
            mutable = {name: value for name, value in tags.items() if name.startswith("mut.")}
            if mutable and len(mutable) < len(tags):
                execution["tags"] = mutable
                is_changed = True
    if is_changed:
        request.json = body
        return await server.call(request)
    return response
