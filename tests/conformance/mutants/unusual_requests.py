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
    CLUSTER,
    EFFECTS,
    ERRORS,
    ORGANIZATION,
    PIPELINE,
    REFUSALS,
    STATUSES,
    SUITES,
    TEAM,
    Mutant,
    remembering,
    server,
    with_state,
)
from tests.conformance.mutants.request_forms import unchecked
from tests.conformance.runner_support import Bug, Request, Response, with_token

from buildkite_rest.mock.resources.access_tokens import EXPIRED_TOKEN, GLOBEX_TOKEN

Call = Callable[[Request], Awaitable[Response]]

AGENT_PAUSE, SETTINGS = f"{ORGANIZATION}/agents/*/pause", f"{ORGANIZATION}/pipeline-settings"
AGENTS, RULES = f"{ORGANIZATION}/agents", f"{ORGANIZATION}/rules"
FOREIGN, VALUE, ACCEPTED = "foreign_object_found", "value_not_persisted", "invalid_request_accepted"
READING = ("--phases", "access")


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


def in_form(is_form: Callable[[Request], bool], code: int = 403) -> Any:
    """Forget a check of the credential for requests of one form."""

    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        return await call(with_token(request)) if response.status == code and is_form(request) else response

    return bug


def is_expired_head(request: Request) -> bool:
    return request.method == "HEAD" and request.headers.get(b"authorization") == f"Bearer {EXPIRED_TOKEN}".encode()


async def finds_any_slug(request: Request, call: Call) -> Response:
    """Find the target of a rule in any organization by its slug."""
    response = await call(request)
    value = (sent(request) or {}).get("value") if request.matches("POST", RULES) else None
    if response.status in {404, 422} and isinstance(value, dict) and value.get("target_pipeline") == "rockets":
        response.status, response.json = 201, {"type": "pipeline.trigger_build.pipeline"}
    return response


async def finds_any_queue(request: Request, call: Call) -> Response:
    """List the agents of a queue of another organization."""
    response = await call(request)
    if request.matches("GET", AGENTS) and b"cluster_queue_id" in request.query and response.json == []:
        return await call(_of_globex(request, path="/v2/organizations/globex/agents"))
    return response


def repaired(method: str, path: str, repair: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """Accept an invalid body in place of a valid one."""

    async def bug(request: Request, call: Call) -> Response:
        values = sent(request)
        if request.matches(method, path) and isinstance(values, dict):
            request = with_body(request, repair(values))
        return await call(request)

    return bug


def named(values: dict[str, Any]) -> dict[str, Any]:
    name = values.get("name")
    is_blank = isinstance(name, str) and name and not name.strip()
    return {**values, "name": "No name"} if is_blank else values


def with_first_label(values: dict[str, Any]) -> dict[str, Any]:
    labels = values.get("labels")
    is_several = isinstance(labels, list) and len(labels) > 1
    return {**values, "labels": labels[:1]} if is_several else values


def with_day(values: dict[str, Any]) -> dict[str, Any]:
    time = values.get("expires_at")
    return {**values, "expires_at": time.replace("-02-30", "-03-02")} if isinstance(time, str) else values


def keeps_former_slug(slugs: dict[str, str], request: Request, response: Response) -> None:
    """List builds with the slug that their pipeline had before it was renamed."""
    former = request.path.rpartition("/")[2]
    if request.matches("PATCH", PIPELINE) and response.status == 200 and response.json["slug"] != former:
        slugs[response.json["slug"]] = former
    name = request.path.split("/")[-2]
    if request.matches("GET", BUILDS) and response.status == 200 and name in slugs:
        pipeline = {"slug": slugs[name]}
        response.json = [{**each, "pipeline": {**each["pipeline"], **pipeline}} for each in response.json]


def forgets_revocation(revoked: set[bytes], request: Request, response: Response) -> None:
    """Accept a revoked token with `HEAD`."""
    token = request.headers.get(b"authorization", b"")
    if request.matches("DELETE", "/v2/access-token") and response.status == 204:
        revoked.add(token)
    if request.method == "HEAD" and token in revoked and response.status == 401:
        response.status = 200


async def accepts_used_slug(request: Request, call: Call) -> Response:
    """Accept the slug of another portal in an update, without effect."""
    response = await call(request)
    if request.matches("PUT", f"{ORGANIZATION}/portals/*") and response.status == 422 and "slug" in sent(request):
        return await call(evolve(request, method="GET", body=b""))
    return response


def refuses_forever(refused: dict[str, Response], request: Request, response: Response) -> None:
    """Refuse the deletion of an image that was in use once."""
    if request.matches("DELETE", f"{CLUSTER}/agent-images/*"):
        if response.status == 409:
            refused.setdefault(request.path, evolve(response, headers=[*response.headers]))
        elif (first := refused.get(request.path)) is not None and response.status == 204:
            response.status, response.headers, response.body = first.status, [*first.headers], first.body


UNUSUAL_REQUESTS: dict[str, Mutant] = {
    "an agent of another organization is paused": server(
        "pauseAgent", FOREIGN, ACCESS, pauses_any_agent, include=("listAgents", "getAgent")
    ),
    "a pipeline of another organization in a team": server(
        "createTeamPipeline", FOREIGN, ACCESS, adds_any_pipeline, include=("listTeamPipelines",)
    ),
    "a slash at the end needs no scope": server(
        "listRules", "scope_not_enforced", READING, unchecked("GET", f"{ORGANIZATION}/rules/", 403)
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
    "a page needs no scope": server(
        "listPortals", "scope_not_enforced", READING, in_form(lambda request: b"per_page" in request.query)
    ),
    "HEAD takes an expired token": server(
        "listRules", "credential_accepted", READING, in_form(is_expired_head, code=401)
    ),
    "a range needs no scope": server(
        "getJobLog", "scope_not_enforced", READING, in_form(lambda request: b"range" in request.headers)
    ),
    "a rule names a pipeline of another organization": server(
        "createRule", FOREIGN, ACCESS, finds_any_slug, include=("listRules",)
    ),
    "the agents of a queue of another organization": server("listAgents", FOREIGN, READING, finds_any_queue),
    "a name is blank": server("updateTeam", ACCEPTED, REFUSALS, repaired("PATCH", TEAM, named)),
    "only the first label is checked": server(
        "updateTestLabels",
        ACCEPTED,
        REFUSALS,
        repaired("PATCH", f"{SUITES}/*/tests/*/labels", with_first_label),
    ),
    "the 30th of February": server(
        "createClusterAgentToken", ACCEPTED, REFUSALS, repaired("POST", f"{CLUSTER}/tokens", with_day)
    ),
    "builds keep the former slug": remembering(
        "listBuilds",
        "body_consistency",
        EFFECTS,
        with_state(dict, keeps_former_slug),
        include=("createPipeline", "updatePipeline", "getPipeline", "createBuild", "getBuild"),
    ),
    "a revoked token is accepted with HEAD": remembering(
        "revokeAccessToken",
        "revoked_token_accepted",
        ACCESS,
        with_state(set, forgets_revocation),
        include=("getUser", "listOrganizations"),
    ),
    "a portal gets the slug of another one": server(
        "updatePortal",
        "conflict_accepted",
        EFFECTS,
        accepts_used_slug,
        include=("createPortal", "getPortal", "listPortals", "deletePortal"),
    ),
    "an image that was in use stays": remembering(
        "deleteClusterAgentImage",
        "documented_refusal",
        STATUSES,
        with_state(dict, refuses_forever),
        include=("createClusterQueue", "updateClusterQueue", "deleteClusterQueue"),
    ),
}
