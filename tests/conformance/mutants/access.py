"""Bugs in authorization, CORS and rate limits."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

import jwt
from tests.conformance.mutants.kinds import (
    ACCESS,
    BUILDS,
    COVERAGE,
    EXAMPLES,
    ORGANIZATION,
    REGISTRIES,
    TEAM,
    TEAMS,
    Mutant,
    header,
    on,
    remembering,
    server,
    with_state,
)
from tests.conformance.runner_support import Bug, Request, Response, change, with_token

Call = Callable[[Request], Awaitable[Response]]

AUTH, SCOPE, FORGED = "ignored_auth", "scope_not_enforced", "forged_token_accepted"
CORS, PREFLIGHT, LIMIT = "cors_conformance", "preflight_refused", "rate_limit_not_reported"
READING = ("--phases", "access")
AGENTS, CLUSTERS = f"{ORGANIZATION}/agents", f"{ORGANIZATION}/clusters"


def needs_no_token(path: str) -> Any:
    async def bug(request: Request, call: Call) -> Response:
        return await call(with_token(request) if request.matches("GET", path) else request)

    return bug


def accepts_any_token(path: str) -> Any:
    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        again = response.status == 401 and request.matches("GET", path) and b"authorization" in request.headers
        return await call(with_token(request)) if again else response

    return bug


def needs_no_scope(method: str, path: str) -> Any:
    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        return await call(with_token(request)) if response.status == 403 and request.matches(method, path) else response

    return bug


def returns_404_without_scope(request: Request, response: Response) -> None:
    if request.matches("GET", f"{CLUSTERS}/*") and response.status == 403:
        response.status = 404


def accepts_forged(broken: Callable[[dict[str, Any], dict[str, Any]], bool]) -> Any:
    """Accept the tokens whose header and claims `broken` matches."""

    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        token = request.headers.get(b"authorization", b"").decode().removeprefix("Bearer ")
        if response.status != 401 or token.count(".") != 2:
            return response
        try:
            decoded = jwt.decode_complete(token, options={"verify_signature": False})
        except jwt.InvalidTokenError:  # The runner also sends text that is not a JWT.
            return response
        return await call(with_token(request)) if broken(decoded["header"], decoded["payload"]) else response

    return bug


def lifetime(claims: dict[str, Any]) -> float:
    return claims.get("exp", 0) - claims.get("iat", 0)


def rate_limits_once(edit: Callable[[Response], None]) -> Callable[[], Bug]:
    """The first request for a user gets a 429, whose response `edit` spoils."""

    def wrong(requests: list[str], request: Request, response: Response) -> None:
        if request.matches("GET", "/v2/user") and response.status == 200:
            requests.append(request.path)
            if len(requests) == 1:
                response.status = 429
                response.set_header(b"ratelimit-user-remaining", b"0")
                response.set_header(b"ratelimit-user-reset", b"0")
                response.json = {"message": "No", "scope": "rest_user", "limit": 50, "current": 51, "reset": 0}
                edit(response)

    return with_state(list, wrong)


def without_scope(response: Response) -> None:
    response.json = {"message": "No", "limit": 50, "current": 51, "reset": 0}


def without_numbers(response: Response) -> None:
    response.json = {"message": "No", "scope": "rest_user", "limit": "50", "current": "51", "reset": "soon"}


def without_headers(response: Response) -> None:
    for prefix in (b"ratelimit-", b"ratelimit-user-"):
        for name in (b"scope", b"limit", b"remaining", b"reset"):
            response.set_header(prefix + name, None)


async def no_preflight(request: Request, call: Call) -> Response:
    response = await call(request)
    if request.method == "OPTIONS" and request.path.endswith("/teams"):
        response.status, response.headers = 405, [(b"allow", b"GET, POST")]
    return response


def preflight_forgets(request: Request, response: Response) -> None:
    if request.matches("OPTIONS", f"{ORGANIZATION}/portals"):
        response.set_header(b"access-control-allow-methods", b"GET")


def preflight_without_version(request: Request, response: Response) -> None:
    if request.method == "OPTIONS" and request.path.endswith("/tests"):
        response.set_header(b"access-control-allow-headers", b"Authorization, Content-Type, Range")


def preflight_without_authorization(request: Request, response: Response) -> None:
    if request.matches("OPTIONS", BUILDS):
        response.set_header(b"access-control-allow-headers", b"Content-Type")


SIGNED: dict[str, Mutant] = {
    f"accepts a signed token that {defect}": server("getUser", FORGED, READING, accepts_forged(broken), signed=True)
    for defect, broken in {
        "has another token": lambda head, claims: claims.get("iss", "").startswith("00000000"),
        "has no token": lambda head, claims: "iss" not in claims,
        "was signed long ago": lambda head, claims: 20 < time.time() - claims.get("iat", time.time()) < 100,
        "is from the future": lambda head, claims: claims.get("iat", 0) > time.time() + 20,
        "is valid for too long": lambda head, claims: lifetime(claims) > 300 and "iat" in claims,
        "has expired": lambda head, claims: claims.get("exp", time.time() + 1) < time.time(),
        "never expires": lambda head, claims: "exp" not in claims,
        "is not signed": lambda head, claims: head["alg"] == "none",
        "is signed with HS256": lambda head, claims: head["alg"] == "HS256",
        "is signed with RS512": lambda head, claims: head["alg"] == "RS512",
        "has any signature": lambda head, claims: head["alg"] == "RS256" and 60 <= lifetime(claims) <= 61,
    }.items()
}


def meta_with_token(request: Request, response: Response) -> None:
    if request.matches("GET", "/v2/meta") and b"authorization" not in request.headers:
        response.status = 401
        response.json = {"message": "Authentication required. Please supply a valid API Access Token"}


def refuses_other_origins(request: Request, response: Response) -> None:
    if b"origin" in request.headers and request.matches("GET", f"{ORGANIZATION}/emojis"):
        response.set_header(b"access-control-allow-origin", None)


def needs_any_scope(request: Request, response: Response) -> None:
    is_without = b"no_scopes" in request.headers.get(b"authorization", b"")
    if is_without and request.matches("GET", f"{ORGANIZATION}/emojis"):
        response.status = 403
        response.json = {"message": "Forbidden"}


ACCESS_MUTANTS: dict[str, Mutant] = {
    "meta needs a token": server("getMeta", "status_code_conformance", EXAMPLES, change(meta_with_token)),
    **SIGNED,
    "no token needed": server("getUser", AUTH, COVERAGE, needs_no_token("/v2/user")),
    "no token needed for a list": server("listAgents", AUTH, EXAMPLES, needs_no_token(AGENTS)),
    "any token accepted": server("getOrganization", AUTH, COVERAGE, accepts_any_token(ORGANIZATION)),
    "no scope needed to read": server("listAgents", SCOPE, READING, needs_no_scope("GET", AGENTS)),
    "no scope needed to write": server("createTeam", SCOPE, ACCESS, needs_no_scope("POST", TEAMS)),
    "no scope needed for a registry": server(
        "listRegistryTokens", SCOPE, READING, needs_no_scope("GET", f"{REGISTRIES}/*/tokens")
    ),
    "404 without a scope": server("getCluster", SCOPE, READING, change(returns_404_without_scope)),
    "no CORS": server("getTeam", CORS, EXAMPLES, on("GET", TEAM, header("access-control-allow-origin", None))),
    "CORS for one origin": server(
        "getMeta", CORS, EXAMPLES, on("GET", "/v2/meta", header("access-control-allow-origin", "https://a.example"))
    ),
    "Link hidden from browsers": server(
        "listTeams", CORS, EXAMPLES, on("GET", TEAMS, header("access-control-expose-headers", "RateLimit-Limit"))
    ),
    "CORS for requests without an origin": server("listEmojis", CORS, ACCESS, change(refuses_other_origins)),
    "a scope for an operation that needs none": server("listEmojis", SCOPE, ACCESS, change(needs_any_scope)),
    "no preflight": server("createTeam", PREFLIGHT, ACCESS, no_preflight),
    "preflight forgets a method": server("createPortal", PREFLIGHT, ACCESS, change(preflight_forgets)),
    "preflight forbids a documented header": server("listTests", PREFLIGHT, ACCESS, change(preflight_without_version)),
    "preflight forbids the token": server("createBuild", PREFLIGHT, ACCESS, change(preflight_without_authorization)),
    "429 without scope": remembering("getUser", LIMIT, EXAMPLES, rate_limits_once(without_scope)),
    "429 with text instead of numbers": remembering("getUser", LIMIT, EXAMPLES, rate_limits_once(without_numbers)),
    "429 without headers": remembering("getUser", LIMIT, EXAMPLES, rate_limits_once(without_headers)),
}
