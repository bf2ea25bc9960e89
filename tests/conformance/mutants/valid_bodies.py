"""Bugs in bodies that are documented to be valid, and in the user that is recorded for a request."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from attrs import evolve
from tests.conformance.mutants.effect_bugs import (
    JOB,
    JOB_IN_BUILD,
    PORTAL,
    PORTALS,
    TEMPLATE,
    edits,
    sent,
    with_body,
    without,
)
from tests.conformance.mutants.kinds import BUILDS, EFFECTS, PIPELINE, Mutant, body, on, server
from tests.conformance.runner_support import Bug, Request, Response

Call = Callable[[Request], Awaitable[Response]]

REFUSED = "valid_value_refused"
INVALID = {"name": {"invalid": True}, "commit": {"invalid": True}}


def refused(method: str, path: str, is_refused: Callable[[dict[str, Any]], bool]) -> Bug:
    """Refuse some bodies without an effect."""

    async def bug(request: Request, call: Call) -> Response:
        value = sent(request) if request.matches(method, path) else None
        if isinstance(value, dict) and is_refused(value):
            return await call(with_body(request, INVALID))
        return await call(request)

    return bug  # type: ignore[return-value]


def updated_by_creator(template: dict[str, Any]) -> dict[str, Any]:
    return template | {"updated_by": template["created_by"]}


async def canceled_job_refused(request: Request, call: Call) -> Response:
    """Retry only failed jobs."""
    job = request.path.removesuffix("/retry")
    if request.matches("PUT", f"{JOB_IN_BUILD}/retry"):
        found = await call(evolve(request, method="GET", path=job, body=b""))
        if found.status == 200 and found.json["state"] == "canceled":
            return await call(evolve(request, path=f"{job}/no-such-action"))
    return await call(request)


VALID_BODIES: dict[str, Mutant] = {
    "valid: an optional property is required": server(
        "createPortal", REFUSED, EFFECTS, refused("POST", PORTALS, lambda portal: portal.keys() == {"name", "query"})
    ),
    "valid: an example cannot be created": server(
        "createBuild",
        REFUSED,
        EFFECTS,
        refused("POST", BUILDS, lambda build: "pull_request_labels" in build and "message" not in build),
        include=("getBuild", "createPipeline", "getPipeline", "deletePipeline"),
    ),
    "valid: the example of an update is refused": server(
        "updatePipeline",
        REFUSED,
        EFFECTS,
        refused("PATCH", PIPELINE, lambda pipeline: len(pipeline) > 2),
        include=("createPipeline", "getPipeline", "deletePipeline"),
    ),
    "valid: one property at a time": server(
        "updatePortal",
        REFUSED,
        EFFECTS,
        refused("PUT", PORTAL, lambda portal: {"query", "allowed_ip_addresses"} <= portal.keys()),
        include=("createPortal", "getPortal", "deletePortal"),
    ),
    "valid: a canceled job cannot be retried": server(
        "retryJobInBuild", "effect_missing", EFFECTS, canceled_job_refused, include=("getJobInBuild", "listJobs")
    ),
    "who: the unblocker is ignored": server(
        "unblockJob", "effect_missing", EFFECTS, edits("PUT", f"{JOB}/unblock", without("unblocker"))
    ),
    "who: the creator is the last to update": server(
        "updatePipelineTemplate",
        "other_property_changed",
        EFFECTS,
        on("PATCH", TEMPLATE, body(updated_by_creator)),
        include=("getPipelineTemplate", "createPipelineTemplate", "deletePipelineTemplate"),
    ),
}
