"""Bugs in which properties only one object of a list may have."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

from attrs import evolve
from tests.conformance.mutants.effect_bugs import edits, sent, with_body
from tests.conformance.mutants.kinds import (
    CLUSTERS,
    EFFECTS,
    ORGANIZATION,
    PIPELINE,
    PIPELINES,
    STATUSES,
    Mutant,
    server,
)
from tests.conformance.runner_support import Bug, Request, Response

Call = Callable[[Request], Awaitable[Response]]

SCHEDULES, INVITATIONS = f"{PIPELINE}/schedules", f"{ORGANIZATION}/invitations"


def also_unique(path: str, name: str) -> Bug:
    """Refuse a second object with the same value of a property."""

    async def bug(request: Request, call: Call) -> Response:
        if request.matches("POST", path) and (value := (sent(request) or {}).get(name)):
            listed = await call(evolve(request, method="GET", query=b"per_page=100", body=b""))
            if listed.status == 200 and value in {each[name] for each in listed.json}:
                listed.status, listed.json = 422, {"message": f"Validation failed: {name} has already been taken"}
                return listed
        return await call(request)

    return bug  # type: ignore[return-value]


async def name_with_own_slug(request: Request, call: Call) -> Response:
    """Two pipelines may have the same name if their slugs differ."""
    response = await call(request)
    body = sent(request) if request.matches("POST", PIPELINES) else None
    if (
        response.status == 422
        and body
        and body.get("slug")
        and b'"field": "name"' in response.body.replace(b":", b": ")
    ):
        return await call(with_body(request, {**body, "name": f"{body['name']} again"}))
    return response


async def free_slug(request: Request, call: Call) -> Response:
    """The slug of a name must be free, also if the new pipeline has another one."""
    body = sent(request) if request.matches("POST", PIPELINES) else None
    if body and body.get("slug"):
        slug = re.sub("[^a-z0-9]+", "-", body["name"].lower()).strip("-")
        found = await call(evolve(request, method="GET", path=f"{request.path}/{slug}", body=b""))
        if found.status == 200:
            found.status, found.json = 422, {"message": "Validation failed: Slug has already been taken"}
            return found
    return await call(request)


def many_hyphens(body: dict[str, Any]) -> dict[str, Any]:
    """Replace each character of a name that a slug cannot have by a hyphen."""
    if "name" not in body or "slug" in body:
        return body
    return {**body, "slug": re.sub("[^a-z0-9]", "-", body["name"].lower())}


async def invited_in_capitals(request: Request, call: Call) -> Response:
    """A member can be invited again with capitals in the address."""
    response = await call(request)
    body = sent(request) if request.matches("POST", INVITATIONS) else None
    if response.status == 422 and body and body["emails"] == [each.upper() for each in body["emails"]]:
        return await call(with_body(request, {**body, "emails": [f"x.{each}" for each in body["emails"]]}))
    return response


UNIQUENESS: dict[str, Mutant] = {
    "uniqueness: a name is free if the slug is": server(
        "createPipeline", "conflict_accepted", EFFECTS, name_with_own_slug
    ),
    "uniqueness: the slug of a name must be free": server("createPipeline", "valid_value_refused", EFFECTS, free_slug),
    "uniqueness: labels of schedules": server(
        "createPipelineSchedule",
        "valid_value_refused",
        EFFECTS,
        also_unique(SCHEDULES, "label"),
        include=("deletePipelineSchedule",),
    ),
    "uniqueness: descriptions of clusters": server(
        "createCluster",
        "valid_value_refused",
        EFFECTS,
        also_unique(CLUSTERS, "description"),
        include=("deleteCluster",),
    ),
    "uniqueness: hyphens in a row": server(
        "updatePipeline", "value_not_persisted", EFFECTS, edits("PATCH", PIPELINE, many_hyphens)
    ),
    "uniqueness: an address in capitals": server(
        "createOrganizationInvitations", "documented_refusal", STATUSES, invited_in_capitals
    ),
}
