"""Bugs in documented conditions: requests that are refused, what is listed, and what belongs to an object."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.conformance.mutants.agreement import DISAGREE
from tests.conformance.mutants.details import everywhere
from tests.conformance.mutants.effect_bugs import JOB_IN_BUILD
from tests.conformance.mutants.kinds import (
    AGREEMENT,
    BUILD,
    CLUSTER,
    EFFECTS,
    ORGANIZATION,
    PIPELINE,
    STATUSES,
    Mutant,
    body,
    on,
    server,
    status,
)
from tests.conformance.runner_support import Bug, Request, Response, change

REFUSAL, UNSENT = "documented_refusal", "effect_missing"
MEMBER, SERVICES = f"{ORGANIZATION}/members/*", f"{ORGANIZATION}/services"
ARTIFACTS = f"{BUILD}/artifacts"
REPOSITORIES = f"{ORGANIZATION}/repository_connections/*/repositories"


def accepted(method: str, path: str, sent: bytes = b"") -> Bug:
    """Accept a request with a text in its body that is refused."""

    def wrong(request: Request, response: Response) -> None:
        if request.matches(method, path) and sent in request.body and response.status in (403, 422):
            status(200)(response)

    return change(wrong)


def at_github(repositories: list[dict[str, Any]]) -> None:
    for each in repositories:
        each["html_url"] = f"https://git.example/{each['full_name']}"


def ranges(found: list[dict[str, Any]]) -> Any:
    return found or [{"ip_address_range": "203.0.113.0/24", "cidr_range": "203.0.113.0/24"}]


def lost(agents: list[dict[str, Any]]) -> None:
    for each in agents[:1]:
        each["connection_state"] = "lost"


def without_artifacts(found: list[dict[str, Any]]) -> Any:
    return []


def other_id(found: dict[str, Any]) -> None:
    found["env"]["BUILDKITE_JOB_ID"] = "01920000-0000-7000-8000-0000000000ff"


def earlier_times(log: dict[str, Any]) -> None:
    log["header_times"] = [time - 3_600_000_000_000 for time in log["header_times"]]


def plain(edit: Callable[[str], str]) -> Bug:
    """Edit the HTML of annotations."""

    def edit_each(found: Any) -> None:
        for each in found if isinstance(found, list) else [found]:
            if "body_html" in each:
                each["body_html"] = edit(each["body_html"])

    return everywhere(edit_each, f"{BUILD}/annotations")


ANNOTATIONS = ("listBuildAnnotations", "deleteBuildAnnotation")
DOCUMENTED_CONDITIONS: dict[str, Mutant] = {
    "condition: one's own role": server(
        "updateOrganizationMember", REFUSAL, STATUSES, accepted("PATCH", MEMBER, b'"admin"')
    ),
    "condition: pipelines in place of teams": server(
        "createNotificationService", REFUSAL, STATUSES, accepted("POST", SERVICES, b"some_teams")
    ),
    "condition: settings of archived pipelines": server(
        "updatePipeline", REFUSAL, STATUSES, accepted("PATCH", PIPELINE, b"provider_settings")
    ),
    "condition: images of self-hosted clusters": server(
        "createClusterAgentImage", REFUSAL, STATUSES, accepted("POST", f"{CLUSTER}/agent-images")
    ),
    "condition: self-hosted queues get machines": server(
        "updateClusterQueue", REFUSAL, STATUSES, accepted("PUT", f"{CLUSTER}/queues/*", b"LINUX_ARM64_2X4")
    ),
    "condition: sessions on Linux": server(
        "createSshSession", REFUSAL, STATUSES, accepted("POST", f"{ORGANIZATION}/jobs/*/ssh-session")
    ),
    "condition: bold text": server(
        "createBuildAnnotation",
        UNSENT,
        EFFECTS,
        plain(lambda text: text.replace("<strong>", "**").replace("</strong>", "**")),
        include=ANNOTATIONS,
    ),
    "condition: artifacts in annotations": server(
        "createBuildAnnotation",
        UNSENT,
        EFFECTS,
        plain(lambda text: text.replace("artifact://", "")),
        include=ANNOTATIONS,
    ),
    "condition: repositories at another host": server(
        "listConnectedRepositories", DISAGREE, AGREEMENT, on("GET", REPOSITORIES, body(at_github))
    ),
    "condition: ranges of self-hosted clusters": server(
        "listClusterNetworkRanges", DISAGREE, AGREEMENT, on("GET", f"{CLUSTER}/network_ranges", body(ranges))
    ),
    "condition: a lost agent is listed": server(
        "listAgents", DISAGREE, AGREEMENT, on("GET", f"{ORGANIZATION}/agents", body(lost))
    ),
    "condition: the environment of another job": server(
        "listJobs", DISAGREE, AGREEMENT, on("GET", f"{JOB_IN_BUILD}/env", body(other_id))
    ),
    "condition: the log of another job": server(
        "listJobs", DISAGREE, AGREEMENT, on("GET", f"{JOB_IN_BUILD}/log", body(earlier_times))
    ),
    "condition: artifacts of retried jobs": server(
        "listBuildArtifacts", DISAGREE, AGREEMENT, on("GET", ARTIFACTS, body(without_artifacts))
    ),
}
