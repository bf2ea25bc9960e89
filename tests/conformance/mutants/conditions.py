"""Bugs in conditional requests, in headers of new objects, and in requests for unknown objects."""

from collections.abc import Awaitable, Callable
from gzip import compress
from typing import Any

from tests.conformance.mutants.kinds import (
    ACCESS,
    AGREEMENT,
    ERRORS,
    HEADERS,
    REGISTRIES,
    TEAM,
    TEAMS,
    WRITING,
    Mutant,
    header,
    on,
    raw,
    remembering,
    server,
)
from tests.conformance.mutants.kinds import body as changed_body
from tests.conformance.runner_support import Request, Response, change

Call = Callable[[Request], Awaitable[Response]]


def not_modified(condition: bytes) -> Any:
    """Any value of a condition gets 304."""

    def wrong(request: Request, response: Response) -> None:
        if request.matches("GET", TEAMS) and condition in request.headers and response.status == 200:
            response.status, response.body = 304, b""

    return change(wrong)


def found_with_head(request: Request, response: Response) -> None:
    if request.matches("HEAD", TEAM) and response.status == 404:
        response.status = 200


def compressed_if_named(request: Request, response: Response) -> None:
    if b"gzip" in request.headers.get(b"accept-encoding", b"") and request.matches("GET", TEAMS):
        response.body = compress(response.body)
        response.set_header(b"content-encoding", b"gzip")


def page_for_browsers(request: Request, response: Response) -> None:
    if request.matches("GET", TEAM) and request.headers.get(b"accept", b"").startswith(b"text/html"):
        raw(b"<pre>{}</pre>", "text/html")(response)


def located_at_list(request: Request, response: Response) -> None:
    if request.matches("POST", TEAMS) and response.status == 201:
        response.set_header(b"location", b"http://" + request.headers[b"host"] + request.path.encode())


def own_window() -> Any:
    """The API of Test Engine has a limit of its own."""
    requests: list[Request] = []

    def wrong(request: Request, response: Response) -> None:
        if request.path.startswith("/v2/analytics/") and response.header(b"ratelimit-limit"):
            requests.append(request)
            limit = int(response.header(b"ratelimit-limit") or 0)
            response.set_header(b"ratelimit-remaining", b"%d" % (limit - len(requests)))

    return change(wrong)


def repeated_scope(token: dict[str, Any]) -> None:
    token["scopes"] += token["scopes"][:1]


def without_one_scope(token: dict[str, Any]) -> None:
    token["scopes"] = [scope for scope in token["scopes"] if scope != "write_suites"]


CONDITIONS: dict[str, Mutant] = {
    "http: 304 for any time": server("listTeams", "etag_wrong", HEADERS, not_modified(b"if-modified-since")),
    "http: 304 for any ETag, without sending one": server(
        "listTeams", "etag_wrong", HEADERS, not_modified(b"if-none-match")
    ),
    "http: time in another form": server(
        "listTeams",
        "validator_conformance",
        HEADERS,
        on("GET", TEAMS, header("last-modified", "2026-03-02T09:00:00Z")),
    ),
    "http: ETag without quotation marks": server(
        "getTeam", "validator_conformance", HEADERS, on("GET", TEAM, header("etag", "1f3a"))
    ),
    "http: HEAD finds unknown objects": server("getTeam", "unknown_object_found", ERRORS, change(found_with_head)),
    "http: compressed with q=0": server("listTeams", "head_differs", HEADERS, change(compressed_if_named)),
    "http: HTML for browsers": server("getTeam", "media_type_wrong", HEADERS, change(page_for_browsers)),
    "http: Location of the list": server("createTeam", "location_conformance", WRITING, change(located_at_list)),
    "http: next page of a list without pages": server(
        "listRegistries",
        "link_conformance",
        HEADERS,
        on("GET", REGISTRIES, header("link", '<http://127.0.0.1/v2/x?page=2>; rel="next"')),
    ),
    "http: limit of one API": remembering("listTestSuites", "rate_limit_wrong", HEADERS, own_window),
    "http: scope that is listed twice": server(
        "getAccessToken",
        "responses_disagree",
        AGREEMENT,
        on("GET", "/v2/access-token", changed_body(repeated_scope)),
    ),
    "http: scope that is not listed": server(
        "getAccessToken",
        "responses_disagree",
        ACCESS,
        on("GET", "/v2/access-token", changed_body(without_one_scope)),
    ),
}
