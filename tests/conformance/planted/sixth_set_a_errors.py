"""Bugs in errors and validation."""

from __future__ import annotations

from typing import Final

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.sixth_set_a_support import ACME, ANALYTICS, ORG, SUITE, matches, send

MUTANTS: Final = Mutants()
MESSAGE: Final = "Buildkite-Version must be in format YYYY-MM-DD"


def blank_version(http: httpx.Client) -> None:
    assert http.get(f"{SUITE}/tests", headers={"Buildkite-Version": ""}).status_code == 200


@MUTANTS.plant(
    "errors",
    operations="listTests getTest",
    title="a blank API version is refused as malformed",
    source="test_engine/_tests_version_header.md: A blank value is treated as an omitted header",
    witness=blank_version,
)
async def blank_version_a(server: Server, request: Request) -> Response:
    response = await server.call(request)
    tests = f"{ANALYTICS}/suites/{{suite}}/tests"
    is_blank = not request.headers.get("buildkite-version", "-").strip()
    if matches(request, "GET", tests, f"{tests}/{{test}}") and is_blank and response.status == 200:
        response.status = 400
        response.json = {"message": MESSAGE}
        response.headers.pop("link", None)
    return response


def empty_tail(http: httpx.Client) -> None:
    build = http.get(f"{ACME}/pipelines/web/builds", params={"state": "passed"}).json()[0]
    job = next(job["id"] for job in build["jobs"] if job["type"] == "script" and job["state"] == "passed")
    headers = {"Accept": "text/plain", "Range": "bytes=-0"}
    assert http.get(f"{ACME}/jobs/{job}/log", headers=headers).status_code == 400


@MUTANTS.plant(
    "errors",
    operations="getJobLog getJobLogInBuild",
    title="a range of zero bytes is not satisfiable instead of unsupported",
    source="jobs.md: 400 Bad Request: or a zero-byte suffix (bytes=-0)",
    witness=empty_tail,
)
async def zero_bytes_a(server: Server, request: Request) -> Response:
    response = await server.call(request)
    logs = (f"{ORG}/jobs/{{job}}/log", f"{ORG}/pipelines/{{pipeline}}/builds/{{number}}/jobs/{{job}}/log")
    is_empty = request.headers.get("range") == "bytes=-0" and "text/plain" in request.headers.get("accept", "")
    if matches(request, "GET", *logs) and is_empty and response.status == 400:
        response.status = 416
        response.json = {"message": "The range cannot be satisfied"}
    return response


def missing_shape(http: httpx.Client) -> None:
    cluster = http.get(f"{ACME}/clusters").json()[1]["id"]
    queues = f"{ACME}/clusters/{cluster}/queues"
    queue = http.get(queues).json()[0]["id"]
    found = http.put(f"{queues}/{queue}", json={"hostedAgents": {"agentImageRef": "image:latest"}})
    assert found.status_code == 422
    assert found.json() == {"message": "Validation failed: Instance shape cannot be changed to "}


@MUTANTS.plant(
    "errors",
    operations="updateClusterQueue",
    title="the message for a missing instance shape names the shape of the queue",
    source="clusters/queues.md: Omitting instanceShape fails with a message which ends without naming a shape",
    witness=missing_shape,
)
async def shape_named_a(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "PUT", f"{ORG}/clusters/{{cluster}}/queues/{{id}}") and response.status == 422:
        message = response.json.get("message", "")
        if message.endswith("cannot be changed to "):
            hosted = (await send(server, request, "GET", request.path)).json.get("hosted_agents")
            response.json = {"message": message + hosted["instance_shape"]["name"]} if hosted else response.json
    return response


def text_as_priority(http: httpx.Client) -> None:
    for build in http.get(f"{ACME}/builds", params={"state": "scheduled"}).json():
        for job in build["jobs"]:
            found = http.put(f"{ACME}/jobs/{job['id']}/reprioritize", json={"priority": "5"})
            assert found.status_code == 400


@MUTANTS.plant(
    "errors",
    operations="reprioritizeJob reprioritizeJobInBuild",
    title="a priority is also accepted as a number in a string",
    source="jobs.md: Priority must be an integer",
    witness=text_as_priority,
)
async def text_priority_a(server: Server, request: Request) -> Response:
    path = "/jobs/{job}/reprioritize"
    paths = (f"{ORG}{path}", f"{ORG}/pipelines/{{pipeline}}/builds/{{number}}{path}")
    body = request.json
    if matches(request, "PUT", *paths) and isinstance(body, dict):
        priority = body.get("priority")
        if isinstance(priority, str) and priority.isascii() and priority.isdigit() and len(priority) < 9:
            request.json = {**body, "priority": int(priority)}
    return await server.call(request)


def whole_batch(http: httpx.Client) -> None:
    body = {"emails": ["probe@example.com", "not an address"], "sso_mode": "required"}
    assert http.post(f"{ACME}/invitations", json=body).status_code == 422
    assert "probe@example.com" not in {each["email"] for each in http.get(f"{ACME}/invitations").json()["items"]}


@MUTANTS.plant(
    "errors",
    operations="createOrganizationInvitations",
    title="a refused batch has already created invitations for the addresses before the invalid one",
    source="organizations/invitations.md: If any address is invalid, no invitations are created.",
    witness=whole_batch,
)
async def half_batch_a(server: Server, request: Request) -> Response:
    response = await server.call(request)
    body = request.json
    if matches(request, "POST", f"{ORG}/invitations") and response.status == 422 and isinstance(body, dict):
        emails = body.get("emails")
        for address in emails if isinstance(emails, list) and len(emails) > 1 else []:
            single = await send(server, request, "POST", request.path, {**body, "emails": [address]})
            if single.status != 201:
                break
    return response


def reserved_keys(http: httpx.Client) -> None:
    secrets = f"{ACME}/clusters/{http.get(f'{ACME}/clusters').json()[0]['id']}/secrets"
    for key in ("buildkite_probe", "bk_probe", "BUILDKITE_PROBE", "BK_PROBE"):
        assert http.post(secrets, json={"key": key, "value": "a"}).status_code == 422


@MUTANTS.plant(
    "errors",
    operations="createClusterSecret",
    title="a key may start with BK or BUILDKITE in upper case",
    source="clusters/secrets.md: Cannot start with buildkite or bk (case insensitive).",
    witness=reserved_keys,
)
async def uppercase_prefix_a(server: Server, request: Request) -> Response:
    secrets = f"{ORG}/clusters/{{cluster}}/secrets"
    body = request.json
    if matches(request, "POST", secrets) and isinstance(body, dict):
        key = body.get("key")
        if isinstance(key, str) and key.startswith(("BK", "BUILDKITE")):
            substitute = f"ZQ{key}"
            request.json = {**body, "key": substitute}
            server.memory[substitute] = key
    response = await server.call(request)
    if "/secrets" in request.path:
        for substitute, key in server.memory.items():
            response.body = response.body.replace(f'"{substitute}"'.encode(), f'"{key}"'.encode())
    return response


def own_membership(http: httpx.Client) -> None:
    user = http.get("/v2/user").json()["id"]
    assert http.patch(f"{ACME}/members/{user}", json={"sso_mode": "required"}).status_code == 403


@MUTANTS.plant(
    "errors",
    operations="updateOrganizationMember",
    title="an update of one's own membership is invalid instead of forbidden",
    source="organizations/members.md: 403 Forbidden: the user attempts to update their own membership",
    witness=own_membership,
)
async def own_membership_a(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, "PATCH", f"{ORG}/members/{{user}}") and response.status == 403 and b"own" in response.body:
        response.status = 422
    return response
