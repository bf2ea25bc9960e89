"""Bugs that only some values or states of an object show, or that the lists of other objects show."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from attrs import evolve
from tests.conformance.mutants.body_values import ACCEPTED
from tests.conformance.mutants.effect_bugs import JOB, edits, sent, with_body
from tests.conformance.mutants.kinds import (
    EFFECTS,
    ORGANIZATION,
    PIPELINES,
    REFUSALS,
    TEAM,
    Mutant,
    remembering,
    server,
)
from tests.conformance.runner_support import Bug, Request, Response

Call = Callable[[Request], Awaitable[Response]]

MEMBER, SETTINGS = f"{ORGANIZATION}/members/*", f"{ORGANIZATION}/pipeline-settings"
_LEVELS = ("read_only", "build_and_read", "manage_build_and_read")
_LONGEST, _DEFAULT = "maximum_timeout_in_minutes", "default_timeout_in_minutes"
_PIPELINES = ("createPipeline", "getPipeline", "listPipelines", "deletePipeline")


def without_role(body: dict[str, Any]) -> dict[str, Any]:
    """A change of the SSO mode alone makes an administrator a member."""
    return body | {"role": "member"} if body.keys() == {"sso_mode"} else body


async def lower_default(request: Request, call: Call) -> Response:
    """A default above a new maximum is lowered."""
    body = sent(request) if request.matches("PATCH", SETTINGS) else None
    if isinstance(body, dict) and isinstance(longest := body.get(_LONGEST), int) and _DEFAULT not in body:
        former = (await call(evolve(request, method="GET", body=b""))).json
        if (former.get(_DEFAULT) or 0) > longest > 0:
            return await call(with_body(request, body | {_DEFAULT: longest}))
    return await call(request)


async def same_level(request: Request, call: Call) -> Response:
    """The access level of a new pipeline of a team becomes that of all its pipelines."""
    response = await call(request)
    if request.matches("POST", f"{TEAM}/pipelines") and response.status == 201:
        new = response.json
        for each in (await call(evolve(request, method="GET", body=b"", query=b"per_page=100"))).json:
            if each["pipeline_id"] != new["pipeline_id"]:
                other = evolve(request, method="PATCH", path=f"{request.path}/{each['pipeline_id']}")
                await call(with_body(other, {"access_level": new["access_level"]}))
    return response


async def name_of_archived(request: Request, call: Call) -> Response:
    """A new pipeline with a slug may have the name of an archived one."""
    response, body = await call(request), sent(request)
    if request.matches("POST", PIPELINES) and response.status == 422 and body.get("slug"):
        listed = (await call(evolve(request, method="GET", body=b"", query=b"per_page=100"))).json
        if any(each["name"] == body["name"] and each["archived_at"] for each in listed):
            return await call(with_body(request, body | {"name": f"{body['name']} again"}))
    return response


def known_levels(body: dict[str, Any]) -> dict[str, Any]:
    """An unknown access level is the lowest one."""
    teams = body.get("teams")
    if not isinstance(teams, dict):
        return body
    levels = {key: _LEVELS[0] if isinstance(each, str) and each not in _LEVELS else each for key, each in teams.items()}
    return body | {"teams": levels}


def cached_counts() -> Bug:
    """The list of pipelines has the first counts of each."""
    first: dict[str, dict[str, Any]] = {}

    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        if request.matches("GET", PIPELINES) and response.status == 200:
            counts = [{name: each[name] for name in each if name.endswith("_count")} for each in response.json]
            pairs = zip(response.json, counts, strict=True)
            response.json = [each | first.setdefault(each["id"], count) for each, count in pairs]
        return response

    return bug  # type: ignore[return-value]


CONDITIONAL_EFFECTS: dict[str, Mutant] = {
    "an administrator with another SSO mode is a member": server(
        "updateOrganizationMember",
        "other_property_changed",
        EFFECTS,
        edits("PATCH", MEMBER, without_role),
        include=("getOrganizationMember", "listOrganizationMembers"),
    ),
    "a lower maximum lowers the default": server(
        "updateOrganizationPipelineSettings",
        "other_property_changed",
        EFFECTS,
        lower_default,  # type: ignore[arg-type]
        include=("getOrganizationPipelineSettings",),
    ),
    "a new access level is that of all pipelines": server(
        "getTeamPipeline",
        "other_object_changed",
        EFFECTS,
        same_level,  # type: ignore[arg-type]
        include=("createTeam", "deleteTeam", "createTeamPipeline", "listTeamPipelines", "deleteTeamPipeline"),
    ),
    "the name of an archived pipeline is free": server(
        "createPipeline",
        "conflict_accepted",
        EFFECTS,
        name_of_archived,  # type: ignore[arg-type]
        include=(*_PIPELINES, "archivePipeline", "unarchivePipeline"),
    ),
    "value: an unknown access level in a map": server(
        "createPipeline", ACCEPTED, REFUSALS, edits("POST", PIPELINES, known_levels), include=_PIPELINES
    ),
    "value: true as a number": server(
        "reprioritizeJob",
        ACCEPTED,
        REFUSALS,
        edits("PUT", f"{JOB}/reprioritize", lambda body: {"priority": 1} if body.get("priority") is True else body),
        include=("listBuilds", "getJob"),
    ),
    "the list of pipelines has cached counts": remembering(
        "listPipelines", "list_outdated", EFFECTS, cached_counts, include=(*_PIPELINES, "createBuild", "getBuild")
    ),
}
