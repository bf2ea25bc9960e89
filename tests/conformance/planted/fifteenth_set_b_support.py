"""Paths of the operations of the second half of the fifteenth set, and helpers for bugs and witnesses."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Final
from urllib.parse import urlencode

import httpx
from tests.conformance.planted.mutant import Request, Response, Server
from tests.conformance.runner_support import TOKEN

ORGANIZATION: Final = "/v2/organizations/acme"
ANALYTICS: Final = "/v2/analytics/organizations/acme"
REGISTRIES: Final = "/v2/packages/organizations/acme/registries"

ORGANIZATION_PATH: Final = "/v2/organizations/{org}"
BUILD_PATH: Final = "/v2/organizations/{org}/pipelines/{pipeline}/builds/{number}"
SUITES_PATH: Final = "/v2/analytics/organizations/{org}/suites"
REGISTRIES_PATH: Final = "/v2/packages/organizations/{org}/registries"

DEFAULT_SIZE: Final = 30
LARGEST_SIZE: Final = 100


def own(request: Request, method: str, path: str, params: dict[str, list[str]] | None = None) -> Request:
    """Return a request without body that the bug sends for the same client."""
    headers = {name: value for name, value in request.headers.items() if not name.startswith("content-")}
    return Request(method, path, params or {}, headers, b"")


def privileged(request: Request) -> Request:
    """Return the same request as the server would handle it without a check of rights."""
    copy = deepcopy(request)
    copy.headers["authorization"] = f"Bearer {TOKEN}"
    return copy


async def scopes(server: Server, request: Request) -> set[str]:
    """Return the scopes of the token of a request."""
    found = (await server.call(own(request, "GET", "/v2/access-token"))).json
    return set(found["scopes"]) if isinstance(found, dict) and "scopes" in found else set()


def first(request: Request, name: str) -> str | None:
    """Return the first value of a query parameter."""
    values = request.params.get(name)
    return values[0] if values else None


def page_number(request: Request) -> int:
    """Return the requested page."""
    return _positive(first(request, "page"), 1)


def page_size(request: Request) -> int:
    """Return the requested number of items."""
    return min(_positive(first(request, "per_page"), DEFAULT_SIZE), LARGEST_SIZE)


def _positive(text: str | None, default: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and int(text) >= 1 else default


async def everything(server: Server, request: Request) -> list[dict[str, Any]]:
    """Return the first items of a list with numbered pages, as many as one page may have."""
    copy = deepcopy(request)
    copy.params |= {"page": ["1"], "per_page": [str(LARGEST_SIZE)]}
    found: list[dict[str, Any]] = (await server.call(copy)).json
    return found


def set_links(request: Request, response: Response, number: int, last: int) -> None:
    """Set the `Link` header of one of several pages."""
    pages: dict[str, int] = {}
    if number > 1:
        pages |= {"first": 1, "prev": number - 1}
    if number < last:
        pages |= {"next": number + 1, "last": last}
    url = f"http://{request.headers.get('host', 'localhost')}{request.path}"
    queries = {rel: urlencode({**request.params, "page": [str(page)]}, doseq=True) for rel, page in pages.items()}
    response.headers.pop("link", None)
    if queries:
        response.headers["link"] = ", ".join(f'<{url}?{query}>; rel="{rel}"' for rel, query in queries.items())


def set_page(request: Request, response: Response, items: list[dict[str, Any]]) -> None:
    """Set body and links of a response to the requested page of these items."""
    number, size = page_number(request), page_size(request)
    response.json = items[(number - 1) * size : number * size]
    set_links(request, response, number, max(1, -(-len(items) // size)))


def bearer(token: str) -> dict[str, str]:
    """Return the headers of another token."""
    return {"Authorization": f"Bearer {token}"}


def build_with_artifacts(http: httpx.Client, pipeline: str = "web") -> str:
    """Return the path of a finished build in which several jobs have artifacts."""
    builds = http.get(f"{ORGANIZATION}/pipelines/{pipeline}/builds", params={"state": "passed"}).json()
    for build in builds:
        path = f"{ORGANIZATION}/pipelines/{pipeline}/builds/{build['number']}"
        if len({item["job_id"] for item in http.get(f"{path}/artifacts").json()}) > 1:
            return path
    raise AssertionError("no build has artifacts")


def new_pipeline(http: httpx.Client, name: str, **fields: object) -> dict[str, Any]:
    """Create a pipeline."""
    cluster = http.get(f"{ORGANIZATION}/clusters").json()[0]["id"]
    steps = {} if "pipeline_template_uuid" in fields else {"configuration": "steps:\n  - command: make\n"}
    body = {"name": name, "cluster_id": cluster, "repository": "git@github.com:acme/web.git", **steps, **fields}
    response = http.post(f"{ORGANIZATION}/pipelines", json=body)
    assert response.status_code == 201, response.text
    created: dict[str, Any] = response.json()
    return created


def new_webhook(http: httpx.Client, **settings: object) -> str:
    """Create a notification service and return its path."""
    body = {"provider": "webhook", "settings": {"url": "https://hooks.example/builds", **settings}}
    response = http.post(f"{ORGANIZATION}/services", json=body)
    assert response.status_code == 201, response.text
    return f"{ORGANIZATION}/services/{response.json()['id']}"


def new_invitation(http: httpx.Client, email: str) -> str:
    """Invite somebody to a team and return the path of the invitation."""
    team = http.get(f"{ORGANIZATION}/teams").json()[0]["id"]
    body = {"emails": [email], "sso_mode": "optional", "teams": [{"id": team, "role": "member"}]}
    response = http.post(f"{ORGANIZATION}/invitations", json=body)
    assert response.status_code == 201, response.text
    return f"{ORGANIZATION}/invitations/{response.json()[0]['id']}"


def publish(http: httpx.Client, registry: str, filename: str, content: bytes) -> httpx.Response:
    """Publish a file."""
    return http.post(f"{REGISTRIES}/{registry}/packages", files={"file": (filename, content)})
