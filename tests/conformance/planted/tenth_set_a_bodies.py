"""Wrong values in response bodies."""

from __future__ import annotations

from typing import Any

import httpx
from attrs import evolve
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.tenth_set_a_support import (
    ACME,
    ANALYTICS,
    BUILD,
    CLUSTER,
    SUITES,
    TESTS,
    V2,
    VERSION,
    WEB,
    cluster,
    each,
    edited,
    matches,
)

MUTANTS = Mutants()

RUN = f"{ANALYTICS}/suites/{{suite}}/runs/{{run}}"


def sizes_of_logs(http: httpx.Client) -> None:
    jobs = [job for job in http.get(f"{WEB}/builds/29").json()["jobs"] if job["type"] == "script" and job["started_at"]]
    for job in jobs:
        assert http.get(job["log_url"]).json()["size"] == len(http.get(job["raw_log_url"]).content)


@MUTANTS.plant(
    "bodies",
    operations="getJobLog getJobLogInBuild",
    title="the size of a log counts characters instead of bytes",
    source="pages/apis/rest_api/jobs.md: Content-Length: the total size of the raw stored log bytes",
    witness=sizes_of_logs,
)
async def log_size_counts_characters(server: Server, request: Request) -> Response:
    def count(found: Any) -> Any:
        return found | {"size": len(found["content"])}

    return await edited(server, request, count, f"GET {V2}/jobs/{{job}}/log", f"GET {BUILD}/jobs/{{job}}/log")


def few_requests(http: httpx.Client) -> None:
    assert http.get(f"{ACME}/rate_limit").json()["scopes"]["rest"]["current"] < 100


@MUTANTS.plant(
    "bodies",
    operations="getRateLimit",
    title="`current` of the REST API is the number of remaining requests",
    source="pages/apis/rest_api/organizations/rate_limits.md: current: Number of requests made in the …",
    witness=few_requests,
)
async def current_is_remaining(server: Server, request: Request) -> Response:
    def subtract(found: Any) -> Any:
        rest = found["scopes"]["rest"]
        return found | {"scopes": found["scopes"] | {"rest": rest | {"current": rest["limit"] - rest["current"]}}}

    return await edited(server, request, subtract, f"GET {V2}/rate_limit")


def only_counts_above_zero(http: httpx.Client) -> None:
    for test in http.get(f"{SUITES}/rspec/tests", headers=VERSION).json():
        counts = test["executions_count_by_result"]
        assert all(counts[result] for result in counts if result not in ("passed", "failed"))


@MUTANTS.plant(
    "bodies",
    operations="listTests getTest",
    title="counts of results without executions are 0 instead of missing",
    source="pages/apis/rest_api/test_engine/tests.md: skipped, pending, unknown … only present when they're non-zero",
    witness=only_counts_above_zero,
)
async def counts_of_zero_are_present(server: Server, request: Request) -> Response:
    def complete(test: dict[str, Any]) -> dict[str, Any]:
        if "executions_count_by_result" not in test:
            return test
        zeros = dict.fromkeys(("passed", "failed", "skipped", "pending", "unknown"), 0)
        return test | {"executions_count_by_result": zeros | test["executions_count_by_result"]}

    return await edited(server, request, each(complete), f"GET {TESTS}", f"GET {TESTS}/{{test}}")


def tags_without_result(http: httpx.Client) -> None:
    run = next(run for run in http.get(f"{SUITES}/go/runs").json() if run["result"] == "failed")
    for execution in http.get(f"{run['url']}/failed_executions").json():
        assert not {"result", "scm.branch", "scm.commit_sha"} & set(execution["tags"])


@MUTANTS.plant(
    "bodies",
    operations="listFailedExecutions",
    title="the tags of a failed execution have its result, branch and commit too",
    source="pages/apis/rest_api/test_engine/runs.md: Tags that duplicate other fields … are excluded",
    witness=tags_without_result,
)
async def tags_repeat_other_fields(server: Server, request: Request) -> Response:
    def repeat(one: dict[str, Any]) -> dict[str, Any]:
        copies = {"result": "failed", "scm.branch": one["branch"], "scm.commit_sha": one["commit_sha"]}
        return one | {"tags": copies | one["tags"]}

    return await edited(server, request, each(repeat), f"GET {RUN}/failed_executions")


def dockerfile_is_complete(http: httpx.Client) -> None:
    for image in http.get(f"{cluster(http, 'Hosted')}/agent-images").json():
        first, _, rest = image["composed_dockerfile"].partition("\n")
        assert (first, rest) == (image["base_image"], image["dockerfile"])


@MUTANTS.plant(
    "bodies",
    operations="listClusterAgentImages getClusterAgentImage createClusterAgentImage",
    title="there is no line break between the base image and the Dockerfile",
    source="pages/apis/rest_api/clusters/agent_images.md: composed_dockerfile: base_image followed by dockerfile",
    witness=dockerfile_is_complete,
)
async def dockerfile_without_line_break(server: Server, request: Request) -> Response:
    def join(image: dict[str, Any]) -> dict[str, Any]:
        return image | {"composed_dockerfile": image["base_image"] + image["dockerfile"]}

    path = f"{CLUSTER}/agent-images"
    return await edited(server, request, each(join), f"GET {path}", f"POST {path}", f"GET {path}/{{image}}")


def retried_jobs_are_not_counted(http: httpx.Client) -> None:
    build = http.get(f"{WEB}/builds/15").json()
    assert build["job_state_counts"]["total"] == len(build["jobs"])


@MUTANTS.plant(
    "bodies",
    operations="getBuild",
    title="`job_state_counts` counts retried jobs without `include_retried_jobs`",
    source="pages/apis/rest_api/builds.md: by default, retried job executions are excluded from the count",
    witness=retried_jobs_are_not_counted,
)
async def retried_jobs_are_counted(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.method == "GET" and matches(request, f"GET {BUILD}") and response.status == 200:
        params = request.params | {"include_retried_jobs": ["true"]}
        found = (await server.call(evolve(request, params=params))).json
        response.json = response.json | {"job_state_counts": found["job_state_counts"]}
    return response


def skipped_tests_are_reliable(http: httpx.Client) -> None:
    for test in http.get(f"{SUITES}/rspec/tests", headers=VERSION).json():
        counts = test["executions_count_by_result"]
        assert abs(test["reliability"] - counts["passed"] / (counts["passed"] + counts["failed"])) < 0.01


@MUTANTS.plant(
    "bodies",
    operations="listTests getTest listBuildTests",
    title="skipped and pending executions reduce the reliability of a test",
    source="pages/apis/rest_api/test_engine/tests.md: calculated from its passed and failed executions",
    witness=skipped_tests_are_reliable,
)
async def reliability_of_all_executions(server: Server, request: Request) -> Response:
    def divide(test: dict[str, Any]) -> dict[str, Any]:
        if test.get("reliability") is None:
            return test
        passed = test["executions_count_by_result"]["passed"]
        return test | {"reliability": round(passed / test["executions_count"], 4)}

    routes = (f"GET {TESTS}", f"GET {TESTS}/{{test}}", f"GET {ANALYTICS}/builds/{{build}}/tests")
    return await edited(server, request, each(divide), *routes)
