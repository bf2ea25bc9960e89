"""Bugs in values that follow from others, and in those that an object has when it is new."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.conformance.mutants.consistency import CONSISTENCY
from tests.conformance.mutants.details import everywhere
from tests.conformance.mutants.effect_bugs import SCHEDULE, SECRETS, edits
from tests.conformance.mutants.implied import JOBS, Object, of
from tests.conformance.mutants.kinds import (
    BUILD,
    BUILDS,
    CLUSTER,
    EFFECTS,
    EXAMPLES,
    LISTS,
    ORGANIZATION,
    PIPELINES,
    STATUSES,
    Mutant,
    body,
    on,
    server,
)

DEFAULT = "default_not_applied"
QUEUES = f"{CLUSTER}/queues"


def if_state(state: str, **values: Any) -> Callable[[Object], Object]:
    """Return values for jobs in a state, as far as they have such properties."""
    return lambda job: {name: value for name, value in values.items() if name in job and job["state"] == state}


def of_jobs(edit: Callable[[Object], Object]) -> Mutant:
    return server("listJobs", CONSISTENCY, LISTS, everywhere(of(edit), JOBS))


def new(operation: str, path: str, edit: Callable[[Object], Object], *more: str) -> Mutant:
    """A value of a new object is that of a later state."""

    def update(value: Any) -> None:
        value.update(edit(value))

    return server(operation, DEFAULT, EFFECTS, on("POST", path, body(update), status=201), include=more)


def without_empty(value: Object) -> Object:
    return {name: each for name, each in value.items() if each not in ("", None)}


INITIAL_VALUES: dict[str, Mutant] = {
    "initial: a passed job has a signal": of_jobs(if_state("passed", signal="SIGTERM")),
    "initial: a running job has a reason for its signal": of_jobs(if_state("running", signal_reason="agent_stop")),
    "initial: a failed job was canceled": of_jobs(if_state("failed", signal_reason="cancel")),
    "initial: a passed job has no exit status": of_jobs(if_state("passed", exit_status=None)),
    "initial: a canceled job that has not started has an exit status": of_jobs(
        lambda job: {} if job.get("started_at", True) else if_state("canceled", exit_status=1)(job)
    ),
    "initial: a waiting job was ready": of_jobs(
        lambda job: if_state("waiting", runnable_at=job.get("created_at"))(job)
    ),
    "initial: a job without a retry was retried by hand": of_jobs(
        lambda job: {"retry_type": "manual"} if job.get("retried") is False else {}
    ),
    "initial: the jobs of an upload are not counted": server(
        "listStepUploads",
        CONSISTENCY,
        LISTS,
        everywhere(of(lambda _: {"created_jobs_count": None}), f"{BUILD}/step-uploads"),
    ),
    "initial: an agent resumes although it is not paused": server(
        "listAgents",
        CONSISTENCY,
        LISTS,
        everywhere(of(lambda _: {"paused_timeout_in_minutes": 5}), f"{ORGANIZATION}/agents"),
    ),
    "initial: a hosted queue without machines": server(
        "listClusterQueues",
        CONSISTENCY,
        LISTS,
        everywhere(of(lambda queue: {"hosted_agents": None} if queue.get("hosted") else {}), QUEUES),
    ),
    "initial: a setting without its feature": server(
        "getOrganizationApiSettings",
        CONSISTENCY,
        EXAMPLES,
        on(
            "GET",
            f"{ORGANIZATION}/api-settings",
            body(
                lambda settings: (
                    settings
                    | {
                        "features": settings["features"] | {"inactive_api_token_revocation": False},
                        "revoke_inactive_tokens_after_days": 30,
                    }
                )
            ),
        ),
    ),
    "initial: a new secret was updated": new(
        "createClusterSecret",
        SECRETS,
        lambda secret: {"updated_by": secret["created_by"]},
        *("getClusterSecret", "deleteClusterSecret"),
    ),
    "initial: a new build has started": new(
        "createBuild", BUILDS, lambda build: {"started_at": build["created_at"]}, "createPipeline", "deletePipeline"
    ),
    "initial: a new queue is paused": new(
        "createClusterQueue",
        QUEUES,
        lambda queue: {"dispatch_paused": True, "dispatch_paused_at": queue["created_at"]},
        "deleteClusterQueue",
    ),
    "initial: a new pipeline is archived": new(
        "createPipeline", PIPELINES, lambda pipeline: {"archived_at": pipeline["created_at"]}, "deletePipeline"
    ),
    "initial: a new schedule has failed": new(
        "createPipelineSchedule",
        SCHEDULE.removesuffix("/*"),
        lambda schedule: {"failed_at": schedule["created_at"], "failed_message": "No such branch"},
        *("deletePipelineSchedule", "createPipeline", "deletePipeline"),
    ),
    "initial: an empty key is ignored": server(
        "updateClusterSecret",
        "documented_refusal",
        STATUSES,
        edits(
            "PUT", f"{SECRETS}/*", lambda body: {name: each for name, each in body.items() if each not in ("", None)}
        ),
        include=("createClusterSecret", "getClusterSecret", "deleteClusterSecret"),
    ),
}
