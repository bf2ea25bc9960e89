"""Bugs in lists and in the URLs of their pages."""

import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

from attrs import evolve
from tests.conformance.mutants.kinds import (
    BUILD,
    COVERAGE,
    EXAMPLES,
    LISTS,
    ORGANIZATION,
    PIPELINES,
    REGISTRIES,
    TEAMS,
    Mutant,
    body,
    header,
    on,
    put,
    server,
)
from tests.conformance.runner_support import Request, Response, change

Call = Callable[[Request], Awaitable[Response]]

LINK, INCONSISTENT, SCHEMA = "link_conformance", "list_inconsistent", "response_schema_conformance"
AGENTS, MEMBERS, RULES = (f"{ORGANIZATION}/{name}" for name in ("agents", "members", "rules"))


def in_link(old: bytes, new: bytes) -> Callable[[Response], None]:
    """Spoil the `Link` header."""

    def wrong(response: Response) -> None:
        if link := response.header(b"link"):
            response.set_header(b"link", link.replace(old, new))

    return wrong


def page_of(request: Request) -> int:
    return int(parse_qs(request.query.decode()).get("page", ["1"])[0])


def next_page_after_the_last(request: Request, response: Response) -> None:
    if request.matches("GET", PIPELINES) and response.status == 200 and response.header(b"link") is None:
        query = f"{request.query.decode()}&page=2".removeprefix("&")
        url = f"http://{request.headers[b'host'].decode()}{request.path}?{query}"
        response.set_header(b"link", f'<{url}>; rel="next", <{url.replace("page=2", "page=1")}>; rel="last"'.encode())


def next_skips_a_page(request: Request, response: Response) -> None:
    if request.matches("GET", AGENTS) and (link := response.header(b"link")) and response.status == 200:
        page = page_of(request)
        response.set_header(b"link", re.sub(rb"(?<=[?&]page=)%d(?=[&>])" % (page + 1), b"%d" % (page + 2), link))


def cursors_have_another_origin(request: Request, response: Response) -> None:
    if request.matches("GET", f"{BUILD}/jobs") and response.status == 200:
        envelope = response.json
        envelope["links"]["self"] = envelope["links"]["self"].replace("127.0.0.1", "localhost")
        response.json = envelope


def next_without_cursor(value: Any) -> None:
    if isinstance(next_url := value["links"].get("next"), str):
        value["links"]["next"] = next_url.replace("after=", "behind=")


def border_item(*, twice: bool, path: str) -> Any:
    """Repeat the last item of a page on the next one, or leave out the first."""

    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        if request.matches("GET", path) and response.status == 200 and (page := page_of(request)) > 1 and response.json:
            if not twice:
                response.json = response.json[1:]
                return response
            query = request.query.replace(b"page=%d" % page, b"page=%d" % (page - 1))
            before = await call(evolve(request, query=query))
            response.json = [before.json[-1], *response.json[:-1]]
        return response

    return bug


def not_sorted(request: Request, response: Response) -> None:
    """The order depends on the page size."""
    if request.matches("GET", AGENTS) and response.status == 200 and b"per_page=100" not in request.query:
        response.json = response.json[::-1]


async def always_thirty(request: Request, call: Call) -> Response:
    if request.matches("GET", f"{ORGANIZATION}/builds"):
        return await call(evolve(request, query=b"per_page=30"))
    return await call(request)


async def cursor_ignored(request: Request, call: Call) -> Response:
    if request.matches("GET", f"{ORGANIZATION}/audit_events") and b"after=" in request.query:
        rest = [part for part in request.query.split(b"&") if not part.startswith(b"after=")]
        return await call(evolve(request, query=b"&".join(rest)))
    return await call(request)


async def accepts_any_query(request: Request, call: Call) -> Response:
    response = await call(request)
    if request.matches("GET", f"{REGISTRIES}/*/tokens") or request.matches("GET", TEAMS):
        return await call(evolve(request, query=b"")) if response.status == 400 else response
    return response


LISTS_MUTANTS: dict[str, Mutant] = {
    "filters lost in links": server("listAgents", LINK, COVERAGE, on("GET", AGENTS, in_link(b"per_page=", b"size="))),
    "wrong relation": server("listTeams", LINK, LISTS, on("GET", TEAMS, in_link(b'rel="next"', b'rel="following"'))),
    "no Link": server("listOrganizationMembers", INCONSISTENT, LISTS, on("GET", MEMBERS, header("link", None))),
    "next page on another origin": server("listTeams", LINK, LISTS, on("GET", TEAMS, in_link(b"http://", b"https://"))),
    "relative next page": server("listRules", LINK, LISTS, on("GET", RULES, in_link(b"<http:/", b"<"))),
    "next page of another list": server("listRules", LINK, LISTS, on("GET", RULES, in_link(b"/rules", b"/teams"))),
    "malformed Link": server("listRules", LINK, LISTS, on("GET", RULES, in_link(b"; rel", b", rel"))),
    "next skips a page": server("listAgents", LINK, LISTS, change(next_skips_a_page)),
    "next page after the last": server("listPipelines", LINK, EXAMPLES, change(next_page_after_the_last)),
    "cursors with another origin": server("listJobs", LINK, EXAMPLES, change(cursors_have_another_origin)),
    "next without cursor": server(
        "listAuditEvents", LINK, LISTS, on("GET", f"{ORGANIZATION}/audit_events", body(next_without_cursor))
    ),
    "envelope with other names": server(
        "listNotificationServices",
        SCHEMA,
        EXAMPLES,
        on("GET", f"{ORGANIZATION}/services", body(lambda value: {"data": value["items"], "links": value["links"]})),
    ),
    "links of a page are an array": server(
        "listOrganizationInvitations",
        SCHEMA,
        EXAMPLES,
        on("GET", f"{ORGANIZATION}/invitations", body(put("links", to=[]))),
    ),
    "cursor ignored": server("listAuditEvents", INCONSISTENT, LISTS, cursor_ignored),
    "more items than requested": server("listAgents", LINK, LISTS, on("GET", AGENTS, body(lambda value: value * 60))),
    "per_page ignored": server("listOrganizationBuilds", LINK, LISTS, always_thirty),
    "item twice at the border": server("listAgents", INCONSISTENT, LISTS, border_item(twice=True, path=AGENTS)),
    "item lost at the border": server("listTeams", INCONSISTENT, LISTS, border_item(twice=False, path=TEAMS)),
    "no stable order": server("listAgents", INCONSISTENT, LISTS, change(not_sorted)),
    "any query accepted": server("listTeams", "negative_data_rejection", COVERAGE, accepts_any_query),
}
