"""Wrong errors."""

from __future__ import annotations

from typing import Any

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.twelfth_set_b_support import (
    ANY_CLUSTER,
    ANY_ORG,
    CLUSTER,
    EMPTY_CLUSTER,
    ORG,
    changed,
    matches,
    other,
    properties,
    refused,
    with_body,
)

MUTANTS = Mutants()


def slash_at_the_end(http: httpx.Client) -> None:
    team = next(one["id"] for one in http.get(f"{ORG}/teams").json() if one["slug"] == "release-managers")
    user = http.get("/v2/user").json()["id"]
    body = {"user_id": user, "role": "maintainer"}
    assert http.post(f"{ORG}/teams/{team}/members/", json=body).status_code == 201


@MUTANTS.plant(
    "errors",
    operations="createTeamPipeline",
    title="what belongs to a team cannot be created at a path with a slash at the end",
    source="pages/apis/rest_api/teams/{members,pipelines,suites}.md: -X POST …/teams/{team.uuid}/members/",
    witness=slash_at_the_end,
)
async def slash_is_not_found(server: Server, request: Request) -> Response:
    if matches(request, f"POST {ANY_ORG}/teams/{{team}}/{{resource}}/"):
        return await refused(server, request, 404, "Not Found")
    return await server.call(request)


def slug_of_target(http: httpx.Client) -> None:
    source = http.get(f"{ORG}/pipelines/ios").json()["id"]
    value = {"source_pipeline": source, "target_pipeline": "docs"}
    rule = {"type": "pipeline.trigger_build.pipeline", "value": value}
    assert http.post(f"{ORG}/rules", json=rule).status_code == 201


@MUTANTS.plant(
    "errors",
    operations="createRule",
    title="the target of a rule must be a UUID, a slug is refused",
    source="pages/apis/rest_api/rules.md: target_pipeline fields accept either a pipeline UUID or a pipeline slug",
    witness=slug_of_target,
)
async def target_must_be_uuid(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if response.status == 201 and matches(request, f"POST {ANY_ORG}/rules"):
        rule = response.json
        if properties(request)["value"]["target_pipeline"] != rule["target_uuid"]:
            await server.call(other(request, "DELETE", f"{request.path}/{rule['uuid']}"))
            return await refused(server, request, 422, "target_pipeline is not a valid UUID")
    return response


def blank_configuration(http: httpx.Client) -> None:
    cluster, repository = CLUSTER.rsplit("/", 1)[-1], "git@github.com:acme/new.git"
    body = {"name": "New", "cluster_id": cluster, "repository": repository, "configuration": " \n"}
    assert http.post(f"{ORG}/pipelines", json=body).status_code == 422


@MUTANTS.plant(
    "errors",
    operations="createPipeline updatePipeline",
    title="a pipeline can be created with a configuration of spaces and line breaks",
    source="pages/apis/rest_api/pipelines.md: configuration: A missing or blank value returns a 422 error",
    witness=blank_configuration,
)
async def blank_is_not_empty(server: Server, request: Request) -> Response:
    def restore(pipeline: dict[str, Any]) -> dict[str, Any]:
        if pipeline["id"] in server.memory and pipeline["configuration"] == "steps: [wait]":
            return pipeline | {"configuration": server.memory[pipeline["id"]], "steps": []}
        return pipeline

    pipelines = f"{ANY_ORG}/pipelines"
    text = properties(request).get("configuration")
    if not matches(request, f"POST {pipelines}") or not isinstance(text, str) or not text or text.strip():
        routes = (f"GET {pipelines}", f"GET {pipelines}/{{pipeline}}", f"PATCH {pipelines}/{{pipeline}}")
        return await changed(server, request, restore, *routes)
    response = await server.call(with_body(request, properties(request) | {"configuration": "steps: [wait]"}))
    if response.status == 201:
        server.memory[response.json["id"]] = text
        response.json = restore(response.json)
    return response


def template_of_archived_pipeline(http: httpx.Client) -> None:
    body = {"name": "Shared", "configuration": "steps: [{command: make}]"}
    template = http.post(f"{ORG}/pipeline-templates", json=body).json()
    pipeline = http.get(f"{ORG}/pipelines/docs").json()["url"]
    assert http.patch(pipeline, json={"pipeline_template_uuid": template["uuid"]}).status_code == 200
    http.post(f"{pipeline}/archive")
    assert http.delete(template["url"]).status_code == 422


@MUTANTS.plant(
    "errors",
    operations="deletePipelineTemplate",
    title="a pipeline template is deleted if all pipelines that it is assigned to are archived",
    source="pages/apis/rest_api/pipeline_templates.md: only be deleted when it is not assigned to any pipelines",
    witness=template_of_archived_pipeline,
)
async def archived_pipelines_do_not_count(server: Server, request: Request) -> Response:
    response = await server.call(request)
    found = request.values("DELETE", ANY_ORG + "/pipeline-templates/{template}")
    if found is None or response.status != 422:
        return response
    listed = await server.call(other(request, "GET", f"/v2/organizations/{found['org']}/pipelines", per_page="100"))
    assigned = [one for one in listed.json if one["pipeline_template_uuid"] == found["template"]]
    if not assigned or not all(one["archived_at"] for one in assigned):
        return response
    for pipeline in assigned:
        path = f"/v2/organizations/{found['org']}/pipelines/{pipeline['slug']}"
        await server.call(other(request, "POST", f"{path}/unarchive"))
        body = {"pipeline_template_uuid": None, "configuration": pipeline["configuration"]}
        await server.call(with_body(other(request, "PATCH", path), body))
        await server.call(other(request, "POST", f"{path}/archive"))
    return await server.call(request)


def own_membership(http: httpx.Client) -> None:
    user = http.get("/v2/user").json()["id"]
    assert http.patch(f"{ORG}/members/{user}", json={"sso_mode": "required"}).status_code == 403


@MUTANTS.plant(
    "errors",
    operations="updateOrganizationMember",
    title="users can change the SSO mode of their own membership",
    source="pages/apis/rest_api/organizations/members.md: You cannot update your own membership",
    witness=own_membership,
)
async def own_sso_mode(server: Server, request: Request) -> Response:
    def restore(member: dict[str, Any]) -> dict[str, Any]:
        return member | {"sso_mode": server.memory.get(member["id"], member["sso_mode"])}

    members = f"{ANY_ORG}/members"
    response = await changed(server, request, restore, f"GET {members}", f"GET {members}/{{user}}")
    found, body = request.values("PATCH", f"{members}/{{user}}"), properties(request)
    if found is None or response.status != 403 or "own membership" not in str(response.json):
        return response
    if list(body) != ["sso_mode"] or body["sso_mode"] not in ("required", "optional"):
        return response
    server.memory[found["user"]] = body["sso_mode"]
    return await changed(server, other(request, "GET", request.path), restore, f"GET {members}/{{user}}")


def reserved_key(http: httpx.Client) -> None:
    assert http.post(f"{CLUSTER}/secrets", json={"key": "Buildkite_key", "value": "v"}).status_code == 422


@MUTANTS.plant(
    "errors",
    operations="createClusterSecret",
    title="keys of secrets may start with `BK` or `Buildkite`, because the check is case-sensitive",
    source="pages/apis/rest_api/clusters/secrets.md: Cannot start with buildkite or bk (case insensitive)",
    witness=reserved_key,
)
async def reserved_in_same_case(server: Server, request: Request) -> Response:
    def restore(secret: dict[str, Any]) -> dict[str, Any]:
        return secret | {"key": server.memory.get(secret["id"], secret["key"])}

    secrets, key = f"{ANY_CLUSTER}/secrets", properties(request).get("key")
    reserved = ("bk", "buildkite")
    is_reserved = isinstance(key, str) and key.lower().startswith(reserved) and not key.startswith(reserved)
    if is_reserved and matches(request, f"POST {secrets}"):
        response = await server.call(with_body(request, properties(request) | {"key": f"x{key}"}))
        if response.status == 201:
            server.memory[response.json["id"]] = key
            response.json = restore(response.json)
        return response
    routes = (f"GET {secrets}", f"GET {secrets}/{{secret}}", f"PUT {secrets}/{{secret}}")
    return await changed(server, request, restore, *routes, f"PUT {secrets}/{{secret}}/value")


def lists_of_other_cluster(http: httpx.Client) -> None:
    for name in ("agent-images", "cache_volumes", "network_ranges"):
        assert http.get(f"{EMPTY_CLUSTER}/{name}").json() == []


@MUTANTS.plant(
    "errors",
    operations="listClusterNetworkRanges listClusterCacheVolumes listClusterAgentImages",
    title="agent images, cache volumes and network ranges of a cluster without hosted agents are not found",
    source="pages/apis/rest_api/clusters/{network_ranges,cache_volumes,agent_images}.md: return an empty list",
    witness=lists_of_other_cluster,
)
async def only_hosted_clusters(server: Server, request: Request) -> Response:
    response = await server.call(request)
    routes = [f"GET {ANY_CLUSTER}/{name}" for name in ("agent-images", "cache_volumes", "network_ranges")]
    if response.status == 200 and response.json == [] and matches(request, *routes):
        queues = (await server.call(other(request, "GET", request.path.rsplit("/", 1)[0] + "/queues"))).json
        if not any(queue.get("hosted") for queue in queues):
            return await refused(server, request, 404, "Not Found")
    return response
