"""Bodies with wrong fields."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final

import httpx
from tests.conformance.planted.fifteenth_set_a_support import (
    ACME,
    BUILD,
    CLUSTER,
    JOB,
    JOB_IN_BUILD,
    ORG,
    RSPEC,
    SUITE,
    WEB,
    all_pages,
    builds,
    cluster,
    create,
    job_path,
    jobs,
    values_of,
)
from tests.conformance.planted.mutant import Mutants, Request, Response, Server

MUTANTS = Mutants()


def counts_describe_every_job(http: httpx.Client) -> None:
    number = next(build["number"] for build in builds(http, "web", state="failed"))
    whole = http.get(f"{WEB}/builds/{number}").json()["job_state_counts"]
    part = http.get(f"{WEB}/builds/{number}", params={"job_states[]": "failed"}).json()["job_state_counts"]
    assert part == whole


@MUTANTS.plant(
    "bodies",
    operations="getBuild",
    title="the counts of jobs by state only count the jobs that `job_states[]` selects",
    source="pages/apis/rest_api/builds.md: job_state_counts always describes every job, regardless of job_states[]",
    witness=counts_describe_every_job,
)
async def job_counts_follow_filter(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.values("GET", BUILD) is not None and "job_states[]" in request.params:
        body = response.json
        if response.status == 200 and "jobs" in body:
            states = Counter(job["state"] for job in body["jobs"])
            body["job_state_counts"] = {"total": sum(states.values()), "states": dict(states)}
            response.json = body
    return response


def token_value_is_shown_once(http: httpx.Client) -> None:
    path = f"{cluster(http, 'Default cluster')}/tokens"
    created = create(http, path, description="Machines in Graz")
    assert created["token"]
    updated = http.put(f"{path}/{created['id']}", json={"description": "Machines in Linz"})
    assert updated.status_code == 200
    assert "token" not in updated.json()


@MUTANTS.plant(
    "bodies",
    operations="updateClusterAgentToken",
    title="the response to an update contains the value of the token",
    source="pages/apis/rest_api/clusters/agent_tokens.md: subsequent responses do not contain the token value",
    witness=token_value_is_shown_once,
)
async def token_value_after_update(server: Server, request: Request) -> Response:
    response = await server.call(request)
    known: dict[str, str] = server.memory.setdefault("values", {})
    if request.values("POST", f"{CLUSTER}/tokens") is not None and response.status == 201:
        known[response.json["id"]] = response.json["token"]
    elif request.values("PUT", f"{CLUSTER}/tokens/{{token_id}}") is not None and response.status == 200:
        body = response.json
        if body["id"] in known:
            response.json = {**body, "token": known[body["id"]]}
    return response


def sections_have_nanoseconds(http: httpx.Client) -> None:
    job = next(jobs(http, "web", lambda job: job["finished_at"] is not None and job["started_at"] is not None))
    started = datetime.fromisoformat(job["started_at"])
    log = http.get(f"{job_path(job)}/log").json()
    assert log["header_times"]
    for nanoseconds in log["header_times"]:
        assert abs(datetime.fromtimestamp(nanoseconds / 1e9, UTC) - started) < timedelta(days=1)


@MUTANTS.plant(
    "bodies",
    operations="getJobLogInBuild getJobLog",
    title="the times of the sections of a log are in milliseconds",
    source="pages/apis/rest_api/jobs.md: header_times, which are nanoseconds in the example",
    witness=sections_have_nanoseconds,
)
async def log_times_in_milliseconds(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if values_of(request, "GET", f"{JOB}/log", f"{JOB_IN_BUILD}/log") is not None and response.status == 200:
        body = response.json
        if isinstance(body, dict) and body.get("header_times"):
            body["header_times"] = [time // 1_000_000 for time in body["header_times"]]
            response.json = body
    return response


def _failed_executions(http: httpx.Client) -> list[Any]:
    for run in all_pages(http, f"{RSPEC}/runs"):
        found = http.get(f"{RSPEC}/runs/{run['id']}/failed_executions").json()
        if found:
            return found  # type: ignore[no-any-return]
    raise LookupError("no execution has failed")


def tags_are_those_of_users(http: httpx.Client) -> None:
    for execution in _failed_executions(http):
        assert not {"result", "scm.branch", "scm.commit_sha"} & set(execution["tags"])


@MUTANTS.plant(
    "bodies",
    operations="listFailedExecutions",
    title="the tags of a failed execution repeat its branch and its commit",
    source="pages/apis/rest_api/test_engine/runs.md: tags that duplicate other fields are excluded",
    witness=tags_are_those_of_users,
)
async def tags_repeat_fields(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.values("GET", f"{SUITE}/runs/{{run_id}}/failed_executions") is not None and response.status == 200:
        body = response.json
        for execution in body:
            own = {"scm.branch": execution["branch"], "scm.commit_sha": execution["commit_sha"]}
            execution["tags"] = {**execution["tags"], **own}
        response.json = body
    return response


_RARE: Final = ("skipped", "pending", "unknown")


def rare_results_are_counted_if_there_are_some(http: httpx.Client) -> None:
    for test in all_pages(http, f"{RSPEC}/tests"):
        measured = http.get(f"{RSPEC}/tests/{test['id']}", headers={"Buildkite-Version": "2026-08-01"}).json()
        counts = measured["executions_count_by_result"]
        assert all(counts[name] for name in set(_RARE) & set(counts))


@MUTANTS.plant(
    "bodies",
    operations="getTest",
    title="the executions of a test by result have counts of zero for skipped, pending and unknown ones",
    source="pages/apis/rest_api/test_engine/tests.md: these counts are only present when they're non-zero",
    witness=rare_results_are_counted_if_there_are_some,
)
async def zero_counts_of_rare_results(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.values("GET", f"{SUITE}/tests/{{test_id}}") is not None and response.status == 200:
        body = response.json
        if isinstance(body, dict) and "executions_count_by_result" in body:
            body["executions_count_by_result"] = {**dict.fromkeys(_RARE, 0), **body["executions_count_by_result"]}
            response.json = body
    return response


def pipeline_url_leads_to_pipeline(http: httpx.Client) -> None:
    team = next(one for one in all_pages(http, f"{ACME}/teams") if one["slug"] == "frontend")
    path = f"{ACME}/teams/{team['id']}/pipelines"
    access = http.get(f"{path}/{http.get(path).json()[0]['pipeline_id']}").json()
    pipeline = http.get(access["pipeline_url"])
    assert pipeline.status_code == 200
    assert pipeline.json()["id"] == access["pipeline_id"]


@MUTANTS.plant(
    "bodies",
    operations="getTeamPipeline",
    title="the URL of the pipeline has its UUID in place of its slug",
    source="pages/apis/rest_api/teams/pipelines.md: pipeline_url, and its example",
    witness=pipeline_url_leads_to_pipeline,
)
async def pipeline_url_with_uuid(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.values("GET", f"{ORG}/teams/{{team_uuid}}/pipelines/{{pipeline_uuid}}") and response.status == 200:
        body = response.json
        body["pipeline_url"] = f"{body['pipeline_url'].rpartition('/')[0]}/{body['pipeline_id']}"
        response.json = body
    return response


def windows_end_in_the_future(http: httpx.Client) -> None:
    response = http.get(f"{ACME}/rate_limit")
    now = parsedate_to_datetime(response.headers["Date"])
    for limit in response.json()["scopes"].values():
        expected = now + timedelta(seconds=limit["reset"])
        assert abs(datetime.fromisoformat(limit["reset_at"]) - expected) < timedelta(seconds=5)


@MUTANTS.plant(
    "bodies",
    operations="getRateLimit",
    title="`reset_at` is the begin of the time window",
    source="pages/apis/rest_api/organizations/rate_limits.md: when the current time window resets to zero",
    witness=windows_end_in_the_future,
)
async def reset_at_begin_of_window(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.values("GET", f"{ORG}/rate_limit") is not None and response.status == 200:
        body = response.json
        for name, seconds in (("rest", 60), ("graphql", 300)):
            limit = body["scopes"][name]
            begin = datetime.fromisoformat(limit["reset_at"]) - timedelta(seconds=seconds)
            limit["reset_at"] = begin.strftime("%Y-%m-%dT%H:%M:%SZ")
        response.json = body
    return response
