"""Wrong errors, and requests that should be refused."""

from __future__ import annotations

import re
from typing import Any

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.tenth_set_b_support import (
    ADMIN_OF_BOTH,
    FULL,
    JOBS,
    ORG,
    V2,
    authorized,
    command_job,
    found,
    matches,
    nested,
    properties,
)

MUTANTS = Mutants()


def malformed_note(http: httpx.Client) -> None:
    agent = next(agent for agent in http.get(f"{ORG}/agents").json() if not agent["paused"])
    headers = {"Content-Type": "application/json"}
    response = http.put(f"{agent['url']}/pause", content=b'{"note": "Upgrade"', headers=headers)
    assert response.status_code == 400


@MUTANTS.plant(
    "errors",
    operations="pauseAgent resumeAgent stopAgent",
    title="a body that is not JSON is ignored where every property is optional",
    source="pages/apis/rest_api.md: The data encoding is assumed to be application/json",
    witness=malformed_note,
)
async def malformed_body_is_ignored(server: Server, request: Request) -> Response:
    if matches(request, f"PUT {V2}/agents/{{agent}}/{{action}}") and request.body and request.json is None:
        request.json = {}
    return await server.call(request)


def repository_is_a_string(http: httpx.Client) -> None:
    connection = http.get(f"{ORG}/repository_connections").json()[0]["url"]
    assert http.get(f"{connection}/repositories", params={"repository[]": "acme/web"}).status_code == 400


@MUTANTS.plant(
    "errors",
    operations="listConnectedRepositories",
    title="`repository` as an array is ignored and all repositories are listed",
    source="pages/apis/rest_api/repository_connections.md: Returns 400 Bad Request if the value is not a string",
    witness=repository_is_a_string,
)
async def array_of_repositories_is_ignored(server: Server, request: Request) -> Response:
    if matches(request, f"GET {V2}/repository_connections/{{connection}}/repositories"):
        request.params = {name: value for name, value in request.params.items() if not name.startswith("repository[")}
    return await server.call(request)


def days_of_revocation(http: httpx.Client) -> None:
    response = http.patch(f"{ORG}/api-settings", json={"revoke_inactive_tokens_after_days": 45})
    assert response.status_code == 422


@MUTANTS.plant(
    "errors",
    operations="updateOrganizationApiSettings getOrganizationApiSettings",
    title="any number of days up to 365 is accepted for the revocation of inactive tokens",
    source="pages/apis/rest_api/organizations/api_settings.md: Accepted values are 30, 60, 90, 180, and 365",
    witness=days_of_revocation,
)
async def any_number_of_days(server: Server, request: Request) -> Response:
    name = "revoke_inactive_tokens_after_days"

    def stored(body: Any) -> Any:
        return body | ({name: server.memory[name]} if name in server.memory else {})

    days = properties(request).get(name)
    changing = matches(request, f"PATCH {V2}/api-settings") and name in properties(request)
    unusual = type(days) is int and 0 < days <= 365 and days not in {30, 60, 90, 180, 365}
    if changing and unusual:
        request.json = properties(request) | {name: 30}
    response = await server.call(request)
    if changing and response.status == 200:
        server.memory.pop(name, None)
        if unusual:
            server.memory[name] = days
    if matches(request, f"GET {V2}/api-settings", f"PATCH {V2}/api-settings") and response.status == 200:
        response.json = stored(response.json)
    return response


def own_membership_stays(http: httpx.Client) -> None:
    user = http.get("/v2/user").json()["id"]
    assert http.patch(f"{ORG}/members/{user}", json={"sso_mode": "required"}).status_code == 403


@MUTANTS.plant(
    "errors",
    operations="updateOrganizationMember",
    title="administrators can update their own membership",
    source="pages/apis/rest_api/organizations/members.md: You cannot update your own membership",
    witness=own_membership_stays,
)
async def own_membership_can_change(server: Server, request: Request) -> Response:
    response = await server.call(request)
    own = response.status == 403 and "own membership" in response.json["message"]
    if not own or not matches(request, f"PATCH {V2}/members/{{user}}"):
        return response
    other = FULL if request.headers.get("authorization") == ADMIN_OF_BOTH else ADMIN_OF_BOTH
    return await authorized(server, request, other)


def long_tail_is_the_whole_log(http: httpx.Client) -> None:
    log = f"{command_job(http)}/log"
    response = http.get(log, headers={"Accept": "text/plain", "Range": "bytes=-100000000"})
    assert response.status_code == 206
    assert response.content == http.get(f"{log}.txt").content


@MUTANTS.plant(
    "errors",
    operations="getJobLog getJobLogInBuild",
    title="a tail that is longer than the log is refused",
    source="pages/apis/rest_api/jobs.md: 416: … because the job log is empty",
    witness=long_tail_is_the_whole_log,
)
async def long_tail_is_refused(server: Server, request: Request) -> Response:
    response = await server.call(request)
    wanted = re.fullmatch(r"bytes=-(\d+)", request.headers.get("range", ""))
    total = response.headers.get("content-range", "").rpartition("/")[2]
    if found(request, *(f"{job}/log{end}" for job in JOBS for end in ("", ".txt"))) is None or wanted is None:
        return response
    if response.status == 206 and int(wanted[1]) > int(total):
        response.status = 416
        response.headers["content-range"] = f"bytes */{total}"
        response.headers["content-type"] = "application/json; charset=utf-8"
        response.json = {"message": "The range is longer than the log"}
    return response


def webhook_version_is_not_lowered(http: httpx.Client) -> None:
    services = http.get(f"{ORG}/services").json()["items"]
    service = next(one["url"] for one in services if one["settings"].get("version") == 3)
    assert http.patch(service, json={"settings": {"version": 1}}).status_code == 422


@MUTANTS.plant(
    "errors",
    operations="updateNotificationService",
    title="a lower `version` of a webhook is ignored instead of refused",
    source="pages/apis/rest_api/organizations/notification_services.md: … but cannot be downgraded",
    witness=webhook_version_is_not_lowered,
)
async def lower_version_is_ignored(server: Server, request: Request) -> Response:
    response = await server.call(request)
    settings = nested(properties(request), "settings")
    version = settings.get("version")
    if not matches(request, f"PATCH {V2}/services/{{service}}") or type(version) is not int:
        return response
    if response.status == 422 and "version" in response.json["message"] and version in {1, 2}:
        kept = {name: value for name, value in settings.items() if name != "version"}
        request.json = properties(request) | {"settings": kept}
        return await server.call(request)
    return response
