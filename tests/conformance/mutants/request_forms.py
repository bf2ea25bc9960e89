"""Bugs in one form of a request only, and values that are normalized instead of refused."""

from collections.abc import Awaitable, Callable
from typing import Any

from attrs import evolve
from tests.conformance.mutants.errors import accepts
from tests.conformance.mutants.kinds import (
    ACCESS,
    BUILD,
    CLUSTER,
    LIFECYCLE,
    ORGANIZATION,
    PIPELINE,
    REFUSALS,
    STATUSES,
    TEAM,
    TEAMS,
    Mutant,
    body,
    header,
    on,
    server,
    status,
)
from tests.conformance.runner_support import TOKEN, Request, Response, with_token

from buildkite_rest.mock.resources.access_tokens import GLOBEX_TOKEN

Call = Callable[[Request], Awaitable[Response]]

READING = ("--phases", "access")
WRONG_CHANGES = ("--write", "--write-existing", "all", "--phases", "errors")
CREDENTIAL, SCOPE, ACCEPTED = "credential_accepted", "scope_not_enforced", "invalid_request_accepted"
JOB, FOREIGN = f"{ORGANIZATION}/jobs/*", "/v2/organizations/globex/teams"


def unchecked(method: str, path: str, code: int) -> Any:
    """Forget a check of the credential in one form of a request."""

    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        forgets = response.status == code and request.matches(method, path)
        return await call(with_token(request)) if forgets else response

    return bug


async def validates_first(request: Request, call: Call) -> Response:
    """Check the body before the credential."""
    response = await call(request)
    if request.matches("POST", TEAMS) and response.status in {401, 403} and request.body == b"{}":
        return await call(with_token(request))
    return response


async def writes_elsewhere(request: Request, call: Call) -> Response:
    """Check that the token belongs to the organization in reads only."""
    response = await call(request)
    own = request.headers.get(b"authorization") == f"Bearer {TOKEN}".encode()
    if request.matches("POST", FOREIGN) and own and not response.status < 300:
        token = {b"authorization": f"Bearer {GLOBEX_TOKEN}".encode()}
        return await call(evolve(request, headers={**request.headers, **token}))
    return response


async def knows_no_slash(request: Request, call: Call) -> Response:
    """Know a path only without a slash at its end."""
    is_other = request.method == "POST" and request.path.endswith("/members/")
    return await call(evolve(request, path=f"{request.path}unknown/path") if is_other else request)


async def cancels_again(request: Request, call: Call) -> Response:
    """Accept a request in one of the states in which it is refused."""
    response = await call(request)
    if request.matches("PUT", f"{BUILD}/cancel") and response.status == 422:
        build = await call(evolve(request, method="GET", path=request.path.removesuffix("/cancel")))
        return build if build.json.get("state") == "canceled" else response
    return response


async def updates_below_any_cluster(request: Request, call: Call) -> Response:
    """Find a queue by its id alone, but only to change it."""
    response = await call(request)
    if not request.matches("PUT", f"{CLUSTER}/queues/*") or response.status != 404:
        return response
    clusters, _, rest = request.path.partition("/clusters/")
    listed = await call(evolve(request, method="GET", path=f"{clusters}/clusters", body=b""))
    for cluster in listed.json if listed.status == 200 else ():
        found = await call(evolve(request, path=f"{clusters}/clusters/{cluster['id']}/{rest.partition('/')[2]}"))
        if found.status < 300:
            return found
    return response


def fixed(name: str, fix: Callable[[str], str]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Return a body with a normalized property."""
    return lambda sent: {**sent, name: fix(str(sent[name]))} if name in sent else sent


def other_field(error: Any) -> Any:
    return {**error, "errors": [{"field": "configuration", "code": "invalid"}]}


REQUEST_FORMS: dict[str, Mutant] = {
    "HEAD needs no token": server("getPipeline", CREDENTIAL, READING, unchecked("HEAD", PIPELINE, 401)),
    "HEAD needs no scope": server("getPipeline", SCOPE, READING, unchecked("HEAD", PIPELINE, 403)),
    "a suffix needs no scope": server("getJobLog", SCOPE, READING, unchecked("GET", f"{JOB}/log.txt", 403)),
    "the body is checked before the token": server("createTeam", CREDENTIAL, ACCESS, validates_first),
    "a token writes to another organization": server(
        "createTeam", "foreign_object_found", ACCESS, writes_elsewhere, include=("listTeams",)
    ),
    "a slug loses its first dash": server(
        "updatePipeline", ACCEPTED, REFUSALS, accepts("PATCH", PIPELINE, fixed("slug", lambda text: text.lstrip("-")))
    ),
    "a role may have capitals": server(
        "createTeamMember", ACCEPTED, REFUSALS, accepts("POST", f"{TEAM}/members", fixed("role", str.lower))
    ),
    "a timeout is at least a minute": server(
        "pauseAgent",
        ACCEPTED,
        REFUSALS,
        accepts("PUT", f"{ORGANIZATION}/agents/*/pause", lambda sent: {**sent, "timeout_in_minutes": 1}),
    ),
    "states may have capitals": server(
        "retryFailedJobs", ACCEPTED, REFUSALS, accepts("PUT", f"{BUILD}/retry_failed_jobs", fixed("states", str.lower))
    ),
    "a queue is updated below any cluster": server(
        "updateClusterQueue", "foreign_parent_accepted", WRONG_CHANGES, updates_below_any_cluster
    ),
    "an unknown team cannot be updated": server(
        "updateTeam", "unknown_object_found", WRONG_CHANGES, on("PATCH", TEAM, status(422), status=404)
    ),
    "a path may not end with a slash": server(
        "createTeamMember", "documented_path_not_found", LIFECYCLE, knows_no_slash, include=("deleteTeamMember",)
    ),
    "a build starts before it is read": server(
        "createBuild",
        None,
        LIFECYCLE,
        on("GET", BUILD, body(lambda build: {**build, "state": "running", "started_at": build["created_at"]})),
        include=("getBuild",),
        why="it is a correct server, which has a free agent",
    ),
    "an error has another charset": server(
        "createTeam",
        "error_conformance",
        REFUSALS,
        on("POST", TEAMS, header("content-type", "application/json; charset=iso-8859-1"), status=422),
    ),
    "a canceled build is canceled again": server("cancelBuild", "documented_refusal", STATUSES, cancels_again),
    "the error of steps names another property": server(
        "updatePipeline",
        "error_names_other_field",
        STATUSES,
        on("PATCH", PIPELINE, body(other_field), status=422),
    ),
}
