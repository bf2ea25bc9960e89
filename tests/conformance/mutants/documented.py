"""Servers that break single sentences of the documentation."""

from typing import Any

from tests.conformance.mutants.effect_bugs import SCHEDULE, SERVICE, SERVICES, TEMPLATE, edits, sent
from tests.conformance.mutants.kinds import (
    ACCESS,
    AGREEMENT,
    EFFECTS,
    EXAMPLES,
    ORGANIZATION,
    PIPELINE,
    PIPELINES,
    REFUSALS,
    Mutant,
    body,
    on,
    put,
    remembering,
    server,
    with_state,
)
from tests.conformance.runner_support import Request, Response, change

#: Length of a UUID.
_UUID = 36
UNDESCRIBED = "undescribed_property"
CONNECTIONS, RULES = f"{ORGANIZATION}/repository_connections", f"{ORGANIZATION}/rules"
REPOSITORIES = f"{CONNECTIONS}/*/repositories"
SERVICE_LIFE = ("createNotificationService", "getNotificationService", "updateNotificationService")
SCHEDULE_LIFE = ("createPipelineSchedule", "getPipelineSchedule", "updatePipelineSchedule")
PIPELINE_LIFE = ("createPipeline", "getPipeline", "updatePipeline")


def omitted(name: str, value: Any) -> Any:
    """Return what lets an update without a property set it."""
    return lambda found: {name: value, **found}


def failure_kept(state: dict[str, Any], request: Request, response: Response) -> None:
    """Keep the failure of a schedule that is enabled."""
    if response.status == 200 and request.matches(request.method, SCHEDULE):
        found = response.json
        state.setdefault(found["id"], {name: found[name] for name in ("failed_at", "failed_message")})
        response.json = {**found, **state[found["id"]]}


def stale_time(state: dict[str, Any], request: Request, response: Response) -> None:
    """Keep the time of the next build when the interval changes."""
    if response.status == 200 and request.matches(request.method, SCHEDULE) and response.json["next_build_at"]:
        found = response.json
        response.json = {**found, "next_build_at": state.setdefault(found["id"], found["next_build_at"])}


def slugs_swapped(value: dict[str, Any]) -> Any:
    """Confuse source and target if they are slugs."""
    names = value.get("value")
    if isinstance(names, dict) and len(str(names.get("source_pipeline"))) < _UUID:
        source, target = names.get("source_pipeline"), names.get("target_pipeline")
        return {**value, "value": {**names, "source_pipeline": target, "target_pipeline": source}}
    return value


def first_characters(request: Request, response: Response) -> None:
    """Mask a secret except for its first characters."""
    if request.matches("POST", SERVICES) and response.status == 201 and "api_key" in response.json["settings"]:
        found = response.json
        response.json = {**found, "settings": {**found["settings"], "api_key": "XXXXXXXXXXXX4f1d"}}


def shown_url(request: Request, response: Response) -> None:
    """Return the URL of a Slack webhook."""
    if request.matches("POST", SERVICES) and response.status == 201 and response.json["provider"]["id"] == "slack":
        found, url = response.json, sent(request)["settings"]["url"]
        response.json = {**found, "settings": {**found["settings"], "url": url}}


def webhook_shown(request: Request, response: Response) -> None:
    """Return the URL for webhooks whatever the scopes of the token are."""
    if (
        request.matches("GET", PIPELINE)
        and response.status == 200
        and response.json["provider"].get("webhook_url") == ""
    ):
        found = response.json
        response.json = {**found, "provider": {**found["provider"], "webhook_url": "https://webhook.example/deliver/1"}}


DOCUMENTED_MUTANTS: dict[str, Mutant] = {
    "an update without a filter removes it": server(
        "updatePipeline",
        "other_property_changed",
        EFFECTS,
        edits("PATCH", PIPELINE, omitted("skip_queued_branch_builds_filter", None)),
        include=PIPELINE_LIFE,
    ),
    "an update makes a pipeline private": server(
        "updatePipeline",
        "other_property_changed",
        EFFECTS,
        edits("PATCH", PIPELINE, omitted("visibility", "private")),
        include=PIPELINE_LIFE,
    ),
    "null is refused": server(
        "updatePipeline",
        "value_not_persisted",
        EFFECTS,
        edits("PATCH", PIPELINE, lambda value: {**value, "tags": 1} if value.get("description", 1) is None else value),
        include=PIPELINE_LIFE,
    ),
    "a failure is not cleared": remembering(
        "updatePipelineSchedule", "effect_missing", EFFECTS, with_state(dict, failure_kept), include=SCHEDULE_LIFE
    ),
    "the next build is out of date": remembering(
        "updatePipelineSchedule", "effect_missing", EFFECTS, with_state(dict, stale_time), include=SCHEDULE_LIFE
    ),
    "the default of another object is not applied": server(
        "createPipelineSchedule",
        "default_not_applied",
        EFFECTS,
        edits("POST", f"{PIPELINE}/schedules", lambda value: {**value, "branch": value.get("branch") or "trunk"}),
    ),
    "slugs are confused": server(
        "createRule", "value_not_persisted", EFFECTS, edits("POST", RULES, slugs_swapped), include=("listPipelines",)
    ),
    "the beginning of a secret is shown": server(
        "createNotificationService", "secret_returned_again", EFFECTS, change(first_characters)
    ),
    "a secret URL is shown": server("createNotificationService", "secret_returned_again", EFFECTS, change(shown_url)),
    "a secret is not masked": server(
        "getNotificationService",
        UNDESCRIBED,
        EFFECTS,
        on("GET", SERVICE, body(put("settings", "api_key", to="4f1d8c5be02a49b7a6d3"))),
        include=SERVICE_LIFE,
    ),
    "an update enables": server(
        "updateNotificationService",
        "other_property_changed",
        EFFECTS,
        on("PATCH", SERVICE, body(put("enabled", to=True))),
        include=(*SERVICE_LIFE, "disableNotificationService", "enableNotificationService"),
    ),
    "details are listed": server(
        "listRepositoryConnections", UNDESCRIBED, EXAMPLES, on("GET", CONNECTIONS, body(put("*", "host", to=None)))
    ),
    "an API URL leads to a web page": server(
        "getPipelineSchedule",
        UNDESCRIBED,
        EXAMPLES,
        on("GET", SCHEDULE, body(put("pipeline", "url", to="https://buildkite.com/acme/web"))),
    ),
    "a web URL leads to the API": server(
        "getPipelineTemplate",
        "body_consistency",
        EXAMPLES,
        on("GET", TEMPLATE, body(lambda value: {**value, "web_url": value["url"]})),
    ),
    "a repository has the URL of the API of its host": server(
        "listConnectedRepositories",
        "body_consistency",
        EXAMPLES,
        on("GET", REPOSITORIES, body(put("*", "html_url", to="https://api.github.com/repos/acme/web"))),
    ),
    "the message has another form": server(
        "createPipelineTemplate",
        "documented_refusal",
        REFUSALS,
        on("POST", f"{ORGANIZATION}/pipeline-templates", body(put("message", to="Invalid")), 422),
    ),
    "the code of a field is another one": server(
        "createPipeline",
        "documented_refusal",
        REFUSALS,
        on("POST", PIPELINES, body(put("errors", "*", "code", to="missing")), 422),
    ),
    "a scope is not needed for a value": server(
        "getPipeline",
        "scope_not_enforced",
        (*ACCESS, "--limited-token", "bkua_mock_read_only"),
        change(webhook_shown),
    ),
    "running jobs are not counted": server(
        "getPipeline",
        "responses_disagree",
        AGREEMENT,
        on("GET", PIPELINE, body(put("running_jobs_count", to=999))),
        include=("listBuilds",),
    ),
    "the creator has another name": server(
        "createPipeline",
        "creation_not_recorded",
        EFFECTS,
        on("POST", PIPELINES, body(put("created_by", "name", to="Nobody")), 201),
    ),
}
