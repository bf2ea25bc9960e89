"""Wrong values in bodies."""

from __future__ import annotations

from collections import Counter
from typing import Any

import httpx
from tests.conformance.planted.fourteenth_set_a_support import (
    BUILD,
    CLUSTER,
    ORG,
    SUITE,
    TESTS,
    V2,
    WEB,
    edit,
    matches,
    path_values,
)
from tests.conformance.planted.mutant import Mutants, Request, Response, Server

MUTANTS = Mutants()


def counts_of_all_jobs(http: httpx.Client) -> None:
    build = http.get(f"{WEB}/builds/19", params={"job_states[]": "failed"}).json()
    whole = http.get(f"{WEB}/builds/19").json()
    assert build["job_state_counts"] == whole["job_state_counts"]


@MUTANTS.plant(
    "bodies",
    operations="getBuild",
    title="`job_state_counts` counts only the jobs that `job_states[]` selects",
    source="pages/apis/rest_api/builds.md: job_state_counts always describes every job in the build, regardless of",
    witness=counts_of_all_jobs,
)
async def counts_follow_job_states(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, f"GET {BUILD}") and "job_states[]" in request.params:

        def count(build: dict[str, Any]) -> None:
            if "jobs" in build:
                states = Counter(job["state"] for job in build["jobs"] if "state" in job)
                build["job_state_counts"] = {"total": len(build["jobs"]), "states": dict(states)}

        return edit(response, count)
    return response


def disconnected_agent_is_not_lost(http: httpx.Client) -> None:
    agent = http.get(f"{ORG}/agents/01920000-0001-7007-8000-000000000025").json()
    assert agent["connection_state"] == "disconnected"
    assert agent["lost_at"] is None


@MUTANTS.plant(
    "bodies",
    operations="getAgent",
    title="an agent that has disconnected has a time at which it was lost",
    source="pages/apis/rest_api/agents.md: lost_at: … due to an unexpected disconnection (null if not lost)",
    witness=disconnected_agent_is_not_lost,
)
async def disconnected_agent_with_lost_at(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if not matches(request, f"GET {V2}/agents/{{agent}}"):
        return response

    def lose(agent: dict[str, Any]) -> None:
        if agent.get("connection_state") == "disconnected":
            agent["lost_at"] = agent["disconnected_at"]

    return edit(response, lose)


def counts_without_zero(http: httpx.Client) -> None:
    build = http.get(f"{WEB}/builds/3").json()["id"]
    tests = http.get(f"/v2/analytics/organizations/acme/builds/{build}/tests").json()
    assert tests
    assert all(test["executions_count_by_result"].get("skipped") != 0 for test in tests)


@MUTANTS.plant(
    "bodies",
    operations="listBuildTests",
    title="the count of skipped executions of a test is there although it is zero",
    source="pages/apis/rest_api/test_engine/build_tests.md: … counts are only present when they're non-zero",
    witness=counts_without_zero,
)
async def count_of_zero_skipped_executions(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if not matches(request, "GET /v2/analytics/organizations/{org}/builds/{build}/tests"):
        return response

    def add(test: dict[str, Any]) -> None:
        if "executions_count_by_result" in test:
            test["executions_count_by_result"].setdefault("skipped", 0)

    return edit(response, add)


def tags_without_branch(http: httpx.Client) -> None:
    run = next(run for run in http.get(f"{SUITE}/runs").json() if run["result"] == "failed")
    found = http.get(f"{SUITE}/runs/{run['id']}/failed_executions").json()
    assert found
    assert all("scm.branch" not in execution["tags"] for execution in found)


@MUTANTS.plant(
    "bodies",
    operations="listFailedExecutions",
    title="the tags of a failed execution repeat its branch",
    source="pages/apis/rest_api/test_engine/runs.md: Tags that duplicate other fields (… scm.branch …) are excluded",
    witness=tags_without_branch,
)
async def branch_in_tags(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if not matches(request, f"GET {TESTS}/runs/{{run}}/failed_executions"):
        return response

    def add(execution: dict[str, Any]) -> None:
        if "tags" in execution:
            execution["tags"]["scm.branch"] = execution["branch"]

    return edit(response, add)


def hosts_of_bitbucket(http: httpx.Client) -> None:
    found = http.get(f"{ORG}/repository_connections").json()
    url = next(one["url"] for one in found if one["type"] == "bitbucket_server")
    assert len(http.get(url).json()["host"]["url"].split(",")) == 2


@MUTANTS.plant(
    "bodies",
    operations="getRepositoryConnection",
    title="the URLs of a Bitbucket Server are separated by a space",
    source="pages/apis/rest_api/organizations/repository_connections.md: return a comma-separated value in host.url",
    witness=hosts_of_bitbucket,
)
async def hosts_separated_by_space(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if not matches(request, f"GET {V2}/repository_connections/{{connection}}"):
        return response

    def separate(connection: dict[str, Any]) -> None:
        host = connection.get("host")
        if host and host.get("url"):
            host["url"] = host["url"].replace(",", " ")

    return edit(response, separate)


def number_of_requests(http: httpx.Client) -> None:
    rest = http.get(f"{ORG}/rate_limit").json()["scopes"]["rest"]
    assert rest["current"] < 100


@MUTANTS.plant(
    "bodies",
    operations="getRateLimit",
    title="`current` of the REST API is the number of requests that are left",
    source="pages/apis/rest_api/organizations/rate_limits.md: Number of requests made in the current time window",
    witness=number_of_requests,
)
async def remaining_requests_as_current(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if not matches(request, f"GET {V2}/rate_limit"):
        return response

    def subtract(limits: dict[str, Any]) -> None:
        rest = limits["scopes"]["rest"]
        rest["current"] = max(0, rest["limit"] - rest["current"])

    return edit(response, subtract)


def token_is_shown_once(http: httpx.Client) -> None:
    cluster = http.get(f"{ORG}/clusters").json()[0]["url"]
    created = http.post(f"{cluster}/tokens", json={"description": "New"}).json()
    assert created["token"]
    assert "token" not in http.put(created["url"], json={"description": "Changed"}).json()


@MUTANTS.plant(
    "bodies",
    operations="createClusterAgentToken updateClusterAgentToken",
    title="an update of an agent token returns its value",
    source="pages/apis/rest_api/clusters/agent_tokens.md: Subsequent responses do not contain the token value",
    witness=token_is_shown_once,
)
async def update_returns_agent_token(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, f"POST {CLUSTER}/tokens") and response.status == 201:
        server.memory[response.json["id"]] = response.json["token"]
    token = path_values(request, f"PUT {CLUSTER}/tokens/{{token}}").get("token")
    if token in server.memory:
        return edit(response, lambda one: one.update(token=server.memory[token]))
    return response
