"""Bugs in what requests change."""

from __future__ import annotations

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.sixteenth_set_b_support import (
    ACME,
    AGENT,
    BUILD,
    CLUSTER,
    JOB,
    JOB_IN_BUILD,
    RSPEC,
    SUITE,
    TEST,
    WEB,
    cluster_named,
    fetch,
    first_build,
    found,
)

MUTANTS = Mutants()


def affinity_is_kept(http: httpx.Client) -> None:
    path = f"{cluster_named(http, 'Experiments')}/queues"
    queue = found(http.post(path, json={"key": "canary", "retry_agent_affinity": "prefer-different"}))
    found(http.put(f"{path}/{queue['id']}", json={"description": "A few machines"}))
    assert found(http.get(f"{path}/{queue['id']}"))["retry_agent_affinity"] == "prefer-different"


@MUTANTS.plant(
    "state",
    operations="updateClusterQueue",
    title="an update without `retry_agent_affinity` resets it to the default",
    source="pages/apis/rest_api/clusters/queues.md: the default is used when a queue is created without the property",
    witness=affinity_is_kept,
)
async def update_resets_affinity(server: Server, request: Request) -> Response:
    body = request.json
    if request.values("PUT", f"{CLUSTER}/queues/{{queue_id}}") is not None and isinstance(body, dict):
        request.json = {"retry_agent_affinity": "prefer-warmest", **body}
    return await server.call(request)


def rebuild_returns_the_new_build(http: httpx.Client) -> None:
    old = first_build(http, state="passed")
    new = found(http.put(f"{WEB}/builds/{old['number']}/rebuild"))
    assert new["number"] > old["number"]
    assert new["id"] != old["id"]


@MUTANTS.plant(
    "state",
    operations="rebuildBuild",
    title="the response to a rebuild is the original build",
    source="pages/apis/rest_api/builds.md: rebuild a build, returns the newly created build",
    witness=rebuild_returns_the_new_build,
)
async def rebuild_returns_the_original(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.values("PUT", f"{BUILD}/rebuild") is not None and response.status == 200:
        original = await fetch(server, request, request.path.removesuffix("/rebuild"))
        if original.status == 200:
            response.json = {name: value for name, value in original.json.items() if name != "job_state_counts"}
    return response


def appended_body_follows(http: httpx.Client) -> None:
    path = f"{WEB}/builds/{first_build(http, state='passed')['number']}/annotations"
    found(http.post(path, json={"body": "first words", "context": "coverage"}))
    found(http.post(path, json={"body": ", last words", "context": "coverage", "append": True}))
    bodies = [one["body_html"] for one in found(http.get(path)) if one["context"] == "coverage"]
    assert ["first words, last words" in body for body in bodies] == [True]


@MUTANTS.plant(
    "state",
    operations="createBuildAnnotation",
    title="`append` replaces the body of the annotation with the same context",
    source="pages/apis/rest_api/annotations.md: append",
    witness=appended_body_follows,
)
async def append_replaces(server: Server, request: Request) -> Response:
    body = request.json
    if request.values("POST", f"{BUILD}/annotations") is not None and isinstance(body, dict) and "append" in body:
        request.json = {**body, "append": False}
    return await server.call(request)


def job_of_stopping_agent_runs_on(http: httpx.Client) -> None:
    agents = found(http.get(f"{ACME}/agents", params={"per_page": "100"}))
    agent = next(agent for agent in agents if agent["job"] is not None and agent["job"]["state"] == "running")
    assert http.put(f"{ACME}/agents/{agent['id']}/stop", json={"force": False}).status_code == 204
    assert found(http.get(f"{ACME}/jobs/{agent['job']['id']}"))["state"] == "running"


@MUTANTS.plant(
    "state",
    operations="stopAgent",
    title="the job of an agent is canceled even with `force` false",
    source="pages/apis/rest_api/agents.md: force, default true, cancels the job that the agent is processing",
    witness=job_of_stopping_agent_runs_on,
)
async def every_stop_is_forced(server: Server, request: Request) -> Response:
    body = request.json
    if request.values("PUT", f"{AGENT}/stop") is not None and isinstance(body, dict) and body.get("force") is False:
        request.json = {**body, "force": True}
    return await server.call(request)


def skipped_test_is_listed(http: httpx.Client) -> None:
    before = {test["id"] for test in found(http.get(f"{RSPEC}/tests/skipped"))}
    test = next(test for test in found(http.get(f"{RSPEC}/tests")) if test["id"] not in before)
    found(http.put(f"{RSPEC}/tests/{test['id']}/skip"))
    assert {test["id"] for test in found(http.get(f"{RSPEC}/tests/skipped"))} == {*before, test["id"]}


@MUTANTS.plant(
    "state",
    operations="listSkippedTests skipTest enableTest muteTest",
    title="the list of skipped tests is cached, and no change of a test invalidates the cache",
    source="pages/apis/rest_api/test_engine/quarantine.md: a list of skipped tests can be retrieved",
    witness=skipped_test_is_listed,
)
async def stale_list_of_skipped_tests(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.values("GET", f"{SUITE}/tests/skipped") is not None and response.status == 200:
        response.body = server.memory.setdefault(request.path, response.body)
    return response


def other_member_unblocks(http: httpx.Client) -> None:
    builds = found(http.get(f"{ACME}/pipelines/docs/builds", params={"state": "blocked"}))
    job = next(job for build in builds for job in build["jobs"] if job.get("unblockable"))
    me = found(http.get("/v2/user"))["id"]
    other = next(member for member in found(http.get(f"{ACME}/members")) if member["id"] != me)
    found(http.put(f"{ACME}/jobs/{job['id']}/unblock", json={"unblocker": other["id"]}))
    assert found(http.get(f"{ACME}/jobs/{job['id']}"))["unblocked_by"]["id"] == other["id"]


@MUTANTS.plant(
    "state",
    operations="unblockJob unblockJobInBuild",
    title="`unblocker` has no effect: a job is always unblocked by the user of the token",
    source="pages/apis/rest_api/jobs.md: unblocker, the id of the person activating the job",
    witness=other_member_unblocks,
)
async def token_owner_unblocks(server: Server, request: Request) -> Response:
    paths = (f"{JOB}/unblock", f"{JOB_IN_BUILD}/unblock")
    body = request.json
    if any(request.values("PUT", path) is not None for path in paths) and isinstance(body, dict):
        request.json = {name: value for name, value in body.items() if name != "unblocker"}
    return await server.call(request)


def added_label_joins_others(http: httpx.Client) -> None:
    test = next(test for test in found(http.get(f"{RSPEC}/tests")) if test["labels"])
    path = f"{RSPEC}/tests/{test['id']}"
    found(http.patch(f"{path}/labels", json={"operator": "add", "labels": ["quarantine"]}))
    assert {*test["labels"], "quarantine"} == {*found(http.get(path))["labels"]}


@MUTANTS.plant(
    "state",
    operations="updateTestLabels",
    title="adding labels removes all others",
    source="pages/apis/rest_api/test_engine/tests.md: the operator add adds labels",
    witness=added_label_joins_others,
)
async def add_replaces_labels(server: Server, request: Request) -> Response:
    response = await server.call(request)
    sent = request.json
    if request.values("PATCH", f"{TEST}/labels") is None or response.status != 200 or sent["operator"] != "add":
        return response
    others = [label for label in response.json["labels"] if label not in sent["labels"]]
    if others:
        request.json = {"operator": "remove", "labels": others}
        response = await server.call(request)
    return response
