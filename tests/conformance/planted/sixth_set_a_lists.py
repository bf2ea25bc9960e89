"""Bugs in lists and filters."""

from __future__ import annotations

from typing import Final

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.sixth_set_a_support import (
    ACME,
    ANALYTICS,
    METRICS,
    ORG,
    SUITE,
    items,
    matches,
    send,
)

MUTANTS: Final = Mutants()
JOBS: Final = f"{ORG}/pipelines/{{pipeline}}/builds/{{number}}/jobs"


def default_period(http: httpx.Client) -> None:
    week = http.get(f"{SUITE}/flaky-tests", params={"period": "7days"}).json()
    assert [test["id"] for test in http.get(f"{SUITE}/flaky-tests").json()] == [test["id"] for test in week]


@MUTANTS.plant(
    "lists",
    operations="listFlakyTests",
    title="without a period, flaky tests of four weeks are listed",
    source="test_engine/_flaky_tests_query_strings.md: The default period is 7days.",
    witness=default_period,
)
async def flaky_four_weeks_a(server: Server, request: Request) -> Response:
    if matches(request, "GET", f"{ANALYTICS}/suites/{{suite}}/flaky-tests"):
        request.params.setdefault("period", ["28days"])
    return await server.call(request)


def detached_volumes(http: httpx.Client) -> None:
    for cluster in http.get(f"{ACME}/clusters").json():
        volumes = http.get(f"{ACME}/clusters/{cluster['id']}/cache_volumes").json()
        assert len({volume["tag"] for volume in volumes}) == len(volumes)


@MUTANTS.plant(
    "lists",
    operations="listClusterCacheVolumes",
    title="the volume that a tag had before its latest one is listed too",
    source="clusters/cache_volumes.md: the latest detached cache volume for each tag",
    witness=detached_volumes,
)
async def older_volume_a(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "GET", f"{ORG}/clusters/{{cluster}}/cache_volumes") and response.status == 200:
        body = response.json
        if body:
            volume = body[-1]
            older = {"attached_at": volume["created_at"], "detached_at": volume["created_at"]}
            response.json = [*body, {**volume, "id": f"vol-0{volume['id'][5:]}", **older}]
    return response


def only_failed(http: httpx.Client) -> None:
    found = http.get(f"{SUITE}/tests", params={"tags": "result:^failed"}, headers=METRICS).json()
    assert all(test["executions_count_by_result"]["passed"] == 0 for test in found)
    for build in http.get(f"{ACME}/builds").json()[:12]:
        path = f"/v2/analytics/organizations/acme/builds/{build['id']}/tests"
        found = http.get(path, params={"tags": "result:^failed"}).json()
        assert all(test["executions_count_by_result"]["passed"] == 0 for test in found)


@MUTANTS.plant(
    "lists",
    operations="listTests listBuildTests",
    title="the operator ^ of the tag result also finds tests with other results",
    source="test_engine/tests.md: ^ Group only; build_tests.md: groups where every execution matches",
    witness=only_failed,
)
async def only_means_contains_a(server: Server, request: Request) -> Response:
    if matches(request, "GET", f"{ANALYTICS}/suites/{{suite}}/tests", f"{ANALYTICS}/builds/{{build}}/tests"):
        tags = request.params.get("tags", [])
        request.params |= {"tags": [value.replace("result:^", "result:~") for value in tags]} if tags else {}
    return await server.call(request)


def passed_waiters(http: httpx.Client) -> None:
    build = http.get(f"{ACME}/pipelines/web/builds", params={"state": "passed"}).json()[0]["number"]
    found = http.get(f"{ACME}/pipelines/web/builds/{build}/jobs", params={"state[]": "passed", "per_page": 100})
    assert any(job["type"] == "waiter" for job in found.json()["items"])


@MUTANTS.plant(
    "lists",
    operations="listJobs",
    title="finished wait steps do not match the state passed",
    source="jobs.md: state[]: A finished waiter job always matches passed",
    witness=passed_waiters,
)
async def waiters_not_passed_a(server: Server, request: Request) -> Response:
    response = await server.call(request)
    states = request.params.get("state[]") or request.params.get("state")
    if matches(request, "GET", JOBS) and response.status == 200 and states:
        body = response.json
        body["items"] = [job for job in body["items"] if (job["type"], job.get("state")) != ("waiter", "passed")]
        response.json = body
    return response


def latest_attempts(http: httpx.Client) -> None:
    for build in http.get(f"{ACME}/builds", params={"include_retried_jobs": "true", "per_page": 100}).json():
        if any(job.get("retried") for job in build["jobs"]):
            path = f"{ACME}/pipelines/{build['pipeline']['slug']}/builds/{build['number']}/jobs"
            found = http.get(path, params={"include_retried_jobs": "false"}).json()["items"]
            assert not any(job.get("retried") for job in found)


@MUTANTS.plant(
    "lists",
    operations="listJobs",
    title="without retried jobs, the first attempt is listed instead of the last one",
    source="jobs.md: include_retried_jobs: only the most recent attempt for each step",
    witness=latest_attempts,
)
async def first_attempt_a(server: Server, request: Request) -> Response:
    is_filtered = bool({"state", "state[]"} & set(request.params))
    if not matches(request, "GET", JOBS) or request.params.get("include_retried_jobs") != ["false"] or is_filtered:
        return await server.call(request)
    build = await send(server, request, "GET", request.path.removesuffix("/jobs"), include_retried_jobs="true")
    jobs = build.json.get("jobs", []) if build.status == 200 else []
    response = await server.call(request)
    if response.status == 200:
        body = response.json
        firsts = {job["retried_in_job_id"]: job for job in jobs if job.get("retried_in_job_id")}
        while any(job["id"] in firsts for job in body["items"]):
            body["items"] = [firsts.get(job["id"], job) for job in body["items"]]
        response.json = body
    return response


def teams_of_user(http: httpx.Client) -> None:
    teams = http.get(f"{ACME}/teams").json()
    for member in http.get(f"{ACME}/members").json():
        expected = {
            team["id"]
            for team in teams
            if http.get(f"{ACME}/teams/{team['id']}/members/{member['id']}").status_code == 200
        }
        assert {team["id"] for team in http.get(f"{ACME}/teams", params={"user_id": member["id"]}).json()} == expected


@MUTANTS.plant(
    "lists",
    operations="listTeams",
    title="the filter for a user leaves out default teams",
    source="teams.md: user_id: teams that have the given user as a member",
    witness=teams_of_user,
)
async def no_default_teams_a(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "GET", f"{ORG}/teams") and request.params.get("user_id") and response.status == 200:
        response.json = [team for team in items(response.json) if not team["default"]]
    return response


def finished_at_that_time(http: httpx.Client) -> None:
    build = http.get(f"{ACME}/pipelines/web/builds", params={"state": "passed"}).json()[0]
    found = http.get(f"{ACME}/pipelines/web/builds", params={"finished_from": build["finished_at"]}).json()
    assert build["id"] in {each["id"] for each in found}


@MUTANTS.plant(
    "lists",
    operations="listBuilds listOrganizationBuilds listAllBuilds",
    title="a build that finished exactly at `finished_from` is not listed",
    source="_builds_list_query_strings.md: finished_from: finished on or after the given time",
    witness=finished_at_that_time,
)
async def finished_after_a(server: Server, request: Request) -> Response:
    response = await server.call(request)
    paths = ("/v2/builds", f"{ORG}/builds", f"{ORG}/pipelines/{{pipeline}}/builds")
    start = request.params.get("finished_from", [""])[0]
    if matches(request, "GET", *paths) and start and response.status == 200:
        response.json = [build for build in response.json if build["finished_at"] != start]
    return response
