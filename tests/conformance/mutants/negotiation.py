"""Bugs in what client and server agree on: media types, character sets, compression, links to pages."""

import gzip
import re
from hashlib import sha256
from typing import Any

from attrs import evolve
from tests.conformance.mutants.details import UNSENT
from tests.conformance.mutants.effect_bugs import JOB, Call
from tests.conformance.mutants.kinds import (
    EFFECTS,
    EXAMPLES,
    HEADERS,
    LISTS,
    PIPELINES,
    REFUSALS,
    TEAM,
    Mutant,
    header,
    on,
    remembering,
    server,
    with_state,
)
from tests.conformance.runner_support import Bug, Request, Response, change

VALIDATOR = "validator_conformance"


def without_link(relation: bytes) -> Bug:
    """Leave out a link to a page."""

    def wrong(request: Request, response: Response) -> None:
        links = response.header(b"link")
        if request.matches("GET", PIPELINES) and links:
            kept = [link for link in links.split(b", ") if b'rel="' + relation + b'"' not in link]
            response.set_header(b"link", b", ".join(kept) or None)

    return change(wrong)


async def first_accepted_type(request: Request, call: Call) -> Response:
    """Use the first media type of `Accept`, whatever its quality is."""
    accept = request.headers.get(b"accept", b"")
    if request.matches("GET", f"{JOB}/log") and b";q=" in accept:
        first = accept.partition(b",")[0].partition(b";")[0]
        return await call(evolve(request, headers={**request.headers, b"accept": first}))
    return await call(request)


def refused_header(method: str, path: str, name: bytes, text: bytes, status: int) -> Bug:
    """Refuse a form of a header."""

    def wrong(request: Request, response: Response) -> None:
        is_meant = request.matches(method, path) or (method == "GET" and request.matches("HEAD", path))
        if is_meant and text in request.headers.get(name, b""):
            response.status, response.json = status, {"message": "Unsupported"}

    return change(wrong)


def compressed(request: Request, response: Response) -> None:
    """Compress each body, also for a client that does not accept that."""
    if (request.matches("GET", TEAM) or request.matches("HEAD", TEAM)) and response.status == 200:
        response.body = gzip.compress(response.body) if response.body else b""
        response.set_header(b"content-encoding", b"gzip")


def pipelines(relation: bytes) -> Mutant:
    return server("listPipelines", "list_inconsistent", LISTS, without_link(relation))


def with_tags(pattern: str = "") -> Bug:
    """Send validators with each object and list, and 304 for a known `ETag`. Paths with `pattern` have a former one."""
    former: dict[str, bytes] = {}

    def conditional(request: Request, response: Response) -> None:
        if request.method != "GET" or response.status != 200:
            return
        tag = b'"%s"' % sha256(response.body).hexdigest()[:16].encode()
        if pattern and re.search(pattern, request.path):
            tag = former.setdefault(request.path, tag)
        response.set_header(b"etag", tag)
        if request.headers.get(b"if-none-match") == tag:
            response.status, response.body = 304, b""

    return change(conditional)


async def stale_responses(request: Request, call: Call) -> Response:
    """Every conditional request for a team gets 304."""
    response = await with_tags()(request, call)
    if request.matches("GET", TEAM) and request.headers.get(b"if-none-match", b"")[1:17].isalnum():
        response.status, response.body = 304, b""
    return response


def limit_of_all(request: Request, response: Response) -> None:
    remaining = response.header(b"ratelimit-remaining")
    if remaining is not None:
        response.set_header(b"ratelimit-user-remaining", remaining)


def one_limit(counts: dict[str, int], request: Request, response: Response) -> None:
    """Requests for an organization also count towards the limits of others."""
    remaining = response.header(b"ratelimit-remaining")
    if remaining is not None and request.path.startswith("/v2/organizations/"):
        slug = request.path.split("/")[3]
        counts[slug] = counts.get(slug, 0) + 1
        others = sum(counts.values()) - counts[slug]
        response.set_header(b"ratelimit-remaining", str(max(0, int(remaining) - others)).encode())


async def accept_over_suffix(request: Request, call: Call) -> Response:
    if request.matches("GET", f"{JOB}/log.txt") and request.headers.get(b"accept") == b"application/json":
        return await call(evolve(request, path=request.path.removesuffix(".txt")))
    return await call(request)


async def short_ranges(request: Request, call: Call) -> Response:
    """Return at most 100 bytes of a log, unless the range is larger than it."""
    found = re.fullmatch(rb"bytes=-(\d{3,6})", request.headers.get(b"range", b""))
    headers = {**request.headers, b"range": b"bytes=-100"} if found else request.headers
    return await call(evolve(request, headers=headers))


def teams(check: str, options: tuple[str, ...], bug: Any, operation: str = "getTeam", **more: Any) -> Mutant:
    return server(operation, check, options, bug, **more)


def tagged(check: str | None, bug: Any, operation: str = "getTeam") -> Mutant:
    return server(operation, check, EFFECTS, bug, include=("createTeam", "getTeam", "updateTeam"))


NEGOTIATION: dict[str, Mutant] = {
    "negotiation: no link to the first page": pipelines(b"first"),
    "negotiation: no link to the last page": pipelines(b"last"),
    "negotiation: the first type wins": server("getJobLog", "media_type_wrong", HEADERS, first_accepted_type),
    "negotiation: ranges of types are refused": teams(
        "head_differs", HEADERS, refused_header("GET", TEAM, b"accept", b"application/*", 406)
    ),
    "negotiation: always compressed": teams("head_differs", HEADERS, change(compressed)),
    "negotiation: anyone may cache": teams(
        "cors_conformance", EXAMPLES, on("GET", TEAM, header("cache-control", "public, max-age=60"))
    ),
    "negotiation: any origin with credentials": teams(
        "cors_conformance", EXAMPLES, on("GET", TEAM, header("access-control-allow-credentials", "true"))
    ),
    "negotiation: a lasting ETag": tagged(VALIDATOR, on("GET", TEAM, header("etag", '"1"'))),
    "negotiation: a lasting ETag of each object": tagged(VALIDATOR, with_tags(r"/teams/[^/]+$")),
    "negotiation: a lasting ETag of a list": tagged(VALIDATOR, with_tags(r"/teams$"), "listTeams"),
    "negotiation: a lasting Last-Modified": tagged(
        VALIDATOR, on("GET", TEAM, header("last-modified", "Fri, 02 Jan 2026 10:00:00 GMT"))
    ),
    "negotiation: an object modified in the future": tagged(
        VALIDATOR, on("GET", TEAM, header("last-modified", "Fri, 02 Jan 2999 10:00:00 GMT"))
    ),
    "negotiation: not modified after a change": tagged(UNSENT, stale_responses),
    "negotiation: correct validators": evolve(tagged(None, with_tags()), why="it is a correct server"),
    "negotiation: the limit of all users": teams("rate_limit_wrong", HEADERS, change(limit_of_all)),
    "negotiation: one limit for all organizations": remembering(
        "getOrganization", "rate_limit_wrong", HEADERS, with_state(dict, one_limit)
    ),
    "negotiation: Accept overrides the suffix": server("getJobLog", "media_type_wrong", HEADERS, accept_over_suffix),
    "negotiation: short ranges": server("getJobLog", "range_wrong", HEADERS, short_ranges),
    "negotiation: a charset is refused": teams(
        "malformed_request_accepted",
        REFUSALS,
        refused_header("PATCH", TEAM, b"content-type", b"charset", 415),
        "updateTeam",
    ),
}
