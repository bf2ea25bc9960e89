"""Seventh set A: wrong values in response bodies."""

from datetime import datetime, timedelta
from typing import Any

import httpx
from tests.conformance.planted.mutant import Request, Response, Server
from tests.conformance.planted.seventh_set_a_support import (
    FRONTEND,
    HOSTED_CLUSTER,
    METRICS,
    MUTANTS,
    ORGANIZATION,
    REGISTRIES,
    SUITE,
    change_objects,
    internal,
    is_read,
    objects,
    values,
)

TEAM_PIPELINES = "/v2/organizations/{org}/teams/{team}/pipelines"
TESTS = "/v2/analytics/organizations/{org}/suites/{suite}/tests"
IMAGES = "/v2/organizations/{org}/clusters/{cluster}/agent-images"
INVITATIONS = "/v2/organizations/{org}/invitations"
API = "/v2/packages/organizations/{org}/registries/{registry}"


def dates_of_associations(http: httpx.Client) -> None:
    team = http.get(FRONTEND).json()
    body = {"pipeline_id": "01920000-0001-7006-8000-000000000002", "access_level": "read_only"}
    created = http.post(f"{FRONTEND}/pipelines", json=body)
    assert created.status_code == 201
    assert created.json()["created_at"] > team["created_at"]


@MUTANTS.plant(
    "bodies",
    operations="createTeamPipeline getTeamPipeline listTeamPipelines updateTeamPipeline",
    title="`created_at` of a team pipeline is that of the team, not that of the association",
    source="pages/apis/rest_api/teams/pipelines.md: When the team and pipeline association was created",
    witness=dates_of_associations,
)
async def association_date_of_team_a(server: Server, request: Request) -> Response:
    response = await server.call(request)
    templates = {"GET": [TEAM_PIPELINES, f"{TEAM_PIPELINES}/{{id}}"], "POST": [TEAM_PIPELINES]}
    templates["PATCH"] = [f"{TEAM_PIPELINES}/{{id}}"]
    for template in templates.get(request.method, []):
        found = values(request, request.method, template)
        if found is not None and response.status < 300:
            path = f"/v2/organizations/{found['org']}/teams/{found['team']}"
            date = (await internal(server, request, "GET", path)).json["created_at"]
            change_objects(response, "created_at", lambda _, date=date: date)
    return response


def tags_of_failed_executions(http: httpx.Client) -> None:
    runs = [run for run in http.get(f"{SUITE}/runs").json() if run["result"] == "failed"]
    failed = http.get(f"{SUITE}/runs/{runs[0]['id']}/failed_executions").json()
    assert failed
    assert not any({"result", "scm.branch", "scm.commit_sha"} & set(each["tags"]) for each in failed)


@MUTANTS.plant(
    "bodies",
    operations="listFailedExecutions",
    title="the tags of a failed execution repeat its branch as `scm.branch`",
    source="pages/apis/rest_api/test_engine/runs.md: Tags that duplicate other fields … are excluded",
    witness=tags_of_failed_executions,
)
async def tags_repeat_branch_a(server: Server, request: Request) -> Response:
    response = await server.call(request)
    template = "/v2/analytics/organizations/{org}/suites/{suite}/runs/{run}/failed_executions"
    if values(request, "GET", template) is not None:
        change_objects(response, "tags", lambda each: {**each["tags"], "scm.branch": each["branch"]})
    return response


def reliability_of_skipped(http: httpx.Client) -> None:
    tests = http.get(f"{SUITE}/tests", headers=METRICS).json()
    partly_skipped = [each for each in tests if each["executions_count_by_result"].get("skipped")]
    assert partly_skipped
    for test in partly_skipped:
        count = test["executions_count_by_result"]
        assert abs(test["reliability"] - count["passed"] / (count["passed"] + count["failed"])) < 0.001


def _reliability(test: dict[str, Any]) -> float | None:
    count = test.get("executions_count_by_result")
    if not count or test.get("reliability") is None:
        return None
    return float(round(count["passed"] / (count["passed"] + count["failed"] + count.get("skipped", 0)), 6))


@MUTANTS.plant(
    "bodies",
    operations="listTests getTest",
    title="`reliability` counts skipped executions too",
    source="pages/apis/rest_api/test_engine/tests.md: calculated from its passed and failed executions",
    witness=reliability_of_skipped,
)
async def reliability_counts_skipped_a(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if values(request, "GET", TESTS) is not None or values(request, "GET", f"{TESTS}/{{id}}") is not None:
        change_objects(response, "reliability", _reliability)
    return response


def composed_dockerfiles(http: httpx.Client) -> None:
    images = http.get(f"{HOSTED_CLUSTER}/agent-images").json()
    assert images
    for image in images:
        assert image["composed_dockerfile"].startswith(f"{image['base_image']}\n")


@MUTANTS.plant(
    "bodies",
    operations="listClusterAgentImages getClusterAgentImage createClusterAgentImage",
    title="`composed_dockerfile` begins with an older base image than `base_image`",
    source="pages/apis/rest_api/clusters/agent_images.md: base_image followed by dockerfile",
    witness=composed_dockerfiles,
)
async def composed_of_older_base_a(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if (
        values(request, "GET", IMAGES) is not None
        or values(request, "GET", f"{IMAGES}/{{id}}") is not None
        or values(request, "POST", IMAGES) is not None
    ):
        change_objects(
            response, "composed_dockerfile", lambda each: each["composed_dockerfile"].replace("-v1.3.0", "-v1.2.0", 1)
        )
    return response


def registry_of_copy(http: httpx.Client) -> None:
    package = http.get(f"{REGISTRIES}/gems/packages").json()["items"][0]
    copy = http.post(f"{REGISTRIES}/gems/packages/{package['id']}/copy", params={"to": "gems-stable"})
    assert copy.status_code == 200
    assert copy.json()["registry"]["slug"] == "gems-stable"


@MUTANTS.plant(
    "bodies",
    operations="copyPackage",
    title="`registry` of a copied package is the source registry",
    source="pages/apis/rest_api/package_registries/packages.md: copies a package … to a destination registry",
    witness=registry_of_copy,
)
async def copy_in_source_registry_a(server: Server, request: Request) -> Response:
    response = await server.call(request)
    found = values(request, "POST", f"{API}/packages/{{package}}/copy")
    if found is not None and response.status == 200:
        path = f"/v2/packages/organizations/{found['org']}/registries/{found['registry']}"
        source = (await internal(server, request, "GET", path)).json
        change_objects(response, "registry", lambda each: {name: source[name] for name in each["registry"]})
    return response


def window_of_graphql(http: httpx.Client) -> None:
    scopes = http.get(f"{ORGANIZATION}/rate_limit").json()["scopes"]
    assert scopes["rest"]["reset"] <= 60
    assert scopes["graphql"]["reset"] <= 300


@MUTANTS.plant(
    "bodies",
    operations="getRateLimit",
    title="the GraphQL window resets up to ten minutes later instead of five",
    source="pages/apis/rest_api/organizations/rate_limits.md: The GraphQL API rate limit time window is 300 seconds",
    witness=window_of_graphql,
)
async def graphql_window_of_ten_minutes_a(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if values(request, "GET", "/v2/organizations/{org}/rate_limit") is not None and response.status == 200:
        body = response.json
        graphql = body["scopes"]["graphql"]
        later = datetime.fromisoformat(graphql["reset_at"]) + timedelta(minutes=5)
        graphql |= {"reset": graphql["reset"] + 300, "reset_at": f"{later:%Y-%m-%dT%H:%M:%SZ}"}
        response.json = body
    return response


def expiry_of_pending(http: httpx.Client) -> None:
    pending = http.get(f"{ORGANIZATION}/invitations").json()["items"]
    assert pending
    assert all(each["expired_at"] is None for each in pending)


def _expiry(invitation: dict[str, Any]) -> str | None:
    if invitation.get("state") != "pending":
        return None
    return f"{datetime.fromisoformat(invitation['created_at']) + timedelta(days=7):%Y-%m-%dT%H:%M:%S.000Z}"


@MUTANTS.plant(
    "bodies",
    operations="listOrganizationInvitations getOrganizationInvitation createOrganizationInvitations",
    title="`expired_at` of a pending invitation is the time when it will expire",
    source="pages/apis/rest_api/organizations/invitations.md: when the invitation expired, or null",
    witness=expiry_of_pending,
)
async def expiry_before_it_expires_a(server: Server, request: Request) -> Response:
    response = await server.call(request)
    is_invitation = is_read(request, INVITATIONS, f"{INVITATIONS}/{{id}}")
    if (is_invitation or values(request, "POST", INVITATIONS) is not None) and any(objects(response)):
        change_objects(response, "expired_at", _expiry)
    return response
