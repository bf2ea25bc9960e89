"""Bugs in what is below an object that is deleted or renamed, and in references to parts of another object."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

from attrs import evolve
from tests.conformance.mutants.effect_bugs import edits, sent, with_body
from tests.conformance.mutants.kinds import (
    BUILDS,
    CLUSTER,
    EFFECTS,
    ORGANIZATION,
    PIPELINE,
    STATUSES,
    Mutant,
    remembering,
    server,
)
from tests.conformance.runner_support import Bug, Request, Response

Call = Callable[[Request], Awaitable[Response]]

ARTIFACT = f"{BUILDS}/*/jobs/*/artifacts/*"
QUEUES, HOOKS, RULES = f"{CLUSTER}/queues", f"{PIPELINE}/github-webhooks", f"{ORGANIZATION}/rules"


def cached_download() -> Bug:
    """The content of a deleted artifact can be downloaded if that was done before."""
    known: dict[str, Response] = {}

    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        if request.matches("GET", f"{ARTIFACT}/download"):
            if response.status == 302:
                known[request.path] = evolve(response)
            return known.get(request.path, response) if response.status == 404 else response
        return response

    return bug  # type: ignore[return-value]


def unknown_queue_ignored() -> Bug:
    """The agents of a deleted queue are all agents."""
    deleted: set[str] = set()

    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        if request.matches("DELETE", f"{QUEUES}/*") and response.status == 204:
            deleted.add(request.path.rpartition("/")[2])
        queue = parse_qs(request.query.decode()).get("cluster_queue_id", [""])[0]
        if request.matches("GET", f"{ORGANIZATION}/agents") and queue in deleted:
            return await call(evolve(request, query=b""))
        return response

    return bug  # type: ignore[return-value]


def first_url() -> Bug:
    """The URL of the state of webhooks stays that of the first slug of the pipeline."""
    known: dict[str, str] = {}

    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        if request.matches("GET", HOOKS) and response.status == 200:
            path = request.path.removesuffix("/github-webhooks")
            pipeline = await call(evolve(request, path=path, query=b""))
            url = known.setdefault(pipeline.json["id"], response.json["url"])
            response.json = {**response.json, "url": url}
        return response

    return bug  # type: ignore[return-value]


def by_former_slug() -> Bug:
    """A rule may name a pipeline by the slug that it had before."""
    known: dict[str, str] = {}

    async def bug(request: Request, call: Call) -> Response:
        before = None
        if request.matches("PATCH", PIPELINE):
            before = await call(evolve(request, method="GET", body=b""))
        body = sent(request) if request.matches("POST", RULES) else None
        if body and isinstance(body.get("value"), dict):
            value = {name: known.get(str(each), each) for name, each in body["value"].items()}
            return await call(with_body(request, {**body, "value": value}))
        response = await call(request)
        if before is not None and response.status == 200 and response.json["slug"] != before.json["slug"]:
            known[before.json["slug"]] = before.json["id"]
        return response

    return bug  # type: ignore[return-value]


def first_repository() -> Bug:
    """The settings of a provider name the first repository of a pipeline."""
    known: dict[str, str] = {}

    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        if response.status == 200 and (request.matches("PATCH", PIPELINE) or request.matches("GET", PIPELINE)):
            found = response.json
            settings = found["provider"]["settings"]
            if settings.get("repository"):
                settings["repository"] = known.setdefault(found["id"], settings["repository"])
            response.json = found
        return response

    return bug  # type: ignore[return-value]


def former_slug() -> Bug:
    """A team that maintains a cluster keeps its first slug there."""
    known: dict[str, str] = {}

    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        if request.matches("GET", f"{CLUSTER}/maintainers/*") and response.status == 200:
            found = response.json
            actor = found["actor"]
            if "slug" in actor:
                actor["slug"] = known.setdefault(actor["id"], actor["slug"])
            response.json = found
        return response

    return bug  # type: ignore[return-value]


async def any_queue(request: Request, call: Call) -> Response:
    """The default queue of a cluster may be one of another cluster."""
    response = await call(request)
    body = sent(request) if request.matches("PUT", CLUSTER) else None
    if response.status == 422 and body and body.get("default_queue_id"):
        rest = {name: value for name, value in body.items() if name != "default_queue_id"}
        response = await call(with_body(request, rest))
        if response.status == 200:
            response.json = {**response.json, "default_queue_id": body["default_queue_id"]}
    return response


async def any_queue_is_hosted(request: Request, call: Call) -> Response:
    """A cluster with a self-hosted queue counts as hosted."""
    response = await call(request)
    body = sent(request) if request.matches("PUT", CLUSTER) else None
    if response.status == 422 and body and b"hosted clusters" in response.body:
        queues = await call(evolve(request, method="GET", path=f"{request.path}/queues", body=b""))
        if queues.json:
            rest = {name: value for name, value in body.items() if not name.startswith("hosted_")}
            return await call(with_body(request, rest))
    return response


def swapped(body: dict[str, Any]) -> dict[str, Any]:
    """Swap the pipelines of a rule about artifacts if they are given by slug."""
    value = body.get("value") or {}
    source, target = str(value.get("source_pipeline")), str(value.get("target_pipeline"))
    if body.get("type") != "pipeline.artifacts_read.pipeline" or max(len(source), len(target)) == 36:
        return body
    return {**body, "value": {**value, "source_pipeline": target, "target_pipeline": source}}


def not_mixed(body: dict[str, Any]) -> dict[str, Any]:
    """Find no pipeline for a slug beside a UUID."""
    value = body.get("value") or {}
    kinds = {len(str(value.get(name))) == 36 for name in ("source_pipeline", "target_pipeline")}
    return {**body, "value": {**value, "target_pipeline": "unknown"}} if len(kinds) > 1 else body


BELOW: dict[str, Mutant] = {
    "below: the content of a deleted artifact": remembering(
        "getArtifactDownloadInBuild",
        "deleted_object_found",
        EFFECTS,
        cached_download,
        include=("deleteArtifactInBuild",),
    ),
    "below: agents of a deleted queue": remembering(
        "listAgents",
        "list_outdated",
        EFFECTS,
        unknown_queue_ignored,
        include=("createClusterQueue", "deleteClusterQueue"),
    ),
    "below: URL of a renamed pipeline": remembering(
        "getGithubWebhooks", "body_consistency", EFFECTS, first_url, include=("updatePipeline",)
    ),
    "below: former slug of a maintainer": remembering(
        "getClusterMaintainer",
        "other_object_changed",
        EFFECTS,
        former_slug,
        include=("createTeam", "updateTeam", "deleteTeam", "createClusterMaintainer", "deleteClusterMaintainer"),
    ),
    "below: former repository in settings": remembering(
        "updatePipeline", "body_consistency", EFFECTS, first_repository
    ),
    "below: a rule with a former slug": remembering(
        "createRule", "deleted_object_found", EFFECTS, by_former_slug, include=("createPipeline", "updatePipeline")
    ),
    "below: a queue of another cluster": server("updateCluster", "wrong_parent_accepted", EFFECTS, any_queue),
    "below: any queue is hosted": server("updateCluster", "documented_refusal", STATUSES, any_queue_is_hosted),
    "below: pipelines of a rule are swapped": server(
        "createRule", "value_not_persisted", EFFECTS, edits("POST", RULES, swapped)
    ),
    "below: a slug beside a UUID": server(
        "createRule", "valid_value_refused", EFFECTS, edits("POST", RULES, not_mixed)
    ),
}
