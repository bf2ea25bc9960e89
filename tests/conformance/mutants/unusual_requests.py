"""Bugs in what few requests have: ids of another organization, long texts, large numbers, other forms of a path."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from attrs import evolve
from tests.conformance.mutants.effect_bugs import sent, with_body
from tests.conformance.mutants.kinds import (
    ACCESS,
    BUILD,
    BUILDS,
    EFFECTS,
    ERRORS,
    ORGANIZATION,
    TEAM,
    Mutant,
    remembering,
    server,
    with_state,
)
from tests.conformance.mutants.request_forms import unchecked
from tests.conformance.runner_support import Bug, Request, Response

from buildkite_rest.mock.resources.access_tokens import GLOBEX_TOKEN

Call = Callable[[Request], Awaitable[Response]]

AGENT_PAUSE, SETTINGS = f"{ORGANIZATION}/agents/*/pause", f"{ORGANIZATION}/pipeline-settings"
FOREIGN, VALUE = "foreign_object_found", "value_not_persisted"


def _of_globex(request: Request, **changes: Any) -> Request:
    token = {b"authorization": f"Bearer {GLOBEX_TOKEN}".encode()}
    return evolve(request, headers={**request.headers, **token}, **changes)


async def pauses_any_agent(request: Request, call: Call) -> Response:
    """Find the agent of a change by its id alone."""
    response = await call(request)
    if request.matches("PUT", AGENT_PAUSE) and response.status == 404:
        return await call(_of_globex(request, path=request.path.replace("/acme/", "/globex/")))
    return response


async def adds_any_pipeline(request: Request, call: Call) -> Response:
    """Find the pipeline in a body by its id alone."""
    response = await call(request)
    if request.matches("POST", f"{TEAM}/pipelines") and response.status in {404, 422}:
        path = "/v2/organizations/globex/pipelines"
        listed = await call(_of_globex(request, method="GET", path=path, body=b""))
        identifier = (sent(request) or {}).get("pipeline_id")
        if any(each["id"] == identifier for each in listed.json):
            response.status, response.json = 201, {"pipeline_id": identifier, "access_level": "read_only"}
    return response


async def override(request: Request, call: Call) -> Response:
    """Take the method from a header."""
    method = request.headers.get(b"x-http-method-override")
    return await call(request if method is None else evolve(request, method=method.decode()))


def limited(method: str, path: str, limit: Callable[[Any], Any]) -> Bug:
    """Limit the values of a body."""

    async def bug(request: Request, call: Call) -> Response:
        values = sent(request)
        if request.matches(method, path) and values:
            request = with_body(request, {name: limit(value) for name, value in values.items()})
        return await call(request)

    return bug  # type: ignore[return-value]


def capped(value: Any) -> Any:
    return min(value, 500) if isinstance(value, int) and not isinstance(value, bool) else value


def cut(value: Any) -> Any:
    return value[:255] if isinstance(value, str) else value


def without_emoji(value: Any) -> Any:
    return "".join(each for each in value if ord(each) < 0x10000) if isinstance(value, str) else value


def cancels_passed_jobs(canceled: set[str], request: Request, response: Response) -> None:
    """Cancel the jobs of a build that have passed, too."""
    if request.matches("PUT", f"{BUILD}/cancel") and response.status == 200:
        canceled.add(response.json["id"])
    is_build = request.matches("GET", BUILD) or request.matches("PUT", f"{BUILD}/cancel")
    if is_build and response.status == 200 and (build := response.json)["id"] in canceled:
        for job in build.get("jobs", ()):
            if job["type"] == "script" and job["state"] == "passed":
                job["state"] = "canceled"
        response.json = build


UNUSUAL_REQUESTS: dict[str, Mutant] = {
    "an agent of another organization is paused": server(
        "pauseAgent", FOREIGN, ACCESS, pauses_any_agent, include=("listAgents", "getAgent")
    ),
    "a pipeline of another organization in a team": server(
        "createTeamPipeline", FOREIGN, ACCESS, adds_any_pipeline, include=("listTeamPipelines",)
    ),
    "a slash at the end needs no scope": server(
        "listRules", "scope_not_enforced", ("--phases", "access"), unchecked("GET", f"{ORGANIZATION}/rules/", 403)
    ),
    "a header changes the method": server("listRules", "unknown_method_accepted", ERRORS, override),
    "a large timeout is limited": server(
        "updateOrganizationPipelineSettings",
        VALUE,
        EFFECTS,
        limited("PATCH", SETTINGS, capped),
        include=("getOrganizationPipelineSettings",),
    ),
    "a long pause is limited": server(
        "getAgent",
        "repetition_has_effect",
        EFFECTS,
        limited("PUT", AGENT_PAUSE, capped),
        include=("listAgents", "pauseAgent", "resumeAgent"),
    ),
    "a long description is cut": server(
        "updateTeam",
        VALUE,
        EFFECTS,
        limited("PATCH", TEAM, cut),
        include=("createTeam", "getTeam", "listTeams", "deleteTeam"),
    ),
    "a message loses its emoji": server(
        "createBuild", VALUE, EFFECTS, limited("POST", BUILDS, without_emoji), include=("getBuild", "listBuilds")
    ),
    "the passed jobs of a build are canceled": remembering(
        "getBuild",
        "body_consistency",
        ("--write", "--write-existing", "all", "--phases", "examples,effects"),
        with_state(set, cancels_passed_jobs),
        include=("cancelBuild", "listBuilds"),
    ),
}
