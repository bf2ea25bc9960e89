"""Bugs of tokens, agents, pipelines, rules and teams that the table cannot describe."""

import hashlib
import re
from collections.abc import Callable

from attrs import evolve
from tests.conformance.bugs.engine import Request, Response, Server, change_links, items_of, links, page_of
from tests.conformance.bugs.table import bug

AGENT_FILTERS = ("name", "hostname", "version", "cluster_queue_id")


def _last_page(server: Server, request: Request, number: Callable[[int, int], int]) -> Response:
    """Change the link to the last page, whose number depends on the number of items and the size of a page."""
    response = server.call(request)
    if "last" in links(response):
        query = {**request.query, "page": ["1"], "per_page": ["100"]}
        count = len(items_of(server.behind(evolve(request, method="GET", query=query)).json))
        page = str(number(count, page_of(request)[1]))
        last = re.sub(r"(?<=[?&]page=)\d+", page, links(response)["last"])
        change_links(response, lambda urls: {**urls, "last": last})
    return response


@bug(
    "headers",
    "listAgents listPipelines listRules",
    "the link to the last page of agents, pipelines and rules leads to an empty one after a full page",
)
def empty_page_of_agents_at_the_end(server: Server, request: Request) -> Response:
    return _last_page(server, request, lambda count, size: count // size + 1)


@bug(
    "headers",
    "listPipelines",
    "the link to the last page of pipelines ignores a page that is not full",
)
def last_full_page_of_pipelines(server: Server, request: Request) -> Response:
    return _last_page(server, request, lambda count, size: max(count // size, 1))


@bug(
    "lists",
    "listRules listTeamPipelines",
    "each page of rules and of pipelines of a team repeats the last item of the page before",
)
def overlapping_pages(server: Server, request: Request) -> Response:
    response = server.call(request)
    (number, size), operation = page_of(request), request.operation
    if response.status == 200 and number > 1 and operation is not None:
        response.json = server.items(request, operation.id)[(number - 1) * size - 1 :][:size]
    return response


@bug(
    "lists",
    "listTeamPipelines",
    "an empty page follows the last page of pipelines of a team if it is full",
)
def empty_page_of_team_pipelines(server: Server, request: Request) -> Response:
    response, (number, size) = server.call(request), page_of(request)
    if response.status == 200 and len(response.json) == size and "next" not in links(response):
        url = f"http://{request.headers['host']}{request.path}?page={number + 1}&per_page={size}"
        response.headers.setdefault("link", "")
        change_links(response, lambda urls: {**urls, "next": url, "last": url})
    return response


def _with_filter(server: Server, request: Request, place: int) -> Response:
    """Send the request with only one of its filters of agents."""
    used = [name for name in AGENT_FILTERS if name in request.query]
    query = {name: values for name, values in request.query.items() if name not in used or name == used[place]}
    return server.call(evolve(request, query=query))


@bug(
    "lists",
    "listAgents",
    "only the first of several filters of agents is applied",
)
def first_agent_filter(server: Server, request: Request) -> Response:
    return _with_filter(server, request, 0)


@bug(
    "lists",
    "listAgents",
    "only the last of several filters of agents is applied",
)
def last_agent_filter(server: Server, request: Request) -> Response:
    return _with_filter(server, request, -1)


@bug(
    "headers",
    "getPipeline",
    "the ETag of a pipeline stays the same after a change",
)
def constant_tag_of_pipeline(server: Server, request: Request) -> Response:
    response = server.call(request)
    if response.status == 200:
        tag = response.headers["etag"] = f'"{hashlib.sha256(request.path.encode()).hexdigest()[:16]}"'
        if request.headers.get("if-none-match") == tag:
            response.status, response.body = 304, b""
            del response.headers["content-type"]
    return response


@bug(
    "access",
    "any",
    "the revocation of a token revokes the other tokens of its user",
    memory="revokeAccessToken",
)
def all_tokens_of_user_are_revoked(server: Server, request: Request) -> Response:
    own = evolve(request, method="GET", path="/v2/access-token", query={}, body=b"")
    user = str((server.behind(own).json or {}).get("user"))
    if user in server.memory:
        return server.call(evolve(request, headers={**request.headers, "authorization": "Bearer bkua_revoked"}))
    response = server.call(request)
    if (request.method, request.path) == ("DELETE", "/v2/access-token") and response.status == 204:
        server.memory[user] = True
    return response


@bug(
    "bodies",
    "createTeamPipeline getTeamPipeline listTeamPipelines",
    "a pipeline of a team was associated with it when the pipeline was created",
)
def association_as_old_as_pipeline(server: Server, request: Request) -> Response:
    response = server.call(request)
    if response.status < 300:
        created = {each["id"]: each["created_at"] for each in server.items(request, "listPipelines")}
        body = response.json
        for item in items_of(body):
            item["created_at"] = created.get(item["pipeline_id"], item["created_at"])
        response.json = body
    return response


@bug(
    "errors",
    "createTeamMember createTeamPipeline createTeamSuite",
    "what belongs to a team cannot be created at a path with a slash at the end",
)
def slash_of_team_is_not_found(server: Server, request: Request) -> Response:
    if not request.path.endswith("/"):
        return server.call(request)
    response = server.call(evolve(request, method="GET", path=f"{request.path}x", body=b""))
    response.status, response.json = 404, {"message": "Not Found"}
    return response
