"""Bugs in parts of values: one property of an object, fewer entries, later items, requests without a body."""

from collections.abc import Awaitable, Callable
from typing import Any

from tests.conformance.mutants.effect_bugs import AGENT, SCHEDULE, edits, with_body, without
from tests.conformance.mutants.kinds import EFFECTS, ORGANIZATION, PIPELINE, PIPELINES, Mutant, body, on, server
from tests.conformance.runner_support import Request, Response

Call = Callable[[Request], Awaitable[Response]]

LOST = "value_not_persisted"
INVITATIONS = f"{ORGANIZATION}/invitations"
_OF_PIPELINE = ("createPipeline", "getPipeline", "deletePipeline")
_OF_SCHEDULE = ("createPipelineSchedule", "getPipelineSchedule", "deletePipelineSchedule", *_OF_PIPELINE)


def condition_needs_filter(value: dict[str, Any]) -> dict[str, Any]:
    """A setting is only stored beside another one."""
    settings = value.get("provider_settings")
    if not isinstance(settings, dict) or "build_branches" in settings:
        return value
    return value | {"provider_settings": {key: settings[key] for key in settings if key != "build_release_released"}}


def empty_is_ignored(value: dict[str, Any]) -> dict[str, Any]:
    return {key: each for key, each in value.items() if key != "env" or each != {}}


def ends_at_colon(value: dict[str, Any]) -> dict[str, Any]:
    env = value.get("env")
    return (
        value | {"env": {key: str(each).split(":")[0] for key, each in env.items()}} if isinstance(env, dict) else value
    )


def tags_without_configuration(value: dict[str, Any]) -> dict[str, Any]:
    return without("tags")(value) if "configuration" in value and len(value) > 2 else value


def one_team(value: dict[str, Any]) -> dict[str, Any]:
    return value | {"teams": value["teams"][:1]} if isinstance(value.get("teams"), list) else value


def members_after_first(invitations: list[dict[str, Any]]) -> None:
    for each in invitations[1:]:
        each["role"] = "member"


def steps_without_environment(pipeline: dict[str, Any]) -> None:
    for step in pipeline["steps"]:
        step.update({"env": {}} if "env" in step else {})


async def without_body_refused(request: Request, call: Call) -> Response:
    """An agent is only paused by a request with a body."""
    if request.matches("PUT", f"{AGENT}/pause") and not request.body:
        return await call(with_body(request, {"timeout_in_minutes": "never"}))
    return await call(request)


PARTIAL_VALUES: dict[str, Mutant] = {
    "part: a setting is only stored beside another one": server(
        "updatePipeline", LOST, EFFECTS, edits("PATCH", PIPELINE, condition_needs_filter), include=_OF_PIPELINE
    ),
    "part: the last variable cannot be removed": server(
        "updatePipelineSchedule", LOST, EFFECTS, edits("PUT", SCHEDULE, empty_is_ignored), include=_OF_SCHEDULE
    ),
    "part: a variable ends at its colon": server(
        "updatePipelineSchedule", LOST, EFFECTS, edits("PUT", SCHEDULE, ends_at_colon), include=_OF_SCHEDULE
    ),
    "part: tags are ignored beside a configuration": server(
        "updatePipeline", LOST, EFFECTS, edits("PATCH", PIPELINE, tags_without_configuration), include=_OF_PIPELINE
    ),
    "part: an invitation has one team": server(
        "createOrganizationInvitations",
        LOST,
        EFFECTS,
        edits("POST", INVITATIONS, one_team),
        include=("getOrganizationInvitation", "revokeOrganizationInvitation", "listTeams"),
    ),
    "part: the first invitation of a batch has the role": server(
        "createOrganizationInvitations",
        "batch_incomplete",
        EFFECTS,
        on("POST", INVITATIONS, body(members_after_first), status=201),
        include=("getOrganizationInvitation", "revokeOrganizationInvitation"),
    ),
    "part: the environment of steps in YAML is lost": server(
        "createPipeline",
        "effect_missing",
        EFFECTS,
        on("POST", PIPELINES, body(steps_without_environment), status=201),
        include=_OF_PIPELINE,
    ),
    "part: a request without a body is refused": server(
        "pauseAgent", "effect_missing", EFFECTS, without_body_refused, include=("getAgent", "resumeAgent", "listAgents")
    ),
}
