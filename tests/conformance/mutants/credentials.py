"""Bugs in credentials, scopes of single operations and borders between organizations."""

import base64
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

from attrs import evolve
from tests.conformance.mutants.effect_bugs import JOB
from tests.conformance.mutants.kinds import (
    ACCESS,
    BUILDS,
    CLUSTER,
    CLUSTERS,
    ORGANIZATION,
    PIPELINE,
    PIPELINES,
    TEAM,
    TEAMS,
    Mutant,
    remembering,
    server,
)
from tests.conformance.runner_support import TOKEN, Request, Response, change, with_token

from buildkite_rest.mock import EXPIRED_TOKEN, GLOBEX_TOKEN, REVOCABLE_TOKEN

Call = Callable[[Request], Awaitable[Response]]

CREDENTIAL, SCOPE, FOREIGN = "credential_accepted", "scope_not_enforced", "foreign_object_found"
FORGED, EFFECT = "forged_token_accepted", "refused_request_has_effect"
READING = ("--phases", "access")
REVOKED = "revoked_token_accepted"
AGENTS = f"{ORGANIZATION}/agents"


def authorization(request: Request) -> str:
    return request.headers.get(b"authorization", b"").decode("latin-1")


def accepts(method: str, path: str, is_accepted: Callable[[str], bool]) -> Any:
    """Accept a credential in a form that `is_accepted` knows."""

    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        if response.status == 401 and request.matches(method, path) and is_accepted(authorization(request)):
            return await call(with_token(request))
        return response

    return bug


def is_basic(header: str) -> bool:
    return header.startswith("Basic ") and TOKEN in base64.b64decode(header[6:]).decode()


def refuses(path: str, is_refused: Callable[[str], bool]) -> Any:
    """Refuse a credential where none is needed."""

    async def bug(request: Request, call: Call) -> Response:
        if request.matches("GET", path) and is_refused(authorization(request)):
            return await call(evolve(request, path="/v2/user"))
        return await call(request)

    return bug


def accepts_in_query(name: str, path: str) -> Any:
    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        query = parse_qs(request.query.decode())
        is_token = query.get(name) == [TOKEN]
        return await call(with_token(request)) if is_token and request.matches("GET", path) else response

    return bug


def accepts_in_header(name: str, path: str) -> Any:
    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        is_token = TOKEN in request.headers.get(name.encode(), b"").decode()
        return await call(with_token(request)) if is_token and request.matches("GET", path) else response

    return bug


def needs_only(method: str, path: str, token: str, status: int = 403) -> Any:
    """Accept a token without the scope, such as one that may only read."""

    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        is_meant = token in authorization(request) and request.matches(method, path) and response.status == status
        return await call(with_token(request)) if is_meant else response

    return bug


def needs_scope_of(method: str, path: str, other: str) -> Any:
    """Check the scope of another path."""

    async def bug(request: Request, call: Call) -> Response:
        if not request.matches(method, path) or TOKEN in authorization(request):
            return await call(request)
        check = await call(evolve(request, method="GET", path=other))
        if check.status in {401, 403}:
            return check
        return await call(with_token(request))

    return bug


def as_member(method: str, path: str) -> Any:
    """Reach the objects of all organizations."""

    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        if response.status == 404 and request.matches(method, path) and TOKEN in authorization(request):
            headers = {**request.headers, b"authorization": f"Bearer {GLOBEX_TOKEN}".encode()}
            return await call(evolve(request, headers=headers))
        return response

    return bug


def of_any_organization(path: str) -> Any:
    """Find an object by its id alone, in any organization."""

    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        if response.status == 404 and request.matches("GET", path) and "/acme/" in request.path:
            headers = {**request.headers, b"authorization": f"Bearer {GLOBEX_TOKEN}".encode()}
            return await call(evolve(request, path=request.path.replace("/acme/", "/globex/"), headers=headers))
        return response

    return bug


def below_any_organization(path: str) -> Any:
    """Find an object of the run below another organization."""

    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        if response.status == 404 and request.matches("GET", path) and "/globex/" in request.path:
            return await call(evolve(with_token(request), path=request.path.replace("/globex/", "/acme/")))
        return response

    return bug


def remembers_reads() -> Any:
    """Accept a revoked token for what it has read before."""
    known: set[tuple[str, str]] = set()

    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        key = (authorization(request), request.path)
        if request.method == "GET" and response.status == 200:
            known.add(key)
        return await call(with_token(request)) if response.status == 401 and key in known else response

    return bug


async def revokes_nothing(request: Request, call: Call) -> Response:
    if request.matches("DELETE", "/v2/access-token"):
        return Response(204, [], b"")
    return await call(request)


def revokes_all_tokens() -> Any:
    """Revoke the tokens of the same user, too."""
    is_revoked = False

    async def bug(request: Request, call: Call) -> Response:
        nonlocal is_revoked
        is_revoked |= request.matches("DELETE", "/v2/access-token")
        if is_revoked and TOKEN in authorization(request):
            return await call(evolve(request, headers={**request.headers, b"authorization": b"Bearer none"}))
        return await call(request)

    return bug


def lists_all(request: Request, response: Response) -> None:
    if request.matches("GET", "/v2/organizations") and response.status == 200:
        first = response.json[0]
        other = {**first, "slug": "globex", "url": first["url"].replace("acme", "globex")}
        response.json = [*response.json, other]


async def lists_builds_of_all(request: Request, call: Call) -> Response:
    if request.matches("GET", "/v2/builds") and TOKEN in authorization(request):
        headers = {**request.headers, b"authorization": f"Bearer {GLOBEX_TOKEN}".encode()}
        return await call(evolve(request, headers=headers))
    return await call(request)


def has_other_scope(scope: str, lists: str) -> Any:
    """Accept a token with another scope for the items of a list."""

    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        if response.status != 403 or not request.matches("GET", f"{lists}/*"):
            return response
        token = await call(evolve(request, path="/v2/access-token", query=b""))
        return await call(with_token(request)) if scope in token.json["scopes"] else response

    return bug


def acts_without_scope(method: str, path: str) -> Any:
    """Do what a token without the scope requests, and refuse it."""

    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        if response.status == 403 and request.matches(method, path):
            await call(with_token(request))
        return response

    return bug


def acts_without_token(method: str, path: str) -> Any:
    """Refuse a request, after it has had its effect."""

    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        if response.status == 401 and request.matches(method, path):
            await call(with_token(request))
        return response

    return bug


def unauthorized_as(status: int) -> Any:
    def wrong(request: Request, response: Response) -> None:
        if request.matches("GET", TEAM) and response.status == 401:
            response.status = status

    return change(wrong)


CREDENTIALS: dict[str, Mutant] = {
    "basic authentication": server("getUser", CREDENTIAL, READING, accepts("GET", "/v2/user", is_basic)),
    "basic authentication to write": server("createTeam", CREDENTIAL, ACCESS, accepts("POST", TEAMS, is_basic)),
    "meta refuses an expired token": server(
        "getMeta", SCOPE, READING, refuses("/v2/meta", lambda header: EXPIRED_TOKEN in header)
    ),
    "the description of analytics refuses basic authentication": server(
        "getAnalyticsDescription", SCOPE, READING, refuses("/v2/analytics/openapi.yaml", is_basic)
    ),
    "the scheme Token": server(
        "getTeam",
        CREDENTIAL,
        READING,
        accepts("GET", TEAM, lambda header: header.startswith("Token") and TOKEN in header),
    ),
    "no scheme": server("getTeam", CREDENTIAL, READING, accepts("GET", TEAM, lambda header: header == TOKEN)),
    "a prefix of the token": server(
        "getUser",
        CREDENTIAL,
        READING,
        accepts("GET", "/v2/user", lambda header: len(header) > 14 and f"Bearer {TOKEN}".startswith(header)),
    ),
    "more than the token": server(
        "getUser", CREDENTIAL, READING, accepts("GET", "/v2/user", lambda header: header.startswith(f"Bearer {TOKEN}"))
    ),
    "a token in any case": server(
        "getUser", CREDENTIAL, READING, accepts("GET", "/v2/user", lambda header: header[7:].lower() == TOKEN)
    ),
    "an empty token": server(
        "getUser", CREDENTIAL, READING, accepts("GET", "/v2/user", lambda header: header == "Bearer")
    ),
    "an expired token": server(
        "listAgents", CREDENTIAL, READING, accepts("GET", AGENTS, lambda header: EXPIRED_TOKEN in header)
    ),
    "an expired token to delete": server(
        "deleteTeam", CREDENTIAL, ACCESS, accepts("DELETE", TEAM, lambda header: EXPIRED_TOKEN in header)
    ),
    "no token to create": server(
        "createCluster", CREDENTIAL, ACCESS, accepts("POST", CLUSTERS, lambda header: not header)
    ),
    "access_token in the query": server("getUser", CREDENTIAL, READING, accepts_in_query("access_token", "/v2/user")),
    "token in X-Api-Key": server("listTeams", CREDENTIAL, READING, accepts_in_header("x-api-key", TEAMS)),
    "token in a cookie": server("listTeams", CREDENTIAL, READING, accepts_in_header("cookie", TEAMS)),
    "api_key in the query": server("listTeams", CREDENTIAL, READING, accepts_in_query("api_key", TEAMS)),
    "403 for 401": server("getTeam", CREDENTIAL, READING, unauthorized_as(403)),
    "404 for 401": server("getTeam", CREDENTIAL, READING, unauthorized_as(404)),
    "an unsigned JWT": server(
        "getUser",
        FORGED,
        READING,
        accepts("GET", "/v2/user", lambda header: header.count(".") == 2 and header.endswith(".")),
    ),
    "a JWT of any key": server(
        "listTeams", FORGED, READING, accepts("GET", TEAMS, lambda header: header.count(".") == 2 and len(header) > 400)
    ),
    "a token to read can create": server("createTeam", SCOPE, ACCESS, needs_only("POST", TEAMS, "bkua_mock_read_only")),
    "a token to read can delete": server(
        "deleteCluster", SCOPE, ACCESS, needs_only("DELETE", CLUSTER, "bkua_mock_read_only"), include=("getCluster",)
    ),
    "the scope of pipelines for agents": server(
        "listAgents", SCOPE, READING, needs_scope_of("GET", AGENTS, "/v2/organizations/acme/pipelines")
    ),
    "the scope of reading for creating": server(
        "createPipeline", SCOPE, ACCESS, needs_scope_of("POST", PIPELINES, "/v2/organizations/acme/pipelines")
    ),
    "the scope of clusters for builds": server(
        "listBuilds", SCOPE, READING, needs_scope_of("GET", BUILDS, "/v2/organizations/acme/clusters")
    ),
    "pipelines of another organization": server("listPipelines", FOREIGN, READING, as_member("GET", PIPELINES)),
    "an organization of others": server("getOrganization", FOREIGN, READING, as_member("GET", ORGANIZATION)),
    "tests of a build of another organization": server(
        "listBuildTests", FOREIGN, READING, of_any_organization("/v2/analytics/organizations/*/builds/*/tests")
    ),
    "a cluster of another organization": server("getCluster", FOREIGN, READING, of_any_organization(CLUSTER)),
    "a job below another organization": server(
        "getJob", FOREIGN, READING, below_any_organization(JOB), include=("listOrganizations",)
    ),
    "organizations of others in the list": server("listOrganizations", FOREIGN, READING, change(lists_all)),
    "builds of others in the list": server(
        "listAllBuilds", FOREIGN, READING, lists_builds_of_all, include=("listOrganizations",)
    ),
    "a cluster is created without a token": server(
        "createCluster", EFFECT, ACCESS, acts_without_token("POST", CLUSTERS), include=("listClusters",)
    ),
    "settings change without a token": server(
        "updateOrganizationPipelineSettings",
        EFFECT,
        ACCESS,
        acts_without_token("PATCH", f"{ORGANIZATION}/pipeline-settings"),
        include=("getOrganizationPipelineSettings",),
    ),
    "the scope for logs is that for builds": server(
        "getBuild", SCOPE, READING, has_other_scope("read_build_logs", BUILDS)
    ),
    "a pipeline is archived without the scope": server(
        "archivePipeline",
        EFFECT,
        ("--write", "--write-existing", "all", "--phases", "lifecycle,access"),
        acts_without_scope("POST", f"{PIPELINE}/archive"),
        include=("createPipeline",),
    ),
    "a team is created without the scope": server(
        "createTeam", EFFECT, ACCESS, acts_without_scope("POST", TEAMS), include=("listTeams",)
    ),
    "a revoked token stays valid": server("revokeAccessToken", REVOKED, ACCESS, revokes_nothing),
    "a revoked token stays valid for reading pipelines": server(
        "revokeAccessToken",
        REVOKED,
        ACCESS,
        accepts("GET", PIPELINES, lambda header: REVOCABLE_TOKEN in header),
        include=("getUser", "listPipelines"),
    ),
    "a revoked token reads what it has read": server(
        "revokeAccessToken", REVOKED, ACCESS, remembers_reads(), include=("getOrganization", "listTeams", "getTeam")
    ),
    "a revocation revokes all tokens": remembering("revokeAccessToken", REVOKED, ACCESS, revokes_all_tokens),
}
