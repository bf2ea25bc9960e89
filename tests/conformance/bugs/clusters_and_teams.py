"""Bugs of clusters, emojis, members, registry tokens, teams, tests and the user that the table cannot describe."""

import base64
import re
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from attrs import evolve
from tests.conformance.bugs.engine import Request, Response, Server, change_links, items_of, links
from tests.conformance.bugs.pipelines_and_agents import empty_page_of_agents_at_the_end, empty_page_of_team_pipelines
from tests.conformance.bugs.table import bug

FORM = "application/x-www-form-urlencoded"

bug(
    "headers",
    "listClusterAgentTokens",
    "a full last page of agent tokens links to an empty one",
)(empty_page_of_team_pipelines)
bug(
    "headers",
    "listTeams",
    "the link to the last page of teams leads to an empty one after a full page",
)(empty_page_of_agents_at_the_end)


@bug(
    "lists",
    "listTeams",
    "the number of pages of teams is rounded down, so that the last one is missing",
)
def pages_of_teams_rounded_down(server: Server, request: Request) -> Response:
    response = server.call(request)
    if "last" in (urls := links(response)):
        query = parse_qs(urlsplit(urls["last"]).query)
        rest = server.behind(evolve(request, method="GET", query=query))
        if len(rest.json) < len(response.json):
            url = re.sub(r"\bpage=\d+", f"page={int(query['page'][0]) - 1}", urls["last"])
            kept = {} if urls["next"] == urls["last"] else {"next": urls["next"], "last": url}
            others = {rel: each for rel, each in urls.items() if rel not in ("next", "last")}
            change_links(response, lambda _: others | kept)
    return response


@bug(
    "lists",
    "listClusterSecrets",
    "the offset of a page of secrets is computed with the default size of a page",
)
def offset_ignores_size(server: Server, request: Request) -> Response:
    response = server.call(request)
    page, size = (request.query.get(name, [""])[0] for name in ("page", "per_page"))
    if response.status == 200 and page.isdecimal() and size.isdecimal():
        start = max(int(page) - 1, 0) * 30
        response.json = server.items(request, "listClusterSecrets")[start : start + int(size)]
    return response


@bug(
    "errors",
    "createCluster createBuild createTeam createBuildAnnotation",
    "a body in the encoding of HTML forms is accepted",
)
def forms_are_accepted(server: Server, request: Request) -> Response:
    if not request.headers.get("content-type", "").startswith(FORM):
        return server.call(request)
    fields = dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
    return server.call(
        evolve(request, headers={**request.headers, "content-type": "application/json"}).with_json(fields)
    )


@bug(
    "headers",
    "any",
    "requests for emojis do not count towards the rate limits",
    memory="listEmojis",
)
def emojis_are_free(server: Server, request: Request) -> Response:
    token = request.headers.get("authorization", "")
    if request.path.endswith("/emojis") and token in server.memory:
        response = server.behind(request)
        response.headers |= server.memory[token]
        return response
    response = server.call(request)
    if limits := _limits(response):
        server.memory[token] = limits
    return response


def _limits(response: Response) -> dict[str, str]:
    return {name: value for name, value in response.headers.items() if name.startswith("ratelimit-")}


@bug(
    "headers",
    "listEmojis",
    "emojis are cached with the rate limits of the first response",
)
def emojis_with_cached_limits(server: Server, request: Request) -> Response:
    response = server.call(request)
    if response.status == 200:
        response.headers |= server.memory.setdefault(request.path, _limits(response))
    return response


@bug(
    "headers",
    "listOrganizationMembers",
    "the link to the previous page of members is that of the same page",
)
def previous_page_is_this_one(server: Server, request: Request) -> Response:
    page = request.query.get("page", ["1"])[0]

    def change(urls: dict[str, str]) -> dict[str, str]:
        return {rel: re.sub(r"\bpage=\d+", f"page={page}", url) if rel == "prev" else url for rel, url in urls.items()}

    response = server.call(request)
    change_links(response, change)
    return response


@bug(
    "state",
    "removeOrganizationMember listTeamMembers getTeamMember",
    "a user who is removed from the organization stays in its teams",
)
def removed_member_stays_in_teams(server: Server, request: Request) -> Response:
    found: dict[str, Any] = {}
    if request.method == "DELETE":
        for team in server.items(request, "listTeams"):
            for member in server.items(request, "listTeamMembers", {"team_uuid": team["id"]}):
                if member["user_id"] == request.params["user_uuid"]:
                    found[f"/v2/organizations/{request.params['org']}/teams/{team['id']}/members"] = member
    response = server.call(request)
    if response.status == 204:
        for path, member in found.items():
            server.memory.setdefault(path, []).append(member)
    folder, _, user = request.path.rpartition("/")
    if response.status == 200 and isinstance(response.json, list) and 'rel="next"' not in str(response.headers):
        response.json = response.json + server.memory.get(request.path, [])
    kept = [member for member in server.memory.get(folder, []) if member["user_id"] == user]
    if response.status == 404 and kept:
        response.status, response.json = 200, kept[0]
    return response


@bug(
    "lists",
    "listRegistryTokens",
    "the tokens of all registries are listed",
)
def tokens_of_all_registries(server: Server, request: Request) -> Response:
    response = server.call(request)
    if response.status == 200:
        response.json = [
            token
            for registry in server.items(request, "listRegistries")
            for token in server.items(request, "listRegistryTokens", {"registry": registry["slug"]})
        ]
    return response


@bug(
    "bodies",
    "listTests getTest listBuildTests",
    "the reliability of a test counts skipped and pending executions as failures",
)
def reliability_of_all_executions(server: Server, request: Request) -> Response:
    response = server.call(request)
    body = response.json
    for test in items_of(body) if response.status == 200 else []:
        if test.get("reliability") is not None and test.get("executions_count"):
            test["reliability"] = round(test["executions_count_by_result"]["passed"] / test["executions_count"], 6)
    response.json = body
    return response


@bug(
    "lists",
    "listTests",
    "tests without executions in the requested time range are listed",
)
def tests_outside_window(server: Server, request: Request) -> Response:
    response = server.call(request)
    is_window = request.query.keys() <= {"period", "min_timestamp", "max_timestamp"}
    if response.status != 200 or not request.query or not is_window or "buildkite-version" not in request.headers:
        return response
    listed = {test["id"] for test in response.json}
    empty = dict.fromkeys(("reliability", "duration_avg", "duration_sum", "duration_min", "duration_max"))
    counts = {"executions_count": 0, "executions_count_by_result": {"passed": 0, "failed": 0}}
    others = [test for test in server.behind(evolve(request, query={})).json if test["id"] not in listed]
    response.json = response.json + [test | empty | counts for test in others if "executions_count" in test]
    return response


@bug(
    "access",
    "getUser",
    "the user of the first token is cached for all tokens",
)
def user_is_cached(server: Server, request: Request) -> Response:
    response = server.call(request)
    if response.status == 200:
        response.json = server.memory.setdefault("user", response.json)
    return response


@bug(
    "bodies",
    "getUser",
    "the GraphQL ID of the user has the type of the membership",
)
def graphql_id_of_membership(server: Server, request: Request) -> Response:
    response = server.call(request)
    user = response.json
    if response.status == 200:
        identifier = base64.b64encode(f"OrganizationMember---{user['id']}".encode()).decode()
        response.json = {**user, "graphql_id": identifier}
    return response
