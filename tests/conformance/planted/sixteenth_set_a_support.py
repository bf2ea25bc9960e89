"""Paths and helpers of the sixteenth set, part a."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
from attrs import evolve
from tests.conformance.planted.mutant import Request, Response, Server
from tests.conformance.runner_support import TOKEN

from buildkite_rest.mock.resources.access_tokens import GLOBEX_TOKEN

ORG: Final = "/v2/organizations/{org}"
ANALYTICS: Final = "/v2/analytics/organizations/{org}"
PIPELINES: Final = f"{ORG}/pipelines"
PIPELINE: Final = f"{PIPELINES}/{{pipeline}}"
BUILD: Final = f"{PIPELINE}/builds/{{number}}"
JOB: Final = f"{ORG}/jobs/{{job_id}}"
JOB_IN_BUILD: Final = f"{BUILD}/jobs/{{job_id}}"
SETTINGS: Final = f"{ORG}/pipeline-settings"
REGISTRIES: Final = "/v2/packages/organizations/{org}/registries"
REGISTRY: Final = f"{REGISTRIES}/{{registry}}"
SERVICE: Final = f"{ORG}/services/{{service_uuid}}"
SUITES: Final = f"{ANALYTICS}/suites"
TEAM: Final = f"{ORG}/teams/{{team_uuid}}"

ACME: Final = "/v2/organizations/acme"
ACME_SUITES: Final = "/v2/analytics/organizations/acme/suites"
ACME_REGISTRIES: Final = "/v2/packages/organizations/acme/registries"

DEFAULT_PER_PAGE: Final = 30
MOST_PER_PAGE: Final = 100
_JSON: Final = "application/json; charset=utf-8"
_LINK: Final = re.compile(r'<([^>]*)>; rel="(\w+)"')
_POSITION: Final = ("page", "after", "before")


def read(request: Request, *templates: str) -> dict[str, str] | None:
    """Return the path parameters of a GET or a HEAD of one of the paths."""
    found = (request.values(method, template) for method in ("GET", "HEAD") for template in templates)
    return next((values for values in found if values is not None), None)


async def fetched(server: Server, request: Request) -> Response:
    """Return the response to a GET, also for a HEAD, whose body is left out afterwards."""
    return await server.call(evolve(request, method="GET") if request.method == "HEAD" else request)


def with_json(response: Response, value: object, status: int | None = None) -> Response:
    """Return a response with another body, and its length."""
    changed = evolve(response, status=status or response.status, headers={**response.headers, "content-type": _JSON})
    changed.json = value
    changed.headers["content-length"] = str(len(changed.body))
    return changed


def without_body(response: Response, status: int) -> Response:
    """Return a response without a body."""
    headers = {name: value for name, value in response.headers.items() if not name.startswith("content-")}
    return Response(status, headers)


def as_admin(request: Request, method: str, *, path: str | None = None, body: object = None) -> Request:
    """Return a request that the server sends itself, which may do anything in an organization."""
    target = path or request.path
    token = GLOBEX_TOKEN if "globex" in target.split("/") else TOKEN
    made = evolve(
        request,
        method=method,
        path=target,
        headers={**request.headers, "authorization": f"Bearer {token}", "content-type": "application/json"},
        body=b"",
    )
    if body is not None:
        made.json = body
    return made


def message_of(response: Response) -> str:
    """Return the message of an error, or an empty string."""
    body = response.json
    return str(body.get("message", "")) if isinstance(body, dict) else ""


def links_of(headers: httpx.Headers | dict[str, str]) -> dict[str, str]:
    """Return the URLs of a `Link` header by their relation."""
    return {rel: url for url, rel in _LINK.findall(headers.get("link", ""))}


def set_links(response: Response, links: dict[str, str]) -> None:
    """Replace the `Link` header."""
    response.headers.pop("link", None)
    if links:
        response.headers["link"] = ", ".join(f'<{url}>; rel="{rel}"' for rel, url in links.items())


def relink(response: Response, params: dict[str, list[str]]) -> None:
    """Give the links of a response the parameters that the client has sent, for a request with changed ones."""
    links: dict[str, str] = {}
    for rel, url in links_of(response.headers).items():
        position = [pair for pair in parse_qsl(urlsplit(url).query) if pair[0] in _POSITION]
        links[rel] = f"{url.partition('?')[0]}?{_query(params, position)}"
    set_links(response, links)


async def repaged(server: Server, request: Request, keep: Callable[[Any], bool]) -> Response:
    """Return the page of a list of the items to keep, with links for as many."""
    rest = {name: values for name, values in request.params.items() if name not in ("page", "per_page")}
    items: list[Any] = []
    number = 0
    while True:
        number += 1
        paging = {"page": [str(number)], "per_page": [str(MOST_PER_PAGE)]}
        response = await server.call(evolve(request, method="GET", params={**rest, **paging}))
        if response.status != 200:
            return response
        items += [item for item in response.json if keep(item)]
        if "next" not in links_of(response.headers):
            break
    size = min(_positive(request, "per_page", DEFAULT_PER_PAGE), MOST_PER_PAGE)
    page, last = _positive(request, "page", 1), max(1, -(-len(items) // size))
    pages = {"first": 1, "prev": min(page - 1, last)} if page > 1 else {}
    pages |= {"next": page + 1, "last": last} if page < last else {}
    url = f"http://{request.headers['host']}{request.path}"
    set_links(response, {rel: f"{url}?{_query(request.params, [('page', str(to))])}" for rel, to in pages.items()})
    return with_json(response, items[(page - 1) * size : page * size])


def _query(params: dict[str, list[str]], position: list[tuple[str, str]]) -> str:
    pairs = [(name, value) for name, values in params.items() if name not in _POSITION for value in values]
    return urlencode(sorted(pairs + position, key=lambda pair: pair[0]))


def _positive(request: Request, name: str, default: int) -> int:
    text = request.params.get(name, [""])[-1]
    return int(text) if text.isascii() and text.isdigit() and int(text) > 0 else default


def with_token(token: str) -> dict[str, str]:
    """Return the header of a request with another token."""
    return {"Authorization": f"Bearer {token}"}


def some_artifact(http: httpx.Client, ending: str) -> dict[str, Any]:
    """Return an artifact of a seeded build whose path ends with some text."""
    builds = http.get(f"{ACME}/pipelines/deploy/builds", params={"per_page": 100}).json()
    lists = (http.get(f"{build['url']}/artifacts").json() for build in builds)
    return next(item for artifacts in lists for item in artifacts if item["path"].endswith(ending))
