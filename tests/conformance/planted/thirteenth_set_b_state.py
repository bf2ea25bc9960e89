"""Wrong effects of operations."""

from __future__ import annotations

import re
from typing import Any

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.thirteenth_set_b_support import (
    ACME,
    ACME_REGISTRIES,
    REGISTRY,
    RSPEC,
    SETTINGS_ROUTES,
    SUITE,
    V2,
    each,
    edited,
    failed_executions,
    matches,
    now,
    privileged,
    read,
)

MUTANTS = Mutants()


def replaced_tags(http: httpx.Client) -> None:
    execution = failed_executions(http)[0]["execution_id"]
    for tag in ("first", "second"):
        http.put(f"{RSPEC}/execution-tags", json={"executions": [{"id": execution, "tags": {f"mut.{tag}": tag}}]})
    found = next(one["tags"] for one in failed_executions(http) if one["execution_id"] == execution)
    assert ("mut.first" in found, found["mut.second"]) == (False, "second")


@MUTANTS.plant(
    "state",
    operations="updateExecutionTags listFailedExecutions",
    title="new tags of an execution are added to its former ones",
    source="pages/apis/rest_api/test_engine/execution_tags.md: All mutable tags for a given execution are replaced",
    witness=replaced_tags,
)
async def execution_tags_are_merged(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, f"PUT {SUITE}/execution-tags") is None or response.status != 200:
        return response
    merged = request.json
    for execution in merged["executions"]:
        execution["tags"] = server.memory[execution["id"]] = server.memory.get(execution["id"], {}) | execution["tags"]
    request.json = merged
    return await server.call(request)


def time_of_association(http: httpx.Client) -> None:
    team = next(team for team in http.get(f"{ACME}/teams").json() if team["slug"] == "frontend")
    members = f"{ACME}/teams/{team['id']}/members"
    member = next(one for one in http.get(members).json() if one["role"] == "member")
    changed = http.patch(f"{members}/{member['user_id']}", json={"role": "maintainer"}).json()
    assert changed == member | {"role": "maintainer"}


@MUTANTS.plant(
    "state",
    operations="updateTeamMember getTeamMember listTeamMembers",
    title="a new role of a team member changes `created_at`",
    source="pages/apis/rest_api/teams/members.md: created_at: When the team and user association was created",
    witness=time_of_association,
)
async def role_moves_created_at(server: Server, request: Request) -> Response:
    members = f"{V2}/teams/{{team}}/members"
    changed = matches(request, f"PATCH {members}/{{user}}")
    team = matches(request, f"GET {members}", f"GET {members}/{{user}}", f"PATCH {members}/{{user}}")

    def edit(member: Any) -> Any:
        time = server.memory.get(f"{team and team['team']} {member['user_id']}")
        return member | {"created_at": time} if time is not None else member

    response = await server.call(request)
    if changed is not None and response.status == 200:
        server.memory[f"{changed['team']} {changed['user']}"] = now()
    if team is not None and response.status == 200:
        response.json = each(edit)(response.json)
    return response


def portal_keeps_slug(http: httpx.Client) -> None:
    assert http.put(f"{ACME}/portals/who-am-i", json={"name": "Renamed"}).json()["slug"] == "who-am-i"


@MUTANTS.plant(
    "state",
    operations="updatePortal",
    title="a new name of a portal changes its slug",
    source="pages/apis/rest_api/portals.md: Update a portal: { name } … slug: trigger-main-build",
    witness=portal_keeps_slug,
)
async def renamed_portal_moves(server: Server, request: Request) -> Response:
    body = request.json
    if matches(request, f"PUT {V2}/portals/{{portal}}") is not None and isinstance(body, dict) and body.get("name"):
        slug = re.sub(r"[^a-z0-9]+", "-", str(body["name"]).lower()).strip("-")
        request.json = ({"slug": slug} if slug else {}) | body
    return await server.call(request)


def cleared_failure(http: httpx.Client) -> None:
    schedule = next(one for one in http.get(f"{ACME}/pipelines/web/schedules").json() if one["failed_at"])
    changed = http.put(schedule["url"], json={"enabled": True}).json()
    assert (changed["failed_message"], changed["failed_at"]) == (None, None)


@MUTANTS.plant(
    "state",
    operations="updatePipelineSchedule getPipelineSchedule listPipelineSchedules",
    title="a schedule that is enabled again keeps `failed_at`",
    source="pages/apis/rest_api/pipeline_schedules.md: Re-enabling … clears its failed_message and failed_at values",
    witness=cleared_failure,
)
async def failed_at_is_kept(server: Server, request: Request) -> Response:
    schedules = f"{V2}/pipelines/{{pipeline}}/schedules"
    one = f"{schedules}/{{schedule}}"
    if matches(request, f"PUT {one}") is not None:
        before = await read(server, privileged(request), request.path)
        if before.status == 200 and before.json["failed_at"] is not None:
            server.memory[before.json["id"]] = before.json["failed_at"]

    def edit(schedule: Any) -> Any:
        return schedule | {"failed_at": schedule["failed_at"] or server.memory.get(schedule["id"])}

    return await edited(server, request, each(edit), f"GET {schedules}", f"GET {one}", f"PUT {one}")


def copied_package(http: httpx.Client) -> None:
    package = http.get(f"{ACME_REGISTRIES}/gems/packages").json()["items"][0]["url"]
    assert http.post(f"{package}/copy", params={"to": "gems-stable"}).status_code == 200
    assert http.get(package).status_code == 200


@MUTANTS.plant(
    "state",
    operations="copyPackage getPackage listPackages",
    title="a copied package is moved to the other registry",
    source="pages/apis/rest_api/package_registries/packages.md: copies a package from a source registry",
    witness=copied_package,
)
async def copy_moves_package(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, f"POST {REGISTRY}/packages/{{package}}/copy") is not None and response.status == 200:
        source = privileged(request)
        source.method, source.path, source.params, source.body = "DELETE", request.path[: -len("/copy")], {}, b""
        await server.call(source)
    return response


def stripped_location(http: httpx.Client) -> None:
    body = {"location": "s3://acme-exports", "strategy_id": "s3"}
    found = http.put(f"{ACME}/pipeline-settings/build-export", json=body).json()
    assert found["build_exports"]["location"] == "acme-exports"


@MUTANTS.plant(
    "state",
    operations="configureBuildExport getOrganizationPipelineSettings",
    title="the location of exported builds is stored with the prefix of its URI",
    source="pages/apis/rest_api/organizations/pipeline_settings.md: the prefix is stripped automatically",
    witness=stripped_location,
)
async def location_keeps_prefix_b(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, f"PUT {V2}/pipeline-settings/build-export") is not None and response.status == 200:
        server.memory[response.json["url"]] = request.json["location"]
    exports = response.json["build_exports"] if matches(request, *SETTINGS_ROUTES) and response.status == 200 else {}
    if exports.get("enabled"):
        location = server.memory.get(response.json["url"], exports["location"])
        response.json = response.json | {"build_exports": exports | {"location": location}}
    return response


def other_settings_stay(http: httpx.Client) -> None:
    service = next(one for one in http.get(f"{ACME}/services").json()["items"] if one["settings"].get("events"))
    changed = http.patch(service["url"], json={"settings": {"tls_verify": False}}).json()
    assert changed["settings"]["events"] == service["settings"]["events"]


@MUTANTS.plant(
    "state",
    operations="updateNotificationService",
    title="a change of a setting of a webhook removes its events",
    source="pages/apis/rest_api/organizations/notification_services.md: Omitted … settings remain unchanged",
    witness=other_settings_stay,
)
async def webhook_forgets_events(server: Server, request: Request) -> Response:
    settings = request.json.get("settings") if isinstance(request.json, dict) else None
    if matches(request, f"PATCH {V2}/services/{{service}}") is not None and isinstance(settings, dict):
        before = await read(server, privileged(request), request.path)
        if before.status == 200 and before.json["provider"]["id"] == "webhook":
            request.json = request.json | {"settings": {"events": []} | settings}
    return await server.call(request)


def job_continues(http: httpx.Client) -> None:
    agents = http.get(f"{ACME}/agents", params={"per_page": 100}).json()
    agent = next(one for one in agents if one["connection_state"] == "connected" and one["job"])
    job = f"{ACME}/jobs/{agent['job']['id']}"
    assert http.put(f"{agent['url']}/stop", json={"force": False}).status_code == 204
    assert http.get(job).json()["state"] == agent["job"]["state"]


@MUTANTS.plant(
    "state",
    operations="stopAgent getAgent getJob",
    title="an agent that is stopped without force cancels its job too",
    source="pages/apis/rest_api/agents.md: force: … the job and the build will be canceled. Default: true",
    witness=job_continues,
)
async def stop_is_always_forced(server: Server, request: Request) -> Response:
    if matches(request, f"PUT {V2}/agents/{{agent}}/stop") is not None and request.json == {"force": False}:
        request.json = {"force": True}
    return await server.call(request)
