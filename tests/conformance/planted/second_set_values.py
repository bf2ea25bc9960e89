"""More wrong values in successful responses."""

from __future__ import annotations

from typing import Any

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.second_set_support import (
    CLUSTER,
    METRICS,
    ORG,
    REGISTRIES,
    SUITE,
    TESTS,
    change,
    cluster,
    items,
    matches,
)

MUTANTS = Mutants()


def maintainer_ids(http: httpx.Client) -> None:
    maintainers = f"{cluster(http)}/maintainers"
    for each in http.get(maintainers).json():
        assert http.get(f"{maintainers}/{each['id']}").status_code == 200


@MUTANTS.plant(
    "bodies",
    operations="listClusterMaintainers getClusterMaintainer",
    title="`id` of a maintainer in the list is the id of the user or team",
    source="pages/apis/rest_api/clusters/maintainers.md: id, the ID of the cluster maintainer assignment",
    witness=maintainer_ids,
)
async def listed_maintainers_with_ids_of_actors(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "GET", f"{CLUSTER}/maintainers"):
        change(response, lambda each: each.update(id=each["actor"]["id"]))
    return response


def team_pipeline_levels(http: httpx.Client) -> None:
    for team in http.get(f"{ORG}/teams").json():
        pipelines = f"{ORG}/teams/{team['id']}/pipelines"
        for each in http.get(pipelines).json():
            detail = http.get(f"{pipelines}/{each['pipeline_id']}").json()
            assert each["access_level"] == detail["access_level"]


@MUTANTS.plant(
    "bodies",
    operations="listTeamPipelines getTeamPipeline",
    title="each `access_level` in the list is the one of the first pipeline",
    source="pages/apis/rest_api/teams/pipelines.md: access_level, access to the associated pipeline",
    witness=team_pipeline_levels,
)
async def team_pipelines_with_the_first_access_level(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "GET", "/v2/organizations/{org}/teams/{team}/pipelines") and items(response.json):
        level = items(response.json)[0].get("access_level")
        change(response, lambda each: each.update(access_level=level))
    return response


def provider_limits(http: httpx.Client) -> None:
    for connection in http.get(f"{ORG}/repository_connections").json():
        limit = http.get(connection["url"]).json()["rate_limit"]
        assert limit is None or limit["used"] + limit["remaining"] == limit["limit"]


@MUTANTS.plant(
    "bodies",
    operations="getRepositoryConnection",
    title="`remaining` of the rate limit of a provider is `limit`",
    source="pages/apis/rest_api/organizations/repository_connections.md: rate_limit: limit, used, remaining",
    witness=provider_limits,
)
async def connection_rate_limit_remaining_is_limit(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "GET", "/v2/organizations/{org}/repository_connections/{id}"):

        def edit(connection: dict[str, Any]) -> None:
            if connection["rate_limit"] is not None:
                connection["rate_limit"]["remaining"] = connection["rate_limit"]["limit"]

        change(response, edit)
    return response


def masked_keys(http: httpx.Client) -> None:
    settings = {"api_key": "0123456789abcdef0123456789abcdef", "datadog_site": "datadoghq.eu"}
    body = {"provider": "datadog_pipeline_visibility", "settings": settings}
    created = http.post(f"{ORG}/services", json=body)
    assert created.status_code == 201
    assert created.json()["settings"]["api_key"] != settings["api_key"]


@MUTANTS.plant(
    "bodies",
    operations="createNotificationService",
    title="the key of a new Datadog service is returned in full",
    source="pages/apis/rest_api/organizations/notification_services.md: api_key shows only its final characters",
    witness=masked_keys,
)
async def datadog_key_of_a_new_service_unmasked(server: Server, request: Request) -> Response:
    sent = request.json
    response = await server.call(request)
    if matches(request, "POST", "/v2/organizations/{org}/services") and response.status == 201:
        settings = sent.get("settings") or {}
        if "api_key" in settings:
            change(response, lambda service: service["settings"].update(api_key=settings["api_key"]))
    return response


def execution_tags(http: httpx.Client) -> None:
    for run in http.get(f"{SUITE}/runs").json():
        for execution in http.get(f"{run['url']}/failed_executions").json():
            assert not execution["tags"].keys() & {"result", "scm.branch", "scm.commit_sha"}


@MUTANTS.plant(
    "bodies",
    operations="listFailedExecutions",
    title="`tags` repeats the branch and the commit of the execution",
    source="pages/apis/rest_api/test_engine/runs.md: tags that duplicate other fields are excluded",
    witness=execution_tags,
)
async def execution_tags_with_branch_and_commit(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "GET", "/v2/analytics/organizations/{org}/suites/{suite}/runs/{run}/failed_executions"):

        def edit(execution: dict[str, Any]) -> None:
            tags = {"scm.branch": execution["branch"], "scm.commit_sha": execution["commit_sha"]}
            execution["tags"].update({name: value for name, value in tags.items() if value is not None})

        change(response, edit)
    return response


def suite_token(http: httpx.Client) -> None:
    assert "api_token" not in http.get(SUITE).json()


@MUTANTS.plant(
    "bodies",
    operations="getTestSuite",
    title="the API token of a suite is returned without `show_api_token`",
    source="pages/apis/rest_api/test_engine/_suites_query_strings.md: show_api_token, default value false",
    witness=suite_token,
)
async def suite_token_always_shown(server: Server, request: Request) -> Response:
    if matches(request, "GET", "/v2/analytics/organizations/{org}/suites/{suite}"):
        request.params["show_api_token"] = ["true"]
    return await server.call(request)


def failed_counts(http: httpx.Client) -> None:
    for test in http.get(f"{SUITE}/tests", headers=METRICS).json():
        assert {"passed", "failed"} <= test["executions_count_by_result"].keys()


@MUTANTS.plant(
    "bodies",
    operations="listTests getTest",
    title="`executions_count_by_result` lacks `failed` if no execution failed",
    source="pages/apis/rest_api/test_engine/tests.md: the passed and failed counts are always present",
    witness=failed_counts,
)
async def zero_counts_of_results_omitted(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "GET", TESTS, f"{TESTS}/{{test}}"):

        def edit(test: dict[str, Any]) -> None:
            if "executions_count_by_result" in test:
                counts = test["executions_count_by_result"]
                test["executions_count_by_result"] = {name: count for name, count in counts.items() if count}

        change(response, edit)
    return response


def invited_teams(http: httpx.Client) -> None:
    slugs = {team["id"]: team["slug"] for team in http.get(f"{ORG}/teams").json()}
    for invitation in http.get(f"{ORG}/invitations").json()["items"]:
        for team in http.get(invitation["url"]).json()["teams"]:
            assert team["slug"] == slugs[team["id"]]


@MUTANTS.plant(
    "bodies",
    operations="getOrganizationInvitation listOrganizationInvitations",
    title="`slug` of a team of an invitation is its name",
    source="pages/apis/rest_api/organizations/invitations.md: teams contain the team id, graphql_id, and slug",
    witness=invited_teams,
)
async def invitation_with_names_instead_of_slugs(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "GET", "/v2/organizations/{org}/invitations/{id}"):

        def edit(invitation: dict[str, Any]) -> None:
            for team in invitation["teams"]:
                team["slug"] = team["slug"].replace("-", " ").capitalize()

        change(response, edit)
    return response


def registry_of_a_token(http: httpx.Client) -> None:
    token = http.get(f"{REGISTRIES}/gems/tokens").json()[0]
    updated = http.post(token["url"], json={"description": "Laptop"}).json()
    assert updated["registry"]["slug"] == "gems"


@MUTANTS.plant(
    "bodies",
    operations="updateRegistryToken getRegistryToken",
    title="an update of the description of a registry token returns another registry",
    source="pages/apis/rest_api/package_registries/registry_tokens.md: registry of the token",
    witness=registry_of_a_token,
)
async def updated_registry_token_with_another_registry(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "POST", "/v2/packages/organizations/{org}/registries/{registry}/tokens/{id}"):
        change(response, lambda token: token["registry"].update(slug=token["organization"]["slug"]))
    return response


def suites_of_teams(http: httpx.Client) -> None:
    for team in http.get(f"{ORG}/teams").json():
        for suite in http.get(f"{ORG}/teams/{team['id']}/suites").json():
            assert http.get(suite["suite_url"]).json().get("id") == suite["suite_id"]


@MUTANTS.plant(
    "bodies",
    operations="listTeamSuites getTeamSuite",
    title="`suite_url` ends with the id of the suite instead of its slug",
    source="pages/apis/rest_api/teams/suites.md: suite_url, URL of the suite",
    witness=suites_of_teams,
)
async def suite_url_of_teams_with_the_id(server: Server, request: Request) -> Response:
    response = await server.call(request)
    template = "/v2/organizations/{org}/teams/{team}/suites"
    if matches(request, "GET", template, f"{template}/{{suite}}"):
        change(
            response,
            lambda each: each.update(suite_url=f"{each['suite_url'].rpartition('/')[0]}/{each['suite_id']}"),
        )
    return response
