"""Wrong effects of operations."""

from __future__ import annotations

from typing import Any

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.tenth_set_b_support import (
    ANALYTICS,
    FULL,
    JOBS,
    ORG,
    PACKAGES,
    REGISTRIES,
    SUITE,
    V2,
    WEB,
    busy_agent,
    command_job,
    each,
    edited,
    fetched,
    found,
    matches,
    properties,
    read,
)

MUTANTS = Mutants()


def source_of_copy_stays(http: httpx.Client) -> None:
    package = http.get(f"{REGISTRIES}/gems/packages").json()["items"][0]["url"]
    assert http.post(f"{package}/copy", params={"to": "gems-stable"}).status_code == 200
    assert http.get(package).status_code == 200


@MUTANTS.plant(
    "state",
    operations="copyPackage getPackage listPackages",
    title="copying a package moves it: it is no longer in the source registry",
    source="pages/apis/rest_api/package_registries/packages.md: copies a package from a source registry",
    witness=source_of_copy_stays,
)
async def copying_moves(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if (
        matches(request, f"POST {PACKAGES}/registries/{{registry}}/packages/{{package}}/copy")
        and response.status == 200
    ):
        await server.call(Request("DELETE", request.path.removesuffix("/copy"), {}, {"authorization": FULL}, b""))
    return response


def time_of_disabling_stays(http: httpx.Client) -> None:
    first = http.delete(f"{WEB}/github-webhooks").json()
    assert http.delete(f"{WEB}/github-webhooks").json() == first


@MUTANTS.plant(
    "state",
    operations="disableGithubWebhooks",
    title="disabling webhook processing that is disabled sets `disabled_at` again",
    source="pages/apis/rest_api/pipelines.md: If webhook processing is already disabled, … without changing it",
    witness=time_of_disabling_stays,
)
async def disabled_again_b(server: Server, request: Request) -> Response:
    if matches(request, f"DELETE {V2}/pipelines/{{pipeline}}/github-webhooks"):
        current = await fetched(server, request, request.path)
        if current.status == 200 and not current.json["enabled"]:
            await server.call(Request("PUT", request.path, {}, dict(request.headers), b""))
    return await server.call(request)


def tags_are_replaced(http: httpx.Client) -> None:
    run = next(run["url"] for run in http.get(f"{SUITE}/runs").json() if run["result"] == "failed")
    execution = http.get(f"{run}/failed_executions").json()[0]["execution_id"]
    for tags in ({"mut.first": "1"}, {"mut.second": "2"}):
        http.put(f"{SUITE}/execution-tags", json={"executions": [{"id": execution, "tags": tags}]})
    executions = {one["execution_id"]: one for one in http.get(f"{run}/failed_executions").json()}
    assert "mut.first" not in executions[execution]["tags"]


@MUTANTS.plant(
    "state",
    operations="updateExecutionTags listFailedExecutions",
    title="new tags of an execution are added to its earlier ones",
    source="pages/apis/rest_api/test_engine/execution_tags.md: All mutable tags … are replaced",
    witness=tags_are_replaced,
)
async def tags_are_added(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if not matches(request, f"PUT {ANALYTICS}/suites/{{suite}}/execution-tags") or response.status != 200:
        return response
    body = properties(request)
    for execution in body["executions"]:
        execution["tags"] = server.memory.get(execution["id"], {}) | execution["tags"]
        server.memory[execution["id"]] = execution["tags"]
    request.json = body
    await server.call(request)
    return response


def job_of_agent_goes_on(http: httpx.Client) -> None:
    agent = busy_agent(http)
    assert http.put(f"{agent['url']}/stop", json={"force": False}).status_code == 204
    assert http.get(f"{ORG}/jobs/{agent['job']['id']}").json()["state"] == "running"


@MUTANTS.plant(
    "state",
    operations="stopAgent",
    title="an agent that is stopped with `force: false` cancels its job",
    source="pages/apis/rest_api/agents.md: force: If the agent is currently processing a job, … will be canceled",
    witness=job_of_agent_goes_on,
)
async def stopping_is_always_forced(server: Server, request: Request) -> Response:
    if matches(request, f"PUT {V2}/agents/{{agent}}/stop") and properties(request).get("force") is False:
        request.json = properties(request) | {"force": True}
    return await server.call(request)


def removed_member_has_no_teams(http: httpx.Client) -> None:
    user = next(one["id"] for one in http.get(f"{ORG}/members").json() if one["role"] == "member")
    teams = [team["id"] for team in http.get(f"{ORG}/teams", params={"user_id": user}).json()]
    assert http.delete(f"{ORG}/members/{user}").status_code == 204
    for team in teams:
        assert user not in [one["user_id"] for one in http.get(f"{ORG}/teams/{team}/members").json()]


@MUTANTS.plant(
    "state",
    operations="removeOrganizationMember listTeamMembers",
    title="a member who is removed from the organization stays in its teams",
    source="pages/apis/rest_api/organizations/members.md: Remove an organization member",
    witness=removed_member_has_no_teams,
)
async def removed_member_stays_in_teams_b(server: Server, request: Request) -> Response:
    memberships: dict[str, Any] = {}
    removed = request.values("DELETE", V2 + "/members/{user}")
    if removed is not None:
        teams = f"/v2/organizations/{removed['org']}/teams"
        response = await read(server, teams)
        everything: list[Any] = response.json if response.status == 200 else []
        for team in everything:
            path = f"{teams}/{team['id']}/members/{removed['user']}"
            member = await read(server, path)
            if member.status == 200:
                memberships[team["id"]] = member.json
    response = await server.call(request)
    if removed is not None and response.status == 204:
        for team_id, member in memberships.items():
            server.memory.setdefault(team_id, {})[removed["user"]] = member
    listed = request.values("GET", V2 + "/teams/{team}/members")
    if listed is not None and response.status == 200 and 'rel="next"' not in response.headers.get("link", ""):
        present = {member["user_id"] for member in response.json}
        kept = server.memory.get(listed["team"], {})
        response.json = response.json + [member for user, member in kept.items() if user not in present]
    return response


def deleted_log_is_gone(http: httpx.Client) -> None:
    job = command_job(http)
    assert http.delete(f"{job}/log").status_code == 204
    assert http.get(f"{job}/log.txt").text == ""


@MUTANTS.plant(
    "state",
    operations="deleteJobLog deleteJobLogInBuild getJobLog getJobLogInBuild",
    title="the text form of a log that has been deleted is still there",
    source="pages/apis/rest_api/jobs.md: Delete a job's log output",
    witness=deleted_log_is_gone,
)
async def deleted_log_stays_as_text(server: Server, request: Request) -> Response:
    log = found(request, *(f"{job}/log{end}" for job in JOBS for end in ("", ".txt")))
    text = Response(404)
    if log is not None and request.method == "DELETE":
        text = await read(server, f"/v2/organizations/{log['org']}/jobs/{log['job']}/log.txt")
    response = await server.call(request)
    if log is None:
        return response
    if request.method == "DELETE" and response.status == 204 and text.status == 200:
        server.memory.setdefault(log["job"], text.body)
    plain = response.status == 200 and response.headers.get("content-type", "").startswith("text/plain")
    if request.method == "GET" and plain and log["job"] in server.memory:
        response.body = server.memory[log["job"]]
    return response


def creator_of_template_stays(http: httpx.Client) -> None:
    user = http.get("/v2/user").json()["id"]
    for template in http.get(f"{ORG}/pipeline-templates").json():
        if template["created_by"]["id"] != user:
            changed = http.patch(template["url"], json={"description": "Changed"}).json()
            assert changed["created_by"] == template["created_by"]


@MUTANTS.plant(
    "state",
    operations="updatePipelineTemplate getPipelineTemplate listPipelineTemplates",
    title="whoever changes a template becomes its creator",
    source="pages/apis/rest_api/pipeline_templates.md: created_by: User who created the pipeline template",
    witness=creator_of_template_stays,
)
async def change_sets_creator(server: Server, request: Request) -> Response:
    def creator(template: Any) -> Any:
        if request.method == "PATCH":
            server.memory[template["uuid"]] = template["updated_by"]
        return template | {"created_by": server.memory.get(template["uuid"], template["created_by"])}

    one = V2 + "/pipeline-templates/{template}"
    return await edited(server, request, each(creator), f"PATCH {one}", f"GET {one}", f"GET {V2}/pipeline-templates")
