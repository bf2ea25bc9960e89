"""Third set of bugs, second half: refusals and errors."""

from __future__ import annotations

from typing import Final

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.third_set_b_tools import (
    DEFAULT_CLUSTER,
    HOSTED_CLUSTER,
    ORG,
    PACKAGES,
    UNKNOWN,
    as_admin,
    get,
    with_json,
)

ERRORS: Final = Mutants()

PORTALS: Final = "/v2/organizations/{org}/portals"


def images_in_use_conflict(http: httpx.Client) -> None:
    deleted = [http.delete(image["url"]) for image in get(http, f"{HOSTED_CLUSTER}/agent-images")]
    assert {each.status_code for each in deleted} == {204, 409}


@ERRORS.plant(
    "errors",
    operations="deleteClusterAgentImage",
    title="the deletion of an agent image that a queue uses returns 422",
    source="pages/apis/rest_api/clusters/agent_images.md: Deleting an image that is assigned returns 409 Conflict",
    witness=images_in_use_conflict,
)
async def image_in_use_is_unprocessable(server: Server, request: Request) -> Response:
    response = await server.call(request)
    path = "/v2/organizations/{org}/clusters/{cluster}/agent-images/{image}"
    if request.values("DELETE", path) is not None and response.status == 409:
        response.status = 422
    return response


def running_queues_cannot_resume(http: httpx.Client) -> None:
    queue = next(each for each in get(http, f"{DEFAULT_CLUSTER}/queues") if not each["dispatch_paused"])
    found = http.post(f"{DEFAULT_CLUSTER}/queues/{queue['id']}/resume_dispatch")
    assert (found.status_code, found.json().get("message")) == (422, "Cluster queue is not paused")


@ERRORS.plant(
    "errors",
    operations="resumeClusterQueueDispatch",
    title="a queue that is not paused can be resumed",
    source="pages/apis/rest_api/clusters/queues.md: Cluster queue is not paused",
    witness=running_queues_cannot_resume,
)
async def running_queue_resumes(server: Server, request: Request) -> Response:
    response = await server.call(request)
    path = "/v2/organizations/{org}/clusters/{cluster}/queues/{queue}/resume_dispatch"
    if request.values("POST", path) is not None and response.status == 422:
        queue = await server.call(as_admin("GET", request.path.removesuffix("/resume_dispatch")))
        if queue.status == 200 and not queue.json["dispatch_paused"]:
            return with_json(response, 200, queue.json)
    return response


def other_periods_are_refused(http: httpx.Client) -> None:
    found = http.patch(f"{ORG}/api-settings", json={"revoke_inactive_tokens_after_days": 45})
    assert found.status_code == 422


@ERRORS.plant(
    "errors",
    operations="updateOrganizationApiSettings",
    title="a revocation period that is not allowed is rounded down to one that is",
    source="pages/apis/rest_api/organizations/api_settings.md: 422, a period not in the set of allowed values",
    witness=other_periods_are_refused,
)
async def revocation_period_is_rounded(server: Server, request: Request) -> Response:
    body = request.json
    if request.values("PATCH", "/v2/organizations/{org}/api-settings") is not None and isinstance(body, dict):
        days = body.get("revoke_inactive_tokens_after_days")
        if isinstance(days, int) and not isinstance(days, bool) and days > 30:
            body["revoke_inactive_tokens_after_days"] = max(n for n in (30, 60, 90, 180, 365) if n <= days)
            request.json = body
    return await server.call(request)


def portal_errors_have_a_message(http: httpx.Client) -> None:
    slug = get(http, f"{ORG}/portals")[0]["slug"]
    found = http.post(f"{ORG}/portals", json={"name": "Again", "slug": slug, "query": "{ viewer { id } }"})
    assert found.status_code == 422
    assert found.json().get("message", "").startswith("Validation failed")


@ERRORS.plant(
    "errors",
    operations="createPortal updatePortal",
    title="validation errors of portals are in a list `errors` instead of `message`",
    source='pages/apis/rest_api/portals.md: 422, { "message": "Validation failed: Reason for failure" }',
    witness=portal_errors_have_a_message,
)
async def portal_errors_are_a_list(server: Server, request: Request) -> Response:
    response = await server.call(request)
    ours = request.values("POST", PORTALS) is not None or request.values("PUT", PORTALS + "/{portal}") is not None
    if ours and response.status == 422:
        reasons = response.json["message"].removeprefix("Validation failed: ").split(", ")
        return with_json(response, 422, {"errors": reasons})
    return response


def message_names_the_tag(http: httpx.Client) -> None:
    found = http.request("DELETE", f"{HOSTED_CLUSTER}/cache_volumes", json={"tag": "no/such;tag"})
    assert found.status_code == 404
    assert found.json()["message"] == "No cache volume found for tag: no/such;tag"


@ERRORS.plant(
    "errors",
    operations="deleteClusterCacheVolume",
    title="the message about an unknown cache tag ends at the first semicolon or slash of the tag",
    source="pages/apis/rest_api/clusters/cache_volumes.md: No cache volume found for tag: tag-value",
    witness=message_names_the_tag,
)
async def cache_tag_is_cut_off(server: Server, request: Request) -> Response:
    response = await server.call(request)
    path = "/v2/organizations/{org}/clusters/{cluster}/cache_volumes"
    if request.values("DELETE", path) is not None and response.status == 404:
        start, separator, tag = response.json["message"].partition("tag: ")
        if separator:
            cut = tag.replace(";", "/").split("/")[0]
            return with_json(response, 404, {"message": f"{start}{separator}{cut}"})
    return response


def malformed_ids_are_bad_requests(http: httpx.Client) -> None:
    assert http.get(f"{ORG}/repository_connections/not-a-uuid").status_code == 400
    assert http.get(f"{ORG}/repository_connections/{UNKNOWN}").status_code == 404


@ERRORS.plant(
    "errors",
    operations="getRepositoryConnection",
    title="a malformed id of a repository connection returns 404",
    source="pages/apis/rest_api/organizations/repository_connections.md: 400, The ID is not a valid UUID",
    witness=malformed_ids_are_bad_requests,
)
async def malformed_connection_is_unknown(server: Server, request: Request) -> Response:
    response = await server.call(request)
    path = "/v2/organizations/{org}/repository_connections/{id}"
    if request.values("GET", path) is not None and response.status == 400:
        return with_json(response, 404, {"message": "No repository connection found"})
    return response


def unknown_tokens_are_not_found(http: httpx.Client) -> None:
    path = f"{PACKAGES}/gems/tokens/{UNKNOWN}"
    assert http.post(path, json={"description": "Laptops"}).status_code == 404


@ERRORS.plant(
    "errors",
    operations="updateRegistryToken",
    title="the update of an unknown registry token fails with 500 and a page of HTML",
    source="pages/apis/rest_api/package_registries/registry_tokens.md: Update a registry token; rest_api.md: Schema",
    witness=unknown_tokens_are_not_found,
)
async def unknown_registry_token_crashes(server: Server, request: Request) -> Response:
    response = await server.call(request)
    path = "/v2/packages/organizations/{org}/registries/{registry}/tokens/{token}"
    if request.values("POST", path) is not None and response.status == 404:
        headers = {**response.headers, "content-type": "text/html; charset=utf-8"}
        return Response(500, headers, b"<html><body><h1>We're sorry, but something went wrong</h1></body></html>")
    return response
