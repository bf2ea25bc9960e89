"""Bugs that show when something is done again, or in the lists and parents of a changed object."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from tests.conformance.mutants.effect_bugs import JOB, QUEUE, QUEUES, sent
from tests.conformance.mutants.kinds import (
    BUILD,
    BUILDS,
    CLUSTER,
    EFFECTS,
    ORGANIZATION,
    PIPELINES,
    TEAM,
    Mutant,
    remembering,
    with_state,
)
from tests.conformance.runner_support import Bug, Request, Response

Call = Callable[[Request], Awaitable[Response]]

SECRETS = f"{CLUSTER}/secrets"


def stays_taken(path: str, key: str, method: str) -> Callable[[], Bug]:
    """The key of an object that was deleted or renamed stays taken."""

    def make() -> Bug:
        former: dict[tuple[str, str], Any] = {}
        present: dict[str, Any] = {}

        async def bug(request: Request, call: Call) -> Response:
            response = await call(request)
            if request.matches("POST", path):
                if (request.path, sent(request).get(key)) in former:
                    response.status, response.json = 422, {"message": "Validation failed"}
                elif response.status in {200, 201}:
                    present[response.json["id"]] = response.json[key]
                    present[f"{request.path}/{response.json.get('slug', response.json['id'])}"] = response.json[key]
            if request.matches(method, f"{path}/*") and response.status in {200, 204} and request.path in present:
                old = present[request.path]
                if method == "DELETE" or response.json[key] != old:
                    former[request.path.rpartition("/")[0], old] = True
            return response

        return bug  # type: ignore[return-value]

    return make


def old_time(known: dict[str, Any], request: Request, response: Response) -> None:
    """A secret with the key of a deleted one was created with that."""
    if request.matches("POST", SECRETS) and response.status == 201:
        secret = response.json
        response.json = secret | {"created_at": known.setdefault(secret["key"], secret["created_at"])}


def old_access(known: dict[str, Any], request: Request, response: Response) -> None:
    """A pipeline that is added to a team again has the access that it had before."""
    if request.matches("PATCH", f"{TEAM}/pipelines/*") and response.status == 200:
        known[request.path] = response.json["access_level"]
    if request.matches("POST", f"{TEAM}/pipelines") and response.status == 201:
        added = response.json
        path = f"{request.path}/{added['pipeline_id']}"
        response.json = added | {"access_level": known.get(path, added["access_level"])}


def members_of_teams(known: dict[str, Any], request: Request, response: Response) -> None:
    """A user that was removed from the organization is listed in teams."""
    if request.matches("DELETE", f"{ORGANIZATION}/members/*") and response.status == 204:
        known["removed"] = [*known.get("removed", ()), request.path.rpartition("/")[2]]
    if request.matches("GET", f"{TEAM}/members") and response.status == 200:
        members = {member["user_id"]: member for member in response.json}
        known[request.path] = {**known.get(request.path, {}), **members}
        gone = [each for key, each in known[request.path].items() if key in known.get("removed", ())]
        response.json = [*response.json, *(each for each in gone if each["user_id"] not in members)]


def first_time(known: dict[str, Any], request: Request, response: Response) -> None:
    """A queue was paused when it was paused for the first time."""
    if request.matches("GET", QUEUE) and response.status == 200 and response.json["dispatch_paused_at"]:
        queue = response.json
        response.json = queue | {"dispatch_paused_at": known.setdefault(queue["id"], queue["dispatch_paused_at"])}


def not_listed(new: set[str], request: Request, response: Response) -> None:
    """A list has no rebuilds."""
    if request.matches("PUT", f"{BUILD}/rebuild") and response.status == 200:
        new.add(response.json["id"])
    if request.matches("GET", BUILDS) and response.status == 200:
        response.json = [build for build in response.json if build["id"] not in new]


def old_part(changed: set[str], request: Request, response: Response) -> None:
    """A build has the priority of a job before it was changed."""
    if request.matches("PUT", f"{JOB}/reprioritize") and response.status == 200:
        changed.add(response.json["id"])
    if request.matches("GET", BUILD) and response.status == 200:
        build = response.json
        for job in build.get("jobs", ()):
            if job["id"] in changed:
                job["priority"] = {"number": 41}
        response.json = build


REPETITIONS: dict[str, Mutant] = {
    "the key of a deleted object stays taken": remembering(
        "createClusterQueue",
        "conflict_accepted",
        EFFECTS,
        stays_taken(QUEUES, "key", "DELETE"),
        include=("deleteClusterQueue", "getClusterQueue", "listClusterQueues"),
    ),
    "the name of a renamed object stays taken": remembering(
        "createPipeline",
        "conflict_accepted",
        EFFECTS,
        stays_taken(PIPELINES, "name", "PATCH"),
        include=("updatePipeline", "getPipeline"),
    ),
    "a new object has the time of a deleted one": remembering(
        "createClusterSecret",
        "creation_not_recorded",
        EFFECTS,
        with_state(dict, old_time),
        include=("deleteClusterSecret", "getClusterSecret"),
    ),
    "an object that is added again has its former values": remembering(
        "createTeamPipeline",
        "value_not_persisted",
        EFFECTS,
        with_state(dict, old_access),
        include=("deleteTeamPipeline", "updateTeamPipeline", "getTeamPipeline"),
    ),
    "a removed user remains in teams": remembering(
        "listTeamMembers",
        "list_outdated",
        EFFECTS,
        with_state(dict, members_of_teams),
        include=("removeOrganizationMember", "getTeamMember", "getOrganizationMember", "listOrganizationMembers"),
    ),
    "a second pause has the time of the first": remembering(
        "getClusterQueue",
        "repetition_has_effect",
        EFFECTS,
        with_state(dict, first_time),
        include=("pauseClusterQueueDispatch", "createClusterQueue"),
    ),
    "a list without rebuilds": remembering(
        "listBuilds",
        "list_outdated",
        EFFECTS,
        with_state(set, not_listed),
        include=("rebuildBuild", "createBuild", "getBuild"),
    ),
    "a build with an old job": remembering(
        "getBuild",
        "effect_missing",
        EFFECTS,
        with_state(set, old_part),
        include=("reprioritizeJob", "reprioritizeJobInBuild"),
    ),
}
