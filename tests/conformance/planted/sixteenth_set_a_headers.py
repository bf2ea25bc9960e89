"""Bugs of the class *headers*: headers of responses are wrong or missing."""

from __future__ import annotations

import html
import time
from typing import Final

import httpx
from tests.conformance.planted.mutant import Mutants, Request, Response, Server
from tests.conformance.planted.sixteenth_set_a_support import (
    ACME,
    ACME_REGISTRIES,
    JOB,
    JOB_IN_BUILD,
    ORG,
    REGISTRY,
    links_of,
    read,
    set_links,
    some_artifact,
)

MUTANTS: Final = Mutants()


def location_leads_to_the_file(http: httpx.Client) -> None:
    artifact = some_artifact(http, ".html")
    response = http.get(f"{ACME}/jobs/{artifact['job_id']}/artifacts/{artifact['id']}/download")
    assert response.headers["location"] == response.json()["url"]
    assert httpx.get(response.headers["location"]).status_code == 200


@MUTANTS.plant(
    "headers",
    operations="getArtifactDownload getArtifactDownloadInBuild",
    title="the URL in `Location` is escaped as in HTML",
    source="pages/apis/rest_api/artifacts.md#download-an-artifact: the URL will be returned in the response body and "
    "the `Location` header",
    witness=location_leads_to_the_file,
)
async def location_is_escaped(server: Server, request: Request) -> Response:
    response = await server.call(request)
    templates = [f"{job}/artifacts/{{artifact_id}}/download" for job in (JOB, JOB_IN_BUILD)]
    if read(request, *templates) is not None and "location" in response.headers:
        response.headers["location"] = html.escape(response.headers["location"])
    return response


def second_page_links_to_first(http: httpx.Client) -> None:
    response = http.get(f"{ACME}/portals", params={"per_page": 1, "page": 2})
    assert "prev" in response.links


@MUTANTS.plant(
    "headers",
    operations="listPortals",
    title="the link to the page before is called `previous`",
    source="pages/apis/rest_api.md#pagination: Link with next, prev, first and last",
    witness=second_page_links_to_first,
)
async def page_before_is_called_previous(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if read(request, f"{ORG}/portals") is not None and "link" in response.headers:
        links = links_of(response.headers)
        set_links(response, {"previous" if rel == "prev" else rel: url for rel, url in links.items()})
    return response


def header_has_the_links_too(http: httpx.Client) -> None:
    response = http.get(f"{ACME}/invitations", params={"per_page": 1})
    assert response.links.get("next", {}).get("url") == response.json()["links"]["next"]


@MUTANTS.plant(
    "headers",
    operations="listOrganizationInvitations",
    title="the links are only in the body",
    source="pages/apis/rest_api/organizations/invitations.md#list-organization-invitations: the response also includes "
    "these links in the HTTP Link header",
    witness=header_has_the_links_too,
)
async def invitations_have_no_link_header(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if read(request, f"{ORG}/invitations") is not None:
        response.headers.pop("link", None)
    return response


def emojis_are_for_browsers(http: httpx.Client) -> None:
    response = http.get(f"{ACME}/emojis", headers={"Origin": "https://board.example.com"})
    assert response.headers.get("access-control-allow-origin") == "*"


@MUTANTS.plant(
    "headers",
    operations="listEmojis",
    title="emojis have no CORS headers",
    source="pages/apis/rest_api.md#cors-headers: allow you to use the API directly from the browser, as with emojis",
    witness=emojis_are_for_browsers,
)
async def emojis_are_not_for_browsers(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if read(request, f"{ORG}/emojis") is not None:
        response.headers.pop("access-control-allow-origin", None)
        response.headers.pop("access-control-expose-headers", None)
    return response


def missing_registry_counts(http: httpx.Client) -> None:
    response = http.get(f"{ACME_REGISTRIES}/no-such-registry")
    assert response.status_code == 404
    assert {"ratelimit-remaining", "ratelimit-user-remaining"} <= set(response.headers)


@MUTANTS.plant(
    "headers",
    operations="getRegistry",
    title="the 404 of a registry has no headers about the rate limits",
    source="pages/apis/rest_api.md#rate-limiting: every API response includes two sets of rate limit headers",
    witness=missing_registry_counts,
)
async def missing_registry_has_no_limits(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if read(request, REGISTRY) is not None and response.status == 404:
        for name in [name for name in response.headers if name.startswith("ratelimit-")]:
            del response.headers[name]
    return response


def reset_is_in_seconds(http: httpx.Client) -> None:
    response = http.get(f"{ACME}/pipeline-templates")
    assert 0 <= int(response.headers["ratelimit-reset"]) <= 60
    assert 0 <= int(response.headers["ratelimit-user-reset"]) <= 60


@MUTANTS.plant(
    "headers",
    operations="listPipelineTemplates",
    title="`RateLimit-Reset` and `RateLimit-User-Reset` are times, not seconds",
    source="pages/apis/rest_api/rate_limits.md: RateLimit-Reset, the number of seconds remaining until the window "
    "resets",
    witness=reset_is_in_seconds,
)
async def reset_is_a_time(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if read(request, f"{ORG}/pipeline-templates") is not None:
        for name in {"ratelimit-reset", "ratelimit-user-reset"} & set(response.headers):
            response.headers[name] = str(int(time.time()) + int(response.headers[name]))
    return response
