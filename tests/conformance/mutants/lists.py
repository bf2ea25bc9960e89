"""Bugs in lists and in the URLs of their pages."""

import re
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import parse_qs, urlencode

from attrs import evolve
from tests.conformance.mutants.kinds import (
    BUILD,
    CLUSTERS,
    COVERAGE,
    EFFECTS,
    EXAMPLES,
    FILTERS,
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
    remembering,
    server,
)
from tests.conformance.runner_support import Request, Response, change

Call = Callable[[Request], Coroutine[Any, Any, Response]]

LINK, INCONSISTENT, SCHEMA = "link_conformance", "list_inconsistent", "response_schema_conformance"
AGENTS, MEMBERS, RULES, PORTALS, ALL_BUILDS = (
    f"{ORGANIZATION}/{name}" for name in ("agents", "members", "rules", "portals", "builds")
)
IMAGES, TOKENS = f"{CLUSTERS}/*/agent-images", f"{REGISTRIES}/*/tokens"


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


def whole_list(path: str, edit: Callable[[list[Any]], list[Any]]) -> Any:
    """Put the items of a list in another order before they are divided into pages."""

    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        if not request.matches("GET", path) or response.status != 200:
            return response
        query = parse_qs(request.query.decode())
        size, page = int(query.get("per_page", ["30"])[0]), int(query.get("page", ["1"])[0])
        everything: list[Any] = []
        for number in range(1, 9):
            query |= {"page": [str(number)], "per_page": ["100"]}
            part = (await call(evolve(request, query=urlencode(query, doseq=True).encode()))).json
            everything += part
            if len(part) < 100:
                break
        response.json = edit(everything)[(page - 1) * size : page * size]
        return response

    return bug


def items(edit: Callable[[list[Any]], list[Any]]) -> Callable[[Response], None]:
    """Spoil the items of a page with cursors."""

    def wrong(response: Response) -> None:
        envelope = response.json
        response.json = {**envelope, "items": edit(envelope["items"])}

    return wrong


def clamped(path: str) -> Any:
    """A page after the last one is the last one."""

    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        while request.matches("GET", path) and response.json == [] and (page := page_of(request)) > 1:
            query = request.query.replace(b"page=%d" % page, b"page=%d" % min(page - 1, 9))
            request = evolve(request, query=query)
            response = await call(request)
        return response

    return bug


def endless(path: str, *, is_empty: bool) -> Any:
    """After the last page, there are always more pages: empty ones, or the last one again."""
    again = clamped(path)

    async def bug(request: Request, call: Call) -> Response:
        response = await (call if is_empty else partial_of(again, call))(request)
        if request.matches("GET", path) and response.status == 200 and isinstance(response.json, list):
            query = {name: values[0] for name, values in parse_qs(request.query.decode()).items()}
            query["page"] = str(page_of(request) + 1)
            url = f"http://{request.headers[b'host'].decode()}{request.path}?{urlencode(query)}"
            response.set_header(b"link", f'<{url}>; rel="next"'.encode())
        return response

    return bug


def partial_of(bug: Any, call: Call) -> Call:
    return lambda request: bug(request, call)


def endless_cursors(request: Request, response: Response) -> None:
    """The last page leads to itself under another cursor."""
    if request.matches("GET", f"{ORGANIZATION}/services") and response.status == 200:
        envelope = response.json
        if "next" not in envelope["links"]:
            envelope["links"]["next"] = envelope["links"]["self"].replace("per_page=", "again=&per_page=")
            after = parse_qs(request.query.decode()).get("after", [""])[0]
            separator = "&" if "?" in envelope["links"]["next"] else "?"
            if not after:
                envelope["links"]["next"] += f"{separator}after=bm8"
            response.json = envelope


def page_numbers(relation: str, by: int) -> Callable[[Response], None]:
    """Change the page that a relation leads to."""

    def wrong(response: Response) -> None:
        def moved(match: re.Match[str]) -> str:
            return f"{match[1]}{max(1, int(match[2]) + by)}{match[3]}"

        if link := response.header(b"link"):
            pattern = rf'([?&]page=)(\d+)([^<]*>; rel="{relation}")'
            response.set_header(b"link", re.sub(pattern, moved, link.decode()).encode())

    return wrong


async def one_more(request: Request, call: Call) -> Response:
    """A page has an item more than requested, unless that is one."""
    if request.matches("GET", RULES) and b"per_page=1" in request.query and b"per_page=100" not in request.query:
        return await call(evolve(request, query=request.query.replace(b"per_page=1", b"per_page=2")))
    return await call(request)


async def second_default_page(request: Request, call: Call) -> Response:
    """The second page of the default size begins with the last item of the first one."""
    response = await call(request)
    query = parse_qs(request.query.decode())
    if request.matches("GET", AGENTS) and query.get("page") == ["2"] and "per_page" not in query:
        first = await call(evolve(request, query=urlencode(query | {"page": "1"}, doseq=True).encode()))
        response.json = [first.json[-1], *response.json]
    return response


async def other_default(request: Request, call: Call) -> Response:
    if request.matches("GET", f"{ORGANIZATION}/builds") and b"per_page" not in request.query:
        return await call(evolve(request, query=(request.query + b"&per_page=25").lstrip(b"&")))
    return await call(request)


async def items_of_another_parent(request: Request, call: Call) -> Response:
    """The list of a pipeline has the builds of the organization."""
    if request.matches("GET", f"{PIPELINES}/*/builds"):
        return await call(evolve(request, path="/v2/organizations/acme/builds"))
    return await call(request)


def changing_cursor() -> Any:
    """Each cursor can be used once; then it leads to the first page."""
    used = set[bytes]()

    async def bug(request: Request, call: Call) -> Response:
        if request.matches("GET", f"{ORGANIZATION}/audit_events") and b"after=" in request.query:
            if request.query in used:
                rest = [part for part in request.query.split(b"&") if not part.startswith(b"after=")]
                return await call(evolve(request, query=b"&".join(rest)))
            used.add(request.query)
        return await call(request)

    return bug


def swapped(found: list[Any]) -> list[Any]:
    return [*found[:1], *found[2:3], *found[1:2], *found[3:]]


def by_number(found: list[Any]) -> list[Any]:
    return sorted(found, key=lambda item: item["number"], reverse=True)


def by_name(found: list[Any]) -> list[Any]:
    return sorted(found, key=lambda test: str(test["name"]))


UNSORTED, ENDLESS = "list_unsorted", "list_endless"
BUILDS_OF_ALL, EVENTS = f"{ORGANIZATION}/builds", f"{ORGANIZATION}/audit_events"
SCHEDULES, PACKAGES = f"{PIPELINES}/*/schedules", f"{REGISTRIES}/*/packages"


def first_emoji(request: Request, response: Response) -> None:
    if request.matches("GET", f"{ORGANIZATION}/emojis") and b"per_page=1" in request.query:
        response.json = response.json[:1]


def third_page(request: Request, response: Response) -> None:
    """The third page of the default size lacks its first item."""
    query = parse_qs(request.query.decode())
    if request.matches("GET", BUILDS_OF_ALL) and query.get("page") == ["3"] and "per_page" not in query:
        response.json = response.json[1:]


def last_page_is_full(response: Response) -> None:
    """Leave out the last page if it has less items than the others. There are two pages."""
    if link := response.header(b"link"):
        response.set_header(b"link", re.sub(rb"([?&]page=)2([^>]*>; rel=\"last\")", rb"\g<1>1\2", link))


def first_rules(request: Request, response: Response) -> None:
    """Return only as many rules by default as there are at first."""
    if request.matches("GET", RULES) and b"per_page" not in request.query and response.status == 200:
        response.json = response.json[:4]


def previous_but_one(response: Response) -> None:
    """Skip the second page on the way back from the third one."""
    if link := response.header(b"link"):
        response.set_header(b"link", re.sub(rb"([?&]page=)2([^>]*>; rel=\"prev\")", rb"\g<1>1\2", link))


def one_value_in_links(response: Response) -> None:
    """Keep the last value of each parameter."""

    def shortened(url: re.Match[str]) -> str:
        path, _, query = url[0].partition("?")
        return f"{path}?{urlencode({name: values[-1] for name, values in parse_qs(query).items()})}"

    if link := response.header(b"link"):
        response.set_header(b"link", re.sub(r"(?<=<)[^>]+", shortened, link.decode()).encode())


def cut(operation: str, create: str, path: str, size: int) -> Mutant:
    """Return a mutant whose list without pages has one page only."""
    return server(
        operation, "list_outdated", EFFECTS, on("GET", path, body(lambda found: found[:size])), include=(create,)
    )


LISTS_MUTANTS: dict[str, Mutant] = {
    "list without pages is cut": server("listEmojis", INCONSISTENT, LISTS, change(first_emoji)),
    "filters lost in links": server("listAgents", LINK, COVERAGE, on("GET", AGENTS, in_link(b"per_page=", b"size="))),
    "wrong relation": server("listTeams", LINK, LISTS, on("GET", TEAMS, in_link(b'rel="next"', b'rel="following"'))),
    "no Link": server("listOrganizationMembers", INCONSISTENT, LISTS, on("GET", MEMBERS, header("link", None))),
    "next page on another origin": server("listTeams", LINK, LISTS, on("GET", TEAMS, in_link(b"http://", b"https://"))),
    "relative next page": server("listRules", LINK, LISTS, on("GET", RULES, in_link(b"<http:/", b"<"))),
    "next page of another list": server("listRules", LINK, LISTS, on("GET", RULES, in_link(b"/rules", b"/teams"))),
    "default size of a list that has grown": server(
        "listRules",
        INCONSISTENT,
        ("--write", "--phases", "lists,coverage"),
        change(first_rules),
        include=("createRule",),
    ),
    "third page of the default size": server("listOrganizationBuilds", INCONSISTENT, LISTS, change(third_page)),
    "previous page is skipped": server(
        "listClusterQueues", LINK, LISTS, on("GET", f"{CLUSTERS}/*/queues", previous_but_one)
    ),
    "last page only if it is full": server("listPortals", INCONSISTENT, LISTS, on("GET", PORTALS, last_page_is_full)),
    "links with one value": server("listOrganizationBuilds", LINK, FILTERS, on("GET", ALL_BUILDS, one_value_in_links)),
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
    "list: builds oldest first": server(
        "listBuilds", UNSORTED, LISTS, whole_list(f"{PIPELINES}/*/builds", lambda found: found[::-1])
    ),
    "list: builds by number": server("listOrganizationBuilds", UNSORTED, LISTS, whole_list(BUILDS_OF_ALL, by_number)),
    "list: each page reversed": server(
        "listAllBuilds", INCONSISTENT, LISTS, on("GET", "/v2/builds", body(lambda value: value[::-1]))
    ),
    "list: two builds exchanged": server("listOrganizationBuilds", UNSORTED, LISTS, whole_list(BUILDS_OF_ALL, swapped)),
    "list: events oldest first": server(
        "listAuditEvents", UNSORTED, LISTS, on("GET", EVENTS, items(lambda found: found[::-1]))
    ),
    "list: invitations oldest first": server(
        "listOrganizationInvitations",
        UNSORTED,
        LISTS,
        on("GET", f"{ORGANIZATION}/invitations", items(lambda found: found[::-1])),
    ),
    "list: services newest first": server(
        "listNotificationServices",
        UNSORTED,
        LISTS,
        on("GET", f"{ORGANIZATION}/services", items(lambda found: found[::-1])),
    ),
    "list: packages oldest first": server(
        "listPackages", UNSORTED, LISTS, on("GET", PACKAGES, items(lambda found: found[::-1]))
    ),
    "list: schedules oldest first": server(
        "listPipelineSchedules", UNSORTED, LISTS, whole_list(SCHEDULES, lambda found: found[::-1])
    ),
    "list: images not by name": server(
        "listClusterAgentImages",
        UNSORTED,
        LISTS,
        on("GET", f"{CLUSTERS}/*/agent-images", body(lambda value: value[::-1])),
    ),
    "list: tests of a build by name": server(
        "listBuildTests",
        UNSORTED,
        LISTS,
        whole_list("/v2/analytics/organizations/*/builds/*/tests", by_name),
    ),
    "list: last page again": server("listTeams", INCONSISTENT, LISTS, clamped(TEAMS)),
    "list: empty pages for ever": server("listRules", ENDLESS, LISTS, endless(RULES, is_empty=True)),
    "list: last page for ever": server("listRules", ENDLESS, LISTS, endless(RULES, is_empty=False)),
    "list: cursors for ever": server("listNotificationServices", ENDLESS, LISTS, change(endless_cursors)),
    "list: last leads too far": server("listAgents", INCONSISTENT, LISTS, on("GET", AGENTS, page_numbers("last", 1))),
    "list: last leads to the one before": server(
        "listTeams", INCONSISTENT, LISTS, on("GET", TEAMS, page_numbers("last", -1))
    ),
    "list: prev leads to itself": server("listAgents", LINK, LISTS, on("GET", AGENTS, page_numbers("prev", 1))),
    "list: one item too many": server("listRules", LINK, LISTS, one_more),
    "list: second page of the default size": server("listAgents", INCONSISTENT, LISTS, second_default_page),
    "list: another default size": server("listOrganizationBuilds", INCONSISTENT, LISTS, other_default),
    "list: builds of other pipelines": server("listBuilds", INCONSISTENT, LISTS, items_of_another_parent),
    "list: cursors work once": remembering("listAuditEvents", INCONSISTENT, LISTS, changing_cursor),
    "list: an item twice": server(
        "listAgents", INCONSISTENT, LISTS, whole_list(AGENTS, lambda found: [*found[:5], *found[4:]])
    ),
    "list: an event twice": server(
        "listAuditEvents", INCONSISTENT, LISTS, on("GET", EVENTS, items(lambda found: [*found[:1], *found[:-1]]))
    ),
    "list: registry tokens end after one page": cut("listRegistryTokens", "createRegistryToken", TOKENS, 30),
    "list: registries end after one page": cut("listRegistries", "createRegistry", REGISTRIES, 25),
    "list: agent images end after one page": cut("listClusterAgentImages", "createClusterAgentImage", IMAGES, 30),
}
