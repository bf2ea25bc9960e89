"""Paths and helpers of the third set, part a."""

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from attrs import evolve
from tests.conformance.planted.mutant import Request, Response, Server

ORG = "/v2/organizations/acme"
WEB = f"{ORG}/pipelines/web"

JOB = "/v2/organizations/{org}/jobs/{job}"
PIPELINE = "/v2/organizations/{org}/pipelines/{pipeline}"
BUILD = f"{PIPELINE}/builds/{{number}}"
JOB_IN_BUILD = f"{BUILD}/jobs/{{job}}"


def is_request(request: Request, methods: str, *templates: str) -> bool:
    """Return whether a request has one of the methods, separated by spaces, and one of the paths."""
    return any(request.values(method, path) is not None for method in methods.split() for path in templates)


def copy(request: Request, method: str, path: str, **changes: Any) -> Request:
    """Return a request with the same credential, without query and body unless `changes` has them."""
    headers = {name: value for name, value in request.headers.items() if name in ("authorization", "host")}
    return Request(method, path, **{"params": {}, "headers": headers, "body": b"", **changes})


async def read(server: Server, request: Request, path: str) -> Any:
    """Return the JSON of another path, or None if it cannot be read."""
    response = await server.call(copy(request, "GET", path))
    return response.json if response.status == 200 else None


async def scopes(server: Server, request: Request) -> set[str]:
    """Return the scopes of the token of a request."""
    token = await read(server, request, "/v2/access-token")
    return set(token["scopes"]) if token else set()


async def all_items(server: Server, request: Request) -> list[Any]:
    """Return the items of all pages of a list."""
    found: list[Any] = []
    page = 1
    while True:
        params = {**request.params, "page": [str(page)], "per_page": ["100"]}
        items = (await server.call(evolve(request, method="GET", params=params))).json
        if not isinstance(items, list):
            return found
        found += items
        if len(items) < 100:
            return found
        page += 1


def page_of(request: Request) -> tuple[int, int]:
    """Return `page` and `per_page` of a request, with their defaults."""

    def number(name: str, default: int) -> int:
        value = request.params.get(name, [""])[-1]
        return int(value) if value.isascii() and value.isdigit() and int(value) else default

    return number("page", 1), min(number("per_page", 30), 100)


def relink(response: Response, params: Mapping[str, list[str]]) -> None:
    """Let the links of a response have other query parameters, and their own page."""

    def changed(match: re.Match[str]) -> str:
        url = urlsplit(match[1])
        pages = {"page": parse_qs(url.query).get("page", ["1"])}
        query = urlencode(sorted({**params, **pages}.items()), doseq=True)
        return f"<{url._replace(query=query).geturl()}>"

    if "link" in response.headers:
        response.headers["link"] = re.sub(r"<([^>]*)>", changed, response.headers["link"])


def replace_values(response: Response, by_id: Mapping[str, Mapping[str, Any]]) -> Response:
    """Replace properties of the objects with some ids, wherever they are in a response."""
    if by_id and "json" in response.headers.get("content-type", ""):

        def visit(value: Any) -> None:
            if isinstance(value, dict):
                for name, new in by_id.get(str(value.get("id")), {}).items():
                    if name in value:
                        value[name] = new
            for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
                visit(child)

        body = response.json
        visit(body)
        response.json = body
    return response


def change_objects(response: Response, change: Callable[[dict[str, Any]], None]) -> Response:
    """Change the object of a successful response, or each item of its list."""
    if response.status in (200, 201):
        body = response.json
        for each in body if isinstance(body, list) else [body]:
            if isinstance(each, dict):
                change(each)
        response.json = body
    return response


def error(response: Response, status: int, message: str) -> Response:
    """Return an error with the headers of a response."""
    names = ("ratelimit", "access-control", "date")
    headers = {name: value for name, value in response.headers.items() if name.startswith(names)}
    refused = Response(status, {**headers, "content-type": "application/json; charset=utf-8"})
    refused.json = {"message": message}
    return refused
