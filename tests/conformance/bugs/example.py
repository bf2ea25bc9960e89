"""Bugs that the table cannot describe."""

from tests.conformance.bugs.engine import Request, Response, Server, change_links, links
from tests.conformance.bugs.table import bug


@bug(
    "state",
    "createBuildAnnotation",
    "a text is appended to the first one also if another text was appended before",
    origin="mutants.upsert: the last text is appended to the first",
)
def only_last_appended(server: Server, request: Request) -> Response:
    sent = request.json or {}
    key = f"{request.path} {sent.get('context')}"
    if sent.get("append") is True and key in server.memory:
        return server.call(request.with_json({**sent, "append": False, "body": server.memory[key] + sent["body"]}))
    server.memory[key] = sent.get("body")
    return server.call(request)


@bug(
    "headers",
    "listTeamMembers listTeamPipelines",
    "the link to the last page leads to an empty one after a full page",
    origin="eighth_set.last_page_is_empty",
)
def last_page_is_empty(server: Server, request: Request) -> Response:
    response = server.call(request)
    size = int(request.query.get("per_page", ["30"])[0])
    operation = request.operation
    if operation is not None and "last" in links(response):
        count = len(server.items(request, operation.id))
        if count % size == 0:
            url = links(response)["last"].replace(f"page={count // size}", f"page={count // size + 1}")
            change_links(response, lambda urls: {**urls, "last": url})
    return response
