"""Bugs in filtered lists that show only after a change: their results are cached."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import parse_qs

from attrs import evolve
from tests.conformance.mutants.kinds import BUILDS, EFFECTS, PIPELINES, REGISTRIES, Mutant, remembering, server
from tests.conformance.runner_support import Bug, Request, Response

Call = Callable[[Request], Awaitable[Response]]
PACKAGES = f"{REGISTRIES}/*/packages"


def stale(path: str, name: str) -> Callable[[], Bug]:
    """Make a server that caches the results of a filter by the URL."""

    def make() -> Bug:
        known: dict[tuple[str, bytes], Response] = {}

        async def bug(request: Request, call: Call) -> Response:
            response = await call(request)
            if request.matches("GET", path) and response.status == 200 and name in parse_qs(request.query.decode()):
                return known.setdefault((request.path, request.query), response)
            return response

        return bug  # type: ignore[return-value]

    return make


async def plus_is_a_space(request: Request, call: Call) -> Response:
    """A plus sign in a filter is decoded twice."""
    if request.matches("GET", BUILDS) and b"branch=" in request.query:
        return await call(evolve(request, query=request.query.replace(b"%2B", b"+")))
    return await call(request)


STALE_FILTERS: dict[str, Mutant] = {
    "stale: packages by name": remembering(
        "listPackages", "list_outdated", EFFECTS, stale(PACKAGES, "name"), include=("publishPackage", "deletePackage")
    ),
    "stale: pipelines by name": remembering(
        "listPipelines",
        "list_outdated",
        EFFECTS,
        stale(PIPELINES, "name"),
        include=("createPipeline", "getPipeline", "deletePipeline"),
    ),
    "stale: builds by state": remembering(
        "listBuilds",
        "effect_missing",
        EFFECTS,
        stale(BUILDS, "state"),
        include=("cancelBuild", "createBuild", "getBuild"),
    ),
    "filter: a plus sign in a branch": server(
        "listBuilds", "filter_mismatch", EFFECTS, plus_is_a_space, include=("createBuild",)
    ),
}
