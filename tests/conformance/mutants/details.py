"""Bugs in single values: those of enums, times, parts of sets and of texts, and values that a parameter changes."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from tests.conformance.mutants.agreement import DISAGREE
from tests.conformance.mutants.consistency import AGENTS, CONSISTENCY, QUEUES, each
from tests.conformance.mutants.effect_bugs import SECRET, SECRETS, TEMPLATE, TEMPLATES, TEST, edits
from tests.conformance.mutants.kinds import (
    AGREEMENT,
    BUILD,
    BUILDS,
    CLUSTER,
    EFFECTS,
    FILTERS,
    LISTS,
    ORGANIZATION,
    PIPELINE,
    PIPELINES,
    TEAM,
    TEAMS,
    Mutant,
    body,
    on,
    put,
    remembering,
    server,
    with_state,
)
from tests.conformance.runner_support import Bug, Request, Response, change

IMAGES = f"{CLUSTER}/agent-images"
UNSENT = "value_not_persisted"


def one_value(name: str, value: object, other: object) -> Callable[[dict[str, Any]], Any]:
    """Replace one value of a property that is sent."""
    return lambda sent: sent | {name: other} if sent.get(name) == value else None


def is_text(value: object) -> bool:
    return isinstance(value, str)


def with_query(path: str, name: str, edit: Callable[[Any], Any]) -> Bug:
    """Edit the body of the responses to requests with a parameter."""

    def wrong(request: Request, response: Response) -> None:
        names = {each for each, _ in parse_qsl(request.query.decode())}
        if request.matches("GET", path) and name in names and response.status == 200:
            body(edit)(response)

    return change(wrong)


def everywhere(edit: Callable[[Any], Any], *paths: str, methods: str = "GET POST PATCH PUT") -> Bug:
    """Edit the successful bodies of several paths."""

    def wrong(request: Request, response: Response) -> None:
        is_meant = any(request.matches(method, path) for method in methods.split() for path in paths)
        if is_meant and response.status in (200, 201) and response.body:
            body(edit)(response)

    return change(wrong)


def old(item: dict[str, Any]) -> None:
    item["updated_at"] = item["created_at"]


def all_updated(updates: list[str], request: Request, response: Response) -> None:
    if request.matches("PATCH", TEMPLATE) and response.status == 200:
        updates.append(response.json["updated_at"])
    elif request.matches("GET", TEMPLATE) and response.status == 200 and updates:
        response.json = response.json | {"updated_at": updates[-1]}


def labels_by_prefix(sent: dict[str, Any]) -> Any:
    if sent.get("operator") == "remove":
        return sent | {"labels": [*sent["labels"], *(f"{label} 2" for label in sent["labels"])]}
    return None


def null_description(item: dict[str, Any]) -> None:
    item["description"] = item["description"] or None


def without_management(sent: dict[str, Any]) -> Any:
    levels = sent.get("teams")
    if isinstance(levels, dict) and "manage_build_and_read" in levels.values():
        lower = {each: "build_and_read" if "manage" in level else level for each, level in levels.items()}
        return sent | {"teams": lower}
    return None


def inverted(limits: Any) -> None:
    rest = limits["scopes"]["rest"]
    rest["current"] = rest["limit"] - rest["current"]


DETAILS_MUTANTS: dict[str, Mutant] = {
    # every value of an enum
    "detail: secret teams are visible": server(
        "createTeam", UNSENT, EFFECTS, edits("POST", TEAMS, one_value("privacy", "secret", "visible"))
    ),
    "detail: members are never maintainers by default": server(
        "createTeam", UNSENT, EFFECTS, edits("POST", TEAMS, one_value("default_member_role", "maintainer", "member"))
    ),
    "detail: access of a team never raised": server(
        "updateTeamPipeline",
        UNSENT,
        EFFECTS,
        edits("PATCH", f"{TEAM}/pipelines/*", one_value("access_level", "manage_build_and_read", "build_and_read")),
    ),
    "detail: the highest access of a team to a new pipeline": server(
        "createPipeline", "effect_missing", EFFECTS, edits("POST", PIPELINES, without_management)
    ),
    "detail: an empty description of a team is null in the list": server(
        "listTeams", "list_outdated", EFFECTS, on("GET", TEAMS, body(each(null_description))), include=("updateTeam",)
    ),
    "detail: an empty description of a pipeline is null in the list": server(
        "listPipelines",
        "list_outdated",
        EFFECTS,
        on("GET", PIPELINES, body(each(null_description))),
        include=("updatePipeline",),
    ),
    "detail: access to a suite without edit": server(
        "createTeamSuite",
        UNSENT,
        EFFECTS,
        edits("POST", f"{TEAM}/suites", one_value("access_level", ["edit"], ["read"])),
    ),
    "detail: affinity of a new queue": server(
        "createClusterQueue",
        UNSENT,
        EFFECTS,
        edits("POST", QUEUES, one_value("retry_agent_affinity", "prefer-different", "prefer-warmest")),
    ),
    "detail: keys without underscores": server(
        "createClusterQueue",
        "valid_value_refused",
        EFFECTS,
        edits("POST", QUEUES, lambda sent: sent | {"key": "?"} if "_" in str(sent.get("key")) else None),
    ),
    "detail: keys in lower case": server(
        "createClusterQueue",
        UNSENT,
        EFFECTS,
        edits("POST", QUEUES, lambda sent: sent | {"key": sent["key"].lower()} if is_text(sent.get("key")) else None),
    ),
    "detail: errors are warnings": server(
        "createBuildAnnotation",
        "effect_missing",
        EFFECTS,
        edits("POST", f"{BUILD}/annotations", one_value("style", "error", "warning")),
    ),
    "detail: optional single sign-on": server(
        "createOrganizationInvitations",
        UNSENT,
        EFFECTS,
        edits("POST", f"{ORGANIZATION}/invitations", one_value("sso_mode", "optional", "required")),
    ),
    "detail: scope of a service": server(
        "updateNotificationService",
        UNSENT,
        EFFECTS,
        edits("PATCH", f"{ORGANIZATION}/services/*", one_value("scope", "some_clusters", "all")),
    ),
    # times
    "detail: templates updated when created": server(
        "updatePipelineTemplate", UNSENT, EFFECTS, everywhere(each(old), TEMPLATES, TEMPLATE)
    ),
    "detail: secrets updated when created": server(
        "updateClusterSecretValue",
        "effect_missing",
        EFFECTS,
        everywhere(each(old), SECRETS, SECRET, f"{SECRET}/value"),
    ),
    "detail: all templates updated": remembering(
        "updatePipelineTemplate", "other_object_changed", EFFECTS, with_state(list, all_updated)
    ),
    # sets
    "detail: label removed by its prefix": server(
        "updateTestLabels", "effect_missing", EFFECTS, edits("PATCH", f"{TEST}/labels", labels_by_prefix)
    ),
    "detail: one label more": server(
        "updateTestLabels",
        "effect_missing",
        EFFECTS,
        on("PATCH", f"{TEST}/labels", body(lambda test: test | {"labels": [*test["labels"], "new"]})),
    ),
    # representations
    "detail: no message without pipeline": server(
        "getBuild", "filter_mismatch", FILTERS, with_query(BUILD, "exclude_pipeline", put("message", to=None))
    ),
    "detail: no commit with retried jobs": server(
        "getBuild", "filter_mismatch", FILTERS, with_query(BUILD, "include_retried_jobs", put("commit", to="HEAD"))
    ),
    "detail: no message in filtered builds": server(
        "listBuilds", "filter_mismatch", FILTERS, with_query(BUILDS, "branch", put("*", "message", to=None))
    ),
    "detail: no description in filtered pipelines": server(
        "listPipelines", "filter_mismatch", FILTERS, with_query(PIPELINES, "name", put("*", "description", to=""))
    ),
    "detail: less in later pages": server(
        "listBuilds", "list_inconsistent", LISTS, with_query(BUILDS, "page", put("*", "commit", to="HEAD"))
    ),
    # null in all items
    "detail: no paused agent in the list": server(
        "listAgents",
        DISAGREE,
        AGREEMENT,
        on("GET", AGENTS, body(put("*", "paused_note", to=None))),
        include=("getAgent",),
    ),
    "detail: no paused queue in the list": server(
        "listClusterQueues",
        DISAGREE,
        AGREEMENT,
        on("GET", QUEUES, body(put("*", "dispatch_paused_note", to=None))),
        include=("getClusterQueue",),
    ),
    "detail: no error of an image in the list": server(
        "listClusterAgentImages",
        DISAGREE,
        AGREEMENT,
        on("GET", IMAGES, body(each(lambda image: image.update(last_build_error=None)))),
        include=("getClusterAgentImage",),
    ),
    # composed texts and numbers
    "detail: folder of an artifact is absolute": server(
        "listBuildArtifacts",
        CONSISTENCY,
        AGREEMENT,
        on("GET", f"{BUILD}/artifacts", body(each(lambda one: one.update(dirname=f"/builds/{one['dirname']}")))),
    ),
    "detail: original path of an artifact": server(
        "listBuildArtifacts",
        "undescribed_property",
        AGREEMENT,
        on("GET", f"{BUILD}/artifacts", body(each(lambda one: one.update(original_path=one["path"])))),
    ),
    "detail: base image last": server(
        "listClusterAgentImages",
        CONSISTENCY,
        AGREEMENT,
        on(
            "GET",
            IMAGES,
            body(each(lambda one: one.update(composed_dockerfile=f"{one['dockerfile']}\n{one['base_image']}"))),
        ),
    ),
    "detail: total of another count": server(
        "getBuild", CONSISTENCY, AGREEMENT, on("GET", BUILD, body(put("job_state_counts", "total", to=99)))
    ),
    "detail: jobs in another state": server(
        "getBuild",
        DISAGREE,
        AGREEMENT,
        on("GET", BUILD, body(put("job_state_counts", to={"total": 9, "states": {"passed": 9}}))),
    ),
    "detail: requests that remain": server(
        "getRateLimit", DISAGREE, AGREEMENT, on("GET", f"{ORGANIZATION}/rate_limit", body(inverted))
    ),
    "detail: scheduled builds not counted": server(
        "getPipeline",
        DISAGREE,
        AGREEMENT,
        on("GET", PIPELINE, body(lambda one: one | {"scheduled_builds_count": one["scheduled_builds_count"] + 1})),
        include=("listBuilds",),
    ),
    "detail: environment of another pipeline": server(
        "getJobEnvInBuild",
        DISAGREE,
        AGREEMENT,
        on("GET", f"{BUILD}/jobs/*/env", body(put("env", "BUILDKITE_PIPELINE_SLUG", to="other"))),
        include=("getPipeline",),
    ),
    "detail: environment of another agent": server(
        "getJobEnvInBuild",
        DISAGREE,
        AGREEMENT,
        on("GET", f"{BUILD}/jobs/*/env", body(put("env", "BUILDKITE_AGENT_NAME", to="other"))),
        include=("getJobInBuild",),
    ),
}
