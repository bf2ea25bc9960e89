"""Wrong effects of requests on builds, pipelines and clusters."""

from __future__ import annotations

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.second_set_support import (
    BUILD,
    CLUSTER,
    JOB,
    ORG,
    PIPELINE,
    change,
    cluster,
    jobs,
    matches,
)

MUTANTS = Mutants()


def appended_annotation(http: httpx.Client) -> None:
    for body in ("First part", "Second part"):
        annotation = {"body": body, "context": "parts", "append": True}
        assert http.post(f"{PIPELINE}/builds/24/annotations", json=annotation).status_code == 201
    found = http.get(f"{PIPELINE}/builds/24/annotations").json()
    assert "First part" in next(each["body_html"] for each in found if each["context"] == "parts")


@MUTANTS.plant(
    "state",
    operations="createBuildAnnotation",
    title="`append` replaces the body of the annotation",
    source="pages/apis/rest_api/annotations.md: append the given body onto the annotation with the same context",
    witness=appended_annotation,
)
async def appended_annotation_replaces_the_body(server: Server, request: Request) -> Response:
    if matches(request, "POST", f"{BUILD}/annotations") and isinstance(request.json, dict):
        request.json = {name: value for name, value in request.json.items() if name != "append"}
    return await server.call(request)


def deleted_artifact(http: httpx.Client) -> None:
    artifact = http.get(f"{PIPELINE}/builds/30/artifacts").json()[0]
    assert http.delete(artifact["url"]).status_code == 204
    assert artifact["id"] not in {each["id"] for each in http.get(f"{PIPELINE}/builds/30/artifacts").json()}


@MUTANTS.plant(
    "state",
    operations="listBuildArtifacts deleteArtifact deleteArtifactInBuild",
    title="a deleted artifact is still in the list of the build",
    source="pages/apis/rest_api/artifacts.md: no longer displayed in the job or build artifact lists",
    witness=deleted_artifact,
)
async def deleted_artifact_stays_in_the_build(server: Server, request: Request) -> Response:
    paths = f"{JOB}/artifacts/{{id}}", f"{BUILD}/jobs/{{job}}/artifacts/{{id}}"
    if matches(request, "DELETE", *paths):
        before = await server.call(Request("GET", request.path, {}, request.headers, b""))
        response = await server.call(request)
        if response.status == 204 and before.status == 200:
            artifact = {**before.json, "state": "deleted"}
            server.memory.setdefault(artifact["url"].partition("/jobs/")[0], []).append(artifact)
        return response
    response = await server.call(request)
    is_first = request.params.get("page", ["1"]) == ["1"] and not {"state", "path"} & request.params.keys()
    if matches(request, "GET", f"{BUILD}/artifacts") and response.status == 200 and is_first:
        for url, artifacts in server.memory.items():
            if f"{request.path}/".startswith(f"{url[url.index('/v2/') :]}/"):
                response.json = [*response.json, *artifacts]
    return response


def rebuilt_environment(http: httpx.Client) -> None:
    builds = http.get(f"{PIPELINE}/builds", params={"state": "finished", "per_page": 100}).json()
    build = next(each for each in builds if each["env"])
    rebuilt = http.put(f"{build['url']}/rebuild").json()
    assert http.get(rebuilt["url"]).json()["env"] == build["env"]


@MUTANTS.plant(
    "state",
    operations="rebuildBuild",
    title="a rebuild does not copy the environment variables",
    source="pages/apis/rest_api/builds.md: copies the commit, branch, message, environment variables",
    witness=rebuilt_environment,
)
async def rebuild_without_the_environment(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "PUT", f"{BUILD}/rebuild") and response.status == 200:
        server.memory[response.json["id"]] = True
    if matches(request, "GET", BUILD) or matches(request, "PUT", f"{BUILD}/rebuild"):
        change(response, lambda build: build.update(env={} if build["id"] in server.memory else build["env"]))
    return response


def replaced_job(http: httpx.Client) -> None:
    job = next(job for job in jobs(http, 23) if job["state"] == "failed")
    again = http.put(f"{ORG}/jobs/{job['id']}/retry").json()
    assert http.get(f"{ORG}/jobs/{job['id']}").json()["retried_in_job_id"] == again["id"]


@MUTANTS.plant(
    "state",
    operations="getJob retryJob",
    title="a retried job refers to itself as its retry",
    source="pages/apis/rest_api/jobs.md: use the new job.id returned in the first retry query",
    witness=replaced_job,
)
async def retried_job_refers_to_itself(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "GET", JOB):
        change(response, lambda job: job.update(retried_in_job_id=job["id"]) if job.get("retried_in_job_id") else None)
    return response


def untouched_filters(http: httpx.Client) -> None:
    http.patch(PIPELINE, json={"skip_queued_branch_builds_filter": "!main"}).raise_for_status()
    http.patch(PIPELINE, json={"description": "The website"}).raise_for_status()
    assert http.get(PIPELINE).json()["skip_queued_branch_builds_filter"] == "!main"


@MUTANTS.plant(
    "state",
    operations="updatePipeline",
    title="an update without `skip_queued_branch_builds_filter` removes it",
    source="pages/apis/rest_api/pipelines.md: Update a pipeline, optional request body properties",
    witness=untouched_filters,
)
async def pipeline_update_removes_the_skip_filter(server: Server, request: Request) -> Response:
    if matches(request, "PATCH", "/v2/organizations/{org}/pipelines/{pipeline}") and isinstance(request.json, dict):
        request.json = {"skip_queued_branch_builds_filter": None, **request.json}
    return await server.call(request)


def restored_pipeline(http: httpx.Client) -> None:
    pipeline = f"{ORG}/pipelines/docs"
    assert http.post(f"{pipeline}/archive").json()["archived_at"]
    assert http.post(f"{pipeline}/unarchive").status_code == 200
    assert http.get(pipeline).json()["archived_at"] is None


@MUTANTS.plant(
    "state",
    operations="unarchivePipeline getPipeline",
    title="`archived_at` remains when a pipeline is unarchived",
    source="pages/apis/rest_api/pipelines.md: archived_at, when the pipeline was archived (if archived)",
    witness=restored_pipeline,
)
async def unarchived_pipeline_keeps_archived_at(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "POST", "/v2/organizations/{org}/pipelines/{pipeline}/archive") and response.status == 200:
        server.memory[response.json["id"]] = response.json["archived_at"]
    elif matches(request, "GET", "/v2/organizations/{org}/pipelines/{pipeline}"):
        change(response, lambda found: found.update(archived_at=server.memory.get(found["id"], found["archived_at"])))
    return response


def repaired_schedule(http: httpx.Client) -> None:
    schedule = next(each for each in http.get(f"{PIPELINE}/schedules").json() if each["failed_at"])
    http.put(schedule["url"], json={"enabled": True, "branch": "main"}).raise_for_status()
    found = http.get(schedule["url"]).json()
    assert found["failed_message"] is None
    assert found["failed_at"] is None


@MUTANTS.plant(
    "state",
    operations="updatePipelineSchedule",
    title="`failed_at` of a schedule remains when it is enabled again; `failed_message` is cleared",
    source="pages/apis/rest_api/pipeline_schedules.md: re-enabling clears failed_message and failed_at",
    witness=repaired_schedule,
)
async def enabled_schedule_keeps_failed_at(server: Server, request: Request) -> Response:
    path = "/v2/organizations/{org}/pipelines/{pipeline}/schedules/{id}"
    if matches(request, "PUT", path):
        before = (await server.call(Request("GET", request.path, {}, request.headers, b""))).json
        if isinstance(before, dict) and before.get("failed_at"):
            server.memory[before["id"]] = before["failed_at"]
    response = await server.call(request)
    if matches(request, "PUT", path) or matches(request, "GET", path):
        change(response, lambda found: found.update(failed_at=server.memory.get(found["id"], found["failed_at"])))
    return response


def unavailable_template(http: httpx.Client) -> None:
    body = {"name": "Draft", "configuration": "steps:\n  - command: make\n"}
    created = http.post(f"{ORG}/pipeline-templates", json=body).json()
    assert http.get(created["url"]).json()["available"] is False


@MUTANTS.plant(
    "state",
    operations="createPipelineTemplate",
    title="a new template is available to everyone by default",
    source="pages/apis/rest_api/pipeline_templates.md: available, default false",
    witness=unavailable_template,
)
async def new_template_available_by_default(server: Server, request: Request) -> Response:
    if matches(request, "POST", "/v2/organizations/{org}/pipeline-templates") and isinstance(request.json, dict):
        request.json = {"available": True, **request.json}
    return await server.call(request)


def described_portal(http: httpx.Client) -> None:
    body = {"name": "Third viewer", "query": "query { viewer { user { name } } }", "description": "For screens"}
    portal = f"{ORG}/portals/{http.post(f'{ORG}/portals', json=body).json()['slug']}"
    http.put(portal, json={"user_invokable": True}).raise_for_status()
    assert http.get(portal).json()["description"] == "For screens"


@MUTANTS.plant(
    "state",
    operations="updatePortal",
    title="an update without `description` removes it",
    source="pages/apis/rest_api/portals.md: Update a portal, optional request body properties",
    witness=described_portal,
)
async def portal_update_removes_the_description(server: Server, request: Request) -> Response:
    if matches(request, "PUT", "/v2/organizations/{org}/portals/{slug}") and isinstance(request.json, dict):
        request.json = {"description": None, **request.json}
    return await server.call(request)


def direction_of_a_rule(http: httpx.Client) -> None:
    ids = {pipeline["slug"]: pipeline["id"] for pipeline in http.get(f"{ORG}/pipelines").json()}
    value = {"source_pipeline": "docs", "target_pipeline": "zoo"}
    rule = http.post(f"{ORG}/rules", json={"type": "pipeline.trigger_build.pipeline", "value": value}).json()
    assert (rule["source_uuid"], rule["target_uuid"]) == (ids["docs"], ids["zoo"])


@MUTANTS.plant(
    "state",
    operations="createRule",
    title="source and target of a new rule are swapped",
    source="pages/apis/rest_api/rules.md: value, source_pipeline and target_pipeline",
    witness=direction_of_a_rule,
)
async def new_rule_in_the_other_direction(server: Server, request: Request) -> Response:
    body = request.json
    if matches(request, "POST", "/v2/organizations/{org}/rules") and isinstance(body, dict):
        value = body.get("value")
        if isinstance(value, dict) and {"source_pipeline", "target_pipeline"} <= value.keys():
            swapped = {"source_pipeline": value["target_pipeline"], "target_pipeline": value["source_pipeline"]}
            request.json = {**body, "value": {**value, **swapped}}
    return await server.call(request)


def kept_addresses(http: httpx.Client) -> None:
    tokens = f"{cluster(http)}/tokens"
    token = http.post(tokens, json={"description": "Berlin", "allowed_ip_addresses": "192.0.2.0/24"}).json()
    http.put(f"{tokens}/{token['id']}", json={"description": "Hamburg"}).raise_for_status()
    assert http.get(f"{tokens}/{token['id']}").json()["allowed_ip_addresses"] == "192.0.2.0/24"


@MUTANTS.plant(
    "state",
    operations="updateClusterAgentToken",
    title="an update without `allowed_ip_addresses` allows all addresses",
    source="pages/apis/rest_api/clusters/agent_tokens.md: Update a token, optional request body properties",
    witness=kept_addresses,
)
async def agent_token_update_allows_all_addresses(server: Server, request: Request) -> Response:
    if matches(request, "PUT", f"{CLUSTER}/tokens/{{id}}") and isinstance(request.json, dict):
        request.json = {"allowed_ip_addresses": "0.0.0.0/0", **request.json}
    return await server.call(request)


def resumed_queue(http: httpx.Client) -> None:
    queues = f"{cluster(http)}/queues"
    queue = f"{queues}/{http.post(queues, json={'key': 'spare'}).json()['id']}"
    http.post(f"{queue}/pause_dispatch", json={"dispatch_paused_note": "Upgrade"}).raise_for_status()
    http.post(f"{queue}/resume_dispatch").raise_for_status()
    assert http.get(queue).json()["dispatch_paused_note"] is None


@MUTANTS.plant(
    "state",
    operations="resumeClusterQueueDispatch getClusterQueue",
    title="the note of a pause remains after the queue is resumed",
    source="pages/apis/rest_api/clusters/queues.md: Resume a paused queue, dispatch_paused_note null",
    witness=resumed_queue,
)
async def resumed_queue_keeps_the_note(server: Server, request: Request) -> Response:
    response = await server.call(request)
    queue = f"{CLUSTER}/queues/{{id}}"
    if matches(request, "POST", f"{queue}/pause_dispatch") and response.status == 200:
        server.memory[response.json["id"]] = response.json["dispatch_paused_note"]
    elif matches(request, "POST", f"{queue}/resume_dispatch") or matches(request, "GET", queue):
        change(
            response,
            lambda found: found.update(
                dispatch_paused_note=server.memory.get(found["id"], found["dispatch_paused_note"])
            ),
        )
    return response


def author_of_a_value(http: httpx.Client) -> None:
    secrets = f"{cluster(http)}/secrets"
    secret = f"{secrets}/{http.post(secrets, json={'key': 'NEW_KEY', 'value': 'one'}).json()['id']}"
    http.put(f"{secret}/value", json={"value": "two"}).raise_for_status()
    assert http.get(secret).json()["updated_by"] is not None


@MUTANTS.plant(
    "state",
    operations="updateClusterSecretValue",
    title="a new value does not set `updated_by`",
    source="pages/apis/rest_api/clusters/secrets.md: updated_by, user who last updated the secret",
    witness=author_of_a_value,
)
async def new_secret_value_without_updated_by(server: Server, request: Request) -> Response:
    response = await server.call(request)
    secret = f"{CLUSTER}/secrets/{{id}}"
    if response.status == 200 and response.json is not None:
        if matches(request, "PUT", f"{secret}/value"):
            server.memory[response.json["id"]] = True
        elif matches(request, "PUT", secret):
            server.memory.pop(response.json["id"], None)
        if matches(request, "GET", secret, f"{CLUSTER}/secrets") or matches(request, "PUT", f"{secret}/value"):
            change(response, lambda each: each.update(updated_by=None) if each["id"] in server.memory else None)
    return response


def default_team(http: httpx.Client) -> None:
    team = next(each for each in http.get(f"{ORG}/teams").json() if not each["default"])
    http.patch(f"{ORG}/teams/{team['id']}", json={"is_default_team": True}).raise_for_status()
    assert http.get(f"{ORG}/teams/{team['id']}").json()["default"] is True


@MUTANTS.plant(
    "state",
    operations="updateTeam",
    title="`is_default_team` has no effect on an existing team",
    source="pages/apis/rest_api/teams.md: Update a team, is_default_team",
    witness=default_team,
)
async def team_update_ignores_is_default_team(server: Server, request: Request) -> Response:
    if matches(request, "PATCH", "/v2/organizations/{org}/teams/{team}") and isinstance(request.json, dict):
        request.json = {name: value for name, value in request.json.items() if name != "is_default_team"}
    return await server.call(request)
