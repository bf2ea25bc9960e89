"""Bugs in the refusal of requests."""

from __future__ import annotations

import json
import re

import httpx
from attrs import evolve
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.ninth_set_b_support import (
    BUILD,
    CLUSTER,
    JOB,
    JOB_IN_BUILD,
    ORGANIZATION,
    WEB,
    job_in_state,
    matches,
    new_build,
    new_cluster,
)

MUTANTS = Mutants()


def reserved_prefix(http: httpx.Client) -> None:
    secrets = f"{new_cluster(http)}/secrets"
    for key in ("bk_token", "BK_TOKEN", "Buildkite_token"):
        assert http.post(secrets, json={"key": key, "value": "x"}).status_code == 422


@MUTANTS.plant(
    "errors",
    operations="createClusterSecret",
    title="a secret may have a reserved prefix in capitals",
    source="pages/apis/rest_api/clusters/secrets.md: cannot start with buildkite or bk (case insensitive)",
    witness=reserved_prefix,
)
async def reserved_prefix_in_capitals(server: Server, request: Request) -> Response:
    body = request.json
    key = body.get("key") if isinstance(body, dict) else None
    is_new = matches(request, "POST", f"{CLUSTER}/secrets") and isinstance(key, str)
    if is_new and re.match(r"BK|BUILDKITE", key) and len(key) < 200:
        alias = f"NINTH_{key}"
        server.memory[alias] = key
        request.body = json.dumps({**body, "key": alias}).encode()
    response = await server.call(request)
    for alias, real in server.memory.items():
        response.body = response.body.replace(alias.encode(), real.encode())
    return response


def priority_as_text(http: httpx.Client) -> None:
    job = new_build(http)["jobs"][0]["id"]
    response = http.put(f"{ORGANIZATION}/jobs/{job}/reprioritize", json={"priority": "7"})
    assert (response.status_code, response.json()) == (400, {"message": "Priority must be an integer"})


@MUTANTS.plant(
    "errors",
    operations="reprioritizeJob reprioritizeJobInBuild",
    title="a priority that is a string of digits is accepted",
    source="pages/apis/rest_api/jobs.md: Priority must be an integer",
    witness=priority_as_text,
)
async def priority_is_coerced(server: Server, request: Request) -> Response:
    body = request.json
    if matches(request, "PUT", f"{JOB}/reprioritize", f"{JOB_IN_BUILD}/reprioritize") and isinstance(body, dict):
        priority = body.get("priority")
        if isinstance(priority, str) and re.fullmatch(r"\s*-?[0-9]{1,6}\s*", priority):
            request.json = {**body, "priority": int(priority)}
    return await server.call(request)


def last_zero_bytes(http: httpx.Client) -> None:
    log = f"{ORGANIZATION}/jobs/{job_in_state(http, 'failed')['id']}/log"
    response = http.get(log, headers={"Accept": "text/plain", "Range": "bytes=-0"})
    assert response.status_code == 400


@MUTANTS.plant(
    "errors",
    operations="getJobLog getJobLogInBuild",
    title="the range of the last zero bytes returns the whole log",
    source="pages/apis/rest_api/jobs.md: 400 for a zero-byte suffix (bytes=-0)",
    witness=last_zero_bytes,
)
async def zero_bytes_are_all(server: Server, request: Request) -> Response:
    is_log = matches(request, "GET", f"{JOB}/log", f"{JOB_IN_BUILD}/log")
    if is_log and request.headers.get("range") == "bytes=-0" and request.headers.get("accept") == "text/plain":
        del request.headers["range"]
    return await server.call(request)


def unknown_state_among_others(http: httpx.Client) -> None:
    path = job_in_state(http, "failed")["build"]
    response = http.put(f"{path}/retry_failed_jobs", json={"states": "failed,invalid"})
    assert response.status_code == 400
    assert response.json()["message"].startswith("Invalid states: invalid.")


@MUTANTS.plant(
    "errors",
    operations="retryFailedJobs",
    title="an unknown state beside a valid one is ignored",
    source="pages/apis/rest_api/builds.md: 400, Invalid states",
    witness=unknown_state_among_others,
)
async def unknown_states_are_dropped(server: Server, request: Request) -> Response:
    body = request.json
    if matches(request, "PUT", f"{BUILD}/retry_failed_jobs") and isinstance(body, dict):
        states = body.get("states")
        known = ("canceled", "expired", "failed", "soft_failed", "timed_out")
        if isinstance(states, str) and (valid := [state for state in states.split(",") if state in known]):
            request.json = {**body, "states": ",".join(valid)}
    return await server.call(request)


def pause_of_a_stopping_agent(http: httpx.Client) -> None:
    agents = http.get(f"{ORGANIZATION}/agents", params={"per_page": 100}).json()
    agent = next(each for each in agents if each["connection_state"] == "stopping")
    response = http.put(f"{ORGANIZATION}/agents/{agent['id']}/pause", json={})
    assert (response.status_code, response.json()) == (422, {"message": "Only connected agents may be paused"})


@MUTANTS.plant(
    "errors",
    operations="pauseAgent",
    title="an agent that is not connected cannot be paused because it is already paused",
    source="pages/apis/rest_api/agents.md: 422, Only connected agents may be paused",
    witness=pause_of_a_stopping_agent,
)
async def wrong_reason_not_to_pause(server: Server, request: Request) -> Response:
    response = await server.call(request)
    is_pause = matches(request, "PUT", "/v2/organizations/{org}/agents/{id}/pause")
    if is_pause and response.json == {"message": "Only connected agents may be paused"}:
        response.json = {"message": "Agent is already paused"}
    return response


def version_with_short_parts(http: httpx.Client) -> None:
    suites = "/v2/analytics/organizations/acme/suites"
    response = http.get(f"{suites}/rspec/tests", headers={"Buildkite-Version": "2026-8-1"})
    assert response.status_code == 400
    assert response.json() == {"message": "Buildkite-Version must be in format YYYY-MM-DD"}


@MUTANTS.plant(
    "errors",
    operations="listTests getTest",
    title="a version whose month and day have one digit is accepted",
    source="pages/apis/rest_api/test_engine/_tests_version_header.md: invalid format returns an error",
    witness=version_with_short_parts,
)
async def short_version(server: Server, request: Request) -> Response:
    version = re.fullmatch(r"(\d{4})-(\d\d?)-(\d\d?)", request.headers.get("buildkite-version", ""))
    if version and 1 <= int(version[2]) <= 12 and 1 <= int(version[3]) <= 28:
        year, month, day = version.groups()
        request = evolve(request, headers={**request.headers, "buildkite-version": f"{year}-{month:0>2}-{day:0>2}"})
    return await server.call(request)


def build_without_a_branch(http: httpx.Client) -> None:
    response = http.post(WEB, json={"commit": "HEAD"})
    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == ["branch"]


@MUTANTS.plant(
    "errors",
    operations="createBuild",
    title="a build without a branch is created on the default branch",
    source="pages/apis/rest_api/builds.md: required request body properties, branch",
    witness=build_without_a_branch,
)
async def branch_has_a_default(server: Server, request: Request) -> Response:
    body = request.json
    builds = "/v2/organizations/{org}/pipelines/{pipeline}/builds"
    if matches(request, "POST", builds) and isinstance(body, dict) and "branch" not in body:
        request.json = {**body, "branch": "main"}
    return await server.call(request)
