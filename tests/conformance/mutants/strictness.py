"""Servers that refuse what is allowed, that cache lists, and that do not revoke tokens."""

import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

from tests.conformance.mutants.kinds import (
    ACCESS,
    CLUSTER,
    EFFECTS,
    ORGANIZATION,
    PIPELINES,
    TEAMS,
    Mutant,
    remembering,
    server,
)
from tests.conformance.runner_support import Bug, Request, Response, with_token

from buildkite_rest.mock import REVOCABLE_TOKEN

Call = Callable[[Request], Awaitable[Response]]
REFUSED, LIST, REVOKED = "allowed_value_refused", "list_outdated", "revocation_without_effect"
SECRETS, QUEUES = f"{CLUSTER}/secrets", f"{CLUSTER}/queues"


def refuses(method: str, path: str, name: str, is_refused: Callable[[Any], bool], code: int = 422) -> Any:
    """Refuse values of a property."""

    async def bug(request: Request, call: Call) -> Response:
        if request.matches(method, path):
            try:
                body = json.loads(request.body)
            except ValueError:
                body = None
            if isinstance(body, dict) and name in body and is_refused(body[name]):
                response = await call(request)
                if response.status < 300:
                    response.status, response.json = code, {"message": f"Validation failed: {name} is invalid"}
                return response
        return await call(request)

    return bug


def text(pattern: str) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and re.search(pattern, value) is not None


def caches(path: str) -> Callable[[], Bug]:
    """Return the first response to each request of a list, for ever."""

    def make() -> Any:
        known: dict[str, bytes] = {}

        async def bug(request: Request, call: Call) -> Response:
            response = await call(request)
            if request.matches("GET", path) and response.status == 200:
                response.body = known.setdefault(f"{request.path}?{request.query}", response.body)
            return response

        return bug

    return make


async def ignores_revocation(request: Request, call: Call) -> Response:
    if request.matches("DELETE", "/v2/access-token"):
        return Response(204, [], b"")
    return await call(request)


async def accepts_revoked(request: Request, call: Call) -> Response:
    is_revoked = REVOCABLE_TOKEN.encode() in request.headers.get(b"authorization", b"")
    return await call(
        with_token(request) if is_revoked and request.matches("GET", f"{ORGANIZATION}/teams") else request
    )


STRICTNESS: dict[str, Mutant] = {
    "digits are refused": server("createClusterSecret", REFUSED, EFFECTS, refuses("POST", SECRETS, "key", text(r"\d"))),
    "underscores are refused": server(
        "createClusterSecret", REFUSED, EFFECTS, refuses("POST", SECRETS, "key", text("_"))
    ),
    "hyphens are refused": server("createClusterQueue", REFUSED, EFFECTS, refuses("POST", QUEUES, "key", text("-"))),
    "capitals are refused": server(
        "createClusterQueue", REFUSED, EFFECTS, refuses("POST", QUEUES, "key", text("[a-z].*A"))
    ),
    "a hundred characters are refused": server(
        "createClusterQueue", REFUSED, EFFECTS, refuses("POST", QUEUES, "key", lambda value: len(value) > 99)
    ),
    "letters beyond ASCII are refused": server(
        "createTeam", REFUSED, EFFECTS, refuses("POST", TEAMS, "name", text("[^ -~]"))
    ),
    "a value of an enumeration is refused": server(
        "createTeam", REFUSED, EFFECTS, refuses("POST", TEAMS, "default_member_role", text("maintainer"))
    ),
    "ten tags are refused": server(
        "createPipeline", REFUSED, EFFECTS, refuses("POST", PIPELINES, "tags", lambda value: len(value) > 9)
    ),
    "an update with a value of an enumeration is refused": server(
        "updateTeam",
        REFUSED,
        EFFECTS,
        refuses("PATCH", f"{TEAMS}/*", "privacy", text("secret"), 400),
    ),
    "a list is cached": remembering(
        "listClusterQueues", LIST, EFFECTS, caches(QUEUES), include=("deleteClusterQueue",)
    ),
    "the list of a build is cached": remembering(
        "listBuildArtifacts",
        LIST,
        EFFECTS,
        caches(f"{PIPELINES}/*/builds/*/artifacts"),
        include=("deleteArtifactInBuild",),
    ),
    "a revoked token is accepted": server(
        "getAccessToken", REVOKED, ACCESS, ignores_revocation, include=("listTeams",)
    ),
    "a revoked token may read teams": server(
        "listTeams",
        REVOKED,
        ACCESS,
        accepts_revoked,
        include=("getAccessToken",),
    ),
}
