"""Bugs in objects inside others, in what belongs together, and in parameters of the second page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode

from attrs import evolve
from tests.conformance.mutants.agreement import DISAGREE
from tests.conformance.mutants.consistency import CONSISTENCY
from tests.conformance.mutants.derived_values import each_of, without_query
from tests.conformance.mutants.details import everywhere
from tests.conformance.mutants.effect_bugs import Call
from tests.conformance.mutants.implied import ALL_BUILDS
from tests.conformance.mutants.kinds import (
    AGREEMENT,
    BUILD,
    EXAMPLES,
    FILTERS,
    LISTS,
    ORGANIZATION,
    PIPELINE,
    SUITES,
    Mutant,
    server,
)
from tests.conformance.runner_support import Bug, Request, Response

Object = dict[str, Any]

INVITATIONS = f"{ORGANIZATION}/invitations"
EVENTS = f"{ORGANIZATION}/audit_events"


def of_jobs(edit: Callable[[Object], None]) -> Callable[[Any], None]:
    """Edit the jobs of a build."""

    def edit_all(build: Object) -> None:
        for job in build.get("jobs", ()):
            edit(job)

    return each_of(edit_all)


def larger_total(job: Object) -> None:
    if job.get("parallel_group_total") is not None:
        job["parallel_group_total"] += 1


def reversed_index(job: Object) -> None:
    if job.get("parallel_group_index") is not None:
        job["parallel_group_index"] = job["parallel_group_total"] - 1 - job["parallel_group_index"]


def capital_slugs(invitation: Object) -> None:
    for team in invitation["teams"]:
        team["slug"] = team["slug"].capitalize()


def name_of_another(event: Object) -> None:
    if event["subject"]["type"] == "Pipeline":
        event["subject"]["name"] = event["actor"]["name"]


def swapped(organization: Object) -> None:
    organization["pipelines_url"], organization["agents_url"] = (
        organization["agents_url"],
        organization["pipelines_url"],
    )


def without_last(log: Object) -> None:
    log["header_times"] = log["header_times"][:-1]


def branch_as_tag(environment: Object) -> None:
    environment["env"]["BUILDKITE_TAG"] = environment["env"]["BUILDKITE_BRANCH"]


def on_later_pages(path: str, *names: str) -> Bug:
    """Return later pages without the effect of parameters, with the links that they should have."""

    async def bug(request: Request, call: Call) -> Response:
        pairs = parse_qsl(request.query.decode())
        response = await call(request)
        if request.matches("GET", path) and dict(pairs).get("page", "1") != "1":
            kept = urlencode([pair for pair in pairs if pair[0] not in names]).encode()
            response.body = (await call(evolve(request, query=kept))).body
        return response

    return bug


PARTS: dict[str, Mutant] = {
    "parts: provider without settings": server(
        "listPipelines",
        "undescribed_property",
        LISTS,
        everywhere(
            each_of(lambda pipeline: pipeline["provider"].pop("settings")), f"{ORGANIZATION}/pipelines", PIPELINE
        ),
    ),
    "parts: event whose subject has no name": server(
        "listAuditEvents",
        "undescribed_property",
        LISTS,
        everywhere(each_of(lambda event: event["subject"].pop("name", None)), EVENTS, f"{EVENTS}/*"),
    ),
    "parts: total of parallel jobs": server(
        "listOrganizationBuilds", CONSISTENCY, LISTS, everywhere(of_jobs(larger_total), *ALL_BUILDS)
    ),
    "parts: parallel jobs in reverse": server(
        "getBuild", DISAGREE, AGREEMENT, everywhere(of_jobs(reversed_index), *ALL_BUILDS)
    ),
    "parts: slug of a team in an invitation": server(
        "listOrganizationInvitations",
        DISAGREE,
        AGREEMENT,
        everywhere(each_of(capital_slugs), INVITATIONS, f"{INVITATIONS}/*"),
    ),
    "parts: subject with the name of the actor": server(
        "listAuditEvents", DISAGREE, AGREEMENT, everywhere(each_of(name_of_another), EVENTS, f"{EVENTS}/*")
    ),
    "parts: swapped URLs of lists": server(
        "getOrganization", CONSISTENCY, EXAMPLES, everywhere(each_of(swapped), "/v2/organizations", ORGANIZATION)
    ),
    "parts: log without its last header": server(
        "getJobLogInBuild", DISAGREE, AGREEMENT, everywhere(each_of(without_last), f"{BUILD}/jobs/*/log")
    ),
    "parts: branch as tag in the environment": server(
        "getJobEnvInBuild", DISAGREE, AGREEMENT, everywhere(each_of(branch_as_tag), f"{BUILD}/jobs/*/env")
    ),
    "parts: second filter without an item in common": server(
        "listAgents", "filter_mismatch", FILTERS, without_query(f"{ORGANIZATION}/agents", "hostname", "name")
    ),
    "parts: order of the first page only": server(
        "listTests", "filter_mismatch", FILTERS, on_later_pages(f"{SUITES}/*/tests", "sort_by", "order")
    ),
    "parts: jobs left out on the first page only": server(
        "listOrganizationBuilds",
        "filter_mismatch",
        FILTERS,
        on_later_pages(f"{ORGANIZATION}/builds", "exclude_jobs", "exclude_pipeline"),
    ),
}
