"""Paths, tokens and changes of responses that the fourteenth set (b) shares."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, cast

import httpx
from attrs import evolve
from tests.conformance.planted.mutant import Request, Response

V2: Final = "/v2/organizations/{org}"
SUITES: Final = "/v2/analytics/organizations/{org}/suites/{suite}"
PACKAGES: Final = "/v2/packages/organizations/{org}/registries/{registry}/packages"
BUILDS: Final = V2 + "/pipelines/{pipeline}/builds"
BUILD: Final = BUILDS + "/{number}"
CLUSTER: Final = V2 + "/clusters/{cluster}"

ORG: Final = "/v2/organizations/acme"
SUITE: Final = "/v2/analytics/organizations/acme/suites/rspec"
WEB: Final = ORG + "/pipelines/web"
VERSION: Final = {"Buildkite-Version": "2026-08-01"}

Json = dict[str, Any]


def bearer(name: str) -> dict[str, str]:
    """Return the header of a token of the mock server, such as `expired`."""
    return {"Authorization": f"Bearer bkua_mock_{name}"}


def matches(request: Request, *routes: str) -> bool:
    """Return whether the request is one of these, such as `GET /v2/user`."""
    return any(request.values(*route.split(" ", 1)) is not None for route in routes)


def read(request: Request, path: str, **params: str) -> Request:
    """Return a GET request for a path, with the headers of another request."""
    return evolve(request, method="GET", path=path, params={key: [value] for key, value in params.items()}, body=b"")


def with_body(request: Request, body: object) -> Request:
    """Return the request with another JSON body."""
    changed = evolve(request)
    changed.json = body
    return changed


def as_token(request: Request, name: str) -> Request:
    """Return the request with a token of the mock server."""
    return evolve(request, headers=request.headers | {"authorization": bearer(name)["Authorization"]})


def mapping(value: Any) -> Json:
    """Return a JSON object, an empty one for other values."""
    return cast(Json, value) if isinstance(value, dict) else {}


def sequence(value: Any) -> list[Any]:
    """Return a JSON array, an empty one for other values."""
    return list(cast(list[Json], value)) if isinstance(value, list) else []


def fields(request: Request) -> Json:
    """Return the properties of the body, none if it is not an object."""
    return mapping(request.json)


def edited(response: Response, change: Callable[[Json], Json]) -> Response:
    """Change the object of a successful response, or each object of its list."""
    found = response.json
    if response.status >= 300 or found is None:
        return response
    if isinstance(found, list):
        response.json = [change(item) for item in cast(list[Json], found)]
    elif "items" in found:
        response.json = found | {"items": [change(item) for item in found["items"]]}
    else:
        response.json = change(found)
    return response


def filtered(response: Response, keep: Callable[[Json], bool]) -> Response:
    """Keep some of the items of a list."""
    found = response.json
    if response.status == 200 and isinstance(found, list):
        response.json = [item for item in cast(list[Json], found) if keep(item)]
    elif response.status == 200 and isinstance(found, dict) and "items" in found:
        response.json = {**cast(Json, found), "items": [item for item in cast(Json, found)["items"] if keep(item)]}
    return response


def hosted_cluster(http: httpx.Client) -> str:
    """Return the URL of the cluster with hosted agents."""
    return str(next(one["url"] for one in http.get(f"{ORG}/clusters").json() if one["name"] == "Hosted"))


def team_url(http: httpx.Client, slug: str) -> str:
    """Return the URL of a team."""
    return next(f"{ORG}/teams/{one['id']}" for one in http.get(f"{ORG}/teams").json() if one["slug"] == slug)


def has_tags(execution: Any) -> bool:
    """Return whether an execution in a body has an id and tags."""
    return isinstance(mapping(execution).get("id"), str) and isinstance(mapping(execution).get("tags"), dict)
