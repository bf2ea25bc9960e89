"""Bugs that apply properties which a request body is not documented to have."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from tests.conformance.mutants.effect_bugs import sent
from tests.conformance.mutants.kinds import CLUSTER, EFFECTS, TEAM, TEAMS, Mutant, remembering
from tests.conformance.runner_support import Bug, Request, Response

Call = Callable[[Request], Awaitable[Response]]

TOKENS, SECRETS = f"{CLUSTER}/tokens", f"{CLUSTER}/secrets"


def applying(method: str, path: str, item: str, name: str) -> Callable[[], Bug]:
    """Return what makes a bug that stores a further property of a request body."""

    def make() -> Bug:
        known: dict[str, Any] = {}

        async def bug(request: Request, call: Call) -> Response:
            response = await call(request)
            body = sent(request) if request.matches(method, path) and response.status in {200, 201} else None
            if body and name in body:
                known[response.json["id"]] = body[name]
            is_object = request.matches("GET", item) or request.matches(method, path)
            if response.status in {200, 201} and is_object and response.json["id"] in known:
                response.json = {**response.json, name: known[response.json["id"]]}
            return response

        return bug  # type: ignore[return-value]

    return make


def described_value() -> Bug:
    """A new value of a secret may come with a description."""
    known: dict[str, str] = {}

    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        body = (sent(request) or {}) if request.matches("PUT", f"{SECRETS}/*/value") else {}
        if response.status == 200 and "description" in body:
            known[response.json["id"]] = body["description"]
        if response.status == 200 and request.matches("GET", f"{SECRETS}/*") and response.json["id"] in known:
            response.json = {**response.json, "description": known[response.json["id"]]}
        return response

    return bug  # type: ignore[return-value]


UNLISTED_PROPERTIES: dict[str, Mutant] = {
    "unlisted property: the expiry of an agent token": remembering(
        "updateClusterAgentToken",
        "other_property_changed",
        EFFECTS,
        applying("PUT", f"{TOKENS}/*", f"{TOKENS}/*", "expires_at"),
    ),
    "unlisted property: the time of a creation": remembering(
        "createTeam", "other_property_changed", EFFECTS, applying("POST", TEAMS, TEAM, "created_at")
    ),
    "unlisted property: the description of a value": remembering(
        "updateClusterSecretValue",
        "other_property_changed",
        EFFECTS,
        described_value,
        include=("createClusterSecret",),
    ),
}
