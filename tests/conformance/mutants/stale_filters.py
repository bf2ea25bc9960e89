"""Bugs in filtered lists that show only after a change: their results are cached."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import parse_qs, parse_qsl, urlencode

from attrs import evolve
from tests.conformance.mutants.kinds import (
    BUILDS,
    EFFECTS,
    FILTERS,
    PIPELINES,
    REGISTRIES,
    TEAMS,
    Mutant,
    remembering,
    server,
)
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


def stale_number() -> Bug:
    """The number of the last page of teams is that of the first request."""
    known: list[bytes] = []

    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        if request.matches("GET", TEAMS) and request.query == b"per_page=1" and response.status == 200:
            known.append(response.header(b"link") or b"")
            response.set_header(b"link", known[0])
        return response

    return bug  # type: ignore[return-value]


async def beginning_of_meta_data(request: Request, call: Call) -> Response:
    """A filter by meta-data finds values that begin with its own."""
    query = dict(parse_qsl(request.query.decode()))
    wanted = {name[10:-1]: value for name, value in query.items() if name.startswith("meta_data[")}
    if not request.matches("GET", BUILDS) or not wanted:
        return await call(request)
    others = {name: value for name, value in query.items() if not name.startswith("meta_data[")}
    response = await call(evolve(request, query=urlencode(others).encode()))
    if response.status == 200:
        found = [(each, each["meta_data"] or {}) for each in response.json]
        response.json = [
            each for each, data in found if all(str(data.get(name)).startswith(text) for name, text in wanted.items())
        ]
    return response


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
    "stale: number of teams": remembering(
        "listTeams", "list_outdated", EFFECTS, stale_number, include=("createTeam", "getTeam", "deleteTeam")
    ),
    "filter: beginning of meta-data": server("listBuilds", "filter_mismatch", FILTERS, beginning_of_meta_data),
    "filter: a plus sign in a branch": server(
        "listBuilds", "filter_mismatch", EFFECTS, plus_is_a_space, include=("createBuild",)
    ),
}
