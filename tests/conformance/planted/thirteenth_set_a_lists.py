"""Lists with wrong items, order or filters."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.thirteenth_set_a_support import (
    ADA,
    BUILD,
    CLUSTER,
    ORG,
    RSPEC,
    SUITE,
    V2,
    WEB,
    only,
    route,
)

MUTANTS = Mutants()


def question_mark_is_no_wildcard(http: httpx.Client) -> None:
    path = http.get(f"{WEB}/builds/24/artifacts").json()[0]["path"]
    assert not http.get(f"{WEB}/builds/24/artifacts", params={"path": f"{path[:-1]}?"}).json()


@MUTANTS.plant(
    "lists",
    operations="listBuildArtifacts listJobArtifacts listJobArtifactsInBuild",
    title="`?` in the path of artifacts matches any character",
    source="pages/apis/rest_api/artifacts.md: Supports exact matches and glob patterns using `*` as a wildcard",
    witness=question_mark_is_no_wildcard,
)
async def question_mark_matches(server: Server, request: Request) -> Response:
    path = request.params.get("path", [""])[0]
    jobs = (f"GET {V2}/jobs/{{job}}/artifacts", f"GET {BUILD}/jobs/{{job}}/artifacts")
    if route(request, f"GET {BUILD}/artifacts", *jobs) is None or "?" not in path:
        return await server.call(request)
    request.params["path"] = [path.replace("?", "*")]
    pattern = "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in path)
    return only(await server.call(request), lambda artifact: re.fullmatch(pattern, artifact["path"]) is not None)


def expired_tokens_are_listed(http: httpx.Client) -> None:
    tokens = http.get(f"{http.get(f'{ORG}/clusters').json()[0]['url']}/tokens").json()
    now = datetime.now(UTC).isoformat()
    assert any(token["expires_at"] and token["expires_at"] < now for token in tokens)


@MUTANTS.plant(
    "lists",
    operations="listClusterAgentTokens",
    title="agent tokens that have expired are missing in the list, but can be read",
    source="pages/apis/rest_api/clusters/agent_tokens.md: Returns a paginated list of a cluster's agent tokens",
    witness=expired_tokens_are_listed,
)
async def expired_tokens_are_missing(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if route(request, f"GET {CLUSTER}/tokens") is None:
        return response
    now = datetime.now(UTC).isoformat()
    return only(response, lambda token: token["expires_at"] is None or token["expires_at"] > now)


def retried_jobs_are_listed(http: httpx.Client) -> None:
    failed = next(job for job in http.get(f"{WEB}/builds/23/jobs").json()["items"] if job["state"] == "failed")
    http.put(f"{ORG}/jobs/{failed['id']}/retry")
    assert failed["id"] in [job["id"] for job in http.get(f"{WEB}/builds/23/jobs").json()["items"]]


@MUTANTS.plant(
    "lists",
    operations="listJobs",
    title="jobs that have been retried are listed only with `include_retried_jobs=true`",
    source="pages/apis/rest_api/jobs.md: Include jobs that have been retried. Default: `true`",
    witness=retried_jobs_are_listed,
)
async def retried_jobs_are_hidden(server: Server, request: Request) -> Response:
    if route(request, f"GET {BUILD}/jobs") is not None:
        request.params.setdefault("include_retried_jobs", ["false"])
    return await server.call(request)


def repository_in_capitals(http: httpx.Client) -> None:
    connection = http.get(f"{ORG}/repository_connections").json()[0]["url"]
    found = http.get(f"{connection}/repositories", params={"repository": "ACME/Web"}).json()
    assert [one["full_name"] for one in found] == ["acme/web"]


@MUTANTS.plant(
    "lists",
    operations="listConnectedRepositories",
    title="the filter `repository` distinguishes capital letters",
    source="pages/apis/rest_api/repository_connections.md: (case-insensitive exact match)",
    witness=repository_in_capitals,
)
async def repository_with_same_case(server: Server, request: Request) -> Response:
    response = await server.call(request)
    names = request.params.get("repository")
    if route(request, f"GET {V2}/repository_connections/{{connection}}/repositories") is None or not names:
        return response
    return only(response, lambda repository: repository["full_name"] == names[0])


def teams_of_ada(http: httpx.Client) -> None:
    found = http.get(f"{ORG}/teams", params={"user_id": ADA}).json()
    assert "everyone" in [team["slug"] for team in found]


@MUTANTS.plant(
    "lists",
    operations="listTeams",
    title="the filter `user_id` leaves out teams that everyone joins by default",
    source="pages/apis/rest_api/teams.md: Filters the results to teams that have the given user as a member",
    witness=teams_of_ada,
)
async def no_default_team_of_user(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if route(request, f"GET {V2}/teams") is None or "user_id" not in request.params:
        return response
    return only(response, lambda team: not team["default"])


def flaky_test_by_scope(http: httpx.Client) -> None:
    flaky = http.get(f"{RSPEC}/flaky-tests").json()
    test = next(one for one in flaky if one["scope"] not in one["name"])
    found = http.get(f"{RSPEC}/flaky-tests", params={"search": test["scope"]}).json()
    assert test["id"] in [one["id"] for one in found]


@MUTANTS.plant(
    "lists",
    operations="listFlakyTests",
    title="`search` finds flaky tests by name only",
    source="pages/apis/rest_api/test_engine/_flaky_tests_query_strings.md: a `name` or `scope` that contains the …",
    witness=flaky_test_by_scope,
)
async def flaky_tests_by_name_only(server: Server, request: Request) -> Response:
    response = await server.call(request)
    search = request.params.get("search", [""])[0].lower()
    if route(request, f"GET {SUITE}/flaky-tests") is None or not search:
        return response
    return only(response, lambda test: search in test["name"].lower())


def ascending_durations(http: httpx.Client) -> None:
    query = {"order": "asc", "min_timestamp": "2026-01-01T00:00:00Z"}
    tests = http.get(f"{RSPEC}/tests", params=query, headers={"Buildkite-Version": "2026-08-01"}).json()
    durations = [test["duration_avg"] for test in tests]
    assert durations == sorted(durations)


@MUTANTS.plant(
    "lists",
    operations="listTests",
    title="`order` has no effect without `sort_by`",
    source="pages/apis/rest_api/test_engine/_tests_list_query_strings.md: order: The direction to sort the results in",
    witness=ascending_durations,
)
async def order_needs_sort_by(server: Server, request: Request) -> Response:
    if route(request, f"GET {SUITE}/tests") is not None and "sort_by" not in request.params:
        request.params.pop("order", None)
    return await server.call(request)
