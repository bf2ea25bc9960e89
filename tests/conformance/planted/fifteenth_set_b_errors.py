"""Bugs in the responses to requests that should fail."""

from __future__ import annotations

import httpx
from tests.conformance.planted.fifteenth_set_b_support import (
    ORGANIZATION,
    ORGANIZATION_PATH,
    new_invitation,
    new_pipeline,
    own,
    privileged,
)
from tests.conformance.planted.mutant import Mutants, Request, Response, Server

MUTANTS = Mutants()
_TEAM_ROLES = ("member", "maintainer")


def revoking_twice_is_refused(http: httpx.Client) -> None:
    invitation = new_invitation(http, "twice@guests.example")
    assert http.delete(invitation).status_code == 204
    assert http.delete(invitation).status_code == 422


@MUTANTS.plant(
    "errors",
    operations="revokeOrganizationInvitation",
    title="revoking an invitation that is revoked succeeds",
    source="pages/apis/rest_api/organizations/invitations.md: 422 when it has been accepted, revoked, or expired",
    witness=revoking_twice_is_refused,
)
async def revoked_again(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.values("DELETE", f"{ORGANIZATION_PATH}/invitations/{{uuid}}") is not None and response.status == 422:
        invitation = (await server.call(own(privileged(request), "GET", request.path))).json
        if invitation.get("state") == "revoked":
            response.status, response.body = 204, b""
            response.headers.pop("content-type", None)
    return response


def malformed_connection_id_is_a_bad_request(http: httpx.Client) -> None:
    assert http.get(f"{ORGANIZATION}/repository_connections/github").status_code == 400


@MUTANTS.plant(
    "errors",
    operations="getRepositoryConnection",
    title="an id of a connection that is not a UUID is not found instead of a bad request",
    source="pages/apis/rest_api/organizations/repository_connections.md: 400 when the ID is not a valid UUID",
    witness=malformed_connection_id_is_a_bad_request,
)
async def malformed_connection_not_found(server: Server, request: Request) -> Response:
    response = await server.call(request)
    path = f"{ORGANIZATION_PATH}/repository_connections/{{connection}}"
    if request.values("GET", path) is not None and response.status == 400:
        response.status, response.json = 404, {"message": "No repository connection found"}
    return response


def two_cursors_are_refused(http: httpx.Client) -> None:
    for number in range(2):
        new_invitation(http, f"cursor-{number}@guests.example")
    page = http.get(f"{ORGANIZATION}/invitations", params={"per_page": 1}).json()
    cursor = httpx.URL(page["links"]["next"]).params["after"]
    both = http.get(f"{ORGANIZATION}/invitations", params={"after": cursor, "before": cursor})
    assert both.status_code == 400


@MUTANTS.plant(
    "errors",
    operations="listOrganizationInvitations",
    title="before is ignored when the request has after too",
    source="pages/apis/rest_api/organizations/invitations.md: 400 when the request supplies both cursor parameters",
    witness=two_cursors_are_refused,
)
async def both_cursors_accepted(server: Server, request: Request) -> Response:
    if request.values("GET", f"{ORGANIZATION_PATH}/invitations") is not None and "after" in request.params:
        request.params.pop("before", None)
    return await server.call(request)


def blank_configuration_is_refused(http: httpx.Client) -> None:
    cluster = http.get(f"{ORGANIZATION}/clusters").json()[0]["id"]
    body = {"name": "Without steps", "cluster_id": cluster, "repository": "git@github.com:acme/web.git"}
    response = http.post(f"{ORGANIZATION}/pipelines", json={**body, "configuration": "  "})
    assert response.status_code == 422


@MUTANTS.plant(
    "errors",
    operations="createPipeline",
    title="a pipeline without configuration gets default steps",
    source="pages/apis/rest_api/pipelines.md: a missing or blank configuration returns a 422 error",
    witness=blank_configuration_is_refused,
)
async def default_configuration(server: Server, request: Request) -> Response:
    body = request.json
    is_creation = request.values("POST", f"{ORGANIZATION_PATH}/pipelines") is not None and isinstance(body, dict)
    if is_creation and not body.keys() & {"steps", "pipeline_template_uuid"}:
        text = body.get("configuration", "")
        if isinstance(text, str) and not text.strip():
            request.json = {**body, "configuration": 'steps:\n  - command: "buildkite-agent pipeline upload"\n'}
    return await server.call(request)


def assigned_template_is_kept(http: httpx.Client) -> None:
    body = {"name": "Assigned", "configuration": "steps:\n  - command: make\n", "available": True}
    template = http.post(f"{ORGANIZATION}/pipeline-templates", json=body).json()["uuid"]
    new_pipeline(http, "With a template", pipeline_template_uuid=template)
    refused = http.delete(f"{ORGANIZATION}/pipeline-templates/{template}")
    assert refused.status_code == 422
    assert refused.json()["message"]


@MUTANTS.plant(
    "errors",
    operations="deletePipelineTemplate",
    title="deleting a template that is assigned to a pipeline is an internal error",
    source="pages/apis/rest_api/pipeline_templates.md: 422 with the reason the pipeline template couldn't be deleted",
    witness=assigned_template_is_kept,
)
async def foreign_key_error(server: Server, request: Request) -> Response:
    response = await server.call(request)
    path = f"{ORGANIZATION_PATH}/pipeline-templates/{{uuid}}"
    if request.values("DELETE", path) is not None and response.status == 422:
        response.status, response.body = (
            500,
            b"<html><body><h1>We're sorry, but something went wrong.</h1></body></html>",
        )
        response.headers["content-type"] = "text/html; charset=utf-8"
    return response


def unknown_team_role_is_refused(http: httpx.Client) -> None:
    team = http.post(f"{ORGANIZATION}/teams", json=_NEW_TEAM).json()["id"]
    user = http.get(f"{ORGANIZATION}/members").json()[1]["id"]
    response = http.post(f"{ORGANIZATION}/teams/{team}/members", json={"user_id": user, "role": "admin"})
    assert response.status_code == 422


_NEW_TEAM = {
    "name": "Roles",
    "privacy": "visible",
    "is_default_team": False,
    "default_member_role": "member",
    "members_can_create_pipelines": True,
}


@MUTANTS.plant(
    "errors",
    operations="createTeamMember",
    title="an unknown role of a new team member means member",
    source="pages/apis/rest_api/teams/members.md: role is member or maintainer; 422 Validation failed",
    witness=unknown_team_role_is_refused,
)
async def unknown_role_means_member(server: Server, request: Request) -> Response:
    body = request.json
    path = f"{ORGANIZATION_PATH}/teams/{{team}}/members"
    is_creation = any(request.values("POST", each) is not None for each in (path, f"{path}/"))
    if is_creation and isinstance(body, dict) and isinstance(body.get("role"), str):
        request.json = {**body, "role": body["role"] if body["role"] in _TEAM_ROLES else "member"}
    return await server.call(request)


def unknown_setting_is_refused(http: httpx.Client) -> None:
    settings = {"url": "https://hooks.example/builds", "tls_verfy": False}
    response = http.post(f"{ORGANIZATION}/services", json={"provider": "webhook", "settings": settings})
    assert response.status_code == 422


@MUTANTS.plant(
    "errors",
    operations="createNotificationService",
    title="unknown settings of a new notification service are dropped silently",
    source="pages/apis/rest_api/organizations/notification_services.md: 422 when the request contains unknown fields",
    witness=unknown_setting_is_refused,
)
async def unknown_settings_dropped(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.values("POST", f"{ORGANIZATION_PATH}/services") is None:
        return response
    while response.status == 422:
        subject, _, rest = response.json["message"].partition(" is unknown for ")
        settings = dict(request.json["settings"]) if rest and subject.startswith("settings.") else {}
        name = subject.removeprefix("settings.")
        if name not in settings:
            break
        del settings[name]
        request.json = {**request.json, "settings": settings}
        response = await server.call(request)
    return response
