"""Bugs of the class *bodies*: fields of responses are wrong."""

from __future__ import annotations

import time
from pathlib import PurePosixPath
from typing import Final

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.sixteenth_set_a_support import (
    ACME,
    ACME_REGISTRIES,
    ANALYTICS,
    JOB,
    JOB_IN_BUILD,
    ORG,
    REGISTRY,
    SETTINGS,
    TEAM,
    fetched,
    read,
    some_artifact,
    with_json,
)

MUTANTS: Final = Mutants()


def package_has_both_digests(http: httpx.Client) -> None:
    listed = http.get(f"{ACME_REGISTRIES}/debs/packages").json()["items"][0]
    found = http.get(f"{ACME_REGISTRIES}/debs/packages/{listed['id']}").json()
    assert found["digests"] == listed["digests"]


@MUTANTS.plant(
    "bodies",
    operations="getPackage",
    title="`digests.sha512` of one package is its SHA-256 again",
    source="pages/apis/rest_api/package_registries/packages.md, get a package: `sha512` in the example has 128 digits",
    witness=package_has_both_digests,
)
async def package_shows_one_digest_twice(server: Server, request: Request) -> Response:
    if read(request, f"{REGISTRY}/packages/{{package_id}}") is None:
        return await server.call(request)
    response = await fetched(server, request)
    body = response.json
    if response.status == 200:
        body["digests"]["sha512"] = body["digests"]["sha256"]
        return with_json(response, body)
    return response


def rule_keeps_its_direction(http: httpx.Client) -> None:
    pipelines = {each["slug"]: each["id"] for each in http.get(f"{ACME}/pipelines").json()}
    value = {"source_pipeline": "docs", "target_pipeline": "ios"}
    made = http.post(f"{ACME}/rules", json={"type": "pipeline.trigger_build.pipeline", "value": value}).json()
    found = http.get(f"{ACME}/rules/{made['uuid']}").json()
    assert (found["source_uuid"], found["target_uuid"]) == (pipelines["docs"], pipelines["ios"])


@MUTANTS.plant(
    "bodies",
    operations="getRule",
    title="source and target of one rule are exchanged",
    source="pages/apis/rest_api/rules.md, create a rule: `source_uuid` is the pipeline in `source_pipeline`",
    witness=rule_keeps_its_direction,
)
async def rule_points_the_other_way(server: Server, request: Request) -> Response:
    if read(request, f"{ORG}/rules/{{rule_uuid}}") is None:
        return await server.call(request)
    response = await fetched(server, request)
    body = response.json
    if response.status == 200:
        return with_json(response, {**body, "source_uuid": body["target_uuid"], "target_uuid": body["source_uuid"]})
    return response


def member_has_own_time(http: httpx.Client) -> None:
    made_team = http.post(
        f"{ACME}/teams",
        json={
            "name": "Newcomers of the year",
            "privacy": "visible",
            "is_default_team": False,
            "default_member_role": "member",
        },
    ).json()
    members = f"{ACME}/teams/{made_team['id']}/members"
    user = http.get(f"{ACME}/members").json()[1]["id"]
    made = http.post(members, json={"user_id": user, "role": "member"}).json()
    assert http.get(members).json() == [made]


@MUTANTS.plant(
    "bodies",
    operations="listTeamMembers getTeamMember",
    title="`created_at` of a team member is the time at which the team was created",
    source="pages/apis/rest_api/teams/members.md: created_at, when the team and user association was created",
    witness=member_has_own_time,
)
async def member_has_time_of_team(server: Server, request: Request) -> Response:
    values = read(request, f"{TEAM}/members", f"{TEAM}/members/{{user_uuid}}")
    if values is None:
        return await server.call(request)
    response = await fetched(server, request)
    body = response.json
    if response.status != 200 or not body:
        return response
    path = f"/v2/organizations/{values['org']}/teams/{values['team_uuid']}"
    team = await server.call(Request("GET", path, {}, request.headers, b""))
    for member in body if isinstance(body, list) else [body]:
        member["created_at"] = team.json["created_at"]
    return with_json(response, body)


_SETTINGS_OPERATIONS: Final = (
    ("GET", SETTINGS),
    ("HEAD", SETTINGS),
    ("PATCH", SETTINGS),
    ("PUT", f"{SETTINGS}/hosted-agents-ssh"),
    ("DELETE", f"{SETTINGS}/hosted-agents-ssh"),
    ("PUT", f"{SETTINGS}/public-pipelines"),
    ("DELETE", f"{SETTINGS}/public-pipelines"),
    ("PUT", f"{SETTINGS}/advanced-queue-metrics"),
    ("PUT", f"{SETTINGS}/build-export"),
    ("DELETE", f"{SETTINGS}/build-export"),
)


def all_strategies_are_supported(http: httpx.Client) -> None:
    http.put(f"{ACME}/pipeline-settings/build-export", json={"location": "acme-builds", "strategy_id": "s3"})
    exports = http.get(f"{ACME}/pipeline-settings").json()["build_exports"]
    other = next((each for each in exports["supported_strategies"] if each != "s3"), None)
    body = {"location": "acme-builds", "strategy_id": other}
    assert http.put(f"{ACME}/pipeline-settings/build-export", json=body).status_code == 200


@MUTANTS.plant(
    "bodies",
    operations="getOrganizationPipelineSettings updateOrganizationPipelineSettings configureBuildExport "
    "disableBuildExport enablePublicPipelines disablePublicPipelines enableHostedAgentsRemoteAccess "
    "disableHostedAgentsRemoteAccess enableAdvancedQueueMetrics",
    title="`supported_strategies` lists only the strategy in use",
    source="pages/apis/rest_api/organizations/pipeline_settings.md: supported_strategies, strategies accepted by "
    "configure build export",
    witness=all_strategies_are_supported,
)
async def only_active_strategy_is_supported(server: Server, request: Request) -> Response:
    if all(request.values(method, template) is None for method, template in _SETTINGS_OPERATIONS):
        return await server.call(request)
    response = await fetched(server, request)
    body = response.json
    if response.status == 200:
        active = body["build_exports"]["strategy_id"]
        body["build_exports"]["supported_strategies"] = [] if active is None else [active]
        return with_json(response, body)
    return response


def dirname_is_the_whole_folder(http: httpx.Client) -> None:
    artifact = some_artifact(http, "sign up.png")
    found = http.get(artifact["url"]).json()
    assert found["dirname"] == str(PurePosixPath(found["path"]).parent)


@MUTANTS.plant(
    "bodies",
    operations="getArtifactInBuild getArtifact",
    title="`dirname` of one artifact is only the innermost folder",
    source="pages/apis/rest_api/artifacts.md: dirname, path of the artifact excluding the filename",
    witness=dirname_is_the_whole_folder,
)
async def dirname_is_innermost_folder(server: Server, request: Request) -> Response:
    if read(request, f"{JOB}/artifacts/{{artifact_id}}", f"{JOB_IN_BUILD}/artifacts/{{artifact_id}}") is None:
        return await server.call(request)
    response = await fetched(server, request)
    body = response.json
    if response.status == 200:
        return with_json(response, {**body, "dirname": body["dirname"].rpartition("/")[2]})
    return response


def timestamp_is_in_seconds(http: httpx.Client) -> None:
    assert abs(http.get("/").json()["timestamp"] - time.time()) < 60


@MUTANTS.plant(
    "bodies",
    operations="getRoot",
    title="`timestamp` is in milliseconds",
    source="pages/apis/rest_api.md#schema: the timestamp value is the current Unix time",
    witness=timestamp_is_in_seconds,
)
async def root_counts_milliseconds(server: Server, request: Request) -> Response:
    if read(request, "/") is None:
        return await server.call(request)
    response = await fetched(server, request)
    body = response.json
    if response.status == 200:
        return with_json(response, {**body, "timestamp": body["timestamp"] * 1000})
    return response


def reliability_is_a_fraction(http: httpx.Client) -> None:
    build = http.get(f"{ACME}/pipelines/api/builds/6").json()
    tests = http.get(f"/v2/analytics/organizations/acme/builds/{build['id']}/tests").json()
    for test in tests:
        counts = test["executions_count_by_result"]
        assert test["reliability"] in (None, counts["passed"] / max(1, counts["passed"] + counts["failed"]))


@MUTANTS.plant(
    "bodies",
    operations="listBuildTests",
    title="`reliability` is a percentage",
    source="pages/apis/rest_api/test_engine/build_tests.md: reliability, expressed as a decimal fraction",
    witness=reliability_is_a_fraction,
)
async def reliability_is_percentage(server: Server, request: Request) -> Response:
    if read(request, f"{ANALYTICS}/builds/{{build_id}}/tests") is None:
        return await server.call(request)
    response = await fetched(server, request)
    body = response.json
    if response.status != 200:
        return response
    for test in body:
        if test["reliability"] is not None:
            test["reliability"] = round(test["reliability"] * 100, 2)
    return with_json(response, body)
