"""Bugs in who sent a request: its user is always the same one, whoever has the token."""

from typing import Any

from tests.conformance.mutants.effect_bugs import AGENT, JOB_IN_BUILD, QUEUE, QUEUES, SECRET
from tests.conformance.mutants.kinds import (
    BUILDS,
    CLUSTERS,
    EFFECTS,
    ORGANIZATION,
    Mutant,
    remembering,
    with_state,
)
from tests.conformance.runner_support import Request, Response

RECORDED, EFFECT, OTHER = "creation_not_recorded", "effect_missing", "other_property_changed"


def first_user(operation: str, check: str, name: str, *paths: str, include: tuple[str, ...] = ()) -> Mutant:
    """Return a mutant in which a property is the user who had it first."""

    def wrong(known: dict[str, Any], request: Request, response: Response) -> None:
        is_meant = any(request.matches(request.method, path) for path in paths)
        if is_meant and response.status in (200, 201) and response.body:
            found = response.json
            if isinstance(found, dict) and isinstance(found.get(name), dict):
                response.json = found | {name: known.setdefault("user", found[name])}

    return remembering(operation, check, EFFECTS, with_state(dict, wrong), include=include)


ACTORS: dict[str, Mutant] = {
    "actor: a queue is always paused by one user": first_user(
        "pauseClusterQueueDispatch", EFFECT, "dispatch_paused_by", QUEUE, f"{QUEUE}/pause_dispatch"
    ),
    "actor: an agent is always paused by one user": first_user(
        "getAgent", EFFECT, "paused_by", AGENT, include=("pauseAgent",)
    ),
    "actor: a job is always unblocked by one user": first_user(
        "unblockJobInBuild", EFFECT, "unblocked_by", f"{JOB_IN_BUILD}/unblock"
    ),
    "actor: an invitation is always revoked by one user": first_user(
        "getOrganizationInvitation",
        EFFECT,
        "revoked_by",
        f"{ORGANIZATION}/invitations/*",
        include=("revokeOrganizationInvitation",),
    ),
    "actor: all builds are of one user": first_user("createBuild", RECORDED, "creator", BUILDS),
    "actor: all clusters are of one user": first_user("createCluster", RECORDED, "created_by", CLUSTERS),
    "actor: all queues are of one user": first_user("createClusterQueue", RECORDED, "created_by", QUEUES),
    "actor: secrets are always updated by one user": first_user(
        "updateClusterSecret", OTHER, "updated_by", SECRET, include=("createClusterSecret", "getClusterSecret")
    ),
    "actor: secrets are read with one user": first_user(
        "getClusterSecret", RECORDED, "created_by", SECRET, include=("createClusterSecret",)
    ),
}
