"""What the bugs of the second set share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import httpx
from tests.conformance.planted.mutant import Request, Response, Server
from tests.conformance.runner_support import TOKEN

ORG: Final = "/v2/organizations/acme"
PIPELINE: Final = f"{ORG}/pipelines/web"
SUITE: Final = "/v2/analytics/organizations/acme/suites/rspec"
REGISTRIES: Final = "/v2/packages/organizations/acme/registries"
METRICS: Final = {"Buildkite-Version": "2026-08-01"}
NO_SCOPES: Final = {"Authorization": "Bearer bkua_mock_no_scopes"}

BUILDS: Final = "/v2/organizations/{org}/pipelines/{pipeline}/builds"
BUILD: Final = f"{BUILDS}/{{number}}"
JOB: Final = "/v2/organizations/{org}/jobs/{job}"
JOB_IN_BUILD: Final = f"{BUILD}/jobs/{{job}}"
CLUSTER: Final = "/v2/organizations/{org}/clusters/{cluster}"
TESTS: Final = "/v2/analytics/organizations/{org}/suites/{suite}/tests"
PACKAGES: Final = "/v2/packages/organizations/{org}/registries/{registry}/packages"


def matches(request: Request, method: str, *templates: str) -> bool:
    """Return whether a request has the method and the path of a template."""
    return any(request.values(method, template) is not None for template in templates)


def items(body: Any) -> list[dict[str, Any]]:
    """Return the objects of a list or a page, or the only object."""
    if isinstance(body, list):
        return body
    if not isinstance(body, dict):
        return []
    return body["items"] if isinstance(body.get("items"), list) else [body]


def listed(body: Any, found: list[dict[str, Any]]) -> Any:
    """Return the body of a list with other objects."""
    return found if isinstance(body, list) else {**body, "items": found}


def change(response: Response, edit: Callable[[dict[str, Any]], object]) -> Response:
    """Edit each object of a successful response."""
    body = response.json
    if response.status < 300 and body is not None:
        for each in items(body):
            edit(each)
        response.json = body
    return response


def keep(response: Response, wanted: Callable[[dict[str, Any]], bool]) -> Response:
    """Remove the other objects from a list."""
    if response.status == 200:
        response.json = listed(response.json, [each for each in items(response.json) if wanted(each)])
    return response


async def without_scope(server: Server, request: Request) -> Response:
    """Call the server as if the scope of the token was not checked."""
    response = await server.call(request)
    if response.status == 403:
        request.headers["authorization"] = f"Bearer {TOKEN}"
        return await server.call(request)
    return response


def cluster(http: httpx.Client, name: str = "Default cluster") -> str:
    """Return the path of a cluster."""
    return next(f"{ORG}/clusters/{each['id']}" for each in http.get(f"{ORG}/clusters").json() if each["name"] == name)


def user(http: httpx.Client, name: str) -> str:
    """Return the id of a member."""
    return str(next(each["id"] for each in http.get(f"{ORG}/members").json() if each["name"] == name))


def jobs(http: httpx.Client, number: int) -> list[dict[str, Any]]:
    """Return the script jobs of a build."""
    found = http.get(f"{PIPELINE}/builds/{number}/jobs", params={"per_page": 100}).json()["items"]
    return [job for job in found if job["type"] == "script"]
