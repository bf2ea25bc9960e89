"""Bugs in single values: special characters, ends of filtered lists, and what follows from a value."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode

from attrs import evolve
from tests.conformance.mutants.consistency import CONSISTENCY
from tests.conformance.mutants.effect_bugs import edits
from tests.conformance.mutants.filters import AGENTS, ALL_BUILDS, ARTIFACTS, Call, Pairs, found, rewrite, value
from tests.conformance.mutants.kinds import (
    BUILD,
    CLUSTER,
    EFFECTS,
    ORGANIZATION,
    SUITES,
    TEAMS,
    Mutant,
    remembering,
    server,
    with_state,
)
from tests.conformance.mutants.valid_bodies import REFUSED, refused
from tests.conformance.runner_support import Request, Response

LOST, MISSING, OUTDATED = "value_not_persisted", "effect_missing", "list_outdated"
INVITATIONS = f"{ORGANIZATION}/invitations"
SUITE = f"{SUITES}/*"


def last_of_all(path: str, name: str) -> Any:
    """The link to the last page of a filtered list is that of the whole list."""
    last = re.compile(r'<[^>]*[?&]page=(\d+)[^>]*>; rel="last"')

    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        query = parse_qsl(request.query.decode())
        own = last.search((response.header(b"link") or b"").decode())
        if request.matches("GET", path) and own is not None and name in dict(query):
            whole = [pair for pair in query if pair[0] != name]
            other = await call(evolve(request, query=urlencode(whole).encode()))
            number = last.search((other.header(b"link") or b"").decode())
            if number is not None:
                text = (response.header(b"link") or b"").decode()
                changed = own[0].replace(f"page={own[1]}", f"page={number[1]}")
                response.set_header(b"link", text.replace(own[0], changed).encode())
        return response

    return bug


def of_tags(edit: Callable[[str, str], tuple[str, str]]) -> Callable[[dict[str, Any]], Any]:
    """Change the tags of each execution."""

    def change(body: dict[str, Any]) -> dict[str, Any]:
        changed = [one | {"tags": dict(edit(*tag) for tag in one["tags"].items())} for one in body["executions"]]
        return body | {"executions": changed}

    return change


def another_token(seen: dict[str, int], request: Request, response: Response) -> None:
    """Each update changes the token of a suite."""
    if request.matches("PATCH", SUITE) and response.status == 200:
        seen[response.json["id"]] = seen.get(response.json["id"], 0) + 1
    if request.matches("GET", SUITE) or request.matches("PATCH", SUITE):
        suite = response.json
        if response.status == 200 and "api_token" in suite:
            response.json = suite | {"api_token": suite["api_token"] + "x" * seen.get(suite["id"], 0)}


def positions(state: dict[str, Any], request: Request, response: Response) -> None:
    """Cursors of events are positions: after a new event, the next page begins with the last item before it."""
    if request.matches("POST", TEAMS) and response.status == 201:
        state["is_shifted"] = True
    if not request.matches("GET", f"{ORGANIZATION}/audit_events") or response.status != 200:
        return
    page = response.json
    if b"after=" not in request.query:
        state |= {"last": page["items"][-1], "is_shifted": False}
    elif state.get("is_shifted"):
        response.json = page | {"items": [state["last"], *page["items"][:-1]]}


def sized(default: str, pairs: Pairs) -> Pairs:
    """A page has another number of items by default."""
    return pairs if "per_page" in dict(pairs) else [*pairs, ("per_page", default)]


EXACT_VALUES: dict[str, Mutant] = {
    "exact: the last page is that of all": found("listAgents", last_of_all(AGENTS, "version")),
    "exact: `?` is any character": found(
        "listBuildArtifacts", value(ARTIFACTS, "path", lambda text: text.replace("?", "*"))
    ),
    "exact: brackets are a class": found(
        "listOrganizationBuilds", value(ALL_BUILDS, "branch", lambda text: re.sub(r"\[(.)\]", r"\1", text))
    ),
    "exact: braces are alternatives": found(
        "listBuildArtifacts", value(ARTIFACTS, "path", lambda text: re.sub(r"\{(.),.*\}", r"\1", text))
    ),
    "exact: a backslash is an escape": found(
        "listOrganizationBuilds", value(ALL_BUILDS, "branch", lambda text: text.replace("\\", ""))
    ),
    "exact: an emoji as a character is lost": server(
        "updateTestSuite",
        LOST,
        EFFECTS,
        edits("PATCH", SUITE, lambda suite: suite if str(suite.get("emoji")).isascii() else suite | {"emoji": ""}),
        include=("createTestSuite", "getTestSuite", "deleteTestSuite"),
    ),
    "exact: the value of a tag ends at its colon": server(
        "updateExecutionTags",
        MISSING,
        EFFECTS,
        edits("PUT", f"{SUITE}/execution-tags", of_tags(lambda key, text: (key, text.partition(":")[0]))),
        include=("listFailedExecutions",),
    ),
    "exact: the third part of a tag is lost": server(
        "updateExecutionTags",
        MISSING,
        EFFECTS,
        edits("PUT", f"{SUITE}/execution-tags", of_tags(lambda key, text: (".".join(key.split(".")[:2]), text))),
        include=("listFailedExecutions",),
    ),
    "exact: an update changes the token": remembering(
        "getTestSuite",
        CONSISTENCY,
        EFFECTS,
        with_state(dict, another_token),
        include=("createTestSuite", "updateTestSuite", "deleteTestSuite"),
    ),
    "exact: no teams are refused": server(
        "createOrganizationInvitations",
        REFUSED,
        EFFECTS,
        refused("POST", INVITATIONS, lambda invitations: invitations.get("teams") == []),
        include=("listOrganizationInvitations",),
    ),
    "exact: a page has 50 jobs": server(
        "listJobs",
        OUTDATED,
        EFFECTS,
        rewrite(f"{BUILD}/jobs", lambda pairs: [(each, "50" if each == "per_page" else text) for each, text in pairs]),
        include=("createBuild", "createPipeline", "deletePipeline"),
    ),
    "exact: a page has 31 jobs": server(
        "listJobs",
        OUTDATED,
        EFFECTS,
        rewrite(f"{BUILD}/jobs", lambda pairs: sized("31", pairs)),
        include=("createBuild", "createPipeline", "deletePipeline"),
    ),
    "exact: a page has 25 invitations": server(
        "listOrganizationInvitations",
        OUTDATED,
        EFFECTS,
        rewrite(INVITATIONS, lambda pairs: sized("25", pairs)),
        include=("createOrganizationInvitations", "revokeOrganizationInvitation"),
    ),
    "exact: cursors of events are positions": remembering(
        "listAuditEvents",
        OUTDATED,
        EFFECTS,
        with_state(dict, positions),
        include=("createTeam", "deleteTeam"),
    ),
    "exact: a page has 20 secrets": server(
        "listClusterSecrets",
        OUTDATED,
        EFFECTS,
        rewrite(f"{CLUSTER}/secrets", lambda pairs: sized("20", pairs)),
        include=("createClusterSecret", "deleteClusterSecret"),
    ),
}
