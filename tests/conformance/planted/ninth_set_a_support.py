"""Paths and helpers of the ninth set."""

from __future__ import annotations

import re
from copy import deepcopy
from typing import Any, Final
from urllib.parse import urlencode

import httpx
from tests.conformance.planted.mutant import Request, Response, Server

ORG: Final = "/v2/organizations/acme"
ANALYTICS: Final = "/v2/analytics/organizations/acme"
PACKAGES: Final = "/v2/packages/organizations/acme"
VERSION: Final = {"Buildkite-Version": "2026-08-01"}

TEMPLATE_PATH: Final = "/v2/organizations/{org}/pipeline-templates/{uuid}"
SCHEDULES_PATH: Final = "/v2/organizations/{org}/pipelines/{pipeline}/schedules"
SUITE_PATH: Final = "/v2/analytics/organizations/{org}/suites/{suite}"
REGISTRY_PATH: Final = "/v2/packages/organizations/{org}/registries/{registry}"


async def send(
    server: Server, request: Request, method: str, path: str, *, json: object = None, **params: str
) -> Response:
    """Send another request with the headers of `request`."""
    own = deepcopy(request)
    own.method, own.path, own.body = method, path, b""
    own.params = {name: [value] for name, value in params.items()}
    if json is not None:
        own.json = json
        own.headers["content-type"] = "application/json"
    return await server.call(own)


async def call_with(server: Server, request: Request, params: dict[str, list[str]]) -> Response:
    """Call the server with other filters. The `Link` header has those of the request."""
    own = deepcopy(request)
    pages = ("page", "per_page")
    own.params = {**params, **{name: request.params[name] for name in pages if name in request.params}}
    response = await server.call(own)
    filters = {name: values for name, values in request.params.items() if name not in pages}

    def restored(found: re.Match[str]) -> str:
        url = httpx.URL(found[1])
        query = filters | {name: [url.params[name]] for name in pages if name in url.params}
        return f"<{url.copy_with(query=urlencode(sorted(query.items()), doseq=True).encode())}>"

    if "link" in response.headers:
        response.headers["link"] = re.sub(r"<([^>]*)>", restored, response.headers["link"])
    return response


def first(http: httpx.Client, path: str, **params: str | int) -> Any:
    """Return the first item of a list."""
    return http.get(path, params=params).json()[0]


def team(http: httpx.Client, slug: str) -> str:
    """Return the path of a team."""
    found = next(each for each in http.get(f"{ORG}/teams").json() if each["slug"] == slug)
    return f"{ORG}/teams/{found['id']}"


def labeled_test(http: httpx.Client) -> str:
    """Return the path of a test of the suite `rspec` that has a label."""
    found = next(each for each in http.get(f"{ANALYTICS}/suites/rspec/tests").json() if each["labels"])
    return f"{ANALYTICS}/suites/rspec/tests/{found['id']}"
