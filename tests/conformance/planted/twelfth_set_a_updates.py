"""Wrong effects of updates."""

from __future__ import annotations

from typing import Any

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.twelfth_set_a_support import ORG, V2, WEB, fetch, matches, new_team, objects_changed

MUTANTS = Mutants()


def enabled_schedule_has_not_failed(http: httpx.Client) -> None:
    schedule = next(one["url"] for one in http.get(f"{WEB}/schedules").json() if one["failed_at"])
    http.put(schedule, json={"enabled": True})
    enabled = http.get(schedule).json()
    assert enabled["failed_at"] is None
    assert enabled["failed_message"] is None


@MUTANTS.plant(
    "state",
    operations="getPipelineSchedule listPipelineSchedules",
    title="a failed schedule that is enabled again keeps the failure",
    source="pages/apis/rest_api/pipeline_schedules.md: Re-enabling … clears its failed_message and failed_at values",
    witness=enabled_schedule_has_not_failed,
)
async def enabled_schedule_keeps_failure(server: Server, request: Request) -> Response:
    route = V2 + "/pipelines/{pipeline}/schedules/{schedule}"
    updated = matches(request, f"PUT {route}", f"PATCH {route}") is not None
    former = await fetch(server, request, request.path) if updated else None
    response = await server.call(request)
    if former is not None and former.status == response.status == 200 and former.json["failed_at"]:
        server.memory[former.json["id"]] = {key: former.json[key] for key in ("failed_message", "failed_at")}

    def changed(item: dict[str, Any]) -> dict[str, Any]:
        return item | server.memory.get(item.get("id", ""), {}) if "cronline" in item else item

    return objects_changed(response, changed) if "/schedules" in request.path else response


def team_has_several_maintainers(http: httpx.Client) -> None:
    team = new_team(http, "Led by two")
    first, second = (member["id"] for member in http.get(f"{ORG}/members").json()[1:3])
    http.post(f"{team}/members", json={"user_id": first, "role": "maintainer"})
    http.post(f"{team}/members", json={"user_id": second, "role": "member"})
    http.patch(f"{team}/members/{second}", json={"role": "maintainer"})
    assert http.get(f"{team}/members/{first}").json()["role"] == "maintainer"


@MUTANTS.plant(
    "state",
    operations="updateTeamMember createTeamMember",
    title="a member of a team who becomes a maintainer replaces the maintainers that the team had",
    source="pages/apis/rest_api/teams/members.md: Updates an association between a team and a user",
    witness=team_has_several_maintainers,
)
async def only_one_maintainer_of_team(server: Server, request: Request) -> Response:
    response = await server.call(request)
    found = matches(request, f"PATCH {V2}/teams/{{team}}/members/{{user}}")
    if found is None or response.status != 200 or response.json["role"] != "maintainer":
        return response
    members = request.path.removesuffix(f"/{found['user']}")
    for member in (await fetch(server, request, members, per_page="100")).json:
        if member["role"] == "maintainer" and member["user_id"] != response.json["user_id"]:
            await fetch(server, request, f"{members}/{member['user_id']}", method="PATCH", body={"role": "member"})
    return response
