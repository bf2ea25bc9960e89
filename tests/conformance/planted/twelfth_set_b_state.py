"""Wrong effects of operations."""

from __future__ import annotations

import re
from typing import Any

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.twelfth_set_b_support import (
    ANY_BUILD,
    ANY_CLUSTER,
    ANY_ORG,
    CLUSTER,
    HOSTED_CLUSTER,
    ORG,
    WEB,
    changed,
    matches,
    other,
    properties,
    with_body,
)

MUTANTS = Mutants()


def lines_of_query(http: httpx.Client) -> None:
    query = "query Name {\n  # Of the token\n  viewer { user { name } }\n}\n"
    portal = http.post(f"{ORG}/portals", json={"name": "Name", "query": query}).json()["slug"]
    assert http.get(f"{ORG}/portals/{portal}").json()["query"] == query


@MUTANTS.plant(
    "state",
    operations="createPortal updatePortal getPortal",
    title="the query of a portal is saved as one line, which ends at the first comment",
    source="pages/apis/rest_api/portals.md: query: GraphQL query that the portal executes",
    witness=lines_of_query,
)
async def query_in_one_line(server: Server, request: Request) -> Response:
    route, query = f"{ANY_ORG}/portals", properties(request).get("query")
    if isinstance(query, str) and matches(request, f"POST {route}", f"PUT {route}/{{portal}}"):
        request = with_body(request, properties(request) | {"query": re.sub(r"\s+", " ", query).strip()})
    return await server.call(request)


def enabled_schedule(http: httpx.Client) -> None:
    schedule = next(one for one in http.get(f"{WEB}/schedules").json() if one["failed_at"])
    assert http.put(schedule["url"], json={"enabled": True}).json()["failed_at"] is None


@MUTANTS.plant(
    "state",
    operations="getPipelineSchedule listPipelineSchedules",
    title="enabling a failed schedule again clears `failed_message`, but not `failed_at`",
    source="pages/apis/rest_api/pipeline_schedules.md: clears its failed_message and failed_at values",
    witness=enabled_schedule,
)
async def time_of_failure_stays(server: Server, request: Request) -> Response:
    def keep(schedule: dict[str, Any]) -> dict[str, Any]:
        if schedule["failed_at"]:
            server.memory[schedule["id"]] = schedule["failed_at"]
        return schedule | {"failed_at": server.memory.get(schedule["id"])}

    schedules = ANY_ORG + "/pipelines/{pipeline}/schedules"
    if matches(request, f"PUT {schedules}/{{schedule}}"):
        await changed(server, other(request, "GET", request.path), keep, f"GET {schedules}/{{schedule}}")
    routes = (f"GET {schedules}", f"GET {schedules}/{{schedule}}", f"PUT {schedules}/{{schedule}}")
    return await changed(server, request, keep, *routes)


def bucket_without_prefix(http: httpx.Client) -> None:
    export = {"location": "gs://acme-exports", "strategy_id": "gcs"}
    settings = http.put(f"{ORG}/pipeline-settings/build-export", json=export).json()
    assert settings["build_exports"]["location"] == "acme-exports"


@MUTANTS.plant(
    "state",
    operations="configureBuildExport",
    title="only the prefix `s3://` is stripped from the location of build exports, not `gs://`",
    source="pages/apis/rest_api/organizations/pipeline_settings.md: the prefix is stripped automatically",
    witness=bucket_without_prefix,
)
async def prefix_of_bucket_stays(server: Server, request: Request) -> Response:
    def restore(settings: dict[str, Any]) -> dict[str, Any]:
        exports = settings["build_exports"]
        if request.path.endswith("/build-export"):
            server.memory["sent"] = str(properties(request).get("location"))
        is_sent = server.memory.get("sent", "").startswith("gs://")
        return settings | {"build_exports": exports | ({"location": server.memory["sent"]} if is_sent else {})}

    route = f"{ANY_ORG}/pipeline-settings"
    routes = (f"GET {route}", f"PATCH {route}", f"PUT {route}/{{setting}}", f"DELETE {route}/{{setting}}")
    return await changed(server, request, restore, *routes)


def service_for_all(http: httpx.Client) -> None:
    service = next(one for one in http.get(f"{ORG}/services").json()["items"] if one["scope_uuids"])
    assert http.patch(service["url"], json={"scope": "all"}).json()["scope_uuids"] == []


@MUTANTS.plant(
    "state",
    operations="updateNotificationService",
    title="`scope_uuids` of a notification service stay when its scope becomes `all`",
    source="pages/apis/rest_api/organizations/notification_services.md: scope_uuids: Empty when scope is all",
    witness=service_for_all,
)
async def uuids_of_old_scope(server: Server, request: Request) -> Response:
    def keep(service: dict[str, Any]) -> dict[str, Any]:
        if service["scope"] != "all":
            server.memory[service["id"]] = service["scope_uuids"]
        return service | {"scope_uuids": server.memory.get(service["id"], [])}

    services = f"{ANY_ORG}/services"
    if matches(request, f"PATCH {services}/{{service}}"):
        await changed(server, other(request, "GET", request.path), keep, f"GET {services}/{{service}}")
    routes = (f"GET {services}", f"GET {services}/{{service}}", f"PATCH {services}/{{service}}")
    return await changed(server, request, keep, *routes, f"PUT {services}/{{service}}/{{action}}")


def image_of_new_queue(http: httpx.Client) -> None:
    agents = {"instanceShape": "LINUX_AMD64_2X4", "agentImageRef": "my-custom-image:latest"}
    queue = http.post(f"{HOSTED_CLUSTER}/queues", json={"key": "custom", "hostedAgents": agents}).json()
    assert http.get(queue["url"]).json()["hosted_agents"]["platform_settings"]["linux"]["agent_image_ref"] is None


@MUTANTS.plant(
    "state",
    operations="getClusterQueue",
    title="`agentImageRef` has an effect in the creation of a queue",
    source="pages/apis/rest_api/clusters/queues.md: Buildkite ignores any agentImageRef you submit in this call",
    witness=image_of_new_queue,
)
async def new_queue_with_image(server: Server, request: Request) -> Response:
    response = await server.call(request)
    agents = properties(request).get("hostedAgents")
    if response.status == 201 and "agentImageRef" in (agents or {}) and matches(request, f"POST {ANY_CLUSTER}/queues"):
        update = other(request, "PUT", f"{request.path}/{response.json['id']}")
        updated = await server.call(with_body(update, {"hostedAgents": agents}))
        if updated.status == 200:
            response.json = updated.json
    return response


def removed_maintainer(http: httpx.Client) -> None:
    maintainer = http.get(f"{CLUSTER}/maintainers").json()[-1]
    http.delete(f"{CLUSTER}/maintainers/{maintainer['id']}")
    assert maintainer not in http.get(CLUSTER).json()["maintainers"]["teams"]


@MUTANTS.plant(
    "state",
    operations="getCluster listClusters",
    title="a team that was removed from the maintainers of a cluster stays in `maintainers` of the cluster",
    source="pages/apis/rest_api/clusters/maintainers.md: Remove … from a user or team; clusters.md: maintainers",
    witness=removed_maintainer,
)
async def team_stays_maintainer(server: Server, request: Request) -> Response:
    def keep(cluster: dict[str, Any]) -> dict[str, Any]:
        teams = cluster["maintainers"]["teams"] + server.memory.get(cluster["id"], [])
        return cluster | {"maintainers": cluster["maintainers"] | {"teams": teams}}

    found = request.values("DELETE", ANY_CLUSTER + "/maintainers/{maintainer}")
    maintainer: Any = (await server.call(other(request, "GET", request.path))).json if found else None
    routes = (f"GET {ANY_ORG}/clusters", f"GET {ANY_CLUSTER}", f"PUT {ANY_CLUSTER}")
    response = await changed(server, request, keep, *routes)
    if found is not None and response.status == 204 and maintainer.get("actor", {}).get("type") == "team":
        server.memory.setdefault(found["cluster"], []).append(maintainer)
    return response


def time_of_append(http: httpx.Client) -> None:
    before = http.get(f"{WEB}/builds/3/annotations").json()[0]
    body = {"body": "More", "context": before["context"], "append": True}
    assert http.post(f"{WEB}/builds/3/annotations", json=body).json()["updated_at"] > before["updated_at"]


@MUTANTS.plant(
    "state",
    operations="createBuildAnnotation listBuildAnnotations",
    title="appending to an annotation does not change `updated_at`",
    source="pages/apis/rest_api/annotations.md: updated_at: When the annotation was last added to or replaced",
    witness=time_of_append,
)
async def append_keeps_time(server: Server, request: Request) -> Response:
    route = f"{ANY_BUILD}/annotations"
    times: dict[str, str] = {}
    if matches(request, f"POST {route}") and properties(request).get("append") is True:
        listed = await server.call(other(request, "GET", request.path))
        times = {one["id"]: one["updated_at"] for one in listed.json} if listed.status == 200 else {}

    def keep(annotation: dict[str, Any]) -> dict[str, Any]:
        key, time = annotation["id"], annotation["updated_at"]
        if key in times:
            server.memory[key + time] = server.memory.get(key + times[key], times[key])
        return annotation | {"updated_at": server.memory.get(key + time, time)}

    return await changed(server, request, keep, f"GET {route}", f"POST {route}")


def job_of_stopped_agent(http: httpx.Client) -> None:
    agent = next(one for one in http.get(f"{ORG}/agents").json() if one["job"])
    assert http.put(f"{agent['url']}/stop").status_code == 204
    assert http.get(f"{ORG}/jobs/{agent['job']['id']}").json()["state"] in ("canceling", "canceled")


@MUTANTS.plant(
    "state",
    operations="stopAgent",
    title="`force` is false by default, so stopping an agent does not cancel its job",
    source="pages/apis/rest_api/agents.md: force: the job and the build will be canceled. Default: true",
    witness=job_of_stopped_agent,
)
async def stop_without_force(server: Server, request: Request) -> Response:
    if matches(request, f"PUT {ANY_ORG}/agents/{{agent}}/stop") and (not request.body or request.json == {}):
        request = with_body(request, {"force": False})
    return await server.call(request)
