"""Bugs that show only after several requests: what a request leaves behind."""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

from attrs import evolve
from tests.conformance.mutants.effect_bugs import PORTAL, edits, sent, with_body
from tests.conformance.mutants.kinds import (
    EFFECTS,
    ORGANIZATION,
    REGISTRIES,
    SUITES,
    TEAM,
    TEAMS,
    Mutant,
    remembering,
    server,
)
from tests.conformance.runner_support import Bug, Request, Response

Call = Callable[[Request], Awaitable[Response]]

MEMBERS, TEAM_SUITE = f"{TEAM}/members", f"{TEAM}/suites/*"
TESTS = f"{SUITES}/*/tests"
TOKENS, PACKAGES = f"{REGISTRIES}/*/tokens", f"{REGISTRIES}/*/packages"
_TEAM_MEMBERS = ("listTeamMembers", "getTeamMember", "createTeamMember", "updateTeamMember", "deleteTeamMember")
_TOKENS = ("getRegistryToken", "listRegistryTokens", "createRegistryToken", "updateRegistryToken")


async def _send(request: Request, call: Call, method: str, path: str, value: object = None) -> Response:
    """Send another request with the same credentials."""
    other = evolve(request, method=method, path=path, query=b"", body=b"")
    return await call(other if value is None else with_body(other, value))


async def valid_parts(request: Request, call: Call) -> Response:
    """A refused update of a member stores its valid properties."""
    response = await call(request)
    value = sent(request)
    if request.matches("PATCH", f"{ORGANIZATION}/members/*") and response.status == 422 and isinstance(value, dict):
        for name, each in value.items() if len(value) > 1 else ():
            await _send(request, call, "PATCH", request.path, {name: each})
    return response


async def own_slug_taken(request: Request, call: Call) -> Response:
    """A portal cannot be updated with the slug that it has."""
    value = sent(request)
    if request.matches("PUT", PORTAL) and isinstance(value, dict) and value.get("slug") == request.path.split("/")[-1]:
        response = await _send(request, call, "PUT", request.path, {"name": " "})
        response.json = {"message": "Validation failed: Slug has already been taken"}
        return response
    return await call(request)


async def one_maintainer(request: Request, call: Call) -> Response:
    """A member that becomes a maintainer replaces the others."""
    response = await call(request)
    if request.matches("PATCH", f"{MEMBERS}/*") and response.status == 200 and response.json["role"] == "maintainer":
        members = request.path.rpartition("/")[0]
        for each in (await _send(request, call, "GET", members)).json:
            if each["user_id"] != response.json["user_id"]:
                await _send(request, call, "PATCH", f"{members}/{each['user_id']}", {"role": "member"})
    return response


async def one_team(request: Request, call: Call) -> Response:
    """A new member of a team leaves the other teams."""
    response = await call(request)
    if request.matches("POST", MEMBERS) and response.status == 201:
        teams, own, _ = request.path.rsplit("/", 2)
        for each in (await _send(request, call, "GET", teams)).json:
            if each["id"] != own:
                await _send(request, call, "DELETE", f"{teams}/{each['id']}/members/{response.json['user_id']}")
    return response


async def without_members(request: Request, call: Call) -> Response:
    """A renamed team has no members."""
    response = await call(request)
    if request.matches("PATCH", TEAM) and response.status == 200 and "name" in sent(request):
        members = f"{request.path}/members"
        for each in (await _send(request, call, "GET", members)).json:
            await _send(request, call, "DELETE", f"{members}/{each['user_id']}")
    return response


def former_slug() -> Bug:
    """A renamed registry can still be read by its former slug."""
    known: dict[str, str] = {}

    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        if request.matches("POST", f"{REGISTRIES}/*") and response.status == 200:
            known[request.path] = f"{request.path.rpartition('/')[0]}/{response.json['slug']}"
        if request.matches("GET", f"{REGISTRIES}/*") and response.status == 404 and request.path in known:
            return await call(evolve(request, path=known[request.path]))
        return response

    return bug  # type: ignore[return-value]


async def without_suites(request: Request, call: Call) -> Response:
    """An updated test suite is no longer in its teams."""
    response = await call(request)
    if request.matches("PATCH", "/v2/analytics/organizations/*/suites/*") and response.status == 200:
        teams = f"/v2/organizations/{request.path.split('/')[4]}/teams"
        for each in (await _send(request, call, "GET", teams)).json:
            await _send(request, call, "DELETE", f"{teams}/{each['id']}/suites/{response.json['id']}")
    return response


async def same_description(request: Request, call: Call) -> Response:
    """The deletion of a token deletes those with the same description."""
    old = await call(evolve(request, method="GET")) if request.matches("DELETE", f"{TOKENS}/*") else None
    response = await call(request)
    if old is not None and response.status == 200:
        tokens = request.path.rpartition("/")[0]
        for each in (await _send(request, call, "GET", tokens)).json:
            if each["description"] == old.json["description"]:
                await _send(request, call, "DELETE", f"{tokens}/{each['id']}")
    return response


async def with_copies(request: Request, call: Call) -> Response:
    """The deletion of a package deletes its copies in other registries."""
    old = await call(evolve(request, method="GET")) if request.matches("DELETE", f"{PACKAGES}/*") else None
    response = await call(request)
    if old is not None and response.status == 200:
        registries = request.path.rsplit("/", 3)[0]
        for registry in (await _send(request, call, "GET", registries)).json:
            packages = f"{registries}/{registry['slug']}/packages"
            for each in (await _send(request, call, "GET", packages)).json["items"]:
                if each["digests"] == old.json["digests"]:
                    await _send(request, call, "DELETE", f"{packages}/{each['id']}")
    return response


def first_level(value: dict[str, Any]) -> None:
    """Keep only the first of several levels of access."""
    if isinstance(value.get("access_level"), list):
        value["access_level"] = value["access_level"][:1]


def without_empty(value: dict[str, Any]) -> dict[str, Any]:
    """Ignore empty texts."""
    return {name: each for name, each in value.items() if each != ""} if value.get("description") == "" else value


def resets_role() -> Bug:
    """A change of the single sign-on mode restores the role that the member had first."""
    roles: dict[str, str] = {}

    async def bug(request: Request, call: Call) -> Response:
        if not request.matches("PATCH", f"{ORGANIZATION}/members/*"):
            return await call(request)
        member = await _send(request, call, "GET", request.path)
        if member.status == 200:
            roles.setdefault(request.path, member.json["role"])
        value = sent(request)
        if isinstance(value, dict) and value.keys() == {"sso_mode"} and request.path in roles:
            return await call(with_body(request, {**value, "role": roles[request.path]}))
        return await call(request)

    return bug  # type: ignore[return-value]


def stale_label() -> Bug:
    """A label that was removed still selects its tests."""
    known: dict[str, dict[str, Any]] = {}

    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        if request.matches("PATCH", f"{TESTS}/*/labels") and response.status == 200:
            known[request.path.removesuffix("/labels")] = response.json
        label = parse_qs(request.query.decode()).get("label")
        if request.matches("GET", TESTS) and response.status == 200 and label:
            ids = {each["id"] for each in response.json}
            here = {path: each for path, each in known.items() if path.startswith(f"{request.path}/")}
            response.json = [*response.json, *(each for each in here.values() if each["id"] not in ids)]
        return response

    return bug  # type: ignore[return-value]


def stale_state() -> Bug:
    """A test that was muted is not in the list of tests with that state."""
    muted: list[str] = []

    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        if request.matches("PUT", f"{TESTS}/*/mute") and response.status == 200:
            muted.append(response.json["id"])
        if request.matches("GET", TESTS) and response.status == 200 and b"state=muted" in request.query:
            response.json = [each for each in response.json if each["id"] not in muted]
        return response

    return bug  # type: ignore[return-value]


def stale_member() -> Bug:
    """The list of teams by user lacks the teams that the user has joined."""
    joined: dict[str, list[str]] = {}

    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        if request.matches("POST", MEMBERS) and response.status == 201:
            joined.setdefault(response.json["user_id"], []).append(request.path.split("/")[-2])
        user = parse_qs(request.query.decode()).get("user_id", [""])[0]
        if request.matches("GET", TEAMS) and response.status == 200 and user in joined:
            response.json = [each for each in response.json if each["id"] not in joined[user]]
        return response

    return bug  # type: ignore[return-value]


async def one_muted(request: Request, call: Call) -> Response:
    """Only one test of a suite is muted at a time."""
    response = await call(request)
    if request.matches("PUT", f"{TESTS}/*/mute") and response.status == 200:
        tests = request.path.rsplit("/", 2)[0]
        for each in (await _send(request, call, "GET", f"{tests}/muted")).json:
            if each["id"] != response.json["id"]:
                await _send(request, call, "PUT", f"{tests}/{each['id']}/enable")
    return response


SEQUENCES: dict[str, Mutant] = {
    "sequence: a removed label selects tests": remembering(
        "listTests", "list_outdated", EFFECTS, stale_label, include=("updateTestLabels",)
    ),
    "sequence: a muted test has another state": remembering(
        "listTests", "list_outdated", EFFECTS, stale_state, include=("muteTest", "enableTest", "listMutedTests")
    ),
    "sequence: a member has no new teams": remembering(
        "listTeams", "list_outdated", EFFECTS, stale_member, include=_TEAM_MEMBERS
    ),
    "sequence: one test is muted": server(
        "muteTest", "other_object_changed", EFFECTS, one_muted, include=("enableTest", "listMutedTests")
    ),
    "sequence: a refused update stores what is valid": server(
        "getOrganizationMember", "other_property_changed", EFFECTS, valid_parts, include=("updateOrganizationMember",)
    ),
    "sequence: the present slug is taken": server("updatePortal", "valid_value_refused", EFFECTS, own_slug_taken),
    "sequence: the name of a portal changes its slug": server(
        "getPortal",
        "other_property_changed",
        EFFECTS,
        edits("PUT", PORTAL, lambda value: {"slug": str(value.get("name", "")).lower().replace(" ", "-"), **value}),
        include=("updatePortal", "createPortal"),
    ),
    "sequence: a team has one maintainer": server(
        "getTeamMember", "other_object_changed", EFFECTS, one_maintainer, include=_TEAM_MEMBERS
    ),
    "sequence: a user has one team": server(
        "getTeamMember", "other_object_changed", EFFECTS, one_team, include=_TEAM_MEMBERS
    ),
    "sequence: a renamed team loses its members": server(
        "getTeamMember", "other_object_changed", EFFECTS, without_members, include=("updateTeam", *_TEAM_MEMBERS)
    ),
    "sequence: a former slug is valid": remembering(
        "getRegistry", "deleted_object_found", EFFECTS, former_slug, include=("updateRegistry",)
    ),
    "sequence: an updated suite loses its teams": server(
        "getTeamSuite",
        "other_object_changed",
        EFFECTS,
        without_suites,
        include=("createTestSuite", "updateTestSuite", "getTestSuite"),
    ),
    "sequence: tokens with the same description": server(
        "getRegistryToken", "other_object_changed", EFFECTS, same_description, include=("deleteRegistryToken", *_TOKENS)
    ),
    "sequence: a deleted package and its copies": server(
        "getPackage", "other_object_changed", EFFECTS, with_copies, include=("copyPackage", "deletePackage")
    ),
    "sequence: only the first level of access": server(
        "updateTeamSuite", "value_not_persisted", EFFECTS, edits("PATCH", TEAM_SUITE, first_level)
    ),
    "sequence: an empty description is ignored": server(
        "updateTeam", "value_not_persisted", EFFECTS, edits("PATCH", f"{TEAMS}/*", without_empty)
    ),
    "sequence: the first role is restored": remembering(
        "updateOrganizationMember",
        "other_property_changed",
        EFFECTS,
        resets_role,
        include=("getOrganizationMember",),
    ),
}
