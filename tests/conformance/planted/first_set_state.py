"""Wrong effects of operations."""

from __future__ import annotations

from typing import Any

import httpx
from tests.conformance.planted.first_set_tools import (
    BUILD,
    CLUSTER,
    ORG,
    REGISTRIES,
    SUITE,
    TESTS,
    V2,
    WEB,
    clusters,
    edited,
    job_id,
    matches,
    with_body,
)
from tests.conformance.planted.mutant import Mutants, Request, Response, Server

MUTANTS = Mutants()


def unarchived_pipeline(http: httpx.Client) -> None:
    http.post(f"{WEB}/archive")
    assert http.post(f"{WEB}/unarchive").json()["archived_at"] is None
    assert http.get(WEB).json()["archived_at"] is None


@MUTANTS.plant(
    "state",
    operations="unarchivePipeline getPipeline",
    title="unarchiving a pipeline answers as if it was unarchived, but does not save it",
    source="pages/apis/rest_api/pipelines.md: Unarchived pipelines are editable",
    witness=unarchived_pipeline,
)
async def unarchiving_is_not_saved(server: Server, request: Request) -> Response:
    found = request.values("POST", V2 + "/pipelines/{pipeline}/unarchive")
    if found is not None and found["pipeline"] in server.memory:
        response = Response(200, dict(server.memory["headers"]))
        response.json = server.memory[found["pipeline"]] | {"archived_at": None}
        return response
    response = await server.call(request)
    found = request.values("POST", V2 + "/pipelines/{pipeline}/archive")
    if found is not None and response.status == 200:
        server.memory.update({found["pipeline"]: response.json, "headers": response.headers})
    return response


def description_of_team_stays(http: httpx.Client) -> None:
    team = next(team for team in http.get(f"{ORG}/teams").json() if team["description"])
    changed = http.patch(f"{ORG}/teams/{team['id']}", json={"name": team["name"]}).json()
    assert changed["description"] == team["description"]


@MUTANTS.plant(
    "state",
    operations="updateTeam",
    title="a PATCH of a team without `description` clears it",
    source="pages/apis/rest_api/teams.md: Update a team (PATCH)",
    witness=description_of_team_stays,
)
async def patch_clears_description_of_team(server: Server, request: Request) -> Response:
    if matches(request, f"PATCH {V2}/teams/{{team}}") and isinstance(request.json, dict):
        request = with_body(request, {"description": None} | request.json)
    return await server.call(request)


def rebuild_copies_message(http: httpx.Client) -> None:
    build = next(build for build in http.get(f"{WEB}/builds").json() if build["message"] and build["finished_at"])
    assert http.put(f"{build['url']}/rebuild").json()["message"] == build["message"]


@MUTANTS.plant(
    "state",
    operations="rebuildBuild getBuild",
    title="a rebuild has not the message of the original build",
    source="pages/apis/rest_api/builds.md: copies the commit, branch, message, environment variables",
    witness=rebuild_copies_message,
)
async def rebuild_without_message(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, f"PUT {BUILD}/rebuild") and response.status == 200:
        server.memory[response.json["id"]] = True
    routes = (f"PUT {BUILD}/rebuild", f"GET {BUILD}")
    if matches(request, *routes) and response.status == 200 and response.json["id"] in server.memory:
        response.json = response.json | {"message": None}
    return response


def appended_annotation(http: httpx.Client) -> None:
    http.post(f"{WEB}/builds/3/annotations", json={"body": "first", "context": "c"})
    found = http.post(f"{WEB}/builds/3/annotations", json={"body": "second", "context": "c", "append": True}).json()
    assert "first" in found["body_html"]


@MUTANTS.plant(
    "state",
    operations="createBuildAnnotation listBuildAnnotations",
    title="`append` replaces the body of an annotation",
    source="pages/apis/rest_api/annotations.md: append the given body onto the annotation with the same context",
    witness=appended_annotation,
)
async def append_replaces(server: Server, request: Request) -> Response:
    if matches(request, f"POST {BUILD}/annotations") and isinstance(request.json, dict):
        request = with_body(request, {key: value for key, value in request.json.items() if key != "append"})
    return await server.call(request)


def branches_of_service_stay(http: httpx.Client) -> None:
    service = next(one for one in http.get(f"{ORG}/services").json()["items"] if one["branch_configuration"])
    changed = http.patch(service["url"], json={"description": "Changed"}).json()
    assert changed["branch_configuration"] == service["branch_configuration"]


@MUTANTS.plant(
    "state",
    operations="updateNotificationService",
    title="a change of a notification service resets its branches",
    source="pages/apis/rest_api/organizations/notification_services.md: Omitted top-level fields … remain unchanged",
    witness=branches_of_service_stay,
)
async def service_forgets_branches(server: Server, request: Request) -> Response:
    if matches(request, f"PATCH {V2}/services/{{service}}") and isinstance(request.json, dict):
        request = with_body(request, {"branch_configuration": ""} | request.json)
    return await server.call(request)


def deleted_schedule(http: httpx.Client) -> None:
    schedule = http.post(f"{WEB}/schedules", json={"cronline": "@daily", "label": "Daily"}).json()["url"]
    assert http.delete(schedule).status_code == 204
    assert http.get(schedule).status_code == 404


@MUTANTS.plant(
    "state",
    operations="deletePipelineSchedule getPipelineSchedule listPipelineSchedules",
    title="deleting a schedule only disables it",
    source="pages/apis/rest_api/pipeline_schedules.md: Deletes a pipeline schedule",
    witness=deleted_schedule,
)
async def deleted_schedule_is_disabled(server: Server, request: Request) -> Response:
    if not matches(request, f"DELETE {V2}/pipelines/{{pipeline}}/schedules/{{schedule}}"):
        return await server.call(request)
    request.method = "PUT"
    response = await server.call(with_body(request, {"enabled": False}))
    if response.status == 200:
        response.status, response.body = 204, b""
        response.headers.pop("content-type", None)
    return response


def muted_is_not_skipped(http: httpx.Client) -> None:
    test = http.get(f"{SUITE}/tests").json()[0]["id"]
    http.put(f"{SUITE}/tests/{test}/mute")
    assert test not in [one["id"] for one in http.get(f"{SUITE}/tests/skipped").json()]


@MUTANTS.plant(
    "state",
    operations="muteTest listSkippedTests",
    title="a test that has been muted is listed as skipped too",
    source="pages/apis/rest_api/test_engine/quarantine.md: A list of skipped tests or muted tests",
    witness=muted_is_not_skipped,
)
async def muted_test_is_skipped_too(server: Server, request: Request) -> Response:
    response = await server.call(request)
    found = request.values(request.method, TESTS + "/{test}/{action}")
    if request.method == "PUT" and found is not None and response.status == 200:
        server.memory.pop(found["test"], None)
        if found["action"] == "mute":
            server.memory[found["test"]] = response.json
    if matches(request, f"GET {TESTS}/skipped") and response.status == 200:
        response.json = response.json + list(server.memory.values())
    return response


def note_of_queue(http: httpx.Client) -> None:
    queue = http.post(f"{clusters(http)[0]}/queues", json={"key": "noted"}).json()["url"]
    http.post(f"{queue}/pause_dispatch", json={"dispatch_paused_note": "Weekend"})
    assert http.get(queue).json()["dispatch_paused_note"] == "Weekend"


@MUTANTS.plant(
    "state",
    operations="pauseClusterQueueDispatch getClusterQueue",
    title="the note of a paused queue is not saved",
    source="pages/apis/rest_api/clusters/queues.md: dispatch_paused_note: The note left when the queue was paused",
    witness=note_of_queue,
)
async def pausing_loses_note(server: Server, request: Request) -> Response:
    if matches(request, f"POST {CLUSTER}/queues/{{queue}}/pause_dispatch") and isinstance(request.json, dict):
        request = with_body(
            request, {key: value for key, value in request.json.items() if key != "dispatch_paused_note"}
        )
    return await server.call(request)


def expiry_of_jobs_stays(http: httpx.Client) -> None:
    http.patch(f"{ORG}/pipeline-settings", json={"scheduled_job_expiry_in_minutes": 60})
    changed = http.patch(f"{ORG}/pipeline-settings", json={"default_branch": "trunk"}).json()
    assert changed["scheduled_job_expiry_in_minutes"] == 60


@MUTANTS.plant(
    "state",
    operations="updateOrganizationPipelineSettings",
    title="a change of other pipeline settings clears `scheduled_job_expiry_in_minutes`",
    source="pages/apis/rest_api/organizations/pipeline_settings.md: Only the fields you include … are changed",
    witness=expiry_of_jobs_stays,
)
async def settings_forget_job_expiry(server: Server, request: Request) -> Response:
    if matches(request, f"PATCH {V2}/pipeline-settings") and isinstance(request.json, dict):
        request = with_body(request, {"scheduled_job_expiry_in_minutes": None} | request.json)
    return await server.call(request)


def no_automatic_revocation(http: httpx.Client) -> None:
    http.patch(f"{ORG}/api-settings", json={"revoke_inactive_tokens_after_days": 90})
    changed = http.patch(f"{ORG}/api-settings", json={"revoke_inactive_tokens_after_days": None})
    assert changed.json()["revoke_inactive_tokens_after_days"] is None


@MUTANTS.plant(
    "state",
    operations="updateOrganizationApiSettings",
    title="null does not disable the revocation of inactive tokens",
    source="pages/apis/rest_api/organizations/api_settings.md: Pass null to disable automatic revocation",
    witness=no_automatic_revocation,
)
async def null_means_unchanged(server: Server, request: Request) -> Response:
    if matches(request, f"PATCH {V2}/api-settings") and isinstance(request.json, dict):
        kept = {key: value for key, value in request.json.items() if value is not None}
        if kept != request.json:
            request = with_body(request, kept)
    return await server.call(request)


def one_label_is_removed(http: httpx.Client) -> None:
    labels = f"{SUITE}/tests/{http.get(f'{SUITE}/tests').json()[0]['id']}/labels"
    http.patch(labels, json={"operator": "add", "labels": ["one", "two"]})
    assert "two" in http.patch(labels, json={"operator": "remove", "labels": ["one"]}).json()["labels"]


@MUTANTS.plant(
    "state",
    operations="updateTestLabels",
    title="removing a label removes all labels of a test",
    source="pages/apis/rest_api/test_engine/tests.md: labels: The labels that will be added or removed",
    witness=one_label_is_removed,
)
async def all_labels_removed(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if not matches(request, f"PATCH {TESTS}/{{test}}/labels") or response.status != 200:
        return response
    if request.json["operator"] == "remove" and response.json["labels"]:
        return await server.call(with_body(request, {"operator": "remove", "labels": response.json["labels"]}))
    return response


def access_of_team(http: httpx.Client) -> None:
    team, pipeline = http.get(f"{ORG}/teams").json()[1]["id"], http.get(f"{ORG}/pipelines/deploy").json()["id"]
    body = {"pipeline_id": pipeline, "access_level": "manage_build_and_read"}
    assert http.post(f"{ORG}/teams/{team}/pipelines", json=body).status_code == 201
    found = http.get(f"{ORG}/teams/{team}/pipelines/{pipeline}").json()
    assert found["access_level"] == "manage_build_and_read"


@MUTANTS.plant(
    "state",
    operations="createTeamPipeline getTeamPipeline",
    title="a team gets no more than `build_and_read` for a new pipeline",
    source="pages/apis/rest_api/teams/pipelines.md: access_level: The access level for the pipeline",
    witness=access_of_team,
)
async def access_level_is_lowered(server: Server, request: Request) -> Response:
    level = request.json.get("access_level") if isinstance(request.json, dict) else None
    if matches(request, f"POST {V2}/teams/{{team}}/pipelines") and level == "manage_build_and_read":
        request = with_body(request, request.json | {"access_level": "build_and_read"})
    return await server.call(request)


def invited_admin(http: httpx.Client) -> None:
    body = {"emails": ["new@elsewhere.example"], "role": "admin", "sso_mode": "optional"}
    assert http.post(f"{ORG}/invitations", json=body).json()[0]["role"] == "admin"


@MUTANTS.plant(
    "state",
    operations="createOrganizationInvitations",
    title="everyone is invited as a member",
    source="pages/apis/rest_api/organizations/invitations.md: role: admin or member",
    witness=invited_admin,
)
async def invited_as_member(server: Server, request: Request) -> Response:
    role = request.json.get("role") if isinstance(request.json, dict) else None
    if matches(request, f"POST {V2}/invitations") and role == "admin":
        request = with_body(request, request.json | {"role": "member"})
    return await server.call(request)


def priority_is_saved(http: httpx.Client) -> None:
    job = f"{ORG}/jobs/{job_id(http, 'failed')}"
    http.put(f"{job}/reprioritize", json={"priority": 7})
    assert http.get(job).json()["priority"] == {"number": 7}


@MUTANTS.plant(
    "state",
    operations="reprioritizeJob reprioritizeJobInBuild getJob getJobInBuild",
    title="the new priority of a job is lost after the response",
    source="pages/apis/rest_api/jobs.md: Reprioritizes a job by changing its priority value",
    witness=priority_is_saved,
)
async def priority_is_lost(server: Server, request: Request) -> Response:
    response = await server.call(request)
    routes = (f"PUT {V2}/jobs/{{job}}/reprioritize", f"PUT {BUILD}/jobs/{{job}}/reprioritize")
    if matches(request, *routes) and response.status == 200:
        await server.call(with_body(request, {"priority": 0}))
    return response


def deleted_artifact(http: httpx.Client) -> None:
    artifact = http.get(f"{WEB}/builds/3/artifacts").json()[0]
    assert http.delete(artifact["url"]).status_code == 204
    assert artifact["id"] not in [one["id"] for one in http.get(f"{WEB}/builds/3/artifacts").json()]


@MUTANTS.plant(
    "state",
    operations="deleteArtifact deleteArtifactInBuild listBuildArtifacts",
    title="the list of artifacts of a build is cached, with those that have been deleted since",
    source="pages/apis/rest_api/artifacts.md: It will no longer be displayed in the job or build artifact lists",
    witness=deleted_artifact,
)
async def cached_list_of_artifacts(server: Server, request: Request) -> Response:
    def cache(found: Any) -> Any:
        return server.memory.setdefault(
            str((request.path, request.params, request.headers.get("authorization"))), found
        )

    return await edited(server, request, cache, f"GET {BUILD}/artifacts")


def description_of_registry_stays(http: httpx.Client) -> None:
    registry = next(one for one in http.get(REGISTRIES).json() if one["description"])
    changed = http.post(registry["url"], json={"name": registry["name"]}).json()
    assert changed["description"] == registry["description"]


@MUTANTS.plant(
    "state",
    operations="updateRegistry",
    title="an update of a registry without `description` clears it",
    source="pages/apis/rest_api/package_registries/registries.md: Optional request body properties",
    witness=description_of_registry_stays,
)
async def update_clears_description_of_registry(server: Server, request: Request) -> Response:
    route = "POST /v2/packages/organizations/{org}/registries/{registry}"
    if matches(request, route) and isinstance(request.json, dict):
        request = with_body(request, {"description": None} | request.json)
    return await server.call(request)
