"""Bugs in state: requests with too little, too much or another effect."""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx
from tests.conformance.planted.fifth_set_b_support import (
    CLUSTERS,
    ORGANIZATION,
    SUITES,
    failed_executions_path,
    new_package,
    new_pipeline,
    new_registry,
    objects,
    send,
)
from tests.conformance.planted.mutant import Mutants, Request, Response, Server

MUTANTS = Mutants()


def all_labels_are_removed(http: httpx.Client) -> None:
    test = http.get(f"{SUITES}/rspec/tests").json()[0]
    path = f"{SUITES}/rspec/tests/{test['id']}/labels"
    http.patch(path, json={"operator": "add", "labels": ["one", "two", "three"]})
    found = http.patch(path, json={"operator": "remove", "labels": ["one", "two"]}).json()
    assert not {"one", "two"} & set(found["labels"])


@MUTANTS.plant(
    "state",
    operations="updateTestLabels",
    title="only the first of several labels is removed",
    source="pages/apis/rest_api/test_engine/tests.md: the labels that will be added or removed",
    witness=all_labels_are_removed,
)
async def one_label_removed(server: Server, request: Request) -> Response:
    template = "/v2/analytics/organizations/{org}/suites/{suite}/tests/{test}/labels"
    body = request.json
    if request.values("PATCH", template) is not None and isinstance(body, dict) and body.get("operator") == "remove":
        labels = body.get("labels")
        if isinstance(labels, list) and all(isinstance(label, str) for label in labels):
            request.json = {**body, "labels": labels[:1]}
    return await server.call(request)


def original_is_left(http: httpx.Client) -> None:
    source, target = new_registry(http, "Planted source"), new_registry(http, "Planted target")
    path = f"{source}/packages/{new_package(http, source)['id']}"
    assert http.post(f"{path}/copy", params={"to": target.rpartition("/")[2]}).status_code == 200
    assert http.get(path).status_code == 200


@MUTANTS.plant(
    "state",
    operations="copyPackage",
    title="a copied package is removed from its registry",
    source="pages/apis/rest_api/package_registries/packages.md: copies a package",
    witness=original_is_left,
)
async def moved_package(server: Server, request: Request) -> Response:
    response = await server.call(request)
    template = "/v2/packages/organizations/{org}/registries/{registry}/packages/{package}/copy"
    if request.values("POST", template) is not None and response.status == 200:
        await send(server, request, "DELETE", request.path.removesuffix("/copy"))
    return response


def disabling_again_changes_nothing(http: httpx.Client) -> None:
    path = f"{new_pipeline(http, 'Planted webhooks')}/github-webhooks"
    first = http.delete(path).json()
    assert http.delete(path).json() == first


@MUTANTS.plant(
    "state",
    operations="disableGithubWebhooks",
    title="disabling webhooks again changes `disabled_at`",
    source="pages/apis/rest_api/pipelines.md: returns the current state without changing it",
    witness=disabling_again_changes_nothing,
)
async def other_disabled_again(server: Server, request: Request) -> Response:
    template = "/v2/organizations/{org}/pipelines/{pipeline}/github-webhooks"
    if request.values("DELETE", template) is not None:
        before = await send(server, request, "GET", request.path)
        if before.status == 200 and not before.json["enabled"]:
            await send(server, request, "PUT", request.path)
    return await server.call(request)


def stop_is_forced(http: httpx.Client) -> None:
    agents = http.get(f"{ORGANIZATION}/agents", params={"per_page": 100}).json()
    agent = next(agent for agent in agents if agent["job"] and agent["connection_state"] == "connected")
    assert http.put(f"{ORGANIZATION}/agents/{agent['id']}/stop", json={}).status_code == 204
    build = http.get(urlsplit(agent["job"]["build_url"]).path).json()
    job = next(job for job in build["jobs"] if job["id"] == agent["job"]["id"])
    assert job["state"] in ("canceling", "canceled")


@MUTANTS.plant(
    "state",
    operations="stopAgent",
    title="`force` is false by default, so the job of the agent is not canceled",
    source="pages/apis/rest_api/agents.md: `force`, default `true`",
    witness=stop_is_forced,
)
async def gentle_stop(server: Server, request: Request) -> Response:
    if request.values("PUT", "/v2/organizations/{org}/agents/{agent}/stop") is not None:
        body = request.json if request.body else {}
        if isinstance(body, dict) and "force" not in body:
            request.json = {**body, "force": False}
            request.headers["content-type"] = "application/json"
    return await server.call(request)


def tags_are_replaced(http: httpx.Client) -> None:
    path = failed_executions_path(http)
    execution = http.get(path).json()[0]["execution_id"]
    for tags in ({"mut.one": "1"}, {"mut.two": "2"}):
        sent = {"executions": [{"id": execution, "tags": tags}]}
        assert http.put(f"{SUITES}/rspec/execution-tags", json=sent).status_code == 200
    found = next(each for each in http.get(path).json() if each["execution_id"] == execution)["tags"]
    assert {name for name in found if name.startswith("mut.")} == {"mut.two"}


@MUTANTS.plant(
    "state",
    operations="updateExecutionTags",
    title="tags of an execution are added to those of earlier requests",
    source="pages/apis/rest_api/test_engine/execution_tags.md: all mutable tags are replaced",
    witness=tags_are_replaced,
)
async def merged_tags(server: Server, request: Request) -> Response:
    template = "/v2/analytics/organizations/{org}/suites/{suite}/execution-tags"
    if request.values("PUT", template) is None:
        return await server.call(request)
    response = await server.call(request)
    if response.status != 200:
        return response
    known = server.memory.setdefault("tags", {})
    executions = request.json["executions"]
    for execution in executions:
        merged = {**known.get(execution["id"], {}), **execution["tags"]}
        known[execution["id"]] = execution["tags"] = dict(list(merged.items())[:10]) if execution["tags"] else {}
    request.json = {**request.json, "executions": executions}
    await server.call(request)
    return response


def creation_leaves_mirror_off(http: httpx.Client) -> None:
    created = http.post(CLUSTERS, json={"name": "Planted mirror", "hosted_git_mirror_enabled": True})
    assert created.status_code == 201
    assert http.get(f"{CLUSTERS}/{created.json()['id']}").json()["hosted_git_mirror_enabled"] is False


@MUTANTS.plant(
    "state",
    operations="createCluster",
    title="`hosted_git_mirror_enabled` is applied when a cluster is created",
    source="pages/apis/rest_api/clusters.md: cluster creation requests do not apply these fields",
    witness=creation_leaves_mirror_off,
)
async def mirror_from_the_start(server: Server, request: Request) -> Response:
    response = await server.call(request)
    mirrored = server.memory.setdefault("mirrored", set())
    body = request.json if request.method == "POST" else None
    if request.values("POST", "/v2/organizations/{org}/clusters") is not None and response.status == 201:
        if isinstance(body, dict) and body.get("hosted_git_mirror_enabled") is True:
            mirrored.add(response.json["id"])
    elif mirrored and "/clusters" in request.path and response.status == 200 and response.body:
        value = response.json
        for cluster in objects(value):
            if cluster.get("id") in mirrored and "hosted_git_mirror_enabled" in cluster:
                cluster["hosted_git_mirror_enabled"] = True
        response.json = value
    return response


def rebuild_has_the_environment(http: httpx.Client) -> None:
    builds = f"{new_pipeline(http, 'Planted rebuild')}/builds"
    sent = {"commit": "HEAD", "branch": "main", "env": {"PLANTED": "1"}}
    path = f"{builds}/{http.post(builds, json=sent).json()['number']}"
    assert http.put(f"{path}/cancel").status_code == 200
    rebuilt = http.put(f"{path}/rebuild").json()
    assert rebuilt["env"] == sent["env"]
    assert http.get(f"{builds}/{rebuilt['number']}").json()["env"] == sent["env"]


@MUTANTS.plant(
    "state",
    operations="rebuildBuild",
    title="a rebuild has none of the environment variables",
    source="pages/apis/rest_api/builds.md: copies the commit, branch, message, environment variables",
    witness=rebuild_has_the_environment,
)
async def other_rebuild_without_environment(server: Server, request: Request) -> Response:
    response = await server.call(request)
    rebuilt = server.memory.setdefault("rebuilt", set())
    if response.status >= 300 or not response.body or "/builds" not in request.path:
        return response
    value = response.json
    template = "/v2/organizations/{org}/pipelines/{pipeline}/builds/{number}/rebuild"
    if request.values("PUT", template) is not None:
        rebuilt.add(value["id"])
    if rebuilt:
        for build in objects(value):
            if build.get("id") in rebuilt and "env" in build:
                build["env"] = {}
        response.json = value
    return response
