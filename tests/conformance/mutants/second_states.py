"""Bugs that show only when an object is in another state already, or when it is changed twice."""

from collections.abc import Awaitable, Callable
from typing import Any

from attrs import evolve
from tests.conformance.mutants.effect_bugs import edits, sent, with_body
from tests.conformance.mutants.kinds import (
    BUILD,
    CLUSTERS,
    EFFECTS,
    FILTERS,
    ORGANIZATION,
    PIPELINE,
    SUITES,
    TEAM,
    Mutant,
    body,
    on,
    remembering,
    server,
)
from tests.conformance.runner_support import Bug, Request, Response

Call = Callable[[Request], Awaitable[Response]]

REFUSALS = ("--write", "--write-existing", "all", "--phases", "refusals")
RULES, PAUSE = f"{ORGANIZATION}/rules", f"{CLUSTERS}/*/queues/*/pause_dispatch"
SCHEDULES, TEAM_PIPELINES = f"{PIPELINE}/schedules", f"{TEAM}/pipelines"
TESTS = f"{SUITES}/*/tests"


def skipped_forever() -> Bug:
    """A test that was skipped and then muted remains in the list of skipped tests."""
    known: dict[str, dict[str, Any]] = {}

    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        if response.status == 200 and request.matches("PUT", f"{TESTS}/*/skip"):
            suite, identifier, _ = request.path.rsplit("/", 2)
            listed = await call(evolve(request, method="GET", path=f"{suite}/skipped", body=b""))
            known.update({f"{suite}/{identifier}": each for each in listed.json if each["id"] == identifier})
        if request.matches("PUT", f"{TESTS}/*/enable"):
            known.pop(request.path.removesuffix("/enable"), None)
        if response.status == 200 and request.matches("GET", f"{TESTS}/skipped"):
            suite, found = request.path.removesuffix("/skipped"), response.json
            ids = {each["id"] for each in found}
            kept = [each for path, each in known.items() if path.startswith(f"{suite}/") and each["id"] not in ids]
            response.json = [*found, *kept]
        return response

    return bug  # type: ignore[return-value]


def updated_first() -> Bug:
    """An updated schedule moves to the beginning of the list."""
    updated: list[str] = []

    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        if request.matches("PUT", f"{SCHEDULES}/*") and response.status == 200:
            updated.insert(0, response.json["id"])
        if request.matches("GET", SCHEDULES) and response.status == 200:
            response.json = sorted(response.json, key=lambda each: each["id"] not in updated)
        return response

    return bug  # type: ignore[return-value]


async def first_original(request: Request, call: Call) -> Response:
    """A rebuild of a rebuild refers to the first build."""
    if not request.matches("PUT", f"{BUILD}/rebuild"):
        return await call(request)
    path = request.path.removesuffix("/rebuild")
    build = await call(evolve(request, method="GET", path=path, body=b""))
    response = await call(request)
    if response.status == 200 and build.json["rebuilt_from"]:
        response.json = {**response.json, "rebuilt_from": build.json["rebuilt_from"]}
    return response


async def rule_not_found(request: Request, call: Call) -> Response:
    """A rule for an unknown pipeline is refused as if the list did not exist."""
    response = await call(request)
    if request.matches("POST", RULES) and b"is not a pipeline" in response.body:
        response.status, response.json = 404, {"message": "No pipeline found"}
    return response


async def former_note(request: Request, call: Call) -> Response:
    """A queue that is paused without a note has the note of the pause before."""
    if request.matches("POST", PAUSE) and sent(request) == {}:
        return await call(with_body(request, {"dispatch_paused_note": "A former note"}))
    return await call(request)


def own_source(build: dict[str, Any]) -> None:
    """Let each retry refer to itself."""
    for job in build.get("jobs", ()):
        if job.get("retry_source"):
            job["retry_source"]["job_id"] = job["id"]


def without_dash(found: dict[str, Any]) -> Any:
    """Remove the dash at the beginning of a slug."""
    slug = found.get("slug")
    return {**found, "slug": slug.lstrip("-")} if isinstance(slug, str) and slug.strip("-") else found


def read_as_read_only(value: dict[str, Any]) -> dict[str, Any]:
    return value | {"access_level": "read_only"} if value.get("access_level") == "read" else value


SECOND_STATES: dict[str, Mutant] = {
    "second state: a muted test is still skipped": remembering(
        "listSkippedTests", "effect_missing", EFFECTS, skipped_forever, include=("skipTest", "enableTest", "muteTest")
    ),
    "second state: an updated schedule is the first": remembering(
        "listPipelineSchedules", "item_order", EFFECTS, updated_first, include=("updatePipelineSchedule",)
    ),
    "second state: a rebuild of a rebuild has the first build": server(
        "rebuildBuild", "effect_missing", EFFECTS, first_original
    ),
    "second state: a retry is its own source": server(
        "getBuild", "body_consistency", FILTERS, on("GET", BUILD, body(own_source))
    ),
    "second state: a rule for an unknown pipeline": server(
        "createRule", "documented_refusal", REFUSALS, rule_not_found
    ),
    "second state: an access level of suites": server(
        "createTeamPipeline", "invalid_request_accepted", REFUSALS, edits("POST", TEAM_PIPELINES, read_as_read_only)
    ),
    "second state: a former note of a pause": server(
        "pauseClusterQueueDispatch", "effect_missing", EFFECTS, former_note, include=("resumeClusterQueueDispatch",)
    ),
    "second state: a dash of a slug is removed": server(
        "updatePipeline", "invalid_request_accepted", REFUSALS, edits("PATCH", PIPELINE, without_dash)
    ),
}
