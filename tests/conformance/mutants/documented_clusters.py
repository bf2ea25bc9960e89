"""Servers that break single sentences about clusters, what belongs to them, and lists with cursors."""

import json
from typing import Any

from attrs import evolve
from tests.conformance.mutants.consistency import CONSISTENCY
from tests.conformance.mutants.effect_bugs import Call
from tests.conformance.mutants.kinds import (
    AGREEMENT,
    CLUSTER,
    EFFECTS,
    LISTS,
    ORGANIZATION,
    Mutant,
    body,
    on,
    put,
    remembering,
    server,
    with_state,
)
from tests.conformance.mutants.statuses import message, refusal
from tests.conformance.runner_support import Bug, Request, Response

EVENTS = f"{ORGANIZATION}/audit_events"
QUEUES, VOLUMES, IMAGES = f"{CLUSTER}/queues", f"{CLUSTER}/cache_volumes", f"{CLUSTER}/agent-images"
MAINTAINERS, TOKENS = f"{CLUSTER}/maintainers", f"{CLUSTER}/tokens"
CLUSTER_LIFE = ("createCluster", "getCluster", "deleteCluster")


def found_after_cluster(seen: dict[str, bytes], request: Request, response: Response) -> None:
    """A queue of a deleted cluster can still be read."""
    if request.matches("GET", f"{QUEUES}/*"):
        if response.status == 200:
            seen[request.path] = response.body
        elif request.path in seen and f"deleted {request.path.rpartition('/queues/')[0]}" in seen:
            response.status, response.body = 200, seen[request.path]
    if request.matches("DELETE", CLUSTER) and response.status == 204:
        seen[f"deleted {request.path}"] = b""


def mentioned_for_ever(gone: dict[str, Any], request: Request, response: Response) -> None:
    """A removed maintainer stays in the cluster."""
    if request.matches("DELETE", f"{MAINTAINERS}/*") and response.status == 204:
        gone[request.path.rpartition("/")[2]] = True
    if request.matches("GET", CLUSTER) and response.status == 200:
        known: Any = gone.setdefault(request.path, {})
        found = response.json
        users = found["maintainers"]["users"]
        known.update({each["id"]: each for each in users})
        ids = [each["id"] for each in users]
        found["maintainers"]["users"] += [known[key] for key in known if key in gone and key not in ids]
        response.json = found


def without_link(response: Response) -> None:
    """The header has no links."""
    response.headers = [(name, value) for name, value in response.headers if name.lower() != b"link"]


async def before_is_after(request: Request, call: Call) -> Response:
    """The page after a cursor for the one before it."""
    if request.matches("GET", EVENTS):
        request = evolve(request, query=request.query.replace(b"before=", b"after="))
    return await call(request)


def older_volume(volumes: list[dict[str, Any]]) -> None:
    """An older volume of a tag."""
    if volumes:
        volumes.append({**volumes[0], "id": "vol-older"})


async def image_of_new_queue(request: Request, call: Call) -> Response:
    """A new queue has the image of the request."""
    response = await call(request)
    if request.matches("POST", QUEUES) and response.status == 201:
        image = json.loads(request.body).get("hostedAgents", {}).get("agentImageRef")
        found = response.json
        if image is not None:
            found["hosted_agents"]["platform_settings"]["linux"]["agent_image_ref"] = image
            response.json = found
    return response


def team_as_user(maintainers: list[dict[str, Any]]) -> None:
    for maintainer in maintainers:
        maintainer["actor"]["type"] = "user"


def mac_with_linux(queues: list[dict[str, Any]]) -> None:
    for queue in queues:
        if "hosted_agents" in queue:
            queue["hosted_agents"]["platform_settings"] = {"linux": {"agent_image_ref": None}}


def silent_failure(images: list[dict[str, Any]]) -> None:
    for image in images:
        image["last_build_error"] = None


def empties(path: str) -> Bug:
    """The deletion of one item of a list deletes all."""

    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        if request.matches("DELETE", path) and response.status == 204:
            items = (await call(evolve(request, method="GET", body=b""))).json
            for item in items:
                await call(evolve(request, body=json.dumps({"tag": item["tag"]}).encode()))
        return response

    return bug  # type: ignore[return-value]


async def short_values(request: Request, call: Call) -> Response:
    """Secrets of more than 4 kilobytes are refused."""
    if request.matches("POST", f"{CLUSTER}/secrets") and len(request.body) > 4_096:
        request = evolve(request, body=b'{"key": "!"}')
    return await call(request)


DOCUMENTED_CLUSTERS: dict[str, Mutant] = {
    "documented: queues of a deleted cluster found": remembering(
        "deleteCluster", "deleted_object_found", EFFECTS, with_state(dict, found_after_cluster), include=CLUSTER_LIFE
    ),
    "documented: removed maintainer stays in the cluster": remembering(
        "getCluster",
        "deleted_object_found",
        EFFECTS,
        with_state(dict, mentioned_for_ever),
        include=("createCluster", "createClusterMaintainer", "deleteClusterMaintainer"),
    ),
    "documented: links of the body not in the header": server(
        "listAuditEvents", "link_conformance", LISTS, on("GET", EVENTS, without_link)
    ),
    "documented: before leads to the next page": server("listAuditEvents", "list_inconsistent", LISTS, before_is_after),
    "documented: two volumes of a tag": server(
        "listClusterCacheVolumes", "list_inconsistent", LISTS, on("GET", VOLUMES, body(older_volume))
    ),
    "documented: one deletion empties the list": server(
        "listClusterCacheVolumes",
        "other_object_changed",
        EFFECTS,
        empties(VOLUMES),
        include=("deleteClusterCacheVolume",),
    ),
    "documented: message with a part of the tag": refusal(
        "deleteClusterCacheVolume", "DELETE", VOLUMES, 404, message("No cache volume found for tag: no-such-tag")
    ),
    "documented: image of a new queue": server(
        "createClusterQueue", "default_not_applied", EFFECTS, image_of_new_queue, include=("getClusterQueue",)
    ),
    "documented: image in use without its message": refusal(
        "deleteClusterAgentImage", "DELETE", f"{IMAGES}/*", 409, message("in use")
    ),
    "documented: team as a user": server(
        "listClusterMaintainers", CONSISTENCY, AGREEMENT, on("GET", MAINTAINERS, body(team_as_user))
    ),
    "documented: Mac with settings of Linux": server(
        "listClusterQueues", CONSISTENCY, AGREEMENT, on("GET", QUEUES, body(mac_with_linux))
    ),
    "documented: failed image without an error": server(
        "listClusterAgentImages", CONSISTENCY, AGREEMENT, on("GET", IMAGES, body(silent_failure))
    ),
    "documented: same value of two tokens": server(
        "createClusterAgentToken",
        "secret_returned_again",
        EFFECTS,
        on("POST", TOKENS, body(put("token", to="not-a-real-token")), status=201),
    ),
    "documented: values of a secret of half the length": server(
        "createClusterSecret",
        "valid_value_refused",
        EFFECTS,
        short_values,
    ),
}
