"""Wrong users, and access that should be refused."""

from __future__ import annotations

from typing import Any

import httpx
from tests.conformance.planted.eleventh_set_a_support import (
    BARBARA,
    BUILD,
    CLUSTER,
    ORG,
    OWNER,
    SUITE,
    WEB,
    fetched,
    matches,
    overridden,
)
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.runner_support import TOKEN

MUTANTS = Mutants()


async def user_of(server: Server, request: Request) -> str | None:
    """Return the email of the user of a request."""
    found = await fetched(server, request, path="/v2/access-token")
    return str(found["user"]["email"]) if isinstance(found, dict) and "user" in found else None


def other_token_of_user(http: httpx.Client) -> None:
    revocable = {"Authorization": "Bearer bkua_mock_revocable"}
    assert http.delete("/v2/access-token", headers=revocable).status_code == 204
    assert http.get("/v2/user").status_code == 200


@MUTANTS.plant(
    "access",
    operations="revokeAccessToken",
    title="revoking a token also revokes the other tokens of its user",
    source="pages/apis/rest_api/access_token.md: Revokes the API access token that was used",
    witness=other_token_of_user,
)
async def all_tokens_of_user_are_revoked(server: Server, request: Request) -> Response:
    if matches(request, "DELETE /v2/access-token"):
        user = await user_of(server, request)
        response = await server.call(request)
        if response.status == 204:
            server.memory[str(user)] = True
        return response
    if server.memory and await user_of(server, request) in server.memory:
        request.headers["authorization"] = "Bearer bkua_revoked"
    return await server.call(request)


def user_who_paused(http: httpx.Client) -> None:
    cluster = http.get(f"{ORG}/clusters").json()[0]["url"]
    queue = http.post(f"{cluster}/queues", json={"key": "paused-by-barbara"}).json()["url"]
    assert http.post(f"{queue}/pause_dispatch", json={}, headers=BARBARA).status_code == 200
    assert http.get(queue).json()["dispatch_paused_by"]["name"] == "Barbara Liskov"


@MUTANTS.plant(
    "access",
    operations="pauseClusterQueueDispatch getClusterQueue listClusterQueues",
    title="`dispatch_paused_by` is the owner of the organization, whoever paused a queue",
    source="pages/apis/rest_api/clusters/queues.md: dispatch_paused_by: User who paused the queue",
    witness=user_who_paused,
)
async def queues_are_paused_by_owner(server: Server, request: Request) -> Response:
    if not matches(request, f"POST {CLUSTER}/queues/{{queue}}/pause_dispatch"):
        if matches(request, f"POST {CLUSTER}/queues/{{queue}}/resume_dispatch"):
            server.memory.pop(request.path.split("/")[-2], None)
        return await overridden(server, request, "dispatch_paused_by")
    response = await server.call(request)
    if response.status == 200:
        owner = await fetched(server, request, path="/v2/user", headers=OWNER)
        server.memory[response.json["id"]] = {"dispatch_paused_by": owner}
        response.json = response.json | {"dispatch_paused_by": owner}
    return response


def token_in_query(http: httpx.Client) -> None:
    url = http.base_url.join("/v2/user")
    assert httpx.get(url, params={"access_token": TOKEN}).status_code == 401


@MUTANTS.plant(
    "access",
    operations="getUser getAccessToken getOrganization",
    title="a token in the query parameter `access_token`, and so in logs, is accepted",
    source="pages/apis/rest_api.md: To authenticate an API call …, set the Authorization HTTP header",
    witness=token_in_query,
)
async def token_in_query_is_accepted(server: Server, request: Request) -> Response:
    if not request.headers.get("authorization") and "access_token" in request.params:
        request.headers["authorization"] = "Bearer " + request.params.pop("access_token")[0]
    return await server.call(request)


def token_in_upper_case(http: httpx.Client) -> None:
    assert http.get("/v2/user", headers={"Authorization": f"Bearer {TOKEN.upper()}"}).status_code == 401


@MUTANTS.plant(
    "access",
    operations="getUser getAccessToken getOrganization",
    title="the case of the letters of a token does not matter",
    source="pages/apis/rest_api.md: the word Bearer, followed by a space, followed by the access token",
    witness=token_in_upper_case,
)
async def case_of_token_is_ignored(server: Server, request: Request) -> Response:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if token.lower().startswith("bkua_"):
        request.headers["authorization"] = f"{scheme} {token.lower()}"
    return await server.call(request)


def webhook_url_of_rebuild(http: httpx.Client) -> None:
    limited = {"Authorization": "Bearer bkua_mock_limited_3"}
    rebuild = http.put(f"{WEB}/builds/19/rebuild", headers=limited)
    assert rebuild.status_code == 200
    assert not rebuild.json()["pipeline"]["provider"]["webhook_url"]


@MUTANTS.plant(
    "access",
    operations="rebuildBuild",
    title="the response to a rebuild has the webhook URL, also for a token without `write_pipelines`",
    source="pages/apis/rest_api/builds.md: if … the API access token has the write_pipelines scope",
    witness=webhook_url_of_rebuild,
)
async def rebuild_reveals_webhook_url(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, f"PUT {BUILD}/rebuild") and response.status == 200:
        pipeline = await fetched(server, request, path=request.path.partition("/builds/")[0], headers=OWNER)
        body: dict[str, Any] = response.json
        if isinstance(body.get("pipeline"), dict) and "provider" in (pipeline or {}):
            body["pipeline"]["provider"] = pipeline["provider"]
        response.json = body
    return response


def hidden_token_of_suite(http: httpx.Client) -> None:
    assert "api_token" not in http.get(SUITE, params={"show_api_token": "false"}).json()


@MUTANTS.plant(
    "access",
    operations="getTestSuite listTestSuites",
    title="`show_api_token=false` shows the API token of a suite: only the presence of the parameter is checked",
    source="pages/apis/rest_api/test_engine/suites.md: show_api_token: Default value: false",
    witness=hidden_token_of_suite,
)
async def token_of_suite_is_shown_for_false(server: Server, request: Request) -> Response:
    suites = "/v2/analytics/organizations/{org}/suites"
    if matches(request, f"GET {suites}", f"GET {suites}/{{suite}}") and "show_api_token" in request.params:
        request.params["show_api_token"] = ["true"]
    return await server.call(request)
