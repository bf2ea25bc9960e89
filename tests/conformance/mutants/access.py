"""Bugs in who may do what, and in what is said about limits and browsers."""

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
)
from tests.conformance.runner_support import Answer, Request, change, with_token

Call = Callable[[Request], Awaitable[Answer]]

AUTH, SCOPE, FORGED = "ignored_auth", "scope_is_needed", "forged_token_is_refused"
CORS, PREFLIGHT, LIMIT = "cors_conformance", "preflight_is_allowed", "refusal_tells_the_limit"
READING = ("--phases", "access")
AGENTS, CLUSTERS = f"{ORGANIZATION}/agents", f"{ORGANIZATION}/clusters"


def needs_no_token(path: str) -> Any:
    async def bug(request: Request, call: Call) -> Answer:
        return await call(with_token(request) if request.asks("GET", path) else request)

    return bug


def takes_any_token(path: str) -> Any:
    async def bug(request: Request, call: Call) -> Answer:
        answer = await call(request)
        again = answer.status == 401 and request.asks("GET", path) and b"authorization" in request.headers
        return await call(with_token(request)) if again else answer

    return bug


def needs_no_scope(method: str, path: str) -> Any:
    async def bug(request: Request, call: Call) -> Answer:
        answer = await call(request)
        return await call(with_token(request)) if answer.status == 403 and request.asks(method, path) else answer

    return bug


def hides_for_want_of_scope(request: Request, answer: Answer) -> None:
    if request.asks("GET", f"{CLUSTERS}/*") and answer.status == 403:
        answer.status = 404


def takes_forged(broken: Callable[[dict[str, Any], dict[str, Any]], bool]) -> Any:
    """Take tokens that `broken` knows by their header and claims."""

    async def bug(request: Request, call: Call) -> Answer:
        answer = await call(request)
        token = request.headers.get(b"authorization", b"").decode().removeprefix("Bearer ")
        if answer.status == 401 and token.count(".") == 2:
            claims = jwt.decode(token, options={"verify_signature": False})
            if broken(jwt.get_unverified_header(token), claims):
                return await call(with_token(request))
        return answer

    return bug


def lifetime(claims: dict[str, Any]) -> float:
    return claims.get("exp", 0) - claims.get("iat", 0)


def refuses_once(edit: Callable[[Answer], None]) -> Any:
    """The first request for a user is one too many, and the answer that says so is wrong."""

    def make() -> Any:
        asked: list[None] = []

        async def bug(request: Request, call: Call) -> Answer:
            answer = await call(request)
            if request.asks("GET", "/v2/user") and answer.status == 200:
                asked.append(None)
                if len(asked) == 1:
                    answer.status = 429
                    answer.set_header(b"ratelimit-user-remaining", b"0")
                    answer.set_header(b"ratelimit-user-reset", b"0")
                    answer.json = {"message": "No", "scope": "rest_user", "limit": 50, "current": 51, "reset": 0}
                    edit(answer)
            return answer

        return bug

    return make


def without_scope(answer: Answer) -> None:
    answer.json = {"message": "No", "limit": 50, "current": 51, "reset": 0}


def without_numbers(answer: Answer) -> None:
    answer.json = {"message": "No", "scope": "rest_user", "limit": "50", "current": "51", "reset": "soon"}


def without_headers(answer: Answer) -> None:
    for prefix in (b"ratelimit-", b"ratelimit-user-"):
        for name in (b"scope", b"limit", b"remaining", b"reset"):
            answer.set_header(prefix + name, None)


async def no_preflight(request: Request, call: Call) -> Answer:
    answer = await call(request)
    if request.method == "OPTIONS" and request.path.endswith("/teams"):
        answer.status, answer.headers = 405, [(b"allow", b"GET, POST")]
    return answer


def preflight_forgets(request: Request, answer: Answer) -> None:
    if request.asks("OPTIONS", f"{ORGANIZATION}/portals"):
        answer.set_header(b"access-control-allow-methods", b"GET")


def preflight_without_authorization(request: Request, answer: Answer) -> None:
    if request.asks("OPTIONS", BUILDS):
        answer.set_header(b"access-control-allow-headers", b"Content-Type")


SIGNED: dict[str, Mutant] = {
    f"a signed token is taken that {what}": server("getUser", FORGED, READING, takes_forged(broken), signed=True)
    for what, broken in {
        "names another token": lambda head, claims: claims.get("iss", "").startswith("00000000"),
        "names no token": lambda head, claims: "iss" not in claims,
        "was signed long ago": lambda head, claims: 20 < time.time() - claims.get("iat", time.time()) < 100,
        "is from the future": lambda head, claims: claims.get("iat", 0) > time.time() + 20,
        "is good for too long": lambda head, claims: lifetime(claims) > 300 and "iat" in claims,
        "has expired": lambda head, claims: claims.get("exp", time.time() + 1) < time.time(),
        "never expires": lambda head, claims: "exp" not in claims,
        "is not signed": lambda head, claims: head["alg"] == "none",
        "is signed with HS256": lambda head, claims: head["alg"] == "HS256",
        "is signed with RS512": lambda head, claims: head["alg"] == "RS512",
        "has any signature": lambda head, claims: head["alg"] == "RS256" and 60 <= lifetime(claims) <= 61,
    }.items()
}

ACCESS_MUTANTS: dict[str, Mutant] = {
    **SIGNED,
    "no token needed": server("getUser", AUTH, COVERAGE, needs_no_token("/v2/user")),
    "no token needed for a list": server("listAgents", AUTH, EXAMPLES, needs_no_token(AGENTS)),
    "any token will do": server("getOrganization", AUTH, COVERAGE, takes_any_token(ORGANIZATION)),
    "no scope needed to read": server("listAgents", SCOPE, READING, needs_no_scope("GET", AGENTS)),
    "no scope needed to write": server("createTeam", SCOPE, ACCESS, needs_no_scope("POST", TEAMS)),
    "no scope needed for a registry": server(
        "listRegistryTokens", SCOPE, READING, needs_no_scope("GET", f"{REGISTRIES}/*/tokens")
    ),
    "404 for want of a scope": server("getCluster", SCOPE, READING, change(hides_for_want_of_scope)),
    "no CORS": server("getTeam", CORS, EXAMPLES, on("GET", TEAM, header("access-control-allow-origin", None))),
    "CORS for one origin": server(
        "getMeta", CORS, EXAMPLES, on("GET", "/v2/meta", header("access-control-allow-origin", "https://a.example"))
    ),
    "Link hidden from browsers": server(
        "listTeams", CORS, EXAMPLES, on("GET", TEAMS, header("access-control-expose-headers", "RateLimit-Limit"))
    ),
    "no preflight": server("createTeam", PREFLIGHT, ACCESS, no_preflight),
    "preflight forgets a method": server("createPortal", PREFLIGHT, ACCESS, change(preflight_forgets)),
    "preflight forbids the token": server("createBuild", PREFLIGHT, ACCESS, change(preflight_without_authorization)),
    "429 without scope": remembering("getUser", LIMIT, EXAMPLES, refuses_once(without_scope)),
    "429 with words for numbers": remembering("getUser", LIMIT, EXAMPLES, refuses_once(without_numbers)),
    "429 without headers": remembering("getUser", LIMIT, EXAMPLES, refuses_once(without_headers)),
}
