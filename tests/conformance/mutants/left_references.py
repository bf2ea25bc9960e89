"""Bugs in what deletions and actions do to other objects: those that refer to an object, are like it or below it."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

from attrs import evolve
from tests.conformance.mutants.effect_bugs import with_body
from tests.conformance.mutants.kinds import (
    BUILD,
    EFFECTS,
    ORGANIZATION,
    PIPELINE,
    REGISTRIES,
    TEAM,
    remembering,
    server,
)
from tests.conformance.runner_support import Bug, Request, Response

Call = Callable[[Request], Awaitable[Response]]

RULE, CONTEXT = f"{ORGANIZATION}/rules/*", "context"


async def _read(request: Request, call: Call, path: str) -> Any:
    found = await call(evolve(request, method="GET", path=path, query=b"per_page=100", body=b""))
    return found.json if found.status == 200 else []


def team_in_registries() -> Bug:
    """A registry has the ids of deleted teams."""
    kept: dict[str, str] = {}

    async def bug(request: Request, call: Call) -> Response:
        if request.matches("DELETE", TEAM):
            _, _, _, org, _, team = request.path.split("/")
            registries = await _read(request, call, f"/v2/packages/organizations/{org}/registries")
            kept.update({each["id"]: team for each in registries if team in each["team_ids"]})
        response = await call(request)
        if request.matches("GET", f"{REGISTRIES}/*") and response.status == 200 and response.json["id"] in kept:
            response.json = response.json | {"team_ids": [kept[response.json["id"]]]}
        return response

    return bug  # type: ignore[return-value]


def rule_for_deleted_target() -> Bug:
    """A rule remains if its target is deleted."""
    kept: dict[str, Any] = {}

    async def bug(request: Request, call: Call) -> Response:
        if request.matches("DELETE", PIPELINE):
            pipeline = await _read(request, call, request.path)
            rules = await _read(request, call, "/".join([*request.path.split("/")[:4], "rules"]))
            kept.update({each["uuid"]: each for each in rules if pipeline and each["target_uuid"] == pipeline["id"]})
        response = await call(request)
        if request.matches("GET", RULE) and response.status == 404 and request.path.rpartition("/")[2] in kept:
            return evolve(response, status=200, body=json.dumps(kept[request.path.rpartition("/")[2]]).encode())
        return response

    return bug  # type: ignore[return-value]


async def both_annotations(request: Request, call: Call) -> Response:
    """The deletion of an annotation of a job removes that of the build with the same context."""
    of_job = next(
        (
            each
            for each in (f"{ORGANIZATION}/jobs/*", f"{BUILD}/jobs/*")
            if request.matches("DELETE", f"{each}/annotations/*")
        ),
        None,
    )
    if of_job is None:
        return await call(request)
    listing, _, key = request.path.rpartition("/")
    job = await _read(request, call, listing.removesuffix("/annotations"))
    contexts = [each[CONTEXT] for each in await _read(request, call, listing) if each["id"] == key]
    response = await call(request)
    if response.status == 204 and job:
        build = re.sub("^https?://[^/]+", "", job["build_url"])
        for each in await _read(request, call, f"{build}/annotations"):
            if each[CONTEXT] in contexts:
                await call(evolve(request, path=f"{build}/annotations/{each['id']}"))
    return response


async def enabled_schedules(request: Request, call: Call) -> Response:
    """All schedules of an unarchived pipeline are enabled."""
    response = await call(request)
    if request.matches("POST", f"{PIPELINE}/unarchive") and response.status == 200:
        schedules = f"{request.path.removesuffix('/unarchive')}/schedules"
        for each in await _read(request, call, schedules):
            await call(with_body(evolve(request, method="PUT", path=f"{schedules}/{each['id']}"), {"enabled": True}))
    return response


async def pipelines_of_team(request: Request, call: Call) -> Response:
    """The pipelines of a deleted team are removed from all teams."""
    if not request.matches("DELETE", TEAM):
        return await call(request)
    pipelines = await _read(request, call, f"{request.path}/pipelines")
    response = await call(request)
    teams = request.path.rpartition("/")[0]
    for team in await _read(request, call, teams) if response.status == 204 else ():
        for each in pipelines:
            await call(evolve(request, path=f"{teams}/{team['id']}/pipelines/{each['pipeline_id']}"))
    return response


_DELETED = "deleted_object_found"
_PIPELINES = ("createPipeline", "getPipeline", "deletePipeline")
_RULES = ("createRule", "listRules", "deleteRule")
_SCHEDULES = ("createPipelineSchedule", "getPipelineSchedule", "deletePipelineSchedule")
_TEAMS = ("createTeam", "getTeam", "listTeams", "deleteTeam", "createRegistry", "deleteRegistry")
_ANNOTATIONS = ("listJobAnnotations", "createJobAnnotation", "deleteJobAnnotation", "createBuildAnnotation")

LEFT_REFERENCES = {
    "a registry has a deleted team": remembering("getRegistry", _DELETED, EFFECTS, team_in_registries, include=_TEAMS),
    "a rule for a deleted target": remembering(
        "getRule", _DELETED, EFFECTS, rule_for_deleted_target, include=(*_PIPELINES, *_RULES)
    ),
    "an annotation of the build is deleted with that of a job": server(
        "listBuildAnnotations",
        "other_object_changed",
        EFFECTS,
        both_annotations,  # type: ignore[arg-type]
        include=(*_ANNOTATIONS, "deleteBuildAnnotation", "listBuilds", "listJobs"),
    ),
    "the pipelines of a deleted team are in no team": server(
        "getTeamPipeline",
        "other_object_changed",
        EFFECTS,
        pipelines_of_team,  # type: ignore[arg-type]
        include=("createTeam", "listTeams", "getTeam", "deleteTeam", "createTeamPipeline", "deleteTeamPipeline"),
    ),
    "schedules of an unarchived pipeline are enabled": server(
        "getPipelineSchedule",
        "other_object_changed",
        EFFECTS,
        enabled_schedules,  # type: ignore[arg-type]
        include=(*_PIPELINES, "archivePipeline", "unarchivePipeline", *_SCHEDULES),
    ),
}
