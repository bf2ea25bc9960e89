"""Bugs that need another request first: objects in use, filters of a parent, derived and related values."""

from typing import Any

from tests.conformance.mutants.documented import PIPELINE_LIFE, REPOSITORIES, SCHEDULE_LIFE
from tests.conformance.mutants.effect_bugs import TEMPLATE, edits, merged, without
from tests.conformance.mutants.kinds import (
    BUILDS,
    CLUSTER,
    EFFECTS,
    FILTERS,
    ORGANIZATION,
    PIPELINE,
    PIPELINES,
    REFUSALS,
    STATUSES,
    Mutant,
    body,
    drop,
    on,
    put,
    remembering,
    server,
    status,
    with_state,
)
from tests.conformance.mutants.statuses import CHECK, answers, refusal
from tests.conformance.runner_support import Request, Response, change

IGNORE = "ignore_pipeline_branch_filters"
BUILD_LIFE = ("createPipeline", "updatePipeline", "createBuild")


def second_webhook(request: Request, response: Response) -> None:
    """Accept a further webhook."""
    if request.matches("POST", f"{PIPELINE}/webhook") and b"could not be created" in response.body:
        answers(201)(response)


def of_archived_pipeline(archived: set[str], request: Request, response: Response) -> None:
    """Delete a template after a pipeline has been archived."""
    if request.matches("POST", f"{PIPELINE}/archive") and response.status == 200:
        archived.add(request.path)
    if archived and request.matches("DELETE", TEMPLATE) and response.status == 422:
        answers(204)(response)


def unknown_repository(request: Request, response: Response) -> None:
    """Return 404 where no repository has the name."""
    if request.matches("GET", REPOSITORIES) and b"repository=" in request.query and response.body == b"[]":
        status(404)(response)


def old_branch(request: Request, response: Response) -> None:
    """Return another branch than the object has after an update of the emoji."""
    if request.matches("PATCH", PIPELINE) and b"emoji" in request.body and response.status == 200:
        put("default_branch", to="old")(found := response.json)
        response.json = found


def with_fixed_slug(sent: dict[str, Any]) -> dict[str, Any]:
    return {"slug": "fixed", **sent} if "name" in sent else sent


def without_slug(sent: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in sent.items() if name != "slug" or "name" not in sent}


def for_reading(sent: dict[str, Any]) -> dict[str, Any]:
    return {**sent, "teams": dict.fromkeys(sent["teams"], "read_only")} if isinstance(sent.get("teams"), dict) else sent


PREREQUISITES: dict[str, Mutant] = {
    "a template in use is deleted": refusal("deletePipelineTemplate", "DELETE", TEMPLATE, 422, answers(204)),
    "a template of an archived pipeline is deleted": remembering(
        "deletePipelineTemplate", CHECK, STATUSES, with_state(set, of_archived_pipeline)
    ),
    "an image in use is deleted": refusal(
        "deleteClusterAgentImage", "DELETE", f"{CLUSTER}/agent-images/*", 409, answers(204)
    ),
    "a second webhook is created": server("createPipelineWebhook", CHECK, STATUSES, change(second_webhook)),
    "branch filters are ignored": server(
        "createBuild", CHECK, STATUSES, edits("POST", BUILDS, lambda sent: {**sent, IGNORE: True})
    ),
    "branch filters cannot be ignored": server(
        "createBuild", "effect_missing", EFFECTS, edits("POST", BUILDS, without(IGNORE)), include=BUILD_LIFE
    ),
    "the default branch is fixed": server(
        "createPipelineSchedule",
        "effect_missing",
        EFFECTS,
        edits("POST", f"{PIPELINE}/schedules", merged(branch="main")),
        include=(*PIPELINE_LIFE, *SCHEDULE_LIFE),
    ),
    "a new name leaves the slug": server(
        "updatePipeline",
        "value_not_persisted",
        EFFECTS,
        edits("PATCH", PIPELINE, with_fixed_slug),
        include=PIPELINE_LIFE,
    ),
    "a new name replaces the slug": server(
        "updatePipeline", "value_not_persisted", EFFECTS, edits("PATCH", PIPELINE, without_slug), include=PIPELINE_LIFE
    ),
    "teams get no access": server(
        "createPipeline", "effect_missing", EFFECTS, edits("POST", PIPELINES, without("teams"))
    ),
    "teams get less access": server("createPipeline", "effect_missing", EFFECTS, edits("POST", PIPELINES, for_reading)),
    "the errors of a build are not listed": server(
        "createBuild", CHECK, REFUSALS, on("POST", BUILDS, body(drop("errors")), status=422)
    ),
    "a team has the message of another operation": server(
        "createTeam",
        CHECK,
        REFUSALS,
        on("POST", f"{ORGANIZATION}/teams", body(put("message", to="Invalid")), status=422),
    ),
    "a queue with a used key has another message": server(
        "createClusterQueue",
        CHECK,
        STATUSES,
        on("POST", f"{CLUSTER}/queues", body(put("message", to="Invalid")), status=422),
    ),
    "an empty mirror is ignored": server(
        "updatePipeline",
        "effect_missing",
        EFFECTS,
        edits("PATCH", PIPELINE, without("clone_mirror_url", only=("",))),
        include=PIPELINE_LIFE,
    ),
    "settings of a new pipeline are ignored": server(
        "createPipeline", "effect_missing", EFFECTS, edits("POST", PIPELINES, without("provider_settings"))
    ),
    "an update returns an old value": server(
        "getPipeline",
        "value_not_persisted",
        EFFECTS,
        change(old_branch),
        include=PIPELINE_LIFE,
    ),
    "a build has no author": server(
        "createBuild", "default_not_applied", EFFECTS, on("POST", BUILDS, body(put("author", to=None)), status=201)
    ),
    "an unknown value is not found": server(
        "listConnectedRepositories", "filter_mismatch", FILTERS, change(unknown_repository)
    ),
}
