"""Bugs in single responses."""

from collections.abc import Callable
from typing import Any

from tests.conformance.mutants.kinds import (
    BUILD,
    BUILDS,
    CLUSTER,
    COVERAGE,
    EXAMPLES,
    LIFECYCLE,
    NEVER,
    ORGANIZATION,
    PIPELINE,
    PIPELINES,
    SUITES,
    TEAM,
    TEAMS,
    WRITING,
    Mutant,
    body,
    drop,
    header,
    on,
    put,
    raw,
    server,
    status,
)
from tests.conformance.runner_support import Request, Response, change

STATUS, SCHEMA = "status_code_conformance", "response_schema_conformance"
HEADERS, TYPE = "response_headers_conformance", "content_type_conformance"


def crash_on_unicode(request: Request, response: Response) -> None:
    if request.matches("POST", BUILDS) and (not request.body.isascii() or b"\\u" in request.body):
        response.status, response.body = 500, b'{"message": "Internal Server Error"}'


def crash_on_second_page(request: Request, response: Response) -> None:
    if request.matches("GET", f"{ORGANIZATION}/members") and b"page=2" in request.query.split(b"&"):
        response.status, response.body = 500, b'{"message": "Internal Server Error"}'


def html_instead_of_not_found(request: Request, response: Response) -> None:
    if request.matches("GET", f"{ORGANIZATION}/agents/*") and response.status == 404:
        raw(b"<html><h1>Not Found</h1></html>", "text/html")(response)


def error_without_message(request: Request, response: Response) -> None:
    if request.matches("GET", TEAM) and response.status == 404:
        response.json = {"error": "not found"}


def undocumented_method(request: Request, response: Response) -> None:
    if request.matches("TRACE", "/v2/user"):
        response.status = 200


def no_allow(request: Request, response: Response) -> None:
    if response.status == 405:
        response.set_header(b"allow", None)


def wrong_allow(request: Request, response: Response) -> None:
    if request.matches("OPTIONS", "/v2/user"):
        response.set_header(b"allow", b"GET, DELETE")


def page_that_is_a_sign(response: Response) -> None:
    raw(b"<html>Please sign in</html>", "text/html; charset=utf-8")(response)


def refusal(response: Response) -> None:
    response.status, response.body = 422, b'{"message": "No"}'


BODIES: dict[str, tuple[str, str, Callable[[Any], object]]] = {
    "array for object": ("getTeam", TEAM, lambda value: [value]),
    "object for array": ("listTeams", TEAMS, lambda value: {"teams": value}),
    "wrong type deep in a build": ("getBuild", BUILD, put("jobs", "*", "created_at", to="yesterday")),
    "number as string": ("getBuild", BUILD, put("number", to="7")),
    "string as number": ("listAgents", f"{ORGANIZATION}/agents", put("*", "name", to=5)),
    "number in a map of strings": ("getBuild", BUILD, put("meta_data", to={"release": 1})),
    "missing required key": ("getTeam", TEAM, drop("slug")),
    "missing required key in a list": ("listPipelines", PIPELINES, drop("url")),
    "null where there is none": ("getTeam", TEAM, put("name", to=None)),
    "unknown enumeration value": ("getBuild", BUILD, put("state", to="perfect")),
    "unknown variant": ("listJobs", f"{BUILD}/jobs", put("items", "*", "type", to="robot")),
    "timestamp without zone": ("getPipeline", PIPELINE, put("created_at", to="2026-01-02 03:04:05")),
    "timestamp as number": ("getCluster", CLUSTER, put("created_at", to=1767323045)),
}
"""Operation, path, and edit of the body."""

RESPONSES: dict[str, Mutant] = {
    **{
        name: server(operation, SCHEMA, EXAMPLES, on("GET", path, body(edit)))
        for name, (operation, path, edit) in BODIES.items()
    },
    "202 for 200": server("getUser", STATUS, EXAMPLES, on("GET", "/v2/user", status(202))),
    "201 for 200 after an update": server(
        "updateTeam", STATUS, LIFECYCLE, on("PATCH", TEAM, status(201)), include=("createTeam",)
    ),
    "200 for 201 after a creation": server("createTeam", STATUS, WRITING, on("POST", TEAMS, status(200), 201)),
    "undocumented 409": server("createTeam", STATUS, WRITING, on("POST", TEAMS, status(409), 201)),
    "307 for 302": server(
        "getArtifactDownload",
        STATUS,
        EXAMPLES,
        on("GET", f"{ORGANIZATION}/jobs/*/artifacts/*/download", status(307), 302),
    ),
    "redirect without Location": server(
        "getArtifactDownload",
        HEADERS,
        EXAMPLES,
        on("GET", f"{ORGANIZATION}/jobs/*/artifacts/*/download", header("location", None), 302),
    ),
    "missing header": server(
        "getOrganization", HEADERS, EXAMPLES, on("GET", ORGANIZATION, header("ratelimit-user-reset", None))
    ),
    "header of wrong type": server(
        "listEmojis", HEADERS, EXAMPLES, on("GET", f"{ORGANIZATION}/emojis", header("ratelimit-remaining", "plenty"))
    ),
    "negative header": server(
        "getRateLimit", HEADERS, EXAMPLES, on("GET", f"{ORGANIZATION}/rate_limit", header("ratelimit-reset", "-3"))
    ),
    "HTML for JSON": server("getUser", TYPE, EXAMPLES, on("GET", "/v2/user", page_that_is_a_sign)),
    "another content type": server(
        "listTeams", TYPE, EXAMPLES, on("GET", TEAMS, header("content-type", "application/vnd.api+json"))
    ),
    "broken JSON": server(
        "getUser", SCHEMA, EXAMPLES, on("GET", "/v2/user", lambda response: raw(response.body[:-1])(response))
    ),
    "empty body": server("getOrganization", SCHEMA, EXAMPLES, on("GET", ORGANIZATION, raw(b""))),
    "null for an array": server("listTestSuites", SCHEMA, EXAMPLES, on("GET", SUITES, raw(b"null"))),
    "HTML for an error": server("getAgent", TYPE, COVERAGE, change(html_instead_of_not_found)),
    "error without message": server("getTeam", SCHEMA, COVERAGE, change(error_without_message)),
    "500 on the second page": server(
        "listOrganizationMembers", "not_a_server_error", ("--phases", "lists"), change(crash_on_second_page)
    ),
    "crash on Unicode": server(
        "createBuild",
        "not_a_server_error",
        ("--write", "--write-existing", "all", "--phases", "fuzzing", "--max-examples", "15"),
        change(crash_on_unicode),
    ),
    "undocumented method": server("getUser", "unsupported_method", WRITING, change(undocumented_method)),
    "405 without Allow": server("getUser", "unsupported_method", WRITING, change(no_allow)),
    "wrong Allow": server("getUser", "allow_header_conformance", WRITING, change(wrong_allow)),
    "valid body refused": server(
        "createPortal",
        NEVER,
        WRITING,
        on(
            "POST",
            f"{ORGANIZATION}/portals",
            refusal,
            201,
        ),
    ),
    "204 with a body and 200": server(
        "deleteTeam",
        STATUS,
        ("--write", "--write-existing", "all", "--phases", "lifecycle"),
        on("DELETE", TEAM, status(200), 204),
        include=("createTeam", "getTeam"),
    ),
}
