"""Bugs in errors and in the refusal of requests."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from attrs import evolve
from tests.conformance.mutants.kinds import (
    BUILDS,
    CLUSTER,
    CLUSTERS,
    ORGANIZATION,
    PIPELINE,
    PIPELINES,
    REFUSALS,
    SUITES,
    TEAM,
    TEAMS,
    WRITING,
    Mutant,
    body,
    header,
    on,
    raw,
    server,
)
from tests.conformance.mutants.kinds import (
    ERRORS as PHASE,
)
from tests.conformance.runner_support import Request, Response, change

Call = Callable[[Request], Awaitable[Response]]

UNKNOWN, PARENT, METHOD = "unknown_object_found", "foreign_parent_accepted", "unknown_method_accepted"
SHAPE, ACCEPTED, MALFORMED = "error_conformance", "invalid_request_accepted", "malformed_request_accepted"
FIELD, EFFECT = "error_names_other_field", "refused_request_has_effect"
NOT_FOUND = b'{"message": "No pipeline found"}'


def error(code: int, wrong: Callable[[Response], None], method: str = "GET", path: str = TEAM) -> Any:
    """Spoil the errors of an operation."""
    return on(method, path, wrong, status=code)


def empty_list(path: str) -> Any:
    """An unknown parent has an empty list."""

    def wrong(response: Response) -> None:
        response.status, response.body = 200, b"[]"

    return error(404, wrong, path=path)


def status(code: int) -> Callable[[Response], None]:
    def wrong(response: Response) -> None:
        response.status = code

    return wrong


def last_object(path: str) -> Any:
    """An unknown object is replaced by the one that was read before."""
    known: list[Response] = []

    def wrong(request: Request, response: Response) -> None:
        if request.matches("GET", path) and response.status == 200:
            known.append(Response(200, list(response.headers), response.body))
        elif request.matches("GET", path) and response.status == 404 and known:
            response.status, response.headers, response.body = 200, list(known[-1].headers), known[-1].body

    return change(wrong)


def any_parent(path: str, position: int) -> Any:
    """A child is found below any parent: responses are cached by the id of the child."""
    cache: dict[str, Response] = {}

    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        parts = request.path.split("/")
        if request.matches("GET", path):
            if response.status == 200:
                cache[parts[position]] = Response(200, list(response.headers), response.body)
            elif response.status == 404 and parts[position] in cache:
                known = cache[parts[position]]
                return Response(200, list(known.headers), known.body)
        return response

    return bug


def get_acts(path: str) -> Any:
    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        if request.matches("GET", path):
            response.status, response.json = 200, {}
        return response

    return bug


def allow_of_get(response: Response) -> None:
    response.set_header(b"allow", b"GET, OPTIONS")


def accepts(method: str, path: str, fix: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """Accept a body that `fix` corrects."""

    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        if request.matches(method, path) and response.status in {400, 422}:
            try:
                sent = json.loads(request.body)
            except ValueError:
                return response
            if isinstance(sent, dict):
                again = await call(evolve(request, body=json.dumps(fix(sent)).encode()))
                return again if again.status < 300 else response
        return response

    return bug


def checks_state_first(method: str, path: str) -> Any:
    """A body that is not JSON gets the error for another state of the object."""

    def wrong(request: Request, response: Response) -> None:
        if request.matches(method, path) and request.body.startswith(b"name: "):
            response.status, response.json = 400, {"message": "Can only stop connected agents"}

    return change(wrong)


def accepts_malformed(method: str, path: str, valid: dict[str, Any]) -> Any:
    """Accept text that is not JSON."""

    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        if request.matches(method, path) and response.status in {400, 415, 422}:
            try:
                json.loads(request.body)
            except ValueError:
                return await call(evolve(request, body=json.dumps(valid).encode()))
        return response

    return bug


def accepts_form(method: str, path: str, valid: dict[str, Any]) -> Any:
    async def bug(request: Request, call: Call) -> Response:
        if request.matches(method, path) and b"form" in request.headers.get(b"content-type", b""):
            headers = {**request.headers, b"content-type": b"application/json"}
            return await call(evolve(request, headers=headers, body=json.dumps(valid).encode()))
        return await call(request)

    return bug


def crashes_on_array(method: str, path: str) -> Any:
    def wrong(request: Request, response: Response) -> None:
        if request.matches(method, path) and request.body.startswith(b"[1"):
            response.status, response.json = 500, {"message": "Internal Server Error"}

    return change(wrong)


def has_effect(method: str, path: str, fix: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """Refuse a request and do it."""

    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        if request.matches(method, path) and response.status in {400, 422}:
            try:
                sent = json.loads(request.body)
            except ValueError:
                return response
            if isinstance(sent, dict):
                await call(evolve(request, body=json.dumps(fix(sent)).encode()))
        return response

    return bug


def without_invalid(sent: dict[str, Any]) -> dict[str, Any]:
    return {name: each for name, each in sent.items() if each not in ({"unexpected": True}, 1.5, "")}


def other_field(value: Any) -> None:
    for each in value.get("errors", ()):
        each["field"] = "base_branch"


def text_as_errors(value: Any) -> None:
    value["errors"] = "name is missing"


ERRORS: dict[str, Mutant] = {
    "404 as HTML": server("getTeam", SHAPE, PHASE, error(404, raw(b"<h1>Not Found</h1>", "text/html"))),
    "404 escaped as HTML": server(
        "getTeam", SHAPE, PHASE, error(404, body(lambda value: {"message": "Team &#x27;x&#x27; not found"}))
    ),
    "404 without a message": server("getTeam", SHAPE, PHASE, error(404, body(lambda value: {"error": "no"}))),
    "404 with an empty message": server("getTeam", SHAPE, PHASE, error(404, body(lambda value: {"message": ""}))),
    "404 without a body": server("getTeam", SHAPE, PHASE, error(404, raw(b"", "application/json"))),
    "404 with a stack trace": server(
        "getTeam",
        SHAPE,
        PHASE,
        error(404, body(lambda value: {"message": "app/models/team.rb:12:in `find': ActiveRecord::RecordNotFound"})),
    ),
    "404 with a backtrace": server(
        "getTeam", SHAPE, PHASE, error(404, body(lambda value: {**value, "backtrace": ["a", "b"]}))
    ),
    "401 as text": server(
        "getTeam", SHAPE, ("--phases", "access"), error(401, raw(b"HTTP Token: Access denied.", "text/plain"))
    ),
    "403 without a message": server(
        "getTeam", SHAPE, ("--phases", "access"), error(403, body(lambda value: {"errors": []}))
    ),
    "422 with a text as errors": server(
        "createPipeline", SHAPE, REFUSALS, error(422, body(text_as_errors), "POST", PIPELINES)
    ),
    "422 names another field": server(
        "createPipeline", FIELD, REFUSALS, error(422, body(other_field), "POST", PIPELINES)
    ),
    "an unknown pipeline has no builds": server("listBuilds", UNKNOWN, PHASE, empty_list(BUILDS)),
    "an unknown organization has no teams": server("listTeams", UNKNOWN, PHASE, empty_list(TEAMS)),
    "an unknown team is the last": server("getTeam", UNKNOWN, PHASE, last_object(TEAM)),
    "an unknown suite gets 422": server("getTestSuite", UNKNOWN, PHASE, error(404, status(422), path=f"{SUITES}/*")),
    "an unknown cluster gets 403": server("getCluster", UNKNOWN, PHASE, error(404, status(403), path=CLUSTER)),
    "a queue of any cluster": server(
        "getClusterQueue", PARENT, PHASE, any_parent(f"{CLUSTER}/queues/*", 7), include=("listClusterQueues",)
    ),
    "a job of any build": server(
        "getJobInBuild", PARENT, PHASE, any_parent(f"{PIPELINE}/builds/*/jobs/*", 9), include=("listJobs",)
    ),
    "GET acts": server(
        "archivePipeline",
        METHOD,
        ("--write", "--write-existing", "all", *PHASE),
        get_acts(f"{PIPELINE}/archive"),
        include=("getPipeline",),
    ),
    "405 without Allow": server(
        "archivePipeline",
        SHAPE,
        ("--write", "--write-existing", "all", *PHASE),
        error(405, header("allow", None), path=f"{PIPELINE}/archive"),
        include=("getPipeline",),
    ),
    "405 allows the method": server(
        "archivePipeline",
        SHAPE,
        ("--write", "--write-existing", "all", *PHASE),
        error(405, allow_of_get, path=f"{PIPELINE}/archive"),
        include=("getPipeline",),
    ),
    "a missing name is accepted": server(
        "createPipeline", ACCEPTED, REFUSALS, accepts("POST", PIPELINES, lambda sent: {"name": "Unnamed", **sent})
    ),
    "a number as object is accepted": server(
        "createCluster", ACCEPTED, REFUSALS, accepts("POST", CLUSTERS, without_invalid)
    ),
    "an invalid key is accepted": server(
        "createClusterSecret",
        ACCEPTED,
        REFUSALS,
        accepts("POST", f"{CLUSTER}/secrets", lambda sent: {**sent, "key": "A" + str(len(str(sent)))}),
        include=("listClusterSecrets",),
    ),
    "an invalid role is accepted": server(
        "createTeam", ACCEPTED, REFUSALS, accepts("POST", TEAMS, lambda sent: {**sent, "default_member_role": "member"})
    ),
    "a schedule with any interval is accepted": server(
        "createPipelineSchedule",
        ACCEPTED,
        REFUSALS,
        accepts("POST", f"{PIPELINE}/schedules", lambda sent: {**sent, "cronline": "@daily"}),
    ),
    "a webhook without a URL is accepted": server(
        "createNotificationService",
        ACCEPTED,
        REFUSALS,
        accepts(
            "POST",
            f"{ORGANIZATION}/services",
            lambda sent: {**sent, "settings": {"url": "https://hooks.example", **sent.get("settings", {})}},
        ),
    ),
    "JSON that is not complete": server(
        "createCluster", MALFORMED, REFUSALS, accepts_malformed("POST", CLUSTERS, {"name": "x"})
    ),
    "the state is checked before the body is parsed": server(
        "stopAgent",
        MALFORMED,
        REFUSALS,
        checks_state_first("PUT", f"{ORGANIZATION}/agents/*/stop"),
        include=("listAgents",),
    ),
    "a form is accepted": server("createCluster", MALFORMED, REFUSALS, accepts_form("POST", CLUSTERS, {"name": "x"})),
    "an array crashes": server("createCluster", MALFORMED, REFUSALS, crashes_on_array("POST", CLUSTERS)),
    "a refused cluster is created": server(
        "createCluster",
        EFFECT,
        REFUSALS,
        has_effect("POST", CLUSTERS, without_invalid),
        include=("listClusters",),
    ),
    "a refused update has an effect": server(
        "updateOrganizationPipelineSettings",
        EFFECT,
        REFUSALS,
        has_effect("PATCH", f"{ORGANIZATION}/pipeline-settings", without_invalid),
        include=("getOrganizationPipelineSettings",),
    ),
    "422 as HTML": server(
        "createPipeline", SHAPE, WRITING, error(422, raw(b"<p>No</p>", "text/html"), "POST", PIPELINES)
    ),
}
