"""Bugs that show only with several parameters, with a later value of an array, or for another kind of object."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode

from attrs import evolve
from tests.conformance.mutants.filters import (
    ANNOTATIONS,
    ARTIFACTS,
    JOBS,
    MISMATCH,
    TESTS,
    Call,
    Pairs,
    found,
    ignore_beside,
    rewrite,
    value,
)
from tests.conformance.mutants.kinds import BUILD, BUILDS, EFFECTS, ORGANIZATION, PIPELINES, STATUSES, Mutant, server
from tests.conformance.runner_support import Bug, Request, Response

REFUSAL = "documented_refusal"
CONNECTION = f"{ORGANIZATION}/repository_connections/*"
REPOSITORIES = f"{CONNECTION}/repositories"
BUILD_TESTS = "/v2/analytics/organizations/*/builds/*/tests"
#: A character that no value has.
LITERAL = "\u2217"


def retried_beside_states(pairs: Pairs) -> Pairs:
    """Retried jobs are included if there are states."""
    return [*pairs, ("include_retried_jobs", "true")] if "job_states[]" in dict(pairs) else pairs


def later(path: str, name: str, edit: Callable[[str], str]) -> Any:
    """All values of an array but the first are changed before they are used."""

    def change(pairs: Pairs) -> Pairs:
        first = next((pair for pair in pairs if pair[0] == name), None)
        return [(each, edit(text)) if each == name and (each, text) != first else (each, text) for each, text in pairs]

    return rewrite(path, change)


def only_alone(path: str, name: str, shortcut: str) -> Any:
    """A value has no effect beside others."""

    def change(pairs: Pairs) -> Pairs:
        several = sum(each == name for each, _ in pairs) > 1
        return [pair for pair in pairs if not (several and pair == (name, shortcut))]

    return rewrite(path, change)


def outer_wildcards(text: str) -> str:
    return LITERAL if "*" in text.strip("*") else text


def whole_seconds(text: str) -> str:
    return re.sub(r"\.\d+", "", text)


def without_prefixes(text: str) -> str:
    """Leave out the patterns of a list of tags."""
    return ",".join(word for word in text.split(",") if not word.endswith("*"))


async def _type_of(request: Request, call: Call) -> str:
    response = await call(evolve(request, path=request.path.removesuffix("/repositories"), query=b""))
    return str(response.json.get("type")) if response.status == 200 else ""


async def no_filter_for_origin(request: Request, call: Call) -> Response:
    """The filter has no effect for connections to Origin."""
    if request.matches("GET", REPOSITORIES) and await _type_of(request, call) == "cursor_origin_app":
        return await call(evolve(request, query=b""))
    return await call(request)


async def unsupported_origin(request: Request, call: Call) -> Response:
    """Connections to Origin are not supported."""
    response = await call(request)
    if request.matches("GET", REPOSITORIES) and await _type_of(request, call) == "cursor_origin_app":
        response.status = 422
        response.json = {"message": "Listing repositories is not supported for this type of connection"}
    return response


async def found_if_filtered(request: Request, call: Call) -> Response:
    """With a filter, the list of an unsupported connection is empty."""
    response = await call(request)
    if request.matches("GET", REPOSITORIES) and response.status == 422 and b"repository=" in request.query:
        response.status = 200
        response.json = []
    return response


def accepted_if(path: str, is_lenient: Callable[[Pairs], bool], name: str) -> Any:
    """A parameter is not validated under a condition."""

    async def bug(request: Request, call: Call) -> Response:
        pairs = parse_qsl(request.query.decode(), keep_blank_values=True)
        response = await call(request)
        if request.matches("GET", path) and response.status in {400, 422} and is_lenient(pairs):
            kept = [pair for pair in pairs if pair[0].partition("[")[0] != name]
            return await call(evolve(request, query=urlencode(kept).encode()))
        return response

    return bug


def matching(path: str, name: str, matches: Callable[[str, Any], bool]) -> Any:
    """The items are those that a function selects."""

    async def bug(request: Request, call: Call) -> Response:
        query = dict(parse_qsl(request.query.decode()))
        if not request.matches("GET", path) or name not in query:
            return await call(request)
        text = query.pop(name)
        response = await call(evolve(request, query=urlencode(query | {"per_page": "100"}).encode()))
        if response.status == 200:
            response.json = [item for item in response.json if matches(text, item)]
            response.set_header(b"link", None)
        return response

    return bug


def positions(path: str) -> Any:
    """A cursor is the number of the item that the next page begins with, instead of an item."""

    async def bug(request: Request, call: Call) -> Response:
        query = dict(parse_qsl(request.query.decode()))
        if not request.matches("GET", path) or "before" in query:
            return await call(request)
        size, after = int(query.get("per_page", "30")), query.pop("after", "0")
        if not after.isdecimal():
            return await call(request)
        everything = await call(evolve(request, query=b"per_page=100"))
        envelope, end = everything.json, int(after) + size
        url = envelope["links"]["self"].partition("?")[0]
        links = {"self": f"{url}?{request.query.decode()}".rstrip("?")}
        if end < len(envelope["items"]):
            links["next"] = f"{url}?{urlencode({'after': end, 'per_page': size})}"
        everything.json = {**envelope, "items": envelope["items"][int(after) : end], "links": links}
        return everything

    return bug


def ascii_lower(text: str) -> str:
    return re.sub("[A-Z]", lambda match: match[0].lower(), text)


def in_effects(operation: str, bug: Bug, create: str) -> Mutant:
    return server(operation, MISMATCH, EFFECTS, bug, include=(create,))


def refused(operation: str, bug: Bug) -> Mutant:
    return server(operation, REFUSAL, STATUSES, bug)


PARAMETERS: dict[str, Mutant] = {
    "parameter: exclude_pipeline ignored beside exclude_jobs": found(
        "getBuild", ignore_beside(BUILD, "exclude_pipeline", "exclude_jobs")
    ),
    "parameter: include_test_engine ignored beside exclude_jobs": found(
        "getBuild", ignore_beside(BUILD, "include_test_engine", "exclude_jobs")
    ),
    "parameter: exclude_jobs ignored beside a state": found(
        "listBuilds", ignore_beside(BUILDS, "exclude_jobs", "state")
    ),
    "parameter: omit_body ignored beside scope": found(
        "listBuildAnnotations", ignore_beside(ANNOTATIONS, "omit_body", "scope")
    ),
    "parameter: retried jobs with a state": found("getBuild", rewrite(BUILD, retried_beside_states)),
    "parameter: last attempts in a state": found("listJobs", ignore_beside(JOBS, "include_retried_jobs", "state[]")),
    "parameter: before without a state": found("listJobs", ignore_beside(JOBS, "state[]", "before")),
    "parameter: only the first branch is a pattern": found(
        "listBuilds", later(BUILDS, "branch[]", lambda text: text.replace("*", LITERAL))
    ),
    "parameter: no wildcard inside of a pattern": found(
        "listBuildArtifacts", value(ARTIFACTS, "path", outer_wildcards)
    ),
    "parameter: finished beside another state": found("listBuilds", only_alone(BUILDS, "state[]", "finished")),
    "parameter: times in whole seconds": found("listBuilds", value(BUILDS, "finished_from", whole_seconds)),
    "parameter: a repository without its owner": found(
        "listConnectedRepositories",
        value(REPOSITORIES, "repository", lambda text: text if "/" in text else f"acme/{text}"),
    ),
    "parameter: the beginning of a tag ignored": found("listTests", value(TESTS, "tags", without_prefixes)),
    "parameter: skipped executions not found": found(
        "listTests", value(TESTS, "tags", lambda text: text.replace("result:skipped", "result:none"))
    ),
    "parameter: repositories of Origin unfiltered": found("listConnectedRepositories", no_filter_for_origin),
    "parameter: a name by its words": in_effects(
        "listPipelines",
        matching(PIPELINES, "name", lambda text, each: all(word in each["name"].lower() for word in text.split())),
        "createPipeline",
    ),
    "parameter: the case of ASCII letters only": in_effects(
        "listPipelines",
        matching(PIPELINES, "name", lambda text, each: ascii_lower(text) in ascii_lower(each["name"])),
        "createPipeline",
    ),
    "parameter: a name by the slug": in_effects(
        "listPipelines",
        matching(PIPELINES, "name", lambda text, each: text.lower() in f"{each['name']} {each['slug']}".lower()),
        "createPipeline",
    ),
    "parameter: a repository in lower case": in_effects(
        "listPipelines",
        matching(PIPELINES, "repository", lambda text, each: text.lower() in each["repository"]),
        "createPipeline",
    ),
    "parameter: keys without spaces": in_effects(
        "listBuilds",
        rewrite(BUILDS, lambda pairs: [(name, LITERAL if " " in name else text) for name, text in pairs]),
        "createBuild",
    ),
    "parameter: positions as cursors": server(
        "listOrganizationInvitations",
        "list_outdated",
        EFFECTS,
        positions(f"{ORGANIZATION}/invitations"),
        include=("createOrganizationInvitations",),
    ),
    "parameter: positions as cursors of events": server(
        "listAuditEvents",
        "list_outdated",
        EFFECTS,
        positions(f"{ORGANIZATION}/audit_events"),
        include=("createOrganizationInvitations",),
    ),
    "parameter: Origin not supported": refused("listConnectedRepositories", unsupported_origin),
    "parameter: unsupported connection with a filter": refused("listConnectedRepositories", found_if_filtered),
    "parameter: a map as a repository": refused(
        "listConnectedRepositories",
        accepted_if(REPOSITORIES, lambda pairs: any(name == "repository[key]" for name, _ in pairs), "repository"),
    ),
    "parameter: a state on the second page": refused(
        "listBuildArtifacts", accepted_if(ARTIFACTS, lambda pairs: dict(pairs).get("page") == "2", "state")
    ),
    "parameter: the second of several states": refused(
        "listJobs", accepted_if(JOBS, lambda pairs: sum(name == "state[]" for name, _ in pairs) > 1, "state")
    ),
    "parameter: two operators": refused(
        "listBuildTests",
        value(BUILD_TESTS, "branch", lambda text: text.rstrip("*") if text.startswith("!") else text),
    ),
}
