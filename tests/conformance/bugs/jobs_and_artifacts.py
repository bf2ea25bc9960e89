"""Bugs of annotations, artifacts, agent images, jobs, invitations and Test Engine that the table cannot describe."""

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Any

from attrs import evolve
from tests.conformance.bugs.engine import Request, Response, Server, items_of, links, with_items
from tests.conformance.bugs.table import bug

from buildkite_rest.mock.resources.access_tokens import ALL_SCOPES_TOKEN

ANNOTATIONS = "listBuildAnnotations listJobAnnotations listJobAnnotationsInBuild"
IMAGES = "getClusterAgentImage listClusterAgentImages createClusterAgentImage"
LOGS = "getJobLog getJobLogInBuild"
REGISTRIES = "getRegistry listRegistries createRegistry updateRegistry"


@bug(
    "lists",
    ANNOTATIONS,
    "annotations are ordered by priority as text",
)
def priority_is_text(server: Server, request: Request) -> Response:
    response = server.call(request)
    if response.status == 200:
        response.json = sorted(response.json, key=lambda one: str(one["priority"]), reverse=True)
    return response


@bug(
    "errors",
    f"{IMAGES} deleteClusterAgentImage",
    "an agent image in use is gone although its deletion is refused",
)
def deleted_in_spite_of_conflict(server: Server, request: Request) -> Response:
    image = request.params.get("image_id")
    if image in server.memory:
        return server.call(evolve(request, path=f"{request.path}0"))
    response = server.call(request)
    if request.method == "DELETE" and response.status == 409:
        server.memory[str(image)] = True
    if response.status == 200 and image is None:
        response.json = [each for each in response.json if each["id"] not in server.memory]
    return response


# Jobs


def _is_text(request: Request, document: str) -> bool:
    """Return whether a request is for the text of the log or of the environment of a job."""
    wants_text = request.headers.get("accept", "").startswith("text/plain")
    return re.search(rf"/jobs/[^/]+/{document}{'(.txt)?' if wants_text else '.txt'}$", request.path) is not None


@bug(
    "bodies",
    "any",
    "the text of an environment lacks empty variables",
    memory="getJobEnv",
)
def text_without_empty_variables(server: Server, request: Request) -> Response:
    response = server.call(request)
    if _is_text(request, "env") and response.status == 200:
        response.body = re.sub(rb'(?m)^\w+=(?:"")?$\n?', b"", response.body)
    return response


@bug(
    "access",
    "any",
    "the text of an environment needs no scope",
    memory="getJobEnv",
)
def text_needs_no_scope(server: Server, request: Request) -> Response:
    response = server.call(request)
    if _is_text(request, "env") and response.status == 403:
        headers = {**request.headers, "authorization": f"Bearer {ALL_SCOPES_TOKEN}"}
        return server.behind(evolve(request, headers=headers))
    return response


@bug(
    "state",
    "any",
    "the text of a deleted log can still be read",
    memory="getJobLog",
)
def text_of_deleted_log(server: Server, request: Request) -> Response:
    found = re.search(r"/jobs/([^/]+)/log(\.txt)?$", request.path)
    if found is None or request.method not in ("GET", "DELETE"):
        return server.call(request)
    before = server.send(request, "getJobLog").json if request.method == "DELETE" else {}
    response = server.call(request)
    if request.method == "DELETE" and response.status == 204:
        server.memory.setdefault(found[1], before["content"].encode())
    elif _is_text(request, "log") and response.status == 200:
        response.body = server.memory.get(found[1], response.body)
    return response


@bug(
    "headers",
    "any",
    "a log with the extension html has the type of plain text",
    memory="getJobLog",
)
def html_log_as_text(server: Server, request: Request) -> Response:
    response = server.call(request)
    if request.path.endswith("/log.html") and response.status == 200:
        response.headers["content-type"] = "text/plain; charset=utf-8"
    return response


def _with_range(response: Response, change: Callable[[int, int, int], str]) -> Response:
    """Return a part of a log with another range."""
    if response.status == 206:
        first, last, size = map(int, re.findall(r"\d+", response.headers["content-range"]))
        response.headers["content-range"] = f"bytes {change(first, last, size)}"
    return response


@bug(
    "headers",
    LOGS,
    "the range of a log counts bytes from one",
)
def range_from_one(server: Server, request: Request) -> Response:
    return _with_range(server.call(request), lambda first, last, size: f"{first + 1}-{last + 1}/{size}")


@bug(
    "headers",
    LOGS,
    "the range of the tail of a log begins at zero",
)
def range_from_zero(server: Server, request: Request) -> Response:
    return _with_range(server.call(request), lambda first, last, size: f"0-{last - first}/{size}")


# Meta information and invitations


@bug(
    "access",
    "getMeta",
    "meta information is refused to an invalid token",
)
def meta_checks_token(server: Server, request: Request) -> Response:
    token = server.behind(evolve(request, method="GET", path="/v2/access-token", query={}))
    return token if token.status == 401 and "authorization" in request.headers else server.call(request)


@bug(
    "lists",
    "listOrganizationInvitations",
    "the last page of invitations has one that expired",
)
def expired_invitation_listed(server: Server, request: Request) -> Response:
    response = server.call(request)
    if response.status == 200 and "next" not in links(response):
        organization = server.send(request, "getOrganization").json["id"]
        params = {"invitation_uuid": f"{organization[:14]}701f-8000-000000000003"}
        expired = server.send(request, "getOrganizationInvitation", params)
        added = [expired.json] if expired.status == 200 else []
        response.json = with_items(response.json, [*items_of(response.json), *added])
    return response


# Test Engine


def _kept(server: Server, request: Request, tests: str) -> Response:
    """Keep the tests of a list in it until they are enabled."""
    listed, test = server.items(request, tests), request.params.get("test_id")
    response = server.call(request)
    if response.status == 200 and test is None:
        suite = request.path.rpartition("/")[0]
        kept = [each for each in server.memory.values() if suite in each["url"] and each not in response.json]
        response.json += kept
    elif response.status == 200 and test is not None:
        server.memory.pop(test, None)
        if not request.path.endswith("/enable"):
            server.memory.update({each["id"]: each for each in listed if each["id"] == test})
    return response


@bug(
    "state",
    "listSkippedTests muteTest enableTest",
    "a skipped test that is muted stays in the list of skipped tests",
)
def muted_and_skipped(server: Server, request: Request) -> Response:
    return _kept(server, request, "listSkippedTests")


@bug(
    "state",
    "listMutedTests skipTest enableTest",
    "a muted test that is skipped stays in the list of muted tests",
)
def skipped_and_muted(server: Server, request: Request) -> Response:
    return _kept(server, request, "listMutedTests")


def _tagged(request: Request, change: Callable[[str, dict[str, Any]], dict[str, Any]]) -> Request:
    """Return the request with other tags of its executions."""
    sent = request.json
    executions = sent.get("executions") if isinstance(sent, dict) else None
    for each in executions if isinstance(executions, list) else []:
        if isinstance(each, dict) and isinstance(each.get("tags"), dict):
            each["tags"] = change(str(each.get("id")), each["tags"])
    return request if sent is None or sent == request.json else request.with_json(sent)


@bug(
    "errors",
    "updateExecutionTags",
    "tags of an execution without the prefix are ignored",
)
def tags_without_prefix_ignored(server: Server, request: Request) -> Response:
    def change(execution: str, tags: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in tags.items() if name.startswith("mut.")}

    return server.call(_tagged(request, change))


@bug(
    "errors",
    "updateExecutionTags",
    "only the first tag of an execution needs the prefix",
)
def first_tag_is_checked(server: Server, request: Request) -> Response:
    def change(execution: str, tags: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in tags.items() if name == next(iter(tags)) or name.startswith("mut.")}

    return server.call(_tagged(request, change))


@bug(
    "state",
    "updateExecutionTags",
    "new tags of an execution are added to the earlier ones",
)
def tags_are_merged(server: Server, request: Request) -> Response:
    def change(execution: str, tags: dict[str, Any]) -> dict[str, Any]:
        merged = server.memory.get(execution, {}) | tags
        server.memory[execution] = merged if tags and len(merged) <= 10 else tags
        return dict(server.memory[execution])

    response = server.call(request)
    if response.status == 200:
        server.behind(_tagged(request, change))
    return response


# Registries


@bug(
    "bodies",
    f"{REGISTRIES} getPackage getRegistryToken",
    "the GraphQL IDs of registries have another type",
)
def wrong_type_of_registry_id(server: Server, request: Request) -> Response:
    def change(value: dict[str, Any]) -> dict[str, Any]:
        name = b64decode(value.get("graphql_id") or "").decode()
        if name.startswith("Registry---"):
            value["graphql_id"] = b64encode(f"Package{name}".encode()).decode()
        return value

    response = server.call(request)
    if response.status < 300:
        response.json = json.loads(response.body, object_hook=change)
    return response
