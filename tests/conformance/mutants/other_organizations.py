"""Bugs that show in another organization than the one that requests are for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from attrs import evolve
from tests.conformance.mutants.effect_bugs import sent
from tests.conformance.mutants.kinds import ACCESS, CLUSTERS, EFFECTS, ORGANIZATION, Mutant, remembering, server
from tests.conformance.runner_support import Bug, Request, Response

Call = Callable[[Request], Awaitable[Response]]

MEMBERS, SETTINGS = f"{ORGANIZATION}/members", f"{ORGANIZATION}/pipeline-settings"


def in_all_organizations(path: str) -> Callable[[], Bug]:
    """Return what makes a bug that shows an updated object in all organizations."""

    def make() -> Bug:
        known: dict[str, Any] = {}

        async def bug(request: Request, call: Call) -> Response:
            response = await call(request)
            key = request.path.rpartition("/")[2]
            if response.status == 200 and request.matches("PATCH", path):
                known[key] = response.json
            if response.status == 200 and request.matches("GET", path) and key in known:
                response.json = known[key]
            if response.status == 200 and request.matches("GET", path.removesuffix("/*")) and path.endswith("*"):
                response.json = [known.get(each["id"], each) for each in response.json]
            return response

        return bug  # type: ignore[return-value]

    return make


async def members_of_all(request: Request, call: Call) -> Response:
    """Members of one organization can be read below another one."""
    response = await call(request)
    is_foreign = b"globex" in request.headers.get(b"authorization", b"")
    if response.status == 404 and request.matches("GET", f"{MEMBERS}/*") and is_foreign:
        return await call(evolve(request, path=request.path.replace("/globex/", "/acme/")))
    return response


def any_default_cluster() -> Bug:
    """Make a bug that accepts a default cluster of any organization."""
    clusters = set[str]()

    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        if response.status == 200 and request.matches("GET", CLUSTERS):
            clusters.update(each["id"] for each in response.json)
        is_update = request.matches("PATCH", SETTINGS) and response.status == 422
        if is_update and (sent(request) or {}).get("default_cluster_id") in clusters:
            return await call(evolve(request, method="GET", body=b""))
        return response

    return bug  # type: ignore[return-value]


OTHER_ORGANIZATIONS: dict[str, Mutant] = {
    "other organization: a member has the same role": remembering(
        "listOrganizationMembers",
        "other_object_changed",
        EFFECTS,
        in_all_organizations(f"{MEMBERS}/*"),
        include=("updateOrganizationMember",),
    ),
    "other organization: the same settings": remembering(
        "getOrganizationPipelineSettings",
        "other_object_changed",
        EFFECTS,
        in_all_organizations(SETTINGS),
        include=("updateOrganizationPipelineSettings",),
    ),
    "other organization: its default cluster": remembering(
        "updateOrganizationPipelineSettings",
        "foreign_object_found",
        ACCESS,
        any_default_cluster,
        include=("getOrganizationPipelineSettings",),
    ),
    "other organization: members of all organizations": server(
        "getOrganizationMember", "foreign_object_found", ACCESS, members_of_all
    ),
}
