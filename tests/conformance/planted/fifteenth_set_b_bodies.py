"""Bugs in the bodies of responses."""

from __future__ import annotations

import hashlib

import httpx
from tests.conformance.planted.fifteenth_set_b_support import (
    ANALYTICS,
    BUILD_PATH,
    ORGANIZATION,
    ORGANIZATION_PATH,
    REGISTRIES_PATH,
    SUITES_PATH,
    build_with_artifacts,
    new_invitation,
    new_pipeline,
    new_webhook,
    publish,
)
from tests.conformance.planted.mutant import Mutants, Request, Response, Server

MUTANTS = Mutants()
_SHOWN = 4


def listed_urls_lead_to_artifacts(http: httpx.Client) -> None:
    for artifact in http.get(f"{build_with_artifacts(http)}/artifacts").json():
        found = http.get(artifact["url"])
        assert found.status_code == 200, artifact["url"]
        assert found.json()["id"] == artifact["id"]


@MUTANTS.plant(
    "bodies",
    operations="listBuildArtifacts",
    title="the URLs of all artifacts of a build contain the job of the first one",
    source="pages/apis/rest_api/artifacts.md: url is the canonical API URL of the artifact",
    witness=listed_urls_lead_to_artifacts,
)
async def artifact_urls_of_first_job(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.values("GET", f"{BUILD_PATH}/artifacts") is not None and response.status == 200:
        artifacts = response.json
        for artifact in artifacts:
            for name in ("url", "download_url"):
                artifact[name] = artifact[name].replace(artifact["job_id"], artifacts[0]["job_id"])
        response.json = artifacts
    return response


def both_branch_filters_are_shown(http: httpx.Client) -> None:
    created = new_pipeline(
        http,
        "Two filters",
        skip_queued_branch_builds=True,
        skip_queued_branch_builds_filter="!main",
        cancel_running_branch_builds=True,
        cancel_running_branch_builds_filter="develop prs/*",
    )
    found = http.get(f"{ORGANIZATION}/pipelines/{created['slug']}").json()
    assert found["skip_queued_branch_builds_filter"] == "!main"
    assert found["cancel_running_branch_builds_filter"] == "develop prs/*"


@MUTANTS.plant(
    "bodies",
    operations="getPipeline",
    title="skip_queued_branch_builds_filter shows the filter for canceling",
    source="pages/apis/rest_api/pipelines.md: skip_queued_branch_builds_filter in the pipeline data model",
    witness=both_branch_filters_are_shown,
)
async def skip_filter_shows_cancel_filter(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.values("GET", f"{ORGANIZATION_PATH}/pipelines/{{pipeline}}") is not None and response.status == 200:
        pipeline = response.json
        pipeline["skip_queued_branch_builds_filter"] = pipeline["cancel_running_branch_builds_filter"]
        response.json = pipeline
    return response


def digests_match_the_file(http: httpx.Client) -> None:
    content = b"a file of some bytes"
    digests = publish(http, "downloads", "digested-1.0.0.bin", content).json()["digests"]
    assert digests["sha256"] == hashlib.sha256(content).hexdigest()
    assert digests["sha512"] == hashlib.sha512(content).hexdigest()


@MUTANTS.plant(
    "bodies",
    operations="publishPackage",
    title="the digests of a published file are those of an empty file, since it was read before",
    source="pages/apis/rest_api/package_registries/packages.md: digests in the response of Publish a package",
    witness=digests_match_the_file,
)
async def digests_after_the_end_of_file(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.values("POST", f"{REGISTRIES_PATH}/{{registry}}/packages") is not None and response.status == 200:
        package = response.json
        package["digests"] = {"sha256": hashlib.sha256().hexdigest(), "sha512": hashlib.sha512().hexdigest()}
        response.json = package
    return response


def update_shows_token_on_request(http: httpx.Client) -> None:
    suite = f"{ANALYTICS}/suites/rspec"
    expected = http.get(suite, params={"show_api_token": "true"}).json()["api_token"]
    updated = http.patch(suite, json={"color": "#CC342E", "show_api_token": True})
    assert updated.status_code == 200
    assert updated.json().get("api_token") == expected


@MUTANTS.plant(
    "bodies",
    operations="updateTestSuite",
    title="show_api_token has no effect when a suite is updated",
    source="pages/apis/rest_api/test_engine/suites.md: Update a suite, show_api_token",
    witness=update_shows_token_on_request,
)
async def update_without_api_token(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.values("PATCH", f"{SUITES_PATH}/{{suite}}") is not None and response.status == 200:
        suite = response.json
        suite.pop("api_token", None)
        response.json = suite
    return response


def webhook_token_is_in_full(http: httpx.Client) -> None:
    service = new_webhook(http, token="a-token-for-hooks")
    assert http.get(service).json()["settings"]["token"] == "a-token-for-hooks"


@MUTANTS.plant(
    "bodies",
    operations="getNotificationService",
    title="the token of a webhook is masked like other secrets",
    source="pages/apis/rest_api/organizations/notification_services.md: webhook token values are returned in full",
    witness=webhook_token_is_in_full,
)
async def masked_webhook_token(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.values("GET", f"{ORGANIZATION_PATH}/services/{{service}}") is not None and response.status == 200:
        service = response.json
        token = service["settings"].get("token")
        if service["provider"]["id"] == "webhook" and token:
            service["settings"]["token"] = "X" * max(0, len(token) - _SHOWN) + token[-_SHOWN:]
            response.json = service
    return response


def invited_teams_have_their_ids(http: httpx.Client) -> None:
    teams = {team["id"] for team in http.get(f"{ORGANIZATION}/teams").json()}
    invitation = http.get(new_invitation(http, "teams@guests.example")).json()
    assert invitation["teams"]
    assert teams.issuperset(team["id"] for team in invitation["teams"])


@MUTANTS.plant(
    "bodies",
    operations="getOrganizationInvitation",
    title="the ids of an invitation's teams are their GraphQL ids",
    source="pages/apis/rest_api/organizations/invitations.md: each entry of teams contains the team id (UUID)",
    witness=invited_teams_have_their_ids,
)
async def graphql_ids_of_invited_teams(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.values("GET", f"{ORGANIZATION_PATH}/invitations/{{uuid}}") is not None and response.status == 200:
        invitation = response.json
        for team in invitation["teams"]:
            team["id"] = team["graphql_id"]
        response.json = invitation
    return response


def passed_and_failed_are_counted(http: httpx.Client) -> None:
    builds = http.get(f"{ORGANIZATION}/pipelines/web/builds", params={"state": "passed"}).json()
    tests = http.get(f"{ANALYTICS}/builds/{builds[0]['id']}/tests").json()
    assert tests
    for test in tests:
        assert {"passed", "failed"} <= set(test["executions_count_by_result"])


@MUTANTS.plant(
    "bodies",
    operations="listBuildTests",
    title="counts of passed and failed executions are left out when they are zero",
    source="pages/apis/rest_api/test_engine/build_tests.md: the passed and failed counts are always present",
    witness=passed_and_failed_are_counted,
)
async def zero_counts_left_out(server: Server, request: Request) -> Response:
    response = await server.call(request)
    path = "/v2/analytics/organizations/{org}/builds/{build}/tests"
    if request.values("GET", path) is not None and response.status == 200:
        tests = response.json
        for test in tests:
            counts = test["executions_count_by_result"]
            test["executions_count_by_result"] = {result: count for result, count in counts.items() if count}
        response.json = tests
    return response
