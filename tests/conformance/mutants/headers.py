"""Bugs in headers, redirects and content negotiation."""

from collections.abc import Awaitable, Callable
from typing import Any

from attrs import evolve
from tests.conformance.mutants.kinds import (
    BUILD,
    COVERAGE,
    EXAMPLES,
    ORGANIZATION,
    PIPELINES,
    SUITES,
    TEAM,
    TEAMS,
    Mutant,
    body,
    header,
    on,
    raw,
    remembering,
    server,
    with_state,
)
from tests.conformance.mutants.kinds import (
    HEADERS as PHASE,
)
from tests.conformance.runner_support import TOKEN, Request, Response, change

Call = Callable[[Request], Awaitable[Response]]

HEAD, REDIRECT, TYPE, RANGE = "head_differs", "redirect_wrong", "media_type_wrong", "range_wrong"
LIMIT, LIMITS = "rate_limit_wrong", "rate_limit_conformance"
DECLARED, MEDIA, SECRET = "response_headers_conformance", "media_type_conformance", "secret_conformance"
JOB = f"{ORGANIZATION}/jobs/*"
LOG, DOWNLOAD = f"{JOB}/log", f"{JOB}/artifacts/*/download"
RUNS = f"{SUITES}/*/runs"


def of_head(path: str, wrong: Callable[[Response], None]) -> Any:
    """Spoil the response to a HEAD."""
    return change(lambda request, response: wrong(response) if request.matches("HEAD", path) else None)


def status(code: int) -> Callable[[Response], None]:
    def wrong(response: Response) -> None:
        response.status = code

    return wrong


def accepting(path: str, word: bytes, wrong: Callable[[Response], None]) -> Any:
    """Spoil the response to a GET that asks for a media type."""

    def spoil(request: Request, response: Response) -> None:
        if request.matches("GET", path) and word in request.headers.get(b"accept", b"") and response.status == 200:
            wrong(response)

    return change(spoil)


def ignores_accept(path: str) -> Any:
    async def bug(request: Request, call: Call) -> Response:
        if not request.matches("GET", path):
            return await call(request)
        return await call(evolve(request, headers={**request.headers, b"accept": b"*/*"}))

    return bug


def replaced(old: bytes, new: bytes) -> Callable[[Response], None]:
    def wrong(response: Response) -> None:
        response.body = response.body.replace(old, new)

    return wrong


def without_markup(response: Response) -> None:
    response.body = response.body.replace(b"<span", b"(span").replace(b"</span>", b"(/span)")


def location(edit: Callable[[bytes], bytes]) -> Callable[[Response], None]:
    """Change the URL of a redirect, in the body too."""

    def wrong(response: Response) -> None:
        url = edit(response.header(b"location") or b"")
        response.set_header(b"location", url)
        response.json = {"url": url.decode()}

    return wrong


def other_url_in_body(response: Response) -> None:
    response.json = {"url": "https://storage.example/elsewhere"}


def other_content_of_artifacts(request: Request, response: Response) -> None:
    if request.matches("GET", f"{JOB}/artifacts/*") and response.status == 200:
        response.json = {**response.json, "sha1sum": "0" * 40}


def other_size_of_artifacts(request: Request, response: Response) -> None:
    if request.matches("GET", f"{JOB}/artifacts/*") and response.status == 200:
        response.json = {**response.json, "file_size": response.json["file_size"] + 1}


def whole_log(request: Request, response: Response) -> None:
    if request.matches("GET", LOG) and response.status == 206:
        response.status = 200


async def first_bytes(request: Request, call: Call) -> Response:
    response = await call(request)
    if request.matches("GET", LOG) and response.status == 206:
        headers = {name: value for name, value in request.headers.items() if name != b"range"}
        whole = await call(evolve(request, headers=headers))
        response.body = whole.body[: len(response.body)]
    return response


def content_range_off_by_one(response: Response) -> None:
    value = response.header(b"content-range") or b""
    unit, _, rest = value.partition(b" ")
    span, _, total = rest.partition(b"/")
    first, _, last = span.partition(b"-")
    response.set_header(b"content-range", b"%s %d-%d/%s" % (unit, int(first) + 1, int(last) + 1, total))


async def accepts_any_range(request: Request, call: Call) -> Response:
    response = await call(request)
    if request.matches("GET", LOG) and response.status == 400 and b"range" in request.headers:
        headers = {name: value for name, value in request.headers.items() if name != b"range"}
        return await call(evolve(request, headers=headers))
    return response


def counting(edit: Callable[[int, Response], None]) -> Any:
    """Spoil each response with the number of requests before it."""

    def wrong(requests: list[str], request: Request, response: Response) -> None:
        requests.append(request.path)
        edit(len(requests), response)

    return with_state(list, wrong)


def value(name: str, of: Callable[[int], int]) -> Callable[[int, Response], None]:
    """Set a header to a function of the number of requests."""

    def wrong(number: int, response: Response) -> None:
        if response.header(b"ratelimit-limit") is not None:
            response.set_header(name.encode(), str(of(number)).encode())

    return wrong


def limit_of_user(request: Request, response: Response) -> None:
    if (remaining := response.header(b"ratelimit-user-remaining")) is not None:
        response.set_header(b"ratelimit-remaining", remaining)


HEADERS: dict[str, Mutant] = {
    "HEAD gets 404": server("getTeam", HEAD, PHASE, of_head(TEAM, status(404))),
    "HEAD gets 204": server("listTeams", HEAD, PHASE, of_head(TEAMS, status(204))),
    "HEAD needs no token": server("getUser", HEAD, PHASE, of_head("/v2/user", status(401))),
    "HEAD of another type": server(
        "getMeta", HEAD, PHASE, of_head("/v2/meta", header("content-type", "text/html; charset=utf-8"))
    ),
    "HEAD without Link": server("listTeams", HEAD, PHASE, of_head(TEAMS, header("link", None))),
    "HEAD without limits": server("getUser", HEAD, PHASE, of_head("/v2/user", header("ratelimit-limit", None))),
    "HEAD of another length": server("getUser", HEAD, PHASE, of_head("/v2/user", header("content-length", "3"))),
    "HEAD without CORS": server(
        "getTestSuite", HEAD, PHASE, of_head(f"{SUITES}/*", header("access-control-allow-origin", None))
    ),
    "HEAD without Location": server("getArtifactDownload", HEAD, PHASE, of_head(DOWNLOAD, header("location", None))),
    "HEAD of a log has another size": server(
        "headJobLog", HEAD, PHASE, of_head(LOG, header("content-length", "1")), include=("getJobLog",)
    ),
    "redirect leads nowhere": server(
        "getArtifactDownload",
        REDIRECT,
        PHASE,
        on("GET", DOWNLOAD, location(lambda url: url.replace(b"0", b"1")), status=302),
    ),
    "redirect is not signed": server(
        "getArtifactDownload",
        REDIRECT,
        PHASE,
        on("GET", DOWNLOAD, location(lambda url: url.partition(b"&Signature")[0]), status=302),
    ),
    "redirect is relative": server(
        "getArtifactDownload",
        "location_conformance",
        PHASE,
        on("GET", DOWNLOAD, location(lambda url: b"/" + url.split(b"/", 3)[3]), status=302),
    ),
    "redirect has the token": server(
        "getArtifactDownload",
        SECRET,
        PHASE,
        on("GET", DOWNLOAD, location(lambda url: url + b"&token=" + TOKEN.encode()), status=302),
    ),
    "redirect differs from the body": server(
        "getArtifactDownload", REDIRECT, PHASE, on("GET", DOWNLOAD, other_url_in_body, status=302)
    ),
    "redirect without Location": server(
        "getArtifactDownload", REDIRECT, PHASE, on("GET", DOWNLOAD, header("location", None), status=302)
    ),
    "content of another SHA-1": server("getArtifactDownload", REDIRECT, PHASE, change(other_content_of_artifacts)),
    "content of another size": server("getArtifactDownload", REDIRECT, PHASE, change(other_size_of_artifacts)),
    "Accept of a log ignored": server("getJobLog", MEDIA, PHASE, ignores_accept(LOG)),
    "Accept of an environment ignored": server("getJobEnv", MEDIA, PHASE, ignores_accept(f"{JOB}/env")),
    "text of a log in another charset": server(
        "getJobLog", MEDIA, PHASE, accepting(LOG, b"text/plain", header("content-type", "text/plain; charset=latin-1"))
    ),
    "HTML as text": server(
        "getJobLog", TYPE, PHASE, accepting(LOG, b"text/plain", raw(b"<span>x</span>", "text/plain"))
    ),
    "text as HTML": server("getJobLog", TYPE, PHASE, accepting(LOG, b"text/html", without_markup)),
    "HTML with control sequences": server(
        "getJobLog", TYPE, PHASE, accepting(LOG, b"text/html", replaced(b"<span", b"\x1b[0m<span"))
    ),
    "truncated HTML": server(
        "getJobLog", TYPE, PHASE, accepting(LOG, b"text/html", raw(b"<span>...</span>", "text/html; charset=utf-8"))
    ),
    "environment without a variable": server(
        "getJobEnv", TYPE, PHASE, accepting(f"{JOB}/env", b"text/plain", replaced(b"BUILDKITE_BRANCH=", b"BRANCH="))
    ),
    "JSON for the suffix .txt": server(
        "getJobLog", TYPE, PHASE, on("GET", f"{JOB}/log.txt", header("content-type", "application/json"))
    ),
    "no suffix .html": server("getJobLog", TYPE, PHASE, on("GET", f"{JOB}/log.html", status(404))),
    "an unknown type gets 500": server("getJobLog", TYPE, PHASE, accepting(LOG, b"x-unknown", status(500))),
    "whole log for a range": server("getJobLog", RANGE, PHASE, change(whole_log)),
    "first bytes for a range": server("getJobLog", RANGE, PHASE, first_bytes),
    "range off by one": server("getJobLog", RANGE, PHASE, on("GET", LOG, content_range_off_by_one, status=206)),
    "any range accepted": server("getJobLog", RANGE, PHASE, accepts_any_range),
    "remaining above the limit": remembering(
        "getUser", LIMITS, EXAMPLES, counting(value("ratelimit-remaining", lambda number: 2_000_000))
    ),
    "remaining of the user never falls": remembering(
        "getUser", LIMIT, PHASE, counting(value("ratelimit-user-remaining", lambda number: 900_000))
    ),
    "remaining rises": remembering(
        "getUser", LIMIT, PHASE, counting(value("ratelimit-remaining", lambda number: 900_000 + number))
    ),
    "two requests are counted": remembering(
        "getUser", LIMIT, PHASE, counting(value("ratelimit-remaining", lambda number: 90_000 - 2 * number))
    ),
    "limit of the user instead of the organization": server("listTeams", LIMIT, PHASE, change(limit_of_user)),
    "limit changes": remembering(
        "getUser", LIMIT, PHASE, counting(value("ratelimit-limit", lambda number: 2_000_000 + number))
    ),
    "reset is a time": remembering(
        "getUser", DECLARED, EXAMPLES, counting(value("ratelimit-reset", lambda number: 1_790_000_000))
    ),
    "reset rises": remembering(
        "getUser", LIMIT, PHASE, counting(value("ratelimit-user-reset", lambda number: min(60, number)))
    ),
    "scope of the organization for the user": server(
        "getUser", DECLARED, EXAMPLES, on("GET", "/v2/user", header("ratelimit-user-scope", "rest"))
    ),
    "warning without a reason": server(
        "getUser", LIMITS, EXAMPLES, on("GET", "/v2/user", header("ratelimit-warning", "Slow down."))
    ),
    "limit is not a number": server(
        "getTeam", DECLARED, EXAMPLES, on("GET", TEAM, header("ratelimit-user-limit", "unlimited"))
    ),
    "JSON in another charset": server(
        "listTeams", MEDIA, EXAMPLES, on("GET", TEAMS, header("content-type", "application/json; charset=iso-8859-1"))
    ),
    "body is not JSON": server("getUser", MEDIA, EXAMPLES, on("GET", "/v2/user", raw(b"{'name': 'Ada'}"))),
    "URLs of another organization": server(
        "listPipelines",
        "organization_conformance",
        EXAMPLES,
        on("GET", PIPELINES, replaced(b"/organizations/acme/", b"/organizations/globex/")),
    ),
    "404 without CORS": server(
        "getBuild",
        "cors_conformance",
        COVERAGE,
        on("GET", BUILD, header("access-control-allow-origin", None), status=404),
    ),
    "token in a response": server(
        "getUser", SECRET, EXAMPLES, on("GET", "/v2/user", body(lambda user: {**user, "note": TOKEN}))
    ),
}
