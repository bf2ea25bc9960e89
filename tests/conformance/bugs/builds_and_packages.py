"""Bugs of builds, clusters, organizations, packages and portals that the table cannot describe."""

import hashlib
import re
from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from attrs import evolve
from tests.conformance.bugs.engine import (
    Exchange,
    Request,
    Response,
    Server,
    change_links,
    items_of,
    links,
    page_of,
    with_items,
)
from tests.conformance.bugs.table import bug

BUILDS = "getBuild listBuilds listOrganizationBuilds listAllBuilds"
JOBS = f"{BUILDS} getJob getJobInBuild listJobs"


def _edited(response: Response, change: Callable[[Any], None]) -> Response:
    """Return the response with changed objects."""
    body = response.json
    if response.status < 300 and body is not None:
        for item in items_of(body):
            change(item)
        response.json = body
    return response


def _edited_jobs(response: Response, change: Callable[[Any], None]) -> Response:
    """Return the response with changed jobs, which may be in builds."""

    def each(item: Any) -> None:
        for job in item.get("jobs", [item]):
            change(job)

    return _edited(response, each)


def _move(response: Response, rel: str, pages: int) -> Response:
    """Move a link by a number of pages."""

    def moved(url: str) -> str:
        return re.sub(r"(?<=[?&]page=)\d+", lambda number: str(max(1, int(number[0]) + pages)), url)

    change_links(response, lambda urls: {name: moved(url) if name == rel else url for name, url in urls.items()})
    return response


def _is_last_page_full(server: Server, request: Request, response: Response) -> bool | None:
    """Return whether the last page is full. None without a link to it."""
    if "last" not in links(response):
        return None
    query = parse_qs(urlsplit(links(response)["last"]).query)
    return len(items_of(server.behind(evolve(request, method="GET", query=query)).json)) == page_of(request)[1]


# Builds


@bug(
    "bodies",
    "getBuild",
    "the counts of jobs of a build only include jobs in the requested states",
)
def counts_of_selected_jobs(server: Server, request: Request) -> Response:
    def count(build: Any) -> None:
        if "jobs" in build and "job_states[]" in request.query:
            states = Counter(job["state"] for job in build["jobs"] if "state" in job)
            build["job_state_counts"] = {"total": states.total(), "states": dict(states)}

    return _edited(server.call(request), count)


@bug(
    "bodies",
    f"{JOBS} retryJob retryJobInBuild",
    "the source of a retried job is the job itself",
)
def retry_source_is_itself(server: Server, request: Request) -> Response:
    def change(job: Any) -> None:
        if isinstance(job.get("retry_source"), dict):
            job["retry_source"]["job_id"] = job["id"]

    return _edited_jobs(server.call(request), change)


@bug(
    "bodies",
    JOBS,
    "the web URL of a triggered build leads to the pipeline of the trigger job",
)
def triggered_build_in_own_pipeline(server: Server, request: Request) -> Response:
    def change(job: Any) -> None:
        if isinstance(build := job.get("triggered_build"), dict) and job.get("web_url"):
            build["web_url"] = f"{job['web_url'].partition('/builds/')[0]}/builds/{build['number']}"

    return _edited_jobs(server.call(request), change)


@bug(
    "bodies",
    JOBS,
    "the web URL of a triggered build leads to the build of the trigger job",
)
def triggered_build_is_own_build(server: Server, request: Request) -> Response:
    def change(job: Any) -> None:
        if isinstance(build := job.get("triggered_build"), dict) and job.get("web_url"):
            build["web_url"] = job["web_url"].partition("#")[0]

    return _edited_jobs(server.call(request), change)


@bug(
    "lists",
    "listAllBuilds listOrganizationBuilds listBuilds",
    "only the first of several keys of meta-data filters builds",
)
def only_first_key_of_meta_data(server: Server, request: Request) -> Response:
    ignored = [name for name in request.query if name.startswith("meta_data[")][1:]
    query = {name: values for name, values in request.query.items() if name not in ignored}
    return server.call(evolve(request, query=query))


@bug(
    "headers",
    "listBuilds listOrganizationBuilds",
    "the link to the last page of filtered builds is that of all builds",
)
def last_page_of_whole_list(server: Server, request: Request) -> Response:
    pages = {name: values for name, values in request.query.items() if name in ("page", "per_page")}
    response = server.call(request)
    whole = links(server.behind(evolve(request, method="GET", query=pages)))
    if "last" in whole and "last" in links(response):
        number = parse_qs(urlsplit(whole["last"]).query)["page"][0]
        last = re.sub(r"(?<=[?&]page=)\d+", number, links(response)["last"])
        change_links(response, lambda urls: {**urls, "last": last})
    return response


@bug(
    "state",
    "rebuildBuild getBuild",
    "the rebuild of a rebuild refers to the first build",
)
def rebuild_refers_to_first_build(server: Server, request: Request) -> Response:
    before = Exchange(server, request).before or {}
    response = server.call(request)
    if request.method == "PUT" and response.status == 200 and before.get("rebuilt_from"):
        server.memory[response.json["id"]] = server.memory.get(before["id"], before["rebuilt_from"])
    return _edited(
        response, lambda build: build.update(rebuilt_from=server.memory.get(build["id"], build["rebuilt_from"]))
    )


# Pages


@bug(
    "headers",
    "listClusterQueues listTestSuites",
    "the link to the last page of queues and suites leads to the page after it",
)
def beyond_last_page(server: Server, request: Request) -> Response:
    return _move(server.call(request), "last", 1)


@bug(
    "headers",
    "listClusterQueues listClusterSecrets listClusterAgentTokens",
    "the link to the previous page of a list below a cluster skips a page",
)
def previous_but_one(server: Server, request: Request) -> Response:
    return _move(server.call(request), "prev", -1)


@bug(
    "headers",
    "listBuilds listPipelineTemplates listTestSuites",
    "the link to the last page of builds, templates and suites leads to an empty one after a full page",
)
def empty_last_page(server: Server, request: Request) -> Response:
    response = server.call(request)
    return _move(response, "last", 1) if _is_last_page_full(server, request, response) else response


@bug(
    "headers",
    "listPortals",
    "the link to the last page of portals ignores a page that is not full",
)
def last_page_is_full(server: Server, request: Request) -> Response:
    response = server.call(request)
    return _move(response, "last", -1) if _is_last_page_full(server, request, response) is False else response


@bug(
    "lists",
    "listClusterQueues",
    "each page of queues but the first begins one queue too late",
)
def pages_skip_a_queue(server: Server, request: Request) -> Response:
    response, (number, size) = server.call(request), page_of(request)
    if response.status == 200 and number > 1:
        response.json = server.items(request, "listClusterQueues")[(number - 1) * size + 1 :][:size]
    return response


@bug(
    "lists",
    "listClusterNetworkRanges",
    "the network ranges of a cluster have pages without links",
)
def paginated_network_ranges(server: Server, request: Request) -> Response:
    response, (number, size) = server.call(request), page_of(request)
    if response.status == 200:
        response.json = response.json[(number - 1) * size : number * size]
    return response


# Clusters and organizations


@bug(
    "access",
    "getClusterQueue",
    "a queue is found below every cluster",
)
def queue_of_another_cluster(server: Server, request: Request) -> Response:
    response = server.call(request)
    if response.status == 404:
        for cluster in server.items(request, "listClusters"):
            found = server.send(request, "getClusterQueue", {"cluster_id": cluster["id"]})
            if found.status == 200:
                return found
    return response


@bug(
    "errors",
    "updateOrganizationApiSettings getOrganizationApiSettings",
    "any number of days of inactivity is accepted up to a year",
)
def any_number_of_days(server: Server, request: Request) -> Response:
    name, sent = "revoke_inactive_tokens_after_days", request.json
    days = sent.get(name, 0) if isinstance(sent, dict) else 0
    is_unusual = type(days) is int and 0 < days <= 365 and days not in (30, 60, 90, 180, 365)
    response = server.call(request.with_json({**sent, name: 30}) if is_unusual else request)
    if request.method == "PATCH" and response.status == 200 and name in sent:
        server.memory[name] = days
    return _edited(response, lambda settings: settings.update({name: settings[name], **server.memory}))


@bug("headers", "any", "the 405 of organizations does not list allowed methods")
def missing_allow(server: Server, request: Request) -> Response:
    response = server.call(request)
    if response.status == 405 and re.fullmatch(r"/v2/organizations(/[^/]+(/rate_limit)?)?", request.path):
        response.headers.pop("allow", None)
    return response


@bug(
    "headers",
    "any",
    "requests to another organization count towards the limit of an organization",
)
def organizations_share_limit(server: Server, request: Request) -> Response:
    response, found = server.call(request), re.search("/organizations/([^/]+)", request.path)
    if found is None or "ratelimit-remaining" not in response.headers:
        return response
    remaining, counts = int(response.headers["ratelimit-remaining"]), server.memory.setdefault("counts", Counter())
    if remaining > server.memory.get(found[1], remaining):
        counts.clear()
    counts[found[1]] += 1
    server.memory[found[1]] = remaining
    others = counts.total() - counts[found[1]]
    response.headers["ratelimit-remaining"] = str(max(0, remaining - others))

    def count(limits: Any) -> None:
        limits["scopes"]["rest"]["current"] += others

    return _edited(response, count) if request.path.endswith("/rate_limit") else response


# Packages


@bug(
    "lists",
    "listPackages",
    "underscores and percent signs in the name of packages are wildcards",
)
def name_of_package_is_sql_pattern(server: Server, request: Request) -> Response:
    name = request.query.get("name", [""])[0]
    if not {"%", "_"} & {*name}:
        return server.call(request)
    pattern = re.compile(re.escape(name).replace("%", ".*").replace("_", "."))
    response = server.call(evolve(request, query={"per_page": ["100"]}))
    body = response.json
    if response.status == 200:
        response.json = with_items(body, [each for each in items_of(body) if pattern.fullmatch(each["name"])])
    return response


@bug(
    "bodies",
    "publishPackage getPackage listPackages",
    "the SHA-256 of a published package is that of the request body",
)
def digest_of_form(server: Server, request: Request) -> Response:
    response = server.call(request)
    if request.method == "POST" and response.status < 300 and b"package_url" not in request.body:
        server.memory[response.json["id"]] = hashlib.sha256(request.body).hexdigest()

    def change(package: Any) -> None:
        if package["id"] in server.memory:
            package["digests"]["sha256"] = server.memory[package["id"]]

    return _edited(response, change)


@bug(
    "bodies",
    "publishPackage getPackage listPackages copyPackage",
    "the SHA-512 of a package is that of its SHA-256",
)
def digest_of_digest(server: Server, request: Request) -> Response:
    def change(package: Any) -> None:
        if package.get("digests"):
            package["digests"]["sha512"] = hashlib.sha512(bytes.fromhex(package["digests"]["sha256"])).hexdigest()

    return _edited(server.call(request), change)


# Pipeline templates


@bug(
    "errors",
    "deletePipelineTemplate",
    "a template that is only assigned to archived pipelines is deleted",
)
def archived_pipelines_do_not_count(server: Server, request: Request) -> Response:
    response, template = server.call(request), request.params["template_uuid"]
    assigned = [each for each in server.items(request, "listPipelines") if each["pipeline_template_uuid"] == template]
    if response.status != 422 or not all(each["archived_at"] for each in assigned):
        return response
    for each in assigned:
        body = {"pipeline_template_uuid": None, "configuration": each["configuration"]}
        server.send(request, "unarchivePipeline", {"pipeline": each["slug"]})
        server.send(request, "updatePipeline", {"pipeline": each["slug"]}, body=body)
        server.send(request, "archivePipeline", {"pipeline": each["slug"]})
    return server.call(request)


@bug(
    "state",
    "createBuildAnnotation",
    "a text is appended to the first one also if another text was appended before",
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
)
def last_page_is_empty(server: Server, request: Request) -> Response:
    response = server.call(request)
    _, size = page_of(request)
    operation = request.operation
    if operation is not None and "last" in links(response):
        count = len(server.items(request, operation.id))
        if count % size == 0:
            url = links(response)["last"].replace(f"page={count // size}", f"page={count // size + 1}")
            change_links(response, lambda urls: {**urls, "last": url})
    return response
