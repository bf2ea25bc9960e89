"""Bugs in refusals."""

import re

import httpx
from tests.conformance.planted.fourth_set_b_support import ANALYTICS, CLUSTER, HOSTED, ORG, path_values, send
from tests.conformance.planted.mutant import Mutants, Request, Response, Server

MUTANTS = Mutants()


def both_cursors_are_refused(http: httpx.Client) -> None:
    page = http.get(f"{ORG}/invitations", params={"per_page": "1"}).json()
    cursor = httpx.URL(page["links"]["next"]).params["after"]
    response = http.get(f"{ORG}/invitations", params={"after": cursor, "before": cursor})
    assert response.status_code == 400


@MUTANTS.plant(
    "errors",
    operations="listOrganizationInvitations",
    title="`before` is ignored if `after` is sent too",
    source="pages/apis/rest_api/organizations/invitations.md: 400, supplies both cursor parameters",
    witness=both_cursors_are_refused,
)
async def both_cursors(server: Server, request: Request) -> Response:
    if path_values(request, "/v2/organizations/{org}/invitations") is not None and "after" in request.params:
        request.params.pop("before", None)
    return await server.call(request)


def invalid_batch_invites_nobody(http: httpx.Client) -> None:
    sent = {"emails": ["valid@elsewhere.example", "not an address"], "sso_mode": "required"}
    assert http.post(f"{ORG}/invitations", json=sent).status_code == 422
    listed = http.get(f"{ORG}/invitations").json()["items"]
    assert "valid@elsewhere.example" not in {each["email"] for each in listed}


@MUTANTS.plant(
    "errors",
    operations="createOrganizationInvitations",
    title="a refused batch of invitations invites those before the invalid address",
    source="pages/apis/rest_api/organizations/invitations.md: If any address is invalid, no invitations are created",
    witness=invalid_batch_invites_nobody,
)
async def partial_batch(server: Server, request: Request) -> Response:
    response = await server.call(request)
    body = request.json
    if (
        request.values("POST", "/v2/organizations/{org}/invitations")
        and response.status == 422
        and isinstance(body, dict)
        and isinstance(body.get("emails"), list)
    ):
        for email in body["emails"]:
            single = await send(server, request, "POST", request.path, json={**body, "emails": [email]})
            if single.status != 201:
                break
    return response


def malformed_version_is_refused(http: httpx.Client) -> None:
    response = http.get(f"{ANALYTICS}/suites/rspec/tests", headers={"Buildkite-Version": "latest"})
    assert response.status_code == 400
    assert response.json() == {"message": "Buildkite-Version must be in format YYYY-MM-DD"}


@MUTANTS.plant(
    "errors",
    operations="listTests getTest",
    title="a malformed `Buildkite-Version` is ignored",
    source="pages/apis/rest_api/test_engine/_tests_version_header.md: Invalid format returns an error",
    witness=malformed_version_is_refused,
)
async def any_version(server: Server, request: Request) -> Response:
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", request.headers.get("buildkite-version", "")):
        request.headers.pop("buildkite-version", None)
    return await server.call(request)


def unknown_tag_is_not_found(http: httpx.Client) -> None:
    response = http.request("DELETE", f"{HOSTED}/cache_volumes", json={"tag": "web/unknown"})
    assert response.status_code == 404
    assert response.json() == {"message": "No cache volume found for tag: web/unknown"}


@MUTANTS.plant(
    "errors",
    operations="deleteClusterCacheVolume",
    title="the deletion of an unknown cache volume succeeds",
    source="pages/apis/rest_api/clusters/cache_volumes.md: No cache volume found for tag: tag-value",
    witness=unknown_tag_is_not_found,
)
async def unknown_tag_deleted(server: Server, request: Request) -> Response:
    response = await server.call(request)
    template = "/v2/organizations/{org}/clusters/{cluster}/cache_volumes"
    if request.values("DELETE", template) and response.status == 404 and b"No cache volume" in response.body:
        response.status, response.body = 204, b""
        response.headers.pop("content-type", None)
    return response


def image_in_use_is_a_conflict(http: httpx.Client) -> None:
    queues = http.get(f"{HOSTED}/queues").json()
    used = {
        queue["hosted_agents"]["platform_settings"].get("linux", {}).get("agent_image_ref")
        for queue in queues
        if queue.get("hosted_agents")
    }
    (image,) = [each for each in http.get(f"{HOSTED}/agent-images").json() if each["image_ref"] in used - {None}]
    assert http.delete(f"{HOSTED}/agent-images/{image['id']}").status_code == 409


@MUTANTS.plant(
    "errors",
    operations="deleteClusterAgentImage",
    title="the deletion of an agent image in use is refused with 422",
    source="pages/apis/rest_api/clusters/agent_images.md: Delete an agent image, 409 Conflict",
    witness=image_in_use_is_a_conflict,
)
async def image_in_use_unprocessable(server: Server, request: Request) -> Response:
    response = await server.call(request)
    template = "/v2/organizations/{org}/clusters/{cluster}/agent-images/{id}"
    if request.values("DELETE", template) and response.status == 409:
        response.status = 422
    return response


def active_queue_cannot_be_resumed(http: httpx.Client) -> None:
    response = http.post(f"{CLUSTER}/queues/01920000-0001-7005-8000-000000000002/resume_dispatch")
    assert response.status_code == 422
    assert response.json()["message"] == "Cluster queue is not paused"


@MUTANTS.plant(
    "errors",
    operations="resumeClusterQueueDispatch",
    title="the message for a queue that is not paused is that for one that is",
    source="pages/apis/rest_api/clusters/queues.md: Cluster queue is not paused",
    witness=active_queue_cannot_be_resumed,
)
async def wrong_reason(server: Server, request: Request) -> Response:
    response = await server.call(request)
    template = "/v2/organizations/{org}/clusters/{cluster}/queues/{id}/resume_dispatch"
    if request.values("POST", template) and b"is not paused" in response.body:
        response.json = {"message": "Cluster queue is already paused"}
    return response
