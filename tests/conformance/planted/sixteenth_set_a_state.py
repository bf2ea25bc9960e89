"""Bugs of the class *state*: what a request changes, or does not change."""

from __future__ import annotations

import json
from typing import Any, Final

import httpx
from attrs import evolve
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.sixteenth_set_a_support import (
    ACME,
    JOB,
    JOB_IN_BUILD,
    ORG,
    PIPELINE,
    PIPELINES,
    SERVICE,
    SETTINGS,
    TEAM,
    as_admin,
    fetched,
    message_of,
    read,
    some_artifact,
    with_json,
    with_token,
)

from buildkite_rest.mock.resources.access_tokens import GLOBEX_TOKEN

MUTANTS: Final = Mutants()


def second_disabling_changes_nothing(http: httpx.Client) -> None:
    url = f"{ACME}/pipelines/docs/github-webhooks"
    first = http.delete(url).json()
    assert http.delete(url, headers=with_token(GLOBEX_TOKEN)).json() == first


@MUTANTS.plant(
    "state",
    operations="disableGithubWebhooks",
    title="disabling webhooks again records the later time and user",
    source="pages/apis/rest_api/pipelines.md#disable-github-webhook-processing: idempotent, returns the current state "
    "without changing it",
    witness=second_disabling_changes_nothing,
)
async def webhooks_are_disabled_again(server: Server, request: Request) -> Response:
    if request.values("DELETE", f"{PIPELINE}/github-webhooks") is not None:
        await server.call(evolve(request, method="PUT"))
    return await server.call(request)


def new_role_keeps_time(http: httpx.Client) -> None:
    team = next(each for each in http.get(f"{ACME}/teams").json() if each["slug"] == "frontend")
    url = f"{ACME}/teams/{team['id']}/members"
    before = http.get(url).json()[1]
    role = "maintainer" if before["role"] == "member" else "member"
    after = http.patch(f"{url}/{before['user_id']}", json={"role": role}).json()
    assert after == {**before, "role": role}


@MUTANTS.plant(
    "state",
    operations="updateTeamMember",
    title="a new role makes a new membership, with another `created_at`, at the end of the list",
    source="pages/apis/rest_api/teams/members.md#update-a-team-member: updates the association, whose created_at is "
    "when it was created",
    witness=new_role_keeps_time,
)
async def member_is_added_anew(server: Server, request: Request) -> Response:
    response = await server.call(request)
    values = request.values("PATCH", f"{TEAM}/members/{{user_uuid}}")
    if values is None or response.status != 200:
        return response
    if (await server.call(as_admin(request, "DELETE"))).status != 204:
        return response
    body = {"user_id": values["user_uuid"], "role": response.json["role"]}
    path = request.path.rpartition("/")[0]
    made = await server.call(as_admin(request, "POST", path=path, body=body))
    return with_json(response, made.json)


def other_settings_stay(http: httpx.Client) -> None:
    settings = {"url": "https://hooks.example.com/ci", "events": ["build.finished"], "tls_verify": False}
    made = http.post(f"{ACME}/services", json={"provider": "webhook", "settings": settings}).json()
    body = {"settings": {"url": "https://hooks.example.com/builds"}}
    after = http.patch(f"{ACME}/services/{made['id']}", json=body).json()
    assert after["settings"] == {**made["settings"], **body["settings"]}


_DEFAULT_SETTINGS: Final[dict[str, dict[str, Any]]] = {
    "webhook": {"token_mode": "token", "events": [], "tls_verify": True},
    "slack": {"theme": "text"},
    "datadog_pipeline_visibility": {"datadog_site": "datadoghq.com", "datadog_tags": None},
    "open_telemetry_tracing": {"service_name": "buildkite", "resource_attributes": {}},
    "event_log_api": {"events": []},
}


@MUTANTS.plant(
    "state",
    operations="updateNotificationService",
    title="optional settings that an update leaves out get their defaults",
    source="pages/apis/rest_api/organizations/notification_services.md#update-a-notification-service: omitted "
    "top-level fields and settings remain unchanged",
    witness=other_settings_stay,
)
async def omitted_settings_are_reset(server: Server, request: Request) -> Response:
    body = request.json
    is_update = request.values("PATCH", SERVICE) is not None
    if is_update and isinstance(body, dict) and isinstance(body.get("settings"), dict):
        service = await server.call(evolve(request, method="GET", body=b""))
        if service.status == 200:
            defaults = _DEFAULT_SETTINGS.get(service.json["provider"]["id"], {})
            request.json = {**body, "settings": {**defaults, **body["settings"]}}
    return await server.call(request)


def deleted_slug_is_free(http: httpx.Client) -> None:
    body = {
        "name": "Nightly benchmarks",
        "repository": "git@github.com:acme/benchmarks.git",
        "cluster_id": http.get(f"{ACME}/clusters").json()[0]["id"],
        "configuration": "steps:\n  - command: make bench\n",
    }
    made = http.post(f"{ACME}/pipelines", json=body)
    assert http.delete(f"{ACME}/pipelines/{made.json()['slug']}").status_code == 204
    assert http.post(f"{ACME}/pipelines", json=body).status_code == 201


@MUTANTS.plant(
    "state",
    operations="deletePipeline createPipeline",
    title="the slug of a deleted pipeline stays taken",
    source="pages/apis/rest_api/pipelines.md: only a name that matches an existing pipeline's name is an error",
    witness=deleted_slug_is_free,
)
async def deleted_pipeline_keeps_slug(server: Server, request: Request) -> Response:
    deleted: set[str] = server.memory.setdefault("deleted", set())
    response = await server.call(request)
    if request.values("DELETE", PIPELINE) is not None and response.status == 204:
        deleted.add(request.path)
    if request.values("POST", PIPELINES) is not None and response.status == 201:
        path = f"{request.path}/{response.json['slug']}"
        if path in deleted:
            await server.call(as_admin(request, "DELETE", path=path))
            errors = [{"field": "slug", "code": "already_exists"}]
            return with_json(response, {"message": "Validation Failed", "errors": errors}, 422)
    return response


def update_of_portal_keeps_the_rest(http: httpx.Client) -> None:
    body = {
        "name": "Queue length",
        "query": "query Viewer { viewer { user { name } } }",
        "description": "For the board in the hall",
        "allowed_ip_addresses": "192.0.2.1/32",
    }
    made = http.post(f"{ACME}/portals", json=body).json()
    after = http.put(f"{ACME}/portals/{made['slug']}", json={"name": "Length of queues"}).json()
    fields = ("description", "allowed_ip_addresses", "query")
    assert [after[field] for field in fields] == [made[field] for field in fields]


@MUTANTS.plant(
    "state",
    operations="updatePortal",
    title="an update clears the description, the IP addresses and the flag of a portal that it leaves out",
    source="pages/apis/rest_api/portals.md#update-a-portal: all properties are optional, and the example with a name "
    "keeps the description",
    witness=update_of_portal_keeps_the_rest,
)
async def portal_is_replaced(server: Server, request: Request) -> Response:
    body = request.json
    if request.values("PUT", f"{ORG}/portals/{{portal_slug}}") is not None and isinstance(body, dict):
        request.json = {"description": None, "allowed_ip_addresses": None, "user_invokable": False, **body}
    return await server.call(request)


def switch_is_seen(http: httpx.Client) -> None:
    url = f"{ACME}/pipeline-settings"
    http.delete(f"{url}/public-pipelines")
    assert http.get(url).json()["public_pipeline_creation"]["enabled"] is False
    http.put(f"{url}/public-pipelines")
    assert http.get(url).json()["public_pipeline_creation"]["enabled"] is True


@MUTANTS.plant(
    "state",
    operations="enablePublicPipelines disablePublicPipelines enableHostedAgentsRemoteAccess "
    "disableHostedAgentsRemoteAccess enableAdvancedQueueMetrics configureBuildExport disableBuildExport "
    "getOrganizationPipelineSettings",
    title="pipeline settings come from a cache which only an update clears, not the switches",
    source="pages/apis/rest_api/organizations/pipeline_settings.md: enabled, whether members can create public "
    "pipelines",
    witness=switch_is_seen,
)
async def settings_are_cached(server: Server, request: Request) -> Response:
    is_read = read(request, SETTINGS) is not None
    is_update = request.values("PATCH", SETTINGS) is not None
    if not is_read and not is_update:
        return await server.call(request)
    response = await fetched(server, request)
    if response.status == 200 and is_update:
        server.memory.pop(request.path, None)
    if response.status == 200 and is_read:
        return with_json(response, json.loads(server.memory.setdefault(request.path, response.body)))
    return response


def deleted_artifact_is_gone(http: httpx.Client) -> None:
    artifact = some_artifact(http, ".html")
    assert http.delete(artifact["url"]).status_code == 204
    assert http.get(artifact["url"]).status_code == 404


@MUTANTS.plant(
    "state",
    operations="deleteArtifact deleteArtifactInBuild getArtifact getArtifactInBuild",
    title="a deleted artifact can still be read, in the state `deleted`",
    source="pages/apis/rest_api/artifacts.md#delete-an-artifact: it will not be returned by the artifact APIs",
    witness=deleted_artifact_is_gone,
)
async def deleted_artifact_is_returned(server: Server, request: Request) -> Response:
    templates = (f"{JOB}/artifacts/{{artifact_id}}", f"{JOB_IN_BUILD}/artifacts/{{artifact_id}}")
    if read(request, *templates) is not None:
        response = await fetched(server, request)
        kept = server.memory.get(request.path.rpartition("/")[2].lower())
        is_missing = response.status == 404 and "artifact" in message_of(response)
        return with_json(response, kept, 200) if kept is not None and is_missing else response
    if all(request.values("DELETE", template) is None for template in templates):
        return await server.call(request)
    before = await server.call(as_admin(request, "GET"))
    response = await server.call(request)
    if response.status == 204 and before.status == 200:
        server.memory[request.path.rpartition("/")[2].lower()] = {**before.json, "state": "deleted"}
    return response
