"""Bugs in documented errors: accepted requests, and other statuses and messages."""

from collections.abc import Callable
from typing import Any

from tests.conformance.mutants.kinds import (
    BUILDS,
    CLUSTER,
    CLUSTERS,
    ORGANIZATION,
    PIPELINE,
    STATUSES,
    Mutant,
    body,
    on,
    put,
    raw,
    server,
    status,
)
from tests.conformance.runner_support import Response, change

CHECK = "documented_refusal"
AGENT, JOB, BUILD = f"{ORGANIZATION}/agents/*", f"{ORGANIZATION}/jobs/*", f"{BUILDS}/*"
CONNECTION = f"{ORGANIZATION}/repository_connections/*"


def answers(code: int, content: bytes = b"") -> Callable[[Response], None]:
    """Answer with another status and body."""

    def wrong(response: Response) -> None:
        status(code)(response)
        raw(content)(response)

    return wrong


def refusal(operation: str, method: str, path: str, code: int, wrong: Callable[[Response], None]) -> Mutant:
    """Spoil the errors of an operation with a status."""
    return server(operation, CHECK, STATUSES, on(method, path, wrong, status=code))


def message(text: str) -> Any:
    return body(put("message", to=text))


STATUSES_MUTANTS: dict[str, Mutant] = {
    "a malformed id is not found": refusal("getRepositoryConnection", "GET", CONNECTION, 400, status(404)),
    "an unsupported connection has no repositories": refusal(
        "listConnectedRepositories", "GET", f"{CONNECTION}/repositories", 422, answers(200, b"[]")
    ),
    "a conflict is invalid": refusal("createClusterAgentImage", "POST", f"{CLUSTER}/agent-images", 409, status(422)),
    "a member changes itself": refusal(
        "updateOrganizationMember", "PATCH", f"{ORGANIZATION}/members/*", 403, status(422)
    ),
    "a page too deep is empty": refusal("listBuilds", "GET", BUILDS, 400, answers(200, b"[]")),
    "both cursors are accepted": refusal(
        "listAuditEvents", "GET", f"{ORGANIZATION}/audit_events", 400, answers(200, b'{"items": [], "links": {}}')
    ),
    "an unknown state has no artifacts": refusal(
        "listBuildArtifacts", "GET", f"{BUILD}/artifacts", 422, answers(200, b"[]")
    ),
    "a paused agent has the message of another error": refusal(
        "pauseAgent", "PUT", f"{AGENT}/pause", 422, message("Only connected agents may be paused")
    ),
    "an agent that runs is resumed": refusal("resumeAgent", "PUT", f"{AGENT}/resume", 422, answers(204)),
    "a stopping agent gets 422": refusal("stopAgent", "PUT", f"{AGENT}/stop", 400, status(422)),
    "a finished build is canceled": refusal("cancelBuild", "PUT", f"{BUILD}/cancel", 422, status(400)),
    "a passed job gets 422": refusal("retryJob", "PUT", f"{JOB}/retry", 400, status(422)),
    "an unknown unblocker is not found": refusal("unblockJob", "PUT", f"{JOB}/unblock", 422, status(404)),
    "an unknown failure is ignored": refusal(
        "retryFailedJobs", "PUT", f"{BUILD}/retry_failed_jobs", 400, message("Invalid states")
    ),
    "a queue that runs cannot be resumed for another reason": refusal(
        "resumeClusterQueueDispatch", "POST", f"{CLUSTERS}/*/queues/*/resume_dispatch", 422, message("No")
    ),
    "a new key of a secret is forbidden": refusal(
        "updateClusterSecret", "PUT", f"{CLUSTER}/secrets/*", 422, status(400)
    ),
    "an active pipeline is unarchived": refusal("unarchivePipeline", "POST", f"{PIPELINE}/unarchive", 422, status(409)),
    "webhooks of another host": refusal(
        "getGithubWebhooks", "GET", f"{PIPELINE}/github-webhooks", 404, answers(200, b'{"enabled": true}')
    ),
    "an archived pipeline changes": server(
        "updatePipeline",
        CHECK,
        STATUSES,
        change(
            lambda request, response: (
                answers(200, b"{}")(response)
                if request.matches("PATCH", PIPELINE) and b"Archived" in request.body
                else None
            )
        ),
    ),
    "any form of a range": refusal("getJobLog", "GET", f"{JOB}/log", 400, status(416)),
}
