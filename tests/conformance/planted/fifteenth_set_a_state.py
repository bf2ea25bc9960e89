"""Changes that have a wrong effect, or none."""

from __future__ import annotations

from typing import Any

import httpx
from attrs import evolve
from tests.conformance.planted.fifteenth_set_a_support import (
    ACME,
    AGENTS,
    BUILD,
    CLUSTER,
    JOB_IN_BUILD,
    ORG,
    RSPEC,
    SUITE,
    WEB,
    all_pages,
    body_of,
    builds,
    cluster,
    create,
    job_path,
    jobs,
    paging,
    related,
)
from tests.conformance.planted.mutant import Mutants, Request, Response, Server

MUTANTS = Mutants()


def stopping_agent_finishes_its_job(http: httpx.Client) -> None:
    agent = next(
        one for one in all_pages(http, f"{ACME}/agents") if one["job"] and one["connection_state"] == "connected"
    )
    assert http.put(f"{ACME}/agents/{agent['id']}/stop", json={"force": False}).status_code == 204
    job = http.get(f"{ACME}/jobs/{agent['job']['id']}").json()
    assert job["state"] == agent["job"]["state"]


@MUTANTS.plant(
    "state",
    operations="stopAgent",
    title="`force` has no effect, so that the job of a stopping agent is always canceled",
    source="pages/apis/rest_api/agents.md: force, by default true",
    witness=stopping_agent_finishes_its_job,
)
async def agents_always_stop_by_force(server: Server, request: Request) -> Response:
    body = body_of(request)
    if request.values("PUT", f"{AGENTS}/{{agent_id}}/stop") is not None and body.pop("force", None) is False:
        request.json = body
    return await server.call(request)


def annotation_grows(http: httpx.Client) -> None:
    number = next(builds(http, "web", exclude_jobs="true"))["number"]
    path = f"{WEB}/builds/{number}/annotations"
    create(http, path, context="sizes", body="The first part.")
    grown = create(http, path, context="sizes", body=" The second part.", append=True)
    assert "first" in grown["body_html"]
    assert "second" in grown["body_html"]


@MUTANTS.plant(
    "state",
    operations="createBuildAnnotation",
    title="`append` replaces the body of the annotation",
    source="pages/apis/rest_api/annotations.md: append",
    witness=annotation_grows,
)
async def append_replaces_body(server: Server, request: Request) -> Response:
    body = body_of(request)
    if request.values("POST", f"{BUILD}/annotations") is not None and body.pop("append", None) is True:
        request.json = body
    return await server.call(request)


def deleted_secret_is_not_listed(http: httpx.Client) -> None:
    path = f"{cluster(http, 'Default cluster')}/secrets"
    secret = create(http, path, key="SHORT_LIVED", value="hush")
    assert http.delete(f"{path}/{secret['id']}").status_code == 204
    assert secret["id"] not in [one["id"] for one in all_pages(http, path)]


@MUTANTS.plant(
    "state",
    operations="deleteClusterSecret listClusterSecrets",
    title="a deleted secret is still in the list",
    source="pages/apis/rest_api/clusters/secrets.md: Delete a secret",
    witness=deleted_secret_is_not_listed,
)
async def deleted_secrets_are_listed(server: Server, request: Request) -> Response:
    deleted: dict[str, list[Any]] = server.memory.setdefault("deleted", {})
    if request.values("DELETE", f"{CLUSTER}/secrets/{{secret_id}}") is not None:
        before = await server.call(related(request, "GET", request.path))
        response = await server.call(request)
        if response.status == 204 and before.status == 200:
            deleted.setdefault(request.path.rpartition("/")[0], []).append(before.json)
        return response
    response = await server.call(request)
    if request.values("GET", f"{CLUSTER}/secrets") is not None and response.status == 200:
        room = paging(request)[1] - len(response.json)
        if room > 0 and request.path in deleted:
            response.json = response.json + deleted[request.path][:room]
    return response


def renamed_cluster_keeps_description(http: httpx.Client) -> None:
    made = create(http, f"{ACME}/clusters", name="Before", description="For the tests")
    path = f"{ACME}/clusters/{made['id']}"
    assert http.put(path, json={"name": "After"}).status_code == 200
    found = http.get(path).json()
    assert (found["name"], found["description"]) == ("After", "For the tests")


@MUTANTS.plant(
    "state",
    operations="updateCluster",
    title="an update without a description removes the description",
    source="pages/apis/rest_api/clusters.md: the example of an update names the name only and keeps the description",
    witness=renamed_cluster_keeps_description,
)
async def update_clears_description(server: Server, request: Request) -> Response:
    body = body_of(request)
    if request.values("PUT", CLUSTER) is not None and body and "description" not in body:
        request.json = {**body, "description": None}
    return await server.call(request)


def allowlist_is_removed(http: httpx.Client) -> None:
    path = f"{ACME}/api-settings"
    everywhere = "0.0.0.0/0"
    assert http.patch(path, json={"allowed_ip_addresses": everywhere}).json()["allowed_ip_addresses"] == everywhere
    assert http.patch(path, json={"allowed_ip_addresses": None}).status_code == 200
    assert http.get(path).json()["allowed_ip_addresses"] is None


@MUTANTS.plant(
    "state",
    operations="updateOrganizationApiSettings",
    title="the allowlist cannot be removed: null counts as missing",
    source="pages/apis/rest_api/organizations/api_settings.md: pass null to remove the allowlist",
    witness=allowlist_is_removed,
)
async def null_keeps_allowlist(server: Server, request: Request) -> Response:
    body = body_of(request)
    if request.values("PATCH", f"{ORG}/api-settings") is not None and body.get("allowed_ip_addresses", "") is None:
        del body["allowed_ip_addresses"]
        request.json = body
    return await server.call(request)


def priority_is_kept(http: httpx.Client) -> None:
    path = job_path(next(jobs(http, "web", lambda job: job["state"] == "scheduled")))
    changed = http.put(f"{path}/reprioritize", json={"priority": 7})
    assert changed.json()["priority"] == {"number": 7}
    assert http.get(path).json()["priority"] == {"number": 7}


@MUTANTS.plant(
    "state",
    operations="reprioritizeJobInBuild",
    title="the new priority is in the response only and not stored",
    source="pages/apis/rest_api/jobs.md: reprioritizes a job by changing its priority value",
    witness=priority_is_kept,
)
async def priority_not_stored(server: Server, request: Request) -> Response:
    if request.values("PUT", f"{JOB_IN_BUILD}/reprioritize") is None:
        return await server.call(request)
    before = await server.call(related(request, "GET", request.path.removesuffix("/reprioritize")))
    response = await server.call(request)
    if response.status == 200 and before.status == 200:
        back = evolve(request)
        back.json = {"priority": before.json["priority"]["number"]}
        await server.call(back)
    return response


def labels_accumulate(http: httpx.Client) -> None:
    test = http.get(f"{RSPEC}/tests").json()[0]
    path = f"{RSPEC}/tests/{test['id']}"
    for label in ("windows", "nights"):
        assert http.patch(f"{path}/labels", json={"operator": "add", "labels": [label]}).status_code == 200
    assert {"windows", "nights"} <= set(http.get(path).json()["labels"])


@MUTANTS.plant(
    "state",
    operations="updateTestLabels",
    title="added labels replace those that the test had",
    source="pages/apis/rest_api/test_engine/tests.md: operator, labels that will be added",
    witness=labels_accumulate,
)
async def added_labels_replace_others(server: Server, request: Request) -> Response:
    response = await server.call(request)
    body = body_of(request)
    if request.values("PATCH", f"{SUITE}/tests/{{test_id}}/labels") is not None and response.status == 200:
        others = [label for label in response.json["labels"] if label not in body.get("labels", ())]
        if body.get("operator") == "add" and others:
            removal = evolve(request)
            removal.json = {"operator": "remove", "labels": others}
            return await server.call(removal)
    return response
