"""Wrong effects of operations."""

from __future__ import annotations

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.tenth_set_a_support import (
    ACME,
    ANALYTICS,
    CLUSTER,
    PACKAGE,
    REGISTRIES,
    SUITES,
    V2,
    WEB,
    cluster,
    derived,
    matches,
    memberships,
    properties,
    with_body,
)

MUTANTS = Mutants()


def removed_member_leaves_teams(http: httpx.Client) -> None:
    user = next(one["id"] for one in http.get(f"{ACME}/members").json() if one["name"] == "Edsger Dijkstra")
    assert http.delete(f"{ACME}/members/{user}").status_code == 204
    for team in http.get(f"{ACME}/teams").json():
        members = http.get(f"{ACME}/teams/{team['id']}/members").json()
        assert user not in [member["user_id"] for member in members]


@MUTANTS.plant(
    "state",
    operations="removeOrganizationMember listTeamMembers getTeamMember",
    title="a user who has been removed from the organization stays in its teams",
    source="pages/apis/rest_api/organizations/members.md: Remove an organization member",
    witness=removed_member_leaves_teams,
)
async def removed_member_stays_in_teams_a(server: Server, request: Request) -> Response:
    removal = request.values("DELETE", f"{V2}/members/{{user}}")
    before = await memberships(server, request, removal["org"], removal["user"]) if removal is not None else {}
    response = await server.call(request)
    if response.status == 204:
        server.memory.update(before)
    if matches(request, f"GET {V2}/teams/{{team}}/members") and isinstance(response.json, list):
        kept = [one for path, one in server.memory.items() if path.rpartition("/")[0] == request.path]
        response.json = response.json + kept
    if response.status == 404 and request.method in ("GET", "HEAD") and request.path in server.memory:
        response.status, response.json = 200, server.memory[request.path]
    return response


def role_in_one_team(http: httpx.Client) -> None:
    teams = {team["slug"]: f"{ACME}/teams/{team['id']}/members" for team in http.get(f"{ACME}/teams").json()}
    user = next(one["user_id"] for one in http.get(teams["backend"]).json() if one["role"] == "member")
    before = http.get(f"{teams['release-managers']}/{user}").json()
    http.patch(f"{teams['backend']}/{user}", json={"role": "member"})
    assert http.get(f"{teams['release-managers']}/{user}").json() == before


@MUTANTS.plant(
    "state",
    operations="updateTeamMember getTeamMember",
    title="a new role in a team is the role of the user in all their teams",
    source="pages/apis/rest_api/teams/members.md: The role the member has within the team",
    witness=role_in_one_team,
)
async def role_changes_in_all_teams(server: Server, request: Request) -> Response:
    response = await server.call(request)
    found = request.values("PATCH", f"{V2}/teams/{{team}}/members/{{user}}")
    if found is not None and response.status == 200:
        for path in await memberships(server, request, found["org"], found["user"]):
            await server.call(derived(request, "PATCH", path, body={"role": response.json["role"]}))
    return response


def copied_package_stays(http: httpx.Client) -> None:
    package = http.get(f"{REGISTRIES}/gems/packages").json()["items"][0]["url"]
    assert http.post(f"{package}/copy", params={"to": "gems-stable"}).status_code == 200
    assert http.get(package).status_code == 200


@MUTANTS.plant(
    "state",
    operations="copyPackage getPackage listPackages",
    title="copying a package removes it from its registry",
    source="pages/apis/rest_api/package_registries/packages.md: copies a package from a source registry",
    witness=copied_package_stays,
)
async def copy_moves_package(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, f"POST {PACKAGE}/copy") and response.status == 200:
        await server.call(derived(request, "DELETE", request.path.removesuffix("/copy")))
    return response


def disabled_once(http: httpx.Client) -> None:
    first = http.delete(f"{WEB}/github-webhooks").json()
    assert http.delete(f"{WEB}/github-webhooks").json() == first


@MUTANTS.plant(
    "state",
    operations="disableGithubWebhooks getGithubWebhooks",
    title="disabling webhooks that are disabled sets `disabled_at` again",
    source="pages/apis/rest_api/pipelines.md: If … already disabled, … returns the current state without changing it",
    witness=disabled_once,
)
async def disabled_again_a(server: Server, request: Request) -> Response:
    if matches(request, f"DELETE {V2}/pipelines/{{pipeline}}/github-webhooks"):
        await server.call(derived(request, "PUT", request.path))
    return await server.call(request)


def image_of_new_queue(http: httpx.Client) -> None:
    body = {"key": "tenth", "hostedAgents": {"instanceShape": "LINUX_AMD64_2X4", "agentImageRef": "own:latest"}}
    queue = http.post(f"{cluster(http, 'Hosted')}/queues", json=body).json()
    assert queue["hosted_agents"]["platform_settings"]["linux"]["agent_image_ref"] is None


@MUTANTS.plant(
    "state",
    operations="createClusterQueue getClusterQueue",
    title="a new hosted queue has the `agentImageRef` of its creation",
    source="pages/apis/rest_api/clusters/queues.md: Buildkite ignores any agentImageRef you submit in this call",
    witness=image_of_new_queue,
)
async def new_queue_has_image(server: Server, request: Request) -> Response:
    response = await server.call(request)
    hosted = properties(request).get("hostedAgents")
    if matches(request, f"POST {CLUSTER}/queues") and response.status == 201 and "agentImageRef" in (hosted or {}):
        path = f"{request.path}/{response.json['id']}"
        updated = await server.call(derived(request, "PUT", path, body={"hostedAgents": hosted}))
        if updated.status == 200:
            response.json = updated.json
    return response


def unblocked_by_another_user(http: httpx.Client) -> None:
    builds = http.get(f"{ACME}/pipelines/api/builds").json()
    job = next(job["id"] for build in builds for job in build["jobs"] if job["state"] == "blocked")
    user = http.get(f"{ACME}/members").json()[1]["id"]
    assert http.put(f"{ACME}/jobs/{job}/unblock", json={"unblocker": user}).json()["unblocked_by"]["id"] == user


@MUTANTS.plant(
    "state",
    operations="unblockJob unblockJobInBuild",
    title="a job is unblocked by the user of the token, not by the `unblocker`",
    source="pages/apis/rest_api/jobs.md: unblocker: The user id of the person activating the job",
    witness=unblocked_by_another_user,
)
async def unblocker_has_no_effect(server: Server, request: Request) -> Response:
    body, unblocker = properties(request), properties(request).get("unblocker")
    if request.method == "PUT" and request.path.endswith("/unblock") and isinstance(unblocker, str):
        organization = "/".join(request.path.split("/")[:4])
        if (await server.call(derived(request, "GET", f"{organization}/members/{unblocker}"))).status == 200:
            request = with_body(request, {name: value for name, value in body.items() if name != "unblocker"})
    return await server.call(request)


def all_invitations_or_none(http: httpx.Client) -> None:
    body = {"emails": ["tenth@elsewhere.example", "not an address"], "sso_mode": "optional"}
    assert http.post(f"{ACME}/invitations", json=body).status_code == 422
    emails = [one["email"] for one in http.get(f"{ACME}/invitations").json()["items"]]
    assert "tenth@elsewhere.example" not in emails


@MUTANTS.plant(
    "state",
    operations="createOrganizationInvitations listOrganizationInvitations",
    title="addresses before an invalid one are invited",
    source="pages/apis/rest_api/organizations/invitations.md: If any address is invalid, no invitations are created",
    witness=all_invitations_or_none,
)
async def batch_is_not_atomic(server: Server, request: Request) -> Response:
    response = await server.call(request)
    body, emails = properties(request), properties(request).get("emails")
    if matches(request, f"POST {V2}/invitations") and response.status == 422 and isinstance(emails, list):
        for email in emails if len(emails) > 1 else []:
            if (await server.call(with_body(request, body | {"emails": [email]}))).status != 201:
                break
    return response


def tags_are_replaced(http: httpx.Client) -> None:
    run = next(run["url"] for run in http.get(f"{SUITES}/go/runs").json() if run["result"] == "failed")
    execution = http.get(f"{run}/failed_executions").json()[0]["execution_id"]
    for name in ("mut.first", "mut.second"):
        body = {"executions": [{"id": execution, "tags": {name: "x"}}]}
        assert http.put(f"{SUITES}/go/execution-tags", json=body).status_code == 200
    assert "mut.first" not in http.get(f"{run}/failed_executions").json()[0]["tags"]


@MUTANTS.plant(
    "state",
    operations="updateExecutionTags listFailedExecutions",
    title="new tags of an execution are added to its former ones",
    source="pages/apis/rest_api/test_engine/execution_tags.md: All mutable tags … are replaced with those in the …",
    witness=tags_are_replaced,
)
async def tags_are_merged(server: Server, request: Request) -> Response:
    executions = properties(request).get("executions")
    if not matches(request, f"PUT {ANALYTICS}/suites/{{suite}}/execution-tags") or not isinstance(executions, list):
        return await server.call(request)
    merged = list(executions)
    for n, one in enumerate(executions):
        if isinstance(one, dict) and isinstance(one.get("tags"), dict):
            merged[n] = one | {"tags": server.memory.get(str(one.get("id")), {}) | one["tags"]}
    response = await server.call(with_body(request, properties(request) | {"executions": merged}))
    if response.status == 200:
        server.memory.update({one["id"]: one["tags"] for one in merged})
    return response
