"""Bugs in errors: invalid requests that succeed, wrong statuses, and refusals with an effect."""

from __future__ import annotations

import re

import httpx
from tests.conformance.planted.fifth_set_b_support import ORGANIZATION, cluster_path, objects, send
from tests.conformance.planted.mutant import Mutants, Request, Response, Server

MUTANTS = Mutants()


def refused_deletion_has_no_effect(http: httpx.Client) -> None:
    images = f"{cluster_path(http, 'Hosted')}/agent-images"
    refused = [image["id"] for image in http.get(images).json() if image["name"] == "web"]
    assert [http.delete(f"{images}/{image}").status_code for image in refused] == [409]
    assert http.get(f"{images}/{refused[0]}").status_code == 200


@MUTANTS.plant(
    "errors",
    operations="deleteClusterAgentImage",
    title="an agent image in use is gone after the deletion that returns 409",
    source="pages/apis/rest_api/clusters/agent_images.md: reassign those queues before deleting",
    witness=refused_deletion_has_no_effect,
)
async def deleted_in_spite_of_conflict(server: Server, request: Request) -> Response:
    gone = server.memory.setdefault("gone", set())
    template = "/v2/organizations/{org}/clusters/{cluster}/agent-images"
    one = request.values(request.method, f"{template}/{{image}}")
    if one is not None and one["image"] in gone:
        return await server.call(Request(request.method, f"{request.path}0", {}, request.headers, request.body))
    response = await server.call(request)
    if one is not None and request.method == "DELETE" and response.status == 409:
        gone.add(one["image"])
    if gone and request.values("GET", template) is not None and response.status == 200:
        response.json = [image for image in response.json if image["id"] not in gone]
    return response


def reserved_prefix_is_refused(http: httpx.Client) -> None:
    secrets = f"{cluster_path(http, 'Default cluster')}/secrets"
    assert http.post(secrets, json={"key": "BuildKite_planted", "value": "v"}).status_code == 422


@MUTANTS.plant(
    "errors",
    operations="createClusterSecret",
    title="keys of secrets may begin with `BuildKite` or `Bk` in mixed case",
    source="pages/apis/rest_api/clusters/secrets.md: cannot start with buildkite or bk (case insensitive)",
    witness=reserved_prefix_is_refused,
)
async def reserved_in_mixed_case(server: Server, request: Request) -> Response:
    keys = server.memory.setdefault("keys", {})
    body = request.json if request.method == "POST" else None
    key = body.get("key") if isinstance(body, dict) else None
    is_creation = request.values("POST", "/v2/organizations/{org}/clusters/{cluster}/secrets") is not None
    if is_creation and isinstance(key, str) and re.match(r"(?!buildkite|bk|BUILDKITE|BK)(?i:buildkite|bk)", key):
        request.json = {**body, "key": f"x{key}"[:255]}
    response = await server.call(request)
    if "/secrets" not in request.path or response.status >= 300 or not response.body:
        return response
    value = response.json
    if is_creation and value.get("key") != key:
        keys[value["id"]] = key
    for secret in objects(value):
        if secret.get("id") in keys and "key" in secret:
            secret["key"] = keys[secret["id"]]
    response.json = value
    return response


def own_membership_is_forbidden(http: httpx.Client) -> None:
    user = http.get("/v2/user").json()["id"]
    assert http.patch(f"{ORGANIZATION}/members/{user}", json={"role": "member"}).status_code == 403


@MUTANTS.plant(
    "errors",
    operations="updateOrganizationMember",
    title="an update of the own membership returns 422 instead of 403",
    source="pages/apis/rest_api/organizations/members.md: 403 Forbidden",
    witness=own_membership_is_forbidden,
)
async def own_membership_unprocessable(server: Server, request: Request) -> Response:
    response = await server.call(request)
    template = "/v2/organizations/{org}/members/{user}"
    if request.values("PATCH", template) is not None and response.status == 403 and b"own" in response.body:
        response.status = 422
    return response


def architecture_cannot_change(http: httpx.Client) -> None:
    queues = f"{cluster_path(http, 'Hosted')}/queues"
    created = http.post(queues, json={"key": "planted-amd", "hostedAgents": {"instanceShape": "LINUX_AMD64_2X4"}})
    path = f"{queues}/{created.json()['id']}"
    assert http.put(path, json={"hostedAgents": {"instanceShape": "LINUX_ARM64_2X4"}}).status_code == 422


@MUTANTS.plant(
    "errors",
    operations="updateClusterQueue",
    title="another architecture of the instance shape is ignored instead of refused",
    source="pages/apis/rest_api/clusters/queues.md: not possible to change the machine type or architecture",
    witness=architecture_cannot_change,
)
async def ignored_architecture(server: Server, request: Request) -> Response:
    response = await server.call(request)
    template = "/v2/organizations/{org}/clusters/{cluster}/queues/{queue}"
    is_refused = re.search(rb"Instance shape cannot be changed to \w", response.body)
    if request.values("PUT", template) is not None and is_refused:
        return await send(server, request, "GET", request.path)
    return response


def repository_is_a_string(http: httpx.Client) -> None:
    connection = http.get(f"{ORGANIZATION}/repository_connections").json()[0]["id"]
    path = f"{ORGANIZATION}/repository_connections/{connection}/repositories"
    assert http.get(path, params={"repository[]": "acme/web"}).status_code == 400


@MUTANTS.plant(
    "errors",
    operations="listConnectedRepositories",
    title="a list of values of `repository` is accepted",
    source="pages/apis/rest_api/repository_connections.md: 400 if the value is not a string",
    witness=repository_is_a_string,
)
async def repositories_in_brackets(server: Server, request: Request) -> Response:
    template = "/v2/organizations/{org}/repository_connections/{connection}/repositories"
    if request.values("GET", template) is not None:
        for name in [name for name in request.params if name.startswith("repository[")]:
            request.params["repository"] = request.params.pop(name)[:1]
    return await server.call(request)


def error_names_configuration(http: httpx.Client) -> None:
    cluster = cluster_path(http, "Default cluster").rpartition("/")[2]
    body = {"name": "Planted blank", "cluster_id": cluster, "repository": "git@github.com:acme/planted.git"}
    for configuration in ({}, {"configuration": " "}):
        response = http.post(f"{ORGANIZATION}/pipelines", json=body | configuration)
        assert response.status_code == 422
        assert [error["field"] for error in response.json()["errors"]] == ["configuration"]


@MUTANTS.plant(
    "errors",
    operations="createPipeline",
    title="the error for a missing or blank `configuration` names `steps`",
    source="pages/apis/rest_api/pipelines.md: 422, the error includes",
    witness=error_names_configuration,
)
async def error_names_steps(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.values("POST", "/v2/organizations/{org}/pipelines") is not None and response.status == 422:
        value = response.json
        for error in value.get("errors", ()):
            if error.get("field") == "configuration":
                error["field"] = "steps"
        response.json = value
    return response
