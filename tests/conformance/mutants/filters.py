"""Bugs in the filters of lists, and in parameters that include or leave out something."""

import re
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from attrs import evolve
from tests.conformance.mutants.kinds import (
    BUILD,
    BUILDS,
    FILTERS,
    ORGANIZATION,
    PIPELINES,
    REGISTRIES,
    SUITES,
    TEAMS,
    Mutant,
    body,
    on,
    put,
    server,
)
from tests.conformance.runner_support import Bug, Request, Response

Call = Callable[[Request], Coroutine[Any, Any, Response]]
Pairs = list[tuple[str, str]]

MISMATCH = "filter_mismatch"
AGENTS, ALL_BUILDS, JOBS = f"{ORGANIZATION}/agents", f"{ORGANIZATION}/builds", f"{BUILD}/jobs"
ANNOTATIONS, ARTIFACTS = f"{BUILD}/annotations", f"{BUILD}/artifacts"
FLAKY = f"{SUITES}/*/flaky-tests"
TESTS, RUNS = f"{SUITES}/*/tests", f"{SUITES}/*/runs"


def rewrite(path: str, change: Callable[[Pairs], Pairs]) -> Any:
    """Make a server that understands another query than the one it gets. Links of pages keep the query."""

    async def bug(request: Request, call: Call) -> Response:
        if not request.matches("GET", path):
            return await call(request)
        pairs = parse_qsl(request.query.decode(), keep_blank_values=True)
        response = await call(evolve(request, query=urlencode(change(pairs)).encode()))
        if link := response.header(b"link"):
            own = [pair for pair in pairs if pair[0] not in {"page", "per_page"}]

            def restored(match: re.Match[str]) -> str:
                paging = [pair for pair in parse_qsl(match[2]) if pair[0] in {"page", "per_page"}]
                return f"{match[1]}?{urlencode([*own, *paging])}>"

            response.set_header(b"link", re.sub(r"(<[^?>]*)\?([^>]*)>", restored, link.decode()).encode())
        if response.status == 200 and isinstance(envelope := response.json, dict) and "links" in envelope:
            own = [pair for pair in pairs if pair[0] not in {"per_page", "after", "before"}]
            for relation, url in envelope["links"].items():
                paging = [pair for pair in parse_qsl(urlsplit(url).query) if pair[0] in {"per_page", "after", "before"}]
                envelope["links"][relation] = f"{url.partition('?')[0]}?{urlencode([*own, *paging])}"
            response.json = envelope
        return response

    return bug


def ignore(path: str, *names: str) -> Any:
    """A parameter has no effect."""
    return rewrite(path, lambda pairs: [pair for pair in pairs if pair[0] not in names])


def ignore_beside(path: str, name: str, other: str) -> Any:
    """A parameter has no effect beside another one."""

    def change(pairs: Pairs) -> Pairs:
        both = {name, other} <= {each for each, _ in pairs}
        return [pair for pair in pairs if not (both and pair[0] == name)]

    return rewrite(path, change)


def ignore_without(path: str, name: str, other: str) -> Any:
    """A parameter has no effect without another one."""
    return rewrite(path, lambda pairs: [pair for pair in pairs if pair[0] != name or other in dict(pairs)])


def only_last(path: str, name: str) -> Any:
    """Only the last value of an array counts."""

    def change(pairs: Pairs) -> Pairs:
        values = [pair for pair in pairs if pair[0] == name]
        return [pair for pair in pairs if pair[0] != name] + values[-1:]

    return rewrite(path, change)


def value(path: str, name: str, edit: Callable[[str], str]) -> Any:
    """A value is changed before it is used."""
    return rewrite(path, lambda pairs: [(each, edit(text) if each == name else text) for each, text in pairs])


def rename(path: str, name: str, other: str) -> Any:
    """A parameter is used as another one."""
    return rewrite(path, lambda pairs: [(other if each == name else each, text) for each, text in pairs])


def results(path: str, name: str, edit: Callable[[list[Any], str], list[Any]]) -> Any:
    """The items of a filtered list are changed."""

    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        query = dict(parse_qsl(request.query.decode()))
        if request.matches("GET", path) and response.status == 200 and name in query:
            envelope = response.json
            if isinstance(envelope, dict):
                envelope["items"] = edit(envelope["items"], query[name])
                response.json = envelope
            else:
                response.json = edit(envelope, query[name])
        return response

    return bug


def after_paging(path: str, name: str) -> Any:
    """The filter selects from the items of an unfiltered page."""

    async def bug(request: Request, call: Call) -> Response:
        pairs = parse_qsl(request.query.decode())
        wanted = dict(pairs).get(name)
        if not request.matches("GET", path) or wanted is None:
            return await call(request)
        response = await call(evolve(request, query=urlencode([pair for pair in pairs if pair[0] != name]).encode()))
        page = response.json
        response.json = page | {"items": [item for item in page["items"] if item[name] == wanted]}
        return response

    return bug


def second_page_unfiltered(path: str, name: str) -> Any:
    """The filter applies to the first page only."""

    def change(pairs: Pairs) -> Pairs:
        page = dict(pairs).get("page", "1")
        return pairs if page == "1" else [pair for pair in pairs if pair[0] != name]

    return rewrite(path, change)


def always(path: str, name: str, text: str) -> Any:
    """A parameter always has the same value."""
    return rewrite(path, lambda pairs: [*(pair for pair in pairs if pair[0] != name), (name, text)])


def exactly(key: str) -> Callable[[list[Any], str], list[Any]]:
    return lambda items, text: [item for item in items if item[key] == text]


def by_prefix(path: str, name: str) -> Any:
    """A parameter matches the beginning of a property of the same name."""

    async def bug(request: Request, call: Call) -> Response:
        query = dict(parse_qsl(request.query.decode()))
        if not request.matches("GET", path) or name not in query:
            return await call(request)
        text = query.pop(name)
        response = await call(evolve(request, query=urlencode(query | {"per_page": "100"}).encode()))
        if response.status == 200:
            response.json = [item for item in response.json if item[name].startswith(text)]
            response.set_header(b"link", None)
        return response

    return bug


def found(operation: str, bug: Bug) -> Mutant:
    return server(operation, MISMATCH, FILTERS, bug)


def recent(operation: str, bug: Bug) -> Mutant:
    return server(operation, MISMATCH, FILTERS, bug, recent=True)


FILTERS_MUTANTS: dict[str, Mutant] = {
    "filter: state ignored": found("listOrganizationBuilds", ignore(ALL_BUILDS, "state")),
    "filter: state ignored beside branch": found("listBuilds", ignore_beside(BUILDS, "state", "branch")),
    "filter: branch ignored beside creator": found("listAllBuilds", ignore_beside("/v2/builds", "branch", "creator")),
    "filter: only the last state": found("listBuilds", only_last(BUILDS, "state[]")),
    "filter: only the last commit": found("listOrganizationBuilds", only_last(ALL_BUILDS, "commit[]")),
    "filter: finished is only passed": found(
        "listBuilds", value(BUILDS, "state", lambda text: "passed" if text == "finished" else text)
    ),
    "filter: blocked is unknown": found(
        "listOrganizationBuilds", value(ALL_BUILDS, "state", lambda text: "skipped" if text == "blocked" else text)
    ),
    "filter: branch without patterns": found("listBuilds", results(BUILDS, "branch", exactly("branch"))),
    "filter: branch matches a part": found("listBuilds", value(BUILDS, "branch", lambda text: f"*{text}*")),
    "filter: commit by its beginning": found("listBuilds", by_prefix(BUILDS, "commit")),
    "filter: creator ignored": found("listBuilds", ignore(BUILDS, "creator")),
    "filter: created_from is exclusive": found(
        "listBuilds",
        results(BUILDS, "created_from", lambda items, text: [each for each in items if each["created_at"] != text]),
    ),
    "filter: created_to ignored": found("listAllBuilds", ignore("/v2/builds", "created_to")),
    "filter: finished_from uses the creation": found("listBuilds", rename(BUILDS, "finished_from", "created_from")),
    "filter: created_to and created_from exchanged": found("listBuilds", rename(BUILDS, "created_to", "created_from")),
    "filter: meta_data ignored": found(
        "listBuilds", rewrite(BUILDS, lambda pairs: [pair for pair in pairs if not pair[0].startswith("meta_data[")])
    ),
    "filter: exclude_jobs ignored": found("listBuilds", ignore(BUILDS, "exclude_jobs")),
    "filter: exclude_jobs reversed": found(
        "getBuild", value(BUILD, "exclude_jobs", lambda text: "false" if text == "true" else "true")
    ),
    "filter: exclude_pipeline ignored": found("getBuild", ignore(BUILD, "exclude_pipeline")),
    "filter: no jobs by default": found("listOrganizationBuilds", always(ALL_BUILDS, "exclude_jobs", "true")),
    "filter: include_test_engine ignored": server(
        "getBuild", None, FILTERS, ignore(BUILD, "include_test_engine"), why="an organization may not use Test Engine"
    ),
    "filter: test_engine always": found("getBuild", always(BUILD, "include_test_engine", "true")),
    "filter: retried jobs always": found("getBuild", always(BUILD, "include_retried_jobs", "true")),
    "filter: retried jobs never": found("listJobs", always(JOBS, "include_retried_jobs", "false")),
    "filter: retried jobs cannot be left out": found("listJobs", ignore(JOBS, "include_retried_jobs")),
    "filter: include_paused ignored": found("listOrganizationBuilds", ignore(ALL_BUILDS, "include_paused")),
    "filter: job_states ignored": found("getBuild", ignore(BUILD, "job_states[]")),
    "filter: states of jobs ignored": found("listJobs", ignore(JOBS, "state[]")),
    "filter: only the last state of jobs": found("listJobs", only_last(JOBS, "state[]")),
    "filter: step_key ignored": found("listJobs", ignore(JOBS, "step_key")),
    "filter: group_key ignored": found("listJobs", ignore(JOBS, "group_key")),
    "filter: a parallel job is missing": found("listJobs", results(JOBS, "step_key", lambda items, _: items[1:])),
    "filter: an agent is missing": found(
        "listAgents", results(AGENTS, "version", lambda items, _: items[:-1] if len(items) > 1 else items)
    ),
    "filter: agents of a version in another order": found(
        "listAgents", results(AGENTS, "version", lambda items, _: items[::-1])
    ),
    "filter: pipelines by name in another order": found(
        "listPipelines",
        results(PIPELINES, "name", lambda items, _: sorted(items, key=lambda each: str(each["slug"]))),
    ),
    "filter: version ignored": found("listAgents", ignore(AGENTS, "version")),
    "filter: queue ignored": found("listAgents", ignore(AGENTS, "cluster_queue_id")),
    "filter: queue by its id": found(
        "listAgents", on("GET", AGENTS, body(put("*", "queue", to="01920000-0001-7005-8000-000000000001")))
    ),
    "filter: queue without paused agents": found(
        "listAgents",
        results(AGENTS, "cluster_queue_id", lambda items, _: [each for each in items if not each["paused"]]),
    ),
    "filter: queue beside hostname": found("listAgents", ignore_beside(AGENTS, "cluster_queue_id", "hostname")),
    "filter: name beside version": found("listAgents", ignore_beside(AGENTS, "name", "version")),
    "filter: second page unfiltered": found("listAgents", second_page_unfiltered(AGENTS, "version")),
    "filter: pipelines by case": found(
        "listPipelines",
        results(PIPELINES, "name", lambda items, text: [item for item in items if text in item["name"]]),
    ),
    "filter: pipelines by whole name": found(
        "listPipelines",
        results(
            PIPELINES, "name", lambda items, text: [each for each in items if text.lower() == each["name"].lower()]
        ),
    ),
    "filter: repository ignored": found("listPipelines", ignore(PIPELINES, "repository")),
    "filter: user_id ignored": found("listTeams", ignore(TEAMS, "user_id")),
    "filter: scope all is only jobs": found(
        "listBuildAnnotations", value(ANNOTATIONS, "scope", lambda text: "job" if text == "all" else text)
    ),
    "filter: all annotations by default": found(
        "listBuildAnnotations",
        rewrite(ANNOTATIONS, lambda pairs: pairs if "scope" in dict(pairs) else [*pairs, ("scope", "all")]),
    ),
    "filter: omit_body ignored": found("listBuildAnnotations", ignore(ANNOTATIONS, "omit_body")),
    "filter: path without patterns": found("listBuildArtifacts", results(ARTIFACTS, "path", exactly("path"))),
    "filter: state of artifacts ignored": found("listBuildArtifacts", ignore(ARTIFACTS, "state")),
    "filter: name of packages ignored": found("listPackages", ignore(f"{REGISTRIES}/*/packages", "name")),
    "filter: name of packages after paging": found("listPackages", after_paging(f"{REGISTRIES}/*/packages", "name")),
    "filter: build of runs ignored": found("listTestRuns", ignore(RUNS, "build_id")),
    "filter: label ignored without per_page": found("listTests", ignore_without(TESTS, "label", "per_page")),
    "filter: version ignored without per_page": found("listAgents", ignore_without(AGENTS, "version", "per_page")),
    "filter: failures expanded on the first page": found(
        "listFailedExecutions", ignore_beside(f"{RUNS}/*/failed_executions", "include_failure_expanded", "page")
    ),
    "filter: failures never expanded": found(
        "listFailedExecutions", ignore(f"{RUNS}/*/failed_executions", "include_failure_expanded")
    ),
    "filter: api_token always": found("listTestSuites", always(SUITES, "show_api_token", "true")),
    "filter: label ignored": found("listTests", ignore(TESTS, "label")),
    "filter: labels without negation": found("listTests", value(TESTS, "labels", lambda text: text.replace("!", ""))),
    "filter: any of the labels": found("listTests", value(TESTS, "labels", lambda text: text.rpartition(",")[2])),
    "filter: owners ignored": found("listTests", ignore(TESTS, "owners")),
    "filter: state of tests ignored": found("listTests", ignore(TESTS, "state")),
    "filter: branch of tests ignored": found("listTests", ignore(TESTS, "branch")),
    "filter: tags ignored": found("listTests", ignore(TESTS, "tags")),
    "filter: order ignored": found("listTests", ignore(TESTS, "order")),
    "filter: sort_by ignored": found("listTests", ignore(TESTS, "sort_by")),
    "filter: min_timestamp ignored": found("listTests", ignore(TESTS, "min_timestamp")),
    "filter: repository by case": found(
        "listConnectedRepositories",
        results(f"{ORGANIZATION}/repository_connections/*/repositories", "repository", exactly("full_name")),
    ),
    "filter: job that uploaded steps ignored": found(
        "listStepUploads", ignore(f"{BUILD}/step-uploads", "filter[source_job_id]")
    ),
    "filter: search ignored beside period": recent("listFlakyTests", ignore_beside(FLAKY, "search", "period")),
    "filter: owners ignored beside state": found("listTests", ignore_beside(TESTS, "owners", "state")),
    "filter: state ignored beside labels": found("listTests", ignore_beside(TESTS, "state", "labels")),
    "filter: search ignored": recent("listFlakyTests", ignore(FLAKY, "search")),
    "filter: period ignored": recent("listFlakyTests", ignore(FLAKY, "period")),
}
