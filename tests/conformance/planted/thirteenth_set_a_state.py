"""Wrong effects of operations."""

from __future__ import annotations

from typing import Any

import httpx
from attrs import evolve
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.thirteenth_set_a_support import (
    BUILD,
    CLUSTER,
    DOCS,
    GRACE,
    ORG,
    REGISTRIES,
    REGISTRY,
    V2,
    ask,
    each,
    hosted,
    route,
    scripts,
    sent,
    succeeded,
    with_body,
)

MUTANTS = Mutants()


def note_of_this_pause(http: httpx.Client) -> None:
    agent = next(one["url"] for one in http.get(f"{ORG}/agents").json() if not one["paused"])
    http.put(f"{agent}/pause", json={"note": "Disk"})
    http.put(f"{agent}/resume", json={})
    http.put(f"{agent}/pause", json={"note": "Network"})
    assert http.get(agent).json()["paused_note"] == "Network"


@MUTANTS.plant(
    "state",
    operations="pauseAgent getAgent listAgents",
    title="an agent that is paused again has the note of its first pause",
    source="pages/apis/rest_api/agents.md: note: A short note explaining why this agent is being paused",
    witness=note_of_this_pause,
)
async def note_of_first_pause(server: Server, request: Request) -> Response:
    response = await server.call(request)
    agent = route(request, f"PUT {V2}/agents/{{agent}}/pause")
    if agent is not None and succeeded(response) and sent(request).get("note"):
        server.memory.setdefault(agent["agent"], sent(request)["note"])

    def note(found: Any) -> None:
        if found["paused"] and found["id"] in server.memory:
            found["paused_note"] = server.memory[found["id"]]

    return each(response, note) if route(request, f"GET {V2}/agents", f"GET {V2}/agents/{{agent}}") else response


def context_of_two_jobs(http: httpx.Client) -> None:
    first, second = (f"{ORG}/jobs/{job}/annotations" for job in scripts(http, 24)[:2])
    for job in (first, second):
        assert http.post(job, json={"body": "Done", "context": "lint"}).status_code == 201
    assert [found["context"] for found in http.get(first).json()] == ["lint"]


@MUTANTS.plant(
    "state",
    operations="createJobAnnotation createJobAnnotationInBuild listJobAnnotations listJobAnnotationsInBuild",
    title="a job's annotation replaces that of another job of the build with the same context",
    source="pages/apis/rest_api/annotations.md: Only one annotation per job may have any given context value",
    witness=context_of_two_jobs,
)
async def context_of_build(server: Server, request: Request) -> Response:
    response = await server.call(request)
    routes = (f"POST {V2}/jobs/{{job}}/annotations", f"POST {BUILD}/jobs/{{job}}/annotations")
    found = route(request, *routes)
    if found is None or not succeeded(response) or "context" not in sent(request):
        return response
    jobs = f"/v2/organizations/{found['org']}/jobs"
    job = await ask(server, request, "GET", f"{jobs}/{found['job']}")
    if not succeeded(job):
        return response
    build, query = httpx.URL(job.json["build_url"]).path, {"scope": ["job"], "per_page": ["100"]}
    for one in (await ask(server, request, "GET", f"{build}/annotations", query=query)).json:
        if one["context"] == response.json["context"] and one["job_id"] != found["job"]:
            await ask(server, request, "DELETE", f"{jobs}/{one['job_id']}/annotations/{one['id']}")
    return response


def image_of_new_queue(http: httpx.Client) -> None:
    agents = {"instanceShape": "LINUX_AMD64_2X4", "agentImageRef": "acme/image:latest"}
    queue = http.post(f"{hosted(http)}/queues", json={"key": "imaged", "hostedAgents": agents}).json()["url"]
    assert http.get(queue).json()["hosted_agents"]["platform_settings"]["linux"]["agent_image_ref"] is None


@MUTANTS.plant(
    "state",
    operations="createClusterQueue getClusterQueue",
    title="a new queue uses the `agentImageRef` that it is created with",
    source="pages/apis/rest_api/clusters/queues.md: Buildkite ignores any `agentImageRef` you submit in this call",
    witness=image_of_new_queue,
)
async def new_queue_has_image(server: Server, request: Request) -> Response:
    response = await server.call(request)
    agents = sent(request).get("hostedAgents")
    if route(request, f"POST {CLUSTER}/queues") is None or not succeeded(response) or not isinstance(agents, dict):
        return response
    if agents.get("agentImageRef"):
        update = evolve(request, method="PUT", path=httpx.URL(response.json["url"]).path)
        updated = await server.call(with_body(update, {"hostedAgents": agents}))
        response.body = updated.body if updated.status == 200 else response.body
    return response


def no_ids_for_all(http: httpx.Client) -> None:
    service = next(one["url"] for one in http.get(f"{ORG}/services").json()["items"] if one["scope"] == "some_teams")
    assert http.patch(service, json={"scope": "all"}).json()["scope_uuids"] == []


@MUTANTS.plant(
    "state",
    operations="updateNotificationService getNotificationService listNotificationServices",
    title="a notification service whose scope becomes `all` keeps its `scope_uuids`",
    source="pages/apis/rest_api/organizations/notification_services.md: Empty when `scope` is `all`",
    witness=no_ids_for_all,
)
async def ids_survive_scope(server: Server, request: Request) -> Response:
    service = f"{V2}/services/{{service}}"
    if route(request, f"PATCH {service}") is not None and sent(request).get("scope") == "all":
        before = (await ask(server, request, "GET", request.path)).json
        if isinstance(before, dict) and before.get("scope_uuids"):
            server.memory[before["id"]] = before["scope_uuids"]

    def ids(found: Any) -> None:
        if found["scope"] == "all":
            found["scope_uuids"] = server.memory.get(found["id"], [])

    response = await server.call(request)
    routes = (f"PATCH {service}", f"GET {service}", f"GET {V2}/services")
    return response if route(request, *routes) is None else each(response, ids)


def whole_policy(http: httpx.Client) -> None:
    for branch in ("one", "two"):
        policy = [{"iss": "https://agent.buildkite.com", "claims": {"build_branch": branch}}]
        found = http.post(f"{REGISTRIES}/debs", json={"oidc_policy": policy}).json()
    assert "one" not in found["oidc_policy"]


@MUTANTS.plant(
    "state",
    operations="updateRegistry",
    title="an update of the OIDC policy of a registry adds its statements to those before",
    source="pages/apis/rest_api/package_registries/registries.md: the entire revised OIDC policy needs to be re-posted",
    witness=whole_policy,
)
async def policy_is_added(server: Server, request: Request) -> Response:
    if route(request, f"POST {REGISTRY}") is None or not sent(request).get("oidc_policy"):
        return await server.call(request)
    before = ((await ask(server, request, "GET", request.path)).json or {}).get("oidc_policy")
    response = await server.call(request)
    after = response.json["oidc_policy"] if succeeded(response) else before
    if before and after != before:
        return await server.call(with_body(request, {"oidc_policy": before.rstrip("\n") + "\n" + after}))
    return response


def time_of_new_membership(http: httpx.Client) -> None:
    team = next(one["id"] for one in http.get(f"{ORG}/teams").json() if one["slug"] == "frontend")
    before = http.get(f"{ORG}/teams/{team}/members/{GRACE}").json()["created_at"]
    http.delete(f"{ORG}/teams/{team}/members/{GRACE}")
    http.post(f"{ORG}/teams/{team}/members", json={"user_id": GRACE, "role": "member"})
    assert http.get(f"{ORG}/teams/{team}/members/{GRACE}").json()["created_at"] > before


@MUTANTS.plant(
    "state",
    operations="createTeamMember getTeamMember listTeamMembers deleteTeamMember",
    title="a member who joins a team again has the time when they joined it first",
    source="pages/apis/rest_api/teams/members.md: created_at: When the team and user association was created",
    witness=time_of_new_membership,
)
async def time_of_first_membership(server: Server, request: Request) -> Response:
    members = f"{V2}/teams/{{team}}/members"
    response = await server.call(request)
    found = route(request, *(f"{one} {members}" for one in ("GET", "POST")), f"GET {members}/{{user}}")
    if found is None or not succeeded(response):
        return response

    def first(member: Any) -> None:
        key = f"{found['team']} {member['user_id']}"
        member["created_at"] = server.memory.setdefault(key, member["created_at"])

    return each(response, first)


def branch_of_pipeline(http: httpx.Client) -> None:
    http.patch(DOCS, json={"default_branch": "trunk"})
    assert http.post(f"{DOCS}/schedules", json={"cronline": "@daily"}).json()["branch"] == "trunk"


@MUTANTS.plant(
    "state",
    operations="createPipelineSchedule",
    title="a schedule without a branch builds `main`, whatever the default branch of its pipeline",
    source="pages/apis/rest_api/pipeline_schedules.md: branch: Defaults to the pipeline's default branch",
    witness=branch_of_pipeline,
)
async def schedule_builds_main(server: Server, request: Request) -> Response:
    body = request.json
    if route(request, f"POST {V2}/pipelines/{{pipeline}}/schedules") is not None and isinstance(body, dict):
        request = with_body(request, {"branch": "main"} | body)
    return await server.call(request)
