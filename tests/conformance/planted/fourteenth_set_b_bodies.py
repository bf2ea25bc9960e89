"""Wrong values in responses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx
from attrs import evolve
from tests.conformance.planted.fourteenth_set_b_support import (
    BUILD,
    CLUSTER,
    ORG,
    SUITE,
    SUITES,
    V2,
    VERSION,
    Json,
    edited,
    hosted_cluster,
    matches,
)
from tests.conformance.planted.mutant import Mutants, Request, Response, Server

MUTANTS = Mutants()


def counts_without_zero(http: httpx.Client) -> None:
    for test in http.get(f"{SUITE}/tests", headers=VERSION).json():
        counts = test["executions_count_by_result"]
        assert all(count for result, count in counts.items() if result not in ("passed", "failed"))


@MUTANTS.plant(
    "bodies",
    operations="listTests getTest",
    title="the counts of a test have results without executions",
    source="pages/apis/rest_api/test_engine/tests.md: skipped, pending, … are only present when they're non-zero",
    witness=counts_without_zero,
)
async def zero_counts_of_tests(server: Server, request: Request) -> Response:
    def change(test: Json) -> Json:
        if "executions_count_by_result" not in test:
            return test
        zero = {"passed": 0, "failed": 0, "skipped": 0, "pending": 0, "unknown": 0}
        return test | {"executions_count_by_result": zero | test["executions_count_by_result"]}

    response = await server.call(request)
    routes = (f"GET {SUITES}/tests", f"GET {SUITES}/tests/{{id}}")
    return edited(response, change) if matches(request, *routes) else response


def tags_of_executions(http: httpx.Client) -> None:
    run = next(run for run in http.get(f"{SUITE}/runs").json() if run["result"] == "failed")
    for execution in http.get(f"{run['url']}/failed_executions").json():
        assert not execution["tags"].keys() & {"result", "scm.branch", "scm.commit_sha"}


@MUTANTS.plant(
    "bodies",
    operations="listFailedExecutions",
    title="the tags of a failed execution repeat its branch",
    source="pages/apis/rest_api/test_engine/runs.md: Tags that duplicate other fields already present … are excluded",
    witness=tags_of_executions,
)
async def tags_with_branch(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, f"GET {SUITES}/runs/{{run}}/failed_executions"):
        edited(response, lambda one: one | {"tags": {**one["tags"], "scm.branch": one["branch"]}})
    return response


def retried_jobs_are_not_counted(http: httpx.Client) -> None:
    build = http.get(f"{ORG}/pipelines/deploy/builds/6").json()
    assert build["job_state_counts"]["total"] == len(build["jobs"])


@MUTANTS.plant(
    "bodies",
    operations="getBuild",
    title="`job_state_counts` counts retried jobs without `include_retried_jobs`",
    source="pages/apis/rest_api/builds.md: by default, retried job executions are excluded from the count",
    witness=retried_jobs_are_not_counted,
)
async def counts_with_retried_jobs(server: Server, request: Request) -> Response:
    if not matches(request, f"GET {BUILD}") or "include_retried_jobs" in request.params:
        return await server.call(request)

    def change(build: Json) -> Json:
        return build | {"jobs": [job for job in build["jobs"] if not job.get("retried")]} if "jobs" in build else build

    params = request.params | {"include_retried_jobs": ["true"]}
    return edited(await server.call(evolve(request, params=params)), change)


def urls_of_bitbucket(http: httpx.Client) -> None:
    found = http.get(f"{ORG}/repository_connections").json()
    connection = next(one["url"] for one in found if one["type"] == "bitbucket_server")
    assert "," in http.get(connection).json()["host"]["url"]


@MUTANTS.plant(
    "bodies",
    operations="getRepositoryConnection",
    title="a Bitbucket Server connection has only the first of its URLs",
    source="pages/apis/rest_api/organizations/repository_connections.md: a comma-separated value in host.url",
    witness=urls_of_bitbucket,
)
async def first_url_of_host(server: Server, request: Request) -> Response:
    def change(connection: Json) -> Json:
        host = connection["host"]
        return connection | {"host": host | {"url": host["url"].split(",")[0]} if host and host["url"] else host}

    response = await server.call(request)
    return edited(response, change) if matches(request, f"GET {V2}/repository_connections/{{id}}") else response


def whole_dockerfile(http: httpx.Client) -> None:
    image = http.post(f"{hosted_cluster(http)}/agent-images", json={"name": "tools", "dockerfile": "RUN true"}).json()
    assert image["composed_dockerfile"].startswith(image["base_image"])


@MUTANTS.plant(
    "bodies",
    operations="createClusterAgentImage getClusterAgentImage listClusterAgentImages",
    title="the composed Dockerfile has no base image while the image is built",
    source="pages/apis/rest_api/clusters/agent_images.md: composed_dockerfile: base_image followed by dockerfile",
    witness=whole_dockerfile,
)
async def dockerfile_without_base(server: Server, request: Request) -> Response:
    def change(image: Json) -> Json:
        return image | {"composed_dockerfile": image["dockerfile"]} if image["status"] == "BUILDING" else image

    images = f"{CLUSTER}/agent-images"
    response = await server.call(request)
    routes = (f"GET {images}", f"POST {images}", f"GET {images}/{{id}}")
    return edited(response, change) if matches(request, *routes) else response


def reset_is_later(http: httpx.Client) -> None:
    response = http.get(f"{ORG}/rate_limit")
    rest = response.json()["scopes"]["rest"]
    left = datetime.fromisoformat(rest["reset_at"]) - parsedate_to_datetime(response.headers["Date"])
    assert abs(left.total_seconds() - rest["reset"]) <= 5


@MUTANTS.plant(
    "bodies",
    operations="getRateLimit",
    title="`reset_at` is the current time instead of the end of the window",
    source="pages/apis/rest_api/organizations/rate_limits.md: timestamp when the current time window resets to zero",
    witness=reset_is_later,
)
async def reset_is_now(server: Server, request: Request) -> Response:
    def now(scope: Json) -> Json:
        start = datetime.fromisoformat(scope["reset_at"]) - timedelta(seconds=scope["reset"])
        return scope | {"reset_at": start.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}

    response = await server.call(request)
    if matches(request, f"GET {V2}/rate_limit"):
        edited(response, lambda found: {"scopes": {name: now(scope) for name, scope in found["scopes"].items()}})
    return response


def hidden_token(http: httpx.Client) -> None:
    tokens = f"{http.get(f'{ORG}/clusters').json()[0]['url']}/tokens"
    created = http.post(tokens, json={"description": "Machines"}).json()
    assert "token" not in http.put(created["url"], json={"description": "New machines"}).json()


@MUTANTS.plant(
    "bodies",
    operations="updateClusterAgentToken",
    title="the response to an update of an agent token has its value",
    source="pages/apis/rest_api/clusters/agent_tokens.md: Subsequent responses do not contain the token value",
    witness=hidden_token,
)
async def update_shows_agent_token(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, f"POST {CLUSTER}/tokens") and response.status == 201:
        server.memory[response.json["id"]] = response.json["token"]
    found = request.values("PUT", f"{CLUSTER}/tokens/{{id}}") or {}
    if found.get("id") in server.memory:
        edited(response, lambda token: token | {"token": server.memory[token["id"]]})
    return response
