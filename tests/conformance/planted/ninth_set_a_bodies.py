"""Ninth set of planted bugs: values in response bodies."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.ninth_set_a_support import (
    ANALYTICS,
    ORG,
    PACKAGES,
    SUITE_PATH,
    VERSION,
    first,
    labeled_test,
    team,
)

MUTANTS = Mutants()


def run_page(http: httpx.Client) -> None:
    run = first(http, f"{ANALYTICS}/suites/rspec/runs")
    assert run["web_url"] == f"https://buildkite.com/organizations/acme/analytics/suites/rspec/runs/{run['id']}"


@MUTANTS.plant(
    "bodies",
    operations="listTestRuns getTestRun",
    title="`web_url` of a run has no segment `analytics`",
    source="pages/apis/rest_api/test_engine/runs.md: examples of `web_url`",
    witness=run_page,
)
async def run_web_url_without_analytics(server: Server, request: Request) -> Response:
    response = await server.call(request)
    one = request.values("GET", SUITE_PATH + "/runs/{run}")
    many = request.values("GET", SUITE_PATH + "/runs")
    if response.status == 200 and (one or many):
        found = response.json
        for run in found if many else [found]:
            run["web_url"] = run["web_url"].replace("/analytics/", "/")
        response.json = found
    return response


def tags_of_executions(http: httpx.Client) -> None:
    runs = f"{ANALYTICS}/suites/rspec/runs"
    for run in http.get(runs, params={"per_page": 100}).json():
        for execution in http.get(f"{runs}/{run['id']}/failed_executions").json():
            assert not {"result", "scm.branch", "scm.commit_sha"} & set(execution["tags"])


@MUTANTS.plant(
    "bodies",
    operations="listFailedExecutions",
    title="`tags` of a failed execution repeat the branch as `scm.branch`",
    source="pages/apis/rest_api/test_engine/runs.md: Tags that duplicate other fields … are excluded",
    witness=tags_of_executions,
)
async def branch_among_tags(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if response.status == 200 and request.values("GET", SUITE_PATH + "/runs/{run}/failed_executions"):
        found = response.json
        for execution in found:
            execution["tags"]["scm.branch"] = execution["branch"]
        response.json = found
    return response


def counts_of_build(http: httpx.Client) -> None:
    build = first(http, f"{ANALYTICS}/suites/rspec/runs")["build_id"]
    found = http.get(f"{ANALYTICS}/builds/{build}/tests").json()
    assert found
    for test in found:
        counts = test["executions_count_by_result"]
        assert all(count for result, count in counts.items() if result not in ("passed", "failed"))


@MUTANTS.plant(
    "bodies",
    operations="listBuildTests",
    title="the tests of a build have counts of zero for `skipped`, `pending` and `unknown`",
    source="pages/apis/rest_api/test_engine/build_tests.md: counts are only present when they're non-zero",
    witness=counts_of_build,
)
async def counts_of_zero(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if response.status == 200 and request.values("GET", "/v2/analytics/organizations/{org}/builds/{build}/tests"):
        found = response.json
        for test in found:
            counts = test["executions_count_by_result"]
            test["executions_count_by_result"] = {"skipped": 0, "pending": 0, "unknown": 0, **counts}
        response.json = found
    return response


def no_executions(http: httpx.Client) -> None:
    window = {"min_timestamp": "2020-01-01T00:00:00Z", "max_timestamp": "2020-01-02T00:00:00Z"}
    found = http.get(labeled_test(http), params=window, headers=VERSION).json()
    assert found["executions_count"] == 0
    assert [found[f"duration_{name}"] for name in ("avg", "sum", "min", "max")] == [None] * 4


@MUTANTS.plant(
    "bodies",
    operations="getTest",
    title="a test without executions in the time range has the total duration 0 instead of null",
    source="pages/apis/rest_api/test_engine/tests.md: Its duration and reliability values are `null`",
    witness=no_executions,
)
async def total_duration_of_nothing(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if response.status == 200 and request.values("GET", SUITE_PATH + "/tests/{test}"):
        found = response.json
        if isinstance(found, dict) and found.get("executions_count") == 0:
            found["duration_sum"] = 0.0
            response.json = found
    return response


def id_of_registry(http: httpx.Client) -> None:
    registry = http.get(f"{PACKAGES}/registries/gems").json()
    assert base64.b64decode(registry["graphql_id"]).decode() == f"Registry---{registry['id']}"


def _renamed(value: Any) -> Any:
    if isinstance(value, list):
        return [_renamed(each) for each in value]
    if not isinstance(value, dict):
        return value
    changed = {name: _renamed(each) for name, each in value.items()}
    if isinstance(encoded := changed.get("graphql_id"), str):
        name = base64.b64decode(encoded).decode()
        if name.startswith("Registry---"):
            changed["graphql_id"] = base64.b64encode(f"Package{name}".encode()).decode()
    return changed


@MUTANTS.plant(
    "bodies",
    operations="getRegistry listRegistries createRegistry updateRegistry getPackage getRegistryToken",
    title="`graphql_id` of registries has the type `PackageRegistry`, wherever it is returned",
    source="pages/apis/rest_api/package_registries/registries.md: examples of `graphql_id`",
    witness=id_of_registry,
)
async def wrong_type_of_registry_id(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if response.status < 300 and request.path.startswith("/v2/packages/") and response.json is not None:
        response.json = _renamed(response.json)
    return response


def reset_time(http: httpx.Client) -> None:
    response = http.get(f"{ORG}/rate_limit")
    now = parsedate_to_datetime(response.headers["Date"])
    rest = response.json()["scopes"]["rest"]
    assert abs((datetime.fromisoformat(rest["reset_at"]) - now).total_seconds() - rest["reset"]) < 5


@MUTANTS.plant(
    "bodies",
    operations="getRateLimit",
    title="`reset_at` of the REST limit is the present time",
    source="pages/apis/rest_api/organizations/rate_limits.md: `reset_at`",
    witness=reset_time,
)
async def reset_is_now(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if response.status == 200 and request.values("GET", "/v2/organizations/{org}/rate_limit"):
        found = response.json
        rest = found["scopes"]["rest"]
        now = datetime.fromisoformat(rest["reset_at"]) - timedelta(seconds=rest["reset"])
        rest["reset_at"] = now.strftime("%Y-%m-%dT%H:%M:%SZ")
        response.json = found
    return response


def url_of_updated_suite(http: httpx.Client) -> None:
    path = f"{team(http, 'frontend')}/suites"
    suite = first(http, path)
    changed = http.patch(f"{path}/{suite['suite_id']}", json={"access_level": ["read", "edit"]}).json()
    assert changed["suite_url"] == suite["suite_url"]


@MUTANTS.plant(
    "bodies",
    operations="updateTeamSuite",
    title="the response of an update of a team suite has a `suite_url` outside of `/v2/analytics`",
    source="pages/apis/rest_api/teams/suites.md: Update a team suite, example",
    witness=url_of_updated_suite,
)
async def wrong_url_of_updated_suite(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if response.status == 200 and request.values("PATCH", "/v2/organizations/{org}/teams/{team}/suites/{suite}"):
        found = response.json
        found["suite_url"] = found["suite_url"].replace("/v2/analytics/", "/v2/")
        response.json = found
    return response
