"""Errors that are missing, or have a wrong status."""

from __future__ import annotations

import re
from typing import Final

import httpx
from tests.conformance.planted.fifteenth_set_a_support import (
    ACME,
    BUILD,
    CLUSTER,
    JOB,
    JOB_IN_BUILD,
    ORG,
    WEB,
    body_of,
    builds,
    cluster,
    create,
    error,
    jobs,
    related,
    values_of,
)
from tests.conformance.planted.mutant import Mutants, Request, Response, Server

MUTANTS = Mutants()


def job_is_retried_once(http: httpx.Client) -> None:
    job = next(jobs(http, "web", lambda job: job["state"] == "failed", state="failed"))
    assert http.put(f"{ACME}/jobs/{job['id']}/retry").status_code == 200
    assert http.put(f"{ACME}/jobs/{job['id']}/retry").status_code == 400


@MUTANTS.plant(
    "errors",
    operations="retryJob retryJobInBuild",
    title="a job that was retried already can be retried again, which returns the same new job",
    source="pages/apis/rest_api/jobs.md: you can only retry each job.id once",
    witness=job_is_retried_once,
)
async def second_retry_succeeds(server: Server, request: Request) -> Response:
    response = await server.call(request)
    found = values_of(request, "PUT", f"{JOB}/retry", f"{JOB_IN_BUILD}/retry")
    if found is not None and response.status == 400:
        job = (await server.call(related(request, "GET", request.path.removesuffix("/retry")))).json
        if job and job.get("retried_in_job_id"):
            path = f"/v2/organizations/{found['org']}/jobs/{job['retried_in_job_id']}"
            return await server.call(related(request, "GET", path))
    return response


def name_of_image_is_unique(http: httpx.Client) -> None:
    path = f"{cluster(http, 'Hosted')}/agent-images"
    create(http, path, name="twice", dockerfile="RUN true")
    assert http.post(path, json={"name": "twice", "dockerfile": "RUN true"}).status_code == 409


@MUTANTS.plant(
    "errors",
    operations="createClusterAgentImage",
    title="a second image with the same name is a 422",
    source="pages/apis/rest_api/clusters/agent_images.md: 409 Conflict",
    witness=name_of_image_is_unique,
)
async def duplicate_image_is_invalid(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if request.values("POST", f"{CLUSTER}/agent-images") is not None and response.status == 409:
        return error(response, 422, "Validation failed: Name has already been taken")
    return response


def only_tails_can_be_requested(http: httpx.Client) -> None:
    job = next(jobs(http, "web", lambda job: job["finished_at"] is not None and job["started_at"] is not None))
    headers = {"Accept": "text/plain", "Range": "bytes=0-9"}
    assert http.get(f"{ACME}/jobs/{job['id']}/log", headers=headers).status_code == 400


@MUTANTS.plant(
    "errors",
    operations="getJobLog getJobLogInBuild",
    title="a range with a start is ignored, and the whole log returned",
    source="pages/apis/rest_api/jobs.md: 400 for an explicit start-end range",
    witness=only_tails_can_be_requested,
)
async def ranges_with_start_are_ignored(server: Server, request: Request) -> Response:
    if values_of(request, "GET", f"{JOB}/log", f"{JOB_IN_BUILD}/log") is not None:
        plain = request.headers.get("accept", "").startswith("text/plain")
        if plain and re.fullmatch(r"bytes=\d+-\d*", request.headers.get("range", "")):
            del request.headers["range"]
    return await server.call(request)


def value_is_not_blank(http: httpx.Client) -> None:
    path = f"{cluster(http, 'Default cluster')}/secrets"
    secret = create(http, path, key="NOT_BLANK", value="hush")
    assert http.put(f"{path}/{secret['id']}/value", json={"value": "  "}).status_code == 422


@MUTANTS.plant(
    "errors",
    operations="updateClusterSecretValue",
    title="a blank value is accepted",
    source="pages/apis/rest_api/clusters/secrets.md: value cannot be blank",
    witness=value_is_not_blank,
)
async def blank_values_are_accepted(server: Server, request: Request) -> Response:
    body = body_of(request)
    if request.values("PUT", f"{CLUSTER}/secrets/{{secret_id}}/value") is not None:
        value = body.get("value")
        if isinstance(value, str) and not value.strip():
            request.json = {**body, "value": "stored"}  # values cannot be read, so that any one will do
    return await server.call(request)


def update_must_name_a_field(http: httpx.Client) -> None:
    myself = http.get("/v2/user").json()["id"]
    other = next(one for one in http.get(f"{ACME}/members").json() if one["id"] != myself)
    assert http.patch(f"{ACME}/members/{other['id']}", json={}).status_code == 422


@MUTANTS.plant(
    "errors",
    operations="updateOrganizationMember",
    title="an update of a member without role and SSO mode succeeds and changes nothing",
    source="pages/apis/rest_api/organizations/members.md: at least one of role or sso_mode must be provided",
    witness=update_must_name_a_field,
)
async def empty_member_update_succeeds(server: Server, request: Request) -> Response:
    response = await server.call(request)
    updates = request.values("PATCH", f"{ORG}/members/{{user_uuid}}") is not None
    names_none = isinstance(request.json, dict) and not {"role", "sso_mode"} & set(request.json)
    if updates and names_none and response.status == 422:
        return await server.call(related(request, "GET", request.path))
    return response


_FAILURES: Final = ("canceled", "expired", "failed", "soft_failed", "timed_out")


def states_are_checked(http: httpx.Client) -> None:
    number = next(builds(http, "web", state="failed", exclude_jobs="true"))["number"]
    response = http.put(f"{WEB}/builds/{number}/retry_failed_jobs", json={"states": "failed,broken"})
    assert response.status_code == 400
    assert "broken" in response.json()["message"]


@MUTANTS.plant(
    "errors",
    operations="retryFailedJobs",
    title="unknown states next to a valid one are ignored",
    source="pages/apis/rest_api/builds.md: 400, Invalid states",
    witness=states_are_checked,
)
async def unknown_failures_are_ignored(server: Server, request: Request) -> Response:
    body = body_of(request)
    if request.values("PUT", f"{BUILD}/retry_failed_jobs") is not None and isinstance(body.get("states"), str):
        known = [state for state in body["states"].split(",") if state in _FAILURES]
        if known:
            request.json = {**body, "states": ",".join(known)}
    return await server.call(request)


_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def slug_of_team_is_not_found(http: httpx.Client) -> None:
    assert http.get(f"{ACME}/teams/frontend").status_code == 404


@MUTANTS.plant(
    "errors",
    operations="getTeam",
    title="a team id that is not a UUID is a 500",
    source="pages/apis/rest_api/teams.md: the path has the UUID; RFC 9110: 404 for what does not exist, not 500",
    witness=slug_of_team_is_not_found,
)
async def malformed_team_id_breaks(server: Server, request: Request) -> Response:
    response = await server.call(request)
    found = request.values("GET", f"{ORG}/teams/{{team_uuid}}")
    if found is None or response.status != 404 or "team" not in response.json["message"]:
        return response  # without the organization no team is looked up
    if not _UUID.fullmatch(found["team_uuid"]):
        return error(response, 500, "Internal Server Error")
    return response
