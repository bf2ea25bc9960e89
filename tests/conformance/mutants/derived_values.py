"""Bugs in documented details: batches, derived values, shared limits, and what a refusal leaves alone."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode

from attrs import evolve
from tests.conformance.mutants.agreement import DISAGREE
from tests.conformance.mutants.consistency import CONSISTENCY
from tests.conformance.mutants.details import UNSENT, everywhere, one_value
from tests.conformance.mutants.effect_bugs import Call, edits, sent, with_body
from tests.conformance.mutants.kinds import (
    AGREEMENT,
    EFFECTS,
    ERRORS,
    EXAMPLES,
    LISTS,
    ORGANIZATION,
    REFUSALS,
    STATUSES,
    TEAM,
    TEAMS,
    Mutant,
    body,
    drop,
    on,
    put,
    server,
)
from tests.conformance.runner_support import Bug, Request, Response, change

INVITATIONS, PORTALS = f"{ORGANIZATION}/invitations", f"{ORGANIZATION}/portals"
API_SETTINGS, SETTINGS = f"{ORGANIZATION}/api-settings", f"{ORGANIZATION}/pipeline-settings"
EVENTS, MEMBERS = f"{ORGANIZATION}/audit_events", f"{ORGANIZATION}/members"
LIMITS = f"{ORGANIZATION}/rate_limit"
WRITING_ERRORS = ("--write", "--write-existing", "all", *ERRORS)
EVERY_SETTING = (SETTINGS, f"{SETTINGS}/build-export", f"{SETTINGS}/public-pipelines", f"{SETTINGS}/hosted-agents-ssh")


def without_query(path: str, name: str, beside: str) -> Bug:
    """Ignore a parameter beside another one."""

    async def bug(request: Request, call: Call) -> Response:
        pairs = parse_qsl(request.query.decode())
        if request.matches("GET", path) and beside in dict(pairs):
            kept = urlencode([pair for pair in pairs if pair[0] != name]).encode()
            return await call(evolve(request, query=kept))
        return await call(request)

    return bug


async def valid_part_of_batch(request: Request, call: Call) -> Response:
    """Invite those with a valid address before the refusal."""
    response = await call(request)
    value = sent(request) if request.matches("POST", INVITATIONS) and response.status == 422 else None
    if isinstance(value, dict) and isinstance(value.get("emails"), list):
        for email in value["emails"]:
            await call(with_body(request, value | {"emails": [email]}))
    return response


async def team_for_each_enabling(request: Request, call: Call) -> Response:
    response = await call(request)
    if request.matches("POST", f"{TEAMS}/enable") and response.status == 204:
        listing = await call(evolve(request, method="GET", path=request.path.removesuffix("/enable"), body=b""))
        team = {"privacy": "visible", "is_default_team": True, "default_member_role": "member"}
        another = evolve(
            request,
            path=request.path.removesuffix("/enable"),
            headers={**request.headers, b"content-type": b"application/json"},
        )
        await call(with_body(another, {**team, "name": f"Everyone {len(listing.json)}"}))
    return response


async def queue_metrics_disabled(request: Request, call: Call) -> Response:
    if request.matches("DELETE", f"{SETTINGS}/advanced-queue-metrics"):
        return await call(evolve(request, method="GET", path=request.path.rpartition("/")[0]))
    return await call(request)


def distinct_by_case(found: list[Any]) -> list[Any]:
    return [*found, *found[:1]] if len(found) > 1 else found


def refused_value(path: str, name: str, value: object) -> Bug:
    """Refuse a documented value."""

    def wrong(request: Request, response: Response) -> None:
        changes = sent(request) if request.matches("PATCH", path) else None
        if isinstance(changes, dict) and changes.get(name) == value:
            response.status, response.json = 422, {"message": f"{name} is not supported"}

    return change(wrong)


def sso_mode_ignored(changes: dict[str, Any]) -> Any:
    return {name: value for name, value in changes.items() if name != "sso_mode"} if "role" in changes else None


def short_message(value: dict[str, Any]) -> None:
    value["message"] = value["message"].removeprefix("Validation failed: ")


def of_limits(**values: Callable[[dict[str, Any]], Any]) -> Bug:
    """Replace values of both limits."""

    def edit(found: dict[str, Any]) -> None:
        for limit in found["scopes"].values():
            limit.update({name: value(limit) for name, value in values.items()})

    return on("GET", LIMITS, body(edit))


def each_of(edit: Callable[[dict[str, Any]], None]) -> Callable[[Any], None]:
    """Edit an object, each item of a list, or each item of a page."""

    def edit_all(found: Any) -> None:
        for item in found if isinstance(found, list) else found.get("items", [found]):
            edit(item)

    return edit_all


def slug_of_id(team: dict[str, Any]) -> None:
    team["slug"] = team["id"]


def name_of_actor(event: dict[str, Any]) -> None:
    if event["actor"]:
        event["actor"]["name"] = "Somebody"


def id_of_actor(event: dict[str, Any]) -> None:
    if event["actor"]:
        event["subject"] = {**event["subject"], "uuid": event["actor"]["uuid"]}


def graphql_id_of_organization(team: dict[str, Any]) -> None:
    team["graphql_id"] = "T3JnYW5pemF0aW9uLS0tMQ=="


def replace(response: Response, old: bytes, new: bytes) -> None:
    """Replace a text in the body."""
    response.body = response.body.replace(old, new)


DERIVED_VALUES: dict[str, Mutant] = {
    "derived: duplicates by case are invited": server(
        "createOrganizationInvitations",
        "batch_incomplete",
        EFFECTS,
        on("POST", INVITATIONS, body(distinct_by_case), status=201),
    ),
    "derived: the first of a batch is returned": server(
        "createOrganizationInvitations",
        "batch_incomplete",
        EFFECTS,
        on("POST", INVITATIONS, body(lambda found: found[:1]), status=201),
    ),
    "derived: the first of a batch has the teams": server(
        "createOrganizationInvitations",
        "batch_incomplete",
        EFFECTS,
        on("POST", INVITATIONS, body(lambda found: [*found[:1], *(each | {"teams": []} for each in found[1:])]), 201),
    ),
    "derived: the valid part of a batch": server(
        "createOrganizationInvitations", "refused_request_has_effect", STATUSES, valid_part_of_batch
    ),
    "derived: before is ignored beside after": server(
        "listAuditEvents", "documented_refusal", STATUSES, without_query(EVENTS, "before", "after")
    ),
    "derived: a message without its beginning": server(
        "createTeam", "documented_refusal", STATUSES, on("POST", TEAMS, body(short_message), status=422)
    ),
    "derived: no link to the first page": server(
        "listAuditEvents",
        "list_inconsistent",
        LISTS,
        on("GET", EVENTS, body(lambda page: drop("first")(page["links"]))),
    ),
    "derived: queue metrics can be disabled": server(
        "enableAdvancedQueueMetrics", "unknown_method_accepted", WRITING_ERRORS, queue_metrics_disabled
    ),
    "derived: a period is refused": server(
        "updateOrganizationApiSettings",
        UNSENT,
        EFFECTS,
        refused_value(API_SETTINGS, "revoke_inactive_tokens_after_days", 365),
    ),
    "derived: one of two properties is stored": server(
        "updateOrganizationMember", UNSENT, EFFECTS, edits("PATCH", f"{MEMBERS}/*", sso_mode_ignored)
    ),
    "derived: enabling teams adds one": server("enableTeams", "repetition_has_effect", EFFECTS, team_for_each_enabling),
    "derived: default teams are not": server(
        "createTeam", UNSENT, EFFECTS, edits("POST", TEAMS, one_value("is_default_team", True, False))
    ),
    "derived: a role is optional": server(
        "createTeamMember",
        "invalid_request_accepted",
        REFUSALS,
        edits("POST", f"{TEAM}/members", lambda member: {"role": "member", **member}),
    ),
    "derived: slug without the name": server(
        "createPortal",
        "default_not_applied",
        EFFECTS,
        edits("POST", PORTALS, lambda portal: {"slug": f"portal-{len(portal.get('name', ''))}", **portal}),
    ),
    "derived: null token of a portal": server(
        "getPortal", "returned_only_by", EXAMPLES, on("GET", f"{PORTALS}/*", body(put("token", to=None)))
    ),
    "derived: export without a bucket": server(
        "getOrganizationPipelineSettings",
        CONSISTENCY,
        EXAMPLES,
        everywhere(put("build_exports", "location", to=None), *EVERY_SETTING),
    ),
    "derived: enabled by nobody": server(
        "getOrganizationPipelineSettings",
        CONSISTENCY,
        EXAMPLES,
        everywhere(put("hosted_agents_terminal_access", "enabled_by", to=None), *EVERY_SETTING),
    ),
    "derived: team with its id as slug": server("getTeam", CONSISTENCY, EXAMPLES, on("GET", TEAM, body(slug_of_id))),
    "derived: team with a slug in capitals": server(
        "getTeam", CONSISTENCY, EXAMPLES, on("GET", TEAM, body(put("slug", to="Team")))
    ),
    "derived: team with the global id of another type": server(
        "getTeam", CONSISTENCY, EXAMPLES, on("GET", TEAM, body(graphql_id_of_organization))
    ),
    "derived: pipeline of a team below suites": server(
        "listTeamPipelines",
        CONSISTENCY,
        EXAMPLES,
        on(
            "GET",
            f"{TEAM}/pipelines",
            lambda response: replace(response, b"/acme/pipelines/", b"/acme/team-pipelines/"),
        ),
    ),
    "derived: members without sso_mode": server(
        "listOrganizationMembers", DISAGREE, AGREEMENT, everywhere(each_of(drop("sso_mode")), MEMBERS, f"{MEMBERS}/*")
    ),
    "derived: actor with another name": server(
        "listAuditEvents", DISAGREE, AGREEMENT, everywhere(each_of(name_of_actor), EVENTS, f"{EVENTS}/*")
    ),
    "derived: subject with the id of the actor": server(
        "listAuditEvents", DISAGREE, AGREEMENT, everywhere(each_of(id_of_actor), EVENTS, f"{EVENTS}/*")
    ),
    "derived: no request is counted": server("getRateLimit", DISAGREE, AGREEMENT, of_limits(current=lambda _: 150)),
    "derived: reset in milliseconds": server(
        "getRateLimit", DISAGREE, AGREEMENT, of_limits(reset=lambda limit: limit["reset"] * 1000 + 1000)
    ),
    "derived: reset at the start of the epoch": server(
        "getRateLimit", DISAGREE, AGREEMENT, of_limits(reset_at=lambda _: "1970-01-01T00:00:00Z")
    ),
}
