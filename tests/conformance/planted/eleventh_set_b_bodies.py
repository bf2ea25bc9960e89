"""Wrong values in bodies."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
from tests.conformance.planted.eleventh_set_b_support import BUILD, ORG, SUITE, SUITES, V2, edited, matches
from tests.conformance.planted.mutant import Mutants, Request, Response, Server

MUTANTS = Mutants()


def whole_folder(http: httpx.Client) -> None:
    found = http.get(f"{ORG}/pipelines/web/builds/3/artifacts").json()
    assert all(f"{one['dirname']}/{one['filename']}" == one["path"] for one in found)


@MUTANTS.plant(
    "bodies",
    operations="listBuildArtifacts listJobArtifacts listJobArtifactsInBuild getArtifact getArtifactInBuild",
    title="`dirname` of an artifact is only the first folder of its path",
    source="pages/apis/rest_api/artifacts.md: dirname: Path of the artifact excluding the filename",
    witness=whole_folder,
)
async def dirname_is_first_folder(server: Server, request: Request) -> Response:
    def first(one: Any) -> Any:
        return one | {"dirname": one["dirname"].split("/")[0]} if one.get("dirname") else one

    lists = [f"GET {parent}/artifacts" for parent in (BUILD, BUILD + "/jobs/{job}", V2 + "/jobs/{job}")]
    return await edited(server, request, first, *lists, *(f"{one}/{{artifact}}" for one in lists[1:]))


def no_tag_for_the_branch(http: httpx.Client) -> None:
    run = http.get(f"{SUITES}/rspec/runs").json()[0]
    found = http.get(f"{run['url']}/failed_executions").json()
    assert found
    assert all("scm.branch" not in one["tags"] for one in found)


@MUTANTS.plant(
    "bodies",
    operations="listFailedExecutions",
    title="the tags of a failed execution repeat its branch",
    source="pages/apis/rest_api/test_engine/runs.md: Tags that duplicate other fields … (scm.branch …) are excluded",
    witness=no_tag_for_the_branch,
)
async def tags_repeat_the_branch(server: Server, request: Request) -> Response:
    def tagged(one: Any) -> Any:
        return one | {"tags": one["tags"] | {"scm.branch": one["branch"]}}

    return await edited(server, request, tagged, f"GET {SUITE}/runs/{{run}}/failed_executions")


def counts_of_results(http: httpx.Client) -> None:
    build = http.get(f"{ORG}/pipelines/web/builds/30").json()["id"]
    found = http.get(f"/v2/analytics/organizations/acme/builds/{build}/tests").json()
    assert found
    for one in found:
        optional = {"skipped", "pending", "unknown"} & set(one["executions_count_by_result"])
        assert all(one["executions_count_by_result"][result] for result in optional)


@MUTANTS.plant(
    "bodies",
    operations="listBuildTests",
    title="the tests of a build count results that did not occur",
    source="pages/apis/rest_api/test_engine/build_tests.md: skipped … only … when they're non-zero",
    witness=counts_of_results,
)
async def zero_results_are_counted(server: Server, request: Request) -> Response:
    def counted(one: Any) -> Any:
        zeros = dict.fromkeys(("passed", "failed", "skipped", "pending", "unknown"), 0)
        return one | {"executions_count_by_result": zeros | one["executions_count_by_result"]}

    return await edited(server, request, counted, "GET /v2/analytics/organizations/{org}/builds/{build}/tests")


def used_requests_are_subtracted(http: httpx.Client) -> None:
    connection = http.get(f"{ORG}/repository_connections").json()[0]["url"]
    limit = http.get(connection).json()["rate_limit"]
    assert limit["remaining"] == limit["limit"] - limit["used"]


@MUTANTS.plant(
    "bodies",
    operations="getRepositoryConnection",
    title="`remaining` of a provider's rate limit is the whole limit",
    source="pages/apis/rest_api/organizations/repository_connections.md: limit, used, remaining, and reset_at",
    witness=used_requests_are_subtracted,
)
async def remaining_ignores_used(server: Server, request: Request) -> Response:
    def full(one: Any) -> Any:
        limit = one["rate_limit"]
        return one | {"rate_limit": limit | {"remaining": limit["limit"]}} if limit else one

    return await edited(server, request, full, f"GET {V2}/repository_connections/{{connection}}")


def window_ends_later(http: httpx.Client) -> None:
    response = http.get(f"{ORG}/rate_limit")
    limit = response.json()["scopes"]["graphql"]
    end = parsedate_to_datetime(response.headers["date"]) + timedelta(seconds=limit["reset"])
    assert abs(end - datetime.fromisoformat(limit["reset_at"])) < timedelta(seconds=5)


@MUTANTS.plant(
    "bodies",
    operations="getRateLimit",
    title="`reset_at` of the GraphQL limit is the beginning of the time window",
    source="pages/apis/rest_api/organizations/rate_limits.md: when the current time window resets to zero",
    witness=window_ends_later,
)
async def graphql_window_ends_at_its_start(server: Server, request: Request) -> Response:
    def started(one: Any) -> Any:
        limit = one["scopes"]["graphql"]
        start = datetime.fromisoformat(limit["reset_at"]) - timedelta(minutes=5)
        changed = limit | {"reset_at": start.strftime("%Y-%m-%dT%H:%M:%SZ")}
        return one | {"scopes": one["scopes"] | {"graphql": changed}}

    return await edited(server, request, started, f"GET {V2}/rate_limit")


def hourly_schedule(http: httpx.Client) -> None:
    found = http.post(f"{ORG}/pipelines/web/schedules", json={"cronline": "@hourly"}).json()
    wait = datetime.fromisoformat(found["next_build_at"]) - datetime.fromisoformat(found["created_at"])
    assert wait <= timedelta(hours=1)


@MUTANTS.plant(
    "bodies",
    operations="createPipelineSchedule getPipelineSchedule listPipelineSchedules updatePipelineSchedule",
    title="the next build of an hourly schedule is at midnight",
    source="pages/apis/rest_api/pipeline_schedules.md: next_build_at: When the next build will be created",
    witness=hourly_schedule,
)
async def hourly_schedule_waits_for_midnight(server: Server, request: Request) -> Response:
    def at_midnight(one: Any) -> Any:
        if one["cronline"] != "@hourly" or not one["next_build_at"]:
            return one
        day = datetime.fromisoformat(one["next_build_at"]) + timedelta(days=1)
        return one | {"next_build_at": day.strftime("%Y-%m-%dT00:00:00.000Z")}

    schedules = V2 + "/pipelines/{pipeline}/schedules"
    routes = (f"GET {schedules}", f"POST {schedules}", f"GET {schedules}/{{id}}", f"PUT {schedules}/{{id}}")
    return await edited(server, request, at_midnight, *routes)


def all_jobs_are_counted(http: httpx.Client) -> None:
    build = f"{ORG}/pipelines/web/builds/29"
    counts = http.get(build).json()["job_state_counts"]
    assert http.get(build, params={"job_states[]": "failed"}).json()["job_state_counts"] == counts


@MUTANTS.plant(
    "bodies",
    operations="getBuild",
    title="`job_state_counts` counts only the jobs of the requested states",
    source="pages/apis/rest_api/builds.md: always describes every job in the build, regardless of … job_states[]",
    witness=all_jobs_are_counted,
)
async def counts_follow_job_states(server: Server, request: Request) -> Response:
    filtered = "job_states[]" in request.params
    response = await server.call(request)
    if filtered and matches(request, f"GET {BUILD}") and response.status == 200 and "jobs" in response.json:
        states = Counter(job["state"] for job in response.json["jobs"])
        counts = {"total": sum(states.values()), "states": dict(states)}
        response.json = response.json | {"job_state_counts": counts}
    return response
