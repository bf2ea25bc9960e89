"""Wrong bodies of responses."""

from __future__ import annotations

from typing import Any

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.twelfth_set_b_support import (
    ANY_BUILD,
    ANY_CLUSTER,
    ANY_ORG,
    ANY_SUITE,
    CLUSTER,
    ORG,
    SUITE,
    WEB,
    changed,
    matches,
)

MUTANTS = Mutants()


def token_is_hidden(http: httpx.Client) -> None:
    assert "api_token" not in http.get(SUITE, params={"show_api_token": "false"}).json()


@MUTANTS.plant(
    "bodies",
    operations="getTestSuite",
    title="any value of `show_api_token`, even `false`, adds the API token to a suite",
    source="pages/apis/rest_api/test_engine/suites.md: show_api_token: Default value: false",
    witness=token_is_hidden,
)
async def false_shows_api_token(server: Server, request: Request) -> Response:
    if matches(request, f"GET {ANY_SUITE}") and "show_api_token" in request.params:
        request.params["show_api_token"] = ["true"]
    return await server.call(request)


def tags_are_user_defined(http: httpx.Client) -> None:
    runs = [run for run in http.get(f"{SUITE}/runs").json() if run["result"] == "failed"]
    failures = http.get(f"{SUITE}/runs/{runs[0]['id']}/failed_executions").json()
    assert failures
    assert all("scm.branch" not in failure["tags"] for failure in failures)


@MUTANTS.plant(
    "bodies",
    operations="listFailedExecutions",
    title="the tags of a failed execution include `scm.branch`",
    source="pages/apis/rest_api/test_engine/runs.md: Tags that duplicate other fields … are excluded",
    witness=tags_are_user_defined,
)
async def tags_repeat_branch(server: Server, request: Request) -> Response:
    def add_branch(failure: dict[str, Any]) -> dict[str, Any]:
        return failure | {"tags": failure["tags"] | {"scm.branch": failure["branch"]}}

    return await changed(server, request, add_branch, f"GET {ANY_SUITE}/runs/{{run}}/failed_executions")


def all_urls_of_host(http: httpx.Client) -> None:
    connections = http.get(f"{ORG}/repository_connections").json()
    connection = next(one["url"] for one in connections if one["type"] == "bitbucket_server")
    assert len(http.get(connection).json()["host"]["url"].split(",")) == 2


@MUTANTS.plant(
    "bodies",
    operations="getRepositoryConnection listRepositoryConnections",
    title="`host.url` of a Bitbucket Server connection is only the first of its URLs",
    source="pages/apis/rest_api/organizations/repository_connections.md: a comma-separated value in host.url",
    witness=all_urls_of_host,
)
async def first_url_of_host(server: Server, request: Request) -> Response:
    def keep_first(connection: dict[str, Any]) -> dict[str, Any]:
        host = connection["host"]
        if not host or "," not in (host["url"] or ""):
            return connection
        return connection | {"host": host | {"url": host["url"].split(",")[0]}}

    return await changed(server, request, keep_first, f"GET {ANY_ORG}/repository_connections/{{connection}}")


def feature_without_setting(http: httpx.Client) -> None:
    settings = http.patch(f"{ORG}/api-settings", json={"allowed_ip_addresses": None}).json()
    assert settings["features"]["api_ip_allow_list"] is True


@MUTANTS.plant(
    "bodies",
    operations="updateOrganizationApiSettings",
    title="`features` has false for a feature of the plan whose setting is not configured",
    source="pages/apis/rest_api/organizations/api_settings.md: true if the feature is available on the … plan",
    witness=feature_without_setting,
)
async def features_follow_settings(server: Server, request: Request) -> Response:
    def follow(settings: dict[str, Any]) -> dict[str, Any]:
        features = dict(settings["features"])
        features["api_ip_allow_list"] &= settings["allowed_ip_addresses"] is not None
        features["inactive_api_token_revocation"] &= settings["revoke_inactive_tokens_after_days"] is not None
        return settings | {"features": features}

    route = f"{ANY_ORG}/api-settings"
    return await changed(server, request, follow, f"GET {route}", f"PATCH {route}")


def token_value_is_shown_once(http: httpx.Client) -> None:
    token = http.post(f"{CLUSTER}/tokens", json={"description": "Windows agents"}).json()
    assert token["token"]
    assert "token" not in http.put(token["url"], json={"description": "Linux agents"}).json()


@MUTANTS.plant(
    "bodies",
    operations="updateClusterAgentToken",
    title="the response to an update of an agent token contains its value",
    source="pages/apis/rest_api/clusters/agent_tokens.md: Subsequent responses do not contain the token value",
    witness=token_value_is_shown_once,
)
async def update_shows_token_value(server: Server, request: Request) -> Response:
    def add_value(token: dict[str, Any]) -> dict[str, Any]:
        if "token" in token:
            server.memory[token["id"]] = token["token"]
        return token | ({"token": server.memory[token["id"]]} if token["id"] in server.memory else {})

    return await changed(
        server, request, add_value, f"POST {ANY_CLUSTER}/tokens", f"PUT {ANY_CLUSTER}/tokens/{{token}}"
    )


def counts_of_all_jobs(http: httpx.Client) -> None:
    counts = http.get(f"{WEB}/builds/3", params={"job_states[]": "failed"}).json()["job_state_counts"]
    assert counts == http.get(f"{WEB}/builds/3").json()["job_state_counts"]


@MUTANTS.plant(
    "bodies",
    operations="getBuild",
    title="`job_state_counts` counts only jobs in the states of the parameter `job_states[]`",
    source="pages/apis/rest_api/builds.md: job_state_counts always describes every job in the build",
    witness=counts_of_all_jobs,
)
async def counts_of_filtered_jobs(server: Server, request: Request) -> Response:
    wanted = request.params.get("job_states[]")

    def count(build: dict[str, Any]) -> dict[str, Any]:
        states = build["job_state_counts"]["states"]
        states = {state: number for state, number in states.items() if wanted is None or state in wanted}
        return build | {"job_state_counts": {"total": sum(states.values()), "states": states}}

    return await changed(server, request, count, f"GET {ANY_BUILD}")
