"""Bugs in values that follow from others of the same object, and in null."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.conformance.mutants.agreement import DISAGREE
from tests.conformance.mutants.consistency import CONSISTENCY
from tests.conformance.mutants.derived_values import each_of
from tests.conformance.mutants.details import everywhere
from tests.conformance.mutants.effect_bugs import SCHEDULE
from tests.conformance.mutants.kinds import (
    AGREEMENT,
    BUILD,
    BUILDS,
    EXAMPLES,
    LISTS,
    ORGANIZATION,
    PIPELINE,
    Mutant,
    server,
)

Object = dict[str, Any]

ALL_BUILDS = ("/v2/builds", f"{ORGANIZATION}/builds", BUILDS, BUILD)
JOBS = f"{BUILD}/jobs"


def of(edit: Callable[[Object], Object]) -> Callable[[Any], None]:
    """Update each object with what a function returns."""
    return each_of(lambda item: item.update(edit(item)))


def no_wait(job: Object) -> Object:
    return {"concurrency_wait_time_ms": job.get("concurrency_wait_time_ms") or 0} if job["type"] == "script" else {}


def no_reasons(build: Object) -> Object:
    return {"jobs": [job | {"broken_reason": None} if "broken_reason" in job else job for job in build.get("jobs", ())]}


def lost(agent: Object) -> Object:
    return {"lost_at": agent["disconnected_at"]} if agent.get("connection_state") == "disconnected" else {}


IMPLIED: dict[str, Mutant] = {
    "implied: a waiting job has waited": server("listJobs", CONSISTENCY, EXAMPLES, everywhere(of(no_wait), JOBS)),
    "implied: broken without a reason": server(
        "listOrganizationBuilds", CONSISTENCY, LISTS, everywhere(of(no_reasons), *ALL_BUILDS)
    ),
    "implied: no merge queue": server(
        "listOrganizationBuilds",
        "undescribed_property",
        LISTS,
        everywhere(of(lambda build: {"merge_queue": build["merge_queue"] or {}}), *ALL_BUILDS),
    ),
    "implied: failed without a message": server(
        "listPipelineSchedules",
        CONSISTENCY,
        EXAMPLES,
        everywhere(of(lambda schedule: {"failed_at": schedule["created_at"]}), f"{PIPELINE}/schedules", SCHEDULE),
    ),
    "implied: an empty text for null": server(
        "listOrganizationBuilds",
        DISAGREE,
        AGREEMENT,
        everywhere(of(lambda build: {"cancel_reason": build["cancel_reason"] or ""}), *ALL_BUILDS),
    ),
    # Only jobs lead to agents that have gone.
    "implied: an agent of a job is lost": server(
        "getAgent",
        CONSISTENCY,
        AGREEMENT,
        everywhere(of(lost), f"{ORGANIZATION}/agents/*"),
        include=("getBuild", "listOrganizationBuilds"),
    ),
}
