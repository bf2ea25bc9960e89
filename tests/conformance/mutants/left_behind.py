"""Bugs in what a request leaves behind: in other properties, other objects, and the order of a list."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from attrs import evolve
from tests.conformance.mutants.effect_bugs import JOB_IN_BUILD, QUEUE, QUEUES, edits, sent, with_body
from tests.conformance.mutants.kinds import (
    BUILD,
    CLUSTER,
    EFFECTS,
    PIPELINE,
    REGISTRIES,
    TEAMS,
    Mutant,
    remembering,
    server,
    with_state,
)
from tests.conformance.runner_support import Bug, Request, Response, change

Call = Callable[[Request], Awaitable[Response]]

OUTDATED = "list_outdated"
SCHEDULES = f"{PIPELINE}/schedules"
VOLUMES = f"{CLUSTER}/cache_volumes"
VOLUME = {
    "id": "vol-former",
    "size_mb": 1024,
    "created_at": "2026-01-01T00:00:00.000Z",
    "attached_at": "2026-01-01T00:00:00.000Z",
    "detached_at": "2026-01-01T00:00:00.000Z",
}
MAINTAINERS, TOKENS = f"{CLUSTER}/maintainers", f"{CLUSTER}/tokens"


def stored(name: str) -> Bug:
    """A refused update of a pipeline stores a valid property."""

    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        values = sent(request)
        if request.matches("PATCH", PIPELINE) and response.status == 422 and name in (values or ()):
            await call(with_body(request, {name: values[name]}))
        return response

    return bug  # type: ignore[return-value]


def without_filter(body: dict[str, Any]) -> Any:
    """Remove the filter of skipped builds with each change of the switch."""
    is_switch = "skip_queued_branch_builds" in body
    return {"skip_queued_branch_builds_filter": None, **body} if is_switch else body


def default_setting(body: dict[str, Any]) -> Any:
    """Reset a setting that is not sent with others."""
    settings = body.get("provider_settings")
    if not isinstance(settings, dict) or not settings:
        return body
    return {**body, "provider_settings": {"publish_commit_status": True, **settings}}


def updated_last(known: dict[str, Any], request: Request, response: Response) -> None:
    """Move an updated queue to the end of the list."""
    if request.matches("PUT", QUEUE) and response.status == 200:
        known[response.json["id"]] = True
    if request.matches("GET", QUEUES) and response.status == 200:
        response.json = sorted(response.json, key=lambda each: each["id"] in known)


def prepended() -> Bug:
    """A text is added before the annotation instead of after it."""
    known: dict[tuple[str, str], str] = {}

    async def bug(request: Request, call: Call) -> Response:
        body = sent(request)
        if not request.matches("POST", f"{BUILD}/annotations") or not isinstance(body, dict):
            return await call(request)
        key = request.path, str(body.get("context"))
        is_added = body.get("append") is True and key in known and isinstance(body.get("body"), str)
        changed = {**body, "append": False, "body": body["body"] + known[key]} if is_added else body
        response = await call(with_body(request, changed) if is_added else request)
        if response.status == 201:
            known[key] = changed["body"]
        return response

    return bug  # type: ignore[return-value]


def replacing(collection: str, is_replaced: Callable[[Any, Any], bool]) -> Bug:
    """A new object removes others from the list."""

    async def bug(request: Request, call: Call) -> Response:
        if not request.matches("POST", collection):
            return await call(request)
        listed = await call(evolve(request, method="GET", body=b""))
        response = await call(request)
        for each in listed.json if response.status == 201 else ():
            if is_replaced(response.json, each):
                await call(evolve(request, method="DELETE", path=f"{request.path}/{each['id']}", body=b""))
        return response

    return bug  # type: ignore[return-value]


def two_revoked() -> Bug:
    """The last of at least three tokens of a cluster is revoked with another one."""

    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        if request.matches("DELETE", f"{TOKENS}/*") and response.status == 204:
            path = request.path.rpartition("/")[0]
            left = await call(evolve(request, method="GET", path=path, body=b""))
            if len(left.json) >= 2:
                await call(evolve(request, method="DELETE", path=f"{path}/{left.json[-1]['id']}", body=b""))
        return response

    return bug  # type: ignore[return-value]


def former_volumes(former: list[Any], request: Request, response: Response) -> None:
    """The deletion of a cache volume uncovers an older one."""
    if request.matches("DELETE", VOLUMES) and response.status == 204:
        former.append({**VOLUME, "tag": sent(request)["tag"], "cluster_id": request.path.split("/")[5]})
    if request.matches("GET", VOLUMES) and response.status == 200:
        own = [each for each in former if each["cluster_id"] == request.path.split("/")[5]]
        response.json = [*response.json, *own]


def former_registry(known: list[str], request: Request, response: Response) -> None:
    """The deletion of a registry uncovers another one."""
    if request.matches("DELETE", f"{REGISTRIES}/*") and response.status < 300:
        known.append(request.path)
    if request.matches("GET", REGISTRIES) and response.status == 200 and known:
        first = response.json[0]
        response.json = [*response.json, {**first, "slug": "former", "url": first["url"].replace("gems", "former")}]


def one_maintainer(known: dict[str, Any], request: Request, response: Response) -> None:
    """A cluster has only the first of the added maintainers."""
    if request.matches("POST", MAINTAINERS) and response.status == 201:
        known.setdefault(request.path.rpartition("/")[0], []).append(response.json["id"])
    if request.matches("GET", CLUSTER) and request.path in known and response.status == 200:
        hidden, cluster = known[request.path][1:], response.json
        maintainers = cluster["maintainers"].items()
        kept = {name: [each for each in items if each["id"] not in hidden] for name, items in maintainers}
        response.json = {**cluster, "maintainers": kept}


def first_archived_at(known: dict[str, Any], request: Request, response: Response) -> None:
    """The response to an archiving has the time of the first one."""
    if request.matches("POST", f"{PIPELINE}/archive") and response.status == 200:
        time = known.setdefault(request.path, response.json["archived_at"])
        response.json = {**response.json, "archived_at": time}


def first_field(body: dict[str, Any]) -> Any:
    """Keep only the first field of a block step."""
    fields = body.get("fields")
    return {**body, "fields": dict([*fields.items()][:1])} if isinstance(fields, dict) else body


def without(path: str, name: str, value: Any) -> Bug:
    """Objects with a value are not listed."""

    def bug(request: Request, response: Response) -> None:
        if request.matches("GET", path) and response.status == 200:
            response.json = [each for each in response.json if each[name] != value]

    return change(bug)


LEFT_BEHIND: dict[str, Mutant] = {
    "left behind: visibility of a refused update": server(
        "updatePipeline", "other_property_changed", EFFECTS, stored("visibility")
    ),
    "left behind: settings of a refused update": server(
        "updatePipeline", "other_property_changed", EFFECTS, stored("provider_settings")
    ),
    "left behind: a switch empties a text": server(
        "updatePipeline", "other_property_changed", EFFECTS, edits("PATCH", PIPELINE, without_filter)
    ),
    "left behind: a default of another setting": server(
        "updatePipeline", "other_property_changed", EFFECTS, edits("PATCH", PIPELINE, default_setting)
    ),
    "left behind: an updated queue is the last": remembering(
        "updateClusterQueue", "list_outdated", EFFECTS, with_state(dict, updated_last)
    ),
    "left behind: a text is added before": remembering("createBuildAnnotation", "effect_missing", EFFECTS, prepended),
    "left behind: a team replaces users": server(
        "createClusterMaintainer",
        "other_object_changed",
        EFFECTS,
        replacing(MAINTAINERS, lambda new, old: (new["actor"]["type"], old["actor"]["type"]) == ("team", "user")),
    ),
    "left behind: a token with the same description": server(
        "createClusterAgentToken",
        "other_object_changed",
        EFFECTS,
        replacing(TOKENS, lambda new, old: bool(new["description"] == old["description"])),
    ),
    "left behind: two tokens are revoked": remembering(
        "revokeClusterAgentToken", "other_object_changed", EFFECTS, two_revoked, include=("createClusterAgentToken",)
    ),
    "left behind: an older cache volume": remembering(
        "listClusterCacheVolumes",
        "other_object_changed",
        EFFECTS,
        with_state(list, former_volumes),
        include=("deleteClusterCacheVolume",),
    ),
    "left behind: another registry": remembering(
        "listRegistries",
        "other_object_changed",
        EFFECTS,
        with_state(list, former_registry),
        include=("createRegistry", "deleteRegistry"),
    ),
    "left behind: no secret team": server(
        "listTeams",
        OUTDATED,
        EFFECTS,
        without(TEAMS, "privacy", "secret"),
        include=("createTeam", "updateTeam", "getTeam"),
    ),
    "left behind: no disabled schedule": server(
        "listPipelineSchedules",
        OUTDATED,
        EFFECTS,
        without(SCHEDULES, "enabled", False),
        include=("createPipelineSchedule", "updatePipelineSchedule", "getPipelineSchedule"),
    ),
    "left behind: a cluster has one new maintainer": remembering(
        "createClusterMaintainer", "list_outdated", EFFECTS, with_state(dict, one_maintainer)
    ),
    "left behind: time of the first archiving": remembering(
        "archivePipeline", "repetition_has_effect", EFFECTS, with_state(dict, first_archived_at)
    ),
    "left behind: the first field of a step": server(
        "unblockJobInBuild", "effect_missing", EFFECTS, edits("PUT", f"{JOB_IN_BUILD}/unblock", first_field)
    ),
}
