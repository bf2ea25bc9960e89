"""Wrong items of lists."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Any

import httpx
from tests.conformance.planted.eleventh_set_a_support import (
    BUILD,
    ORG,
    PIPELINE,
    REGISTRIES,
    V2,
    WEB,
    edited,
    matches,
    new_build,
)
from tests.conformance.planted.mutant import Mutants, Request, Response, Server

MUTANTS = Mutants()
BUILD_LISTS = ("GET /v2/builds", f"GET {V2}/builds", f"GET {PIPELINE}/builds")


def many_registry_tokens(http: httpx.Client) -> None:
    tokens = f"{REGISTRIES}/charts/tokens"
    created = {http.post(tokens, json={"description": f"Server {n}"}).json()["id"] for n in range(27)}
    assert created <= {token["id"] for token in http.get(tokens).json()}


@MUTANTS.plant(
    "lists",
    operations="listRegistryTokens",
    title="the list of the tokens of a registry, which has no pages, ends after 25",
    source="pages/apis/rest_api/package_registries/registry_tokens.md: Returns a list of a registry's tokens",
    witness=many_registry_tokens,
)
async def registry_tokens_end_after_25(server: Server, request: Request) -> Response:
    route = "GET /v2/packages/organizations/{org}/registries/{registry}/tokens"
    return await edited(server, request, lambda body: body[:25], route)


def underscore_is_no_wildcard(http: httpx.Client) -> None:
    packages = f"{REGISTRIES}/gems/packages"
    name = next(package["name"] for package in http.get(packages).json()["items"] if "-" in package["name"])
    for pattern in (name.replace("-", "_"), name[:3] + "%"):
        assert http.get(packages, params={"name": pattern}).json()["items"] == []


@MUTANTS.plant(
    "lists",
    operations="listPackages",
    title="`_` and `%` in the filter `name` of packages are wildcards",
    source="pages/apis/rest_api/package_registries/packages.md: name: Filters the results by the package name",
    witness=underscore_is_no_wildcard,
)
async def name_of_package_is_sql_pattern(server: Server, request: Request) -> Response:
    name = request.params.get("name", [""])[0]
    route = "GET /v2/packages/organizations/{org}/registries/{registry}/packages"
    if not matches(request, route) or not {"%", "_"} & set(name):
        return await server.call(request)
    pattern = re.compile(re.escape(name).replace("%", ".*").replace("_", "."))
    request.params = {"per_page": ["100"]}

    def matching(body: dict[str, Any]) -> dict[str, Any]:
        return body | {"items": [package for package in body["items"] if pattern.fullmatch(package["name"])]}

    return await edited(server, request, matching)


def agents_of_new_queue(http: httpx.Client) -> None:
    cluster = http.get(f"{ORG}/clusters").json()[0]["url"]
    queue = http.post(f"{cluster}/queues", json={"key": "without-agents"}).json()["id"]
    assert http.get(f"{ORG}/agents", params={"cluster_queue_id": queue}).json() == []


@MUTANTS.plant(
    "lists",
    operations="listAgents",
    title="for a queue without agents, the filter `cluster_queue_id` returns all agents",
    source="pages/apis/rest_api/agents.md: Filters the results to only agents registered to the given queue UUID",
    witness=agents_of_new_queue,
)
async def empty_queue_has_all_agents(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if matches(request, f"GET {V2}/agents") and "cluster_queue_id" in request.params and response.json == []:
        del request.params["cluster_queue_id"]
        return await server.call(request)
    return response


def part_of_version(http: httpx.Client) -> None:
    version = http.get(f"{ORG}/agents").json()[0]["version"].rpartition(".")[0]
    assert http.get(f"{ORG}/agents", params={"version": version}).json() == []


@MUTANTS.plant(
    "lists",
    operations="listAgents",
    title="the filter `version` also returns agents whose version begins with the value",
    source="pages/apis/rest_api/agents.md: Filters the results by the given exact version number",
    witness=part_of_version,
)
async def version_is_prefix(server: Server, request: Request) -> Response:
    response = await server.call(request)
    if not matches(request, f"GET {V2}/agents") or "version" not in request.params or response.json != []:
        return response
    prefix = request.params.pop("version")[0] + "."
    request.params["per_page"] = ["100"]
    return await edited(
        server, request, lambda body: [agent for agent in body if str(agent["version"]).startswith(prefix)]
    )


def priority_of_ten(http: httpx.Client) -> None:
    annotations = f"{WEB}/builds/5/annotations"
    for priority in (9, 10):
        http.post(annotations, json={"body": "Text", "context": f"priority-{priority}", "priority": priority})
    found = [annotation["priority"] for annotation in http.get(annotations).json()]
    assert found == sorted(found, reverse=True)


@MUTANTS.plant(
    "lists",
    operations="listBuildAnnotations",
    title="annotations are sorted by priority as text: 10 is after 9",
    source="pages/apis/rest_api/annotations.md: Annotations with a priority of 10 are shown first",
    witness=priority_of_ten,
)
async def priorities_sorted_as_text(server: Server, request: Request) -> Response:
    def by_text(found: list[Any]) -> list[Any]:
        return sorted(found, key=lambda annotation: str(annotation["priority"]), reverse=True)

    return await edited(server, request, by_text, f"GET {BUILD}/annotations")


def created_from_in_other_zone(http: httpx.Client) -> None:
    build = http.get(f"{WEB}/builds").json()[4]
    created = datetime.fromisoformat(build["created_at"])
    there = created.astimezone(timezone(timedelta(hours=9))).isoformat()
    found = http.get(f"{WEB}/builds", params={"created_from": there}).json()
    assert build["number"] in [one["number"] for one in found]


@MUTANTS.plant(
    "lists",
    operations="listBuilds listOrganizationBuilds listAllBuilds",
    title="the UTC offset of `created_from` is ignored",
    source="pages/apis/rest_api/builds.md: builds created on or after the given time (in ISO 8601 format)",
    witness=created_from_in_other_zone,
)
async def offset_of_created_from_is_ignored(server: Server, request: Request) -> Response:
    if matches(request, *BUILD_LISTS) and "created_from" in request.params:
        request.params["created_from"] = [
            re.sub(r"[+-]\d\d:\d\d$", "Z", value) for value in request.params["created_from"]
        ]
    return await server.call(request)


def two_keys_of_meta_data(http: httpx.Client) -> None:
    both = new_build(http, meta_data={"shop": "vienna", "size": "large"})["number"]
    one = new_build(http, meta_data={"shop": "vienna", "size": "small"})["number"]
    params = {"meta_data[shop]": "vienna", "meta_data[size]": "large"}
    found = [build["number"] for build in http.get(f"{WEB}/builds", params=params).json()]
    assert both in found
    assert one not in found


@MUTANTS.plant(
    "lists",
    operations="listBuilds listOrganizationBuilds listAllBuilds",
    title="only the first key of several in the filter `meta_data` has an effect",
    source="pages/apis/rest_api/builds.md: meta_data: Filters the results by the given meta-data",
    witness=two_keys_of_meta_data,
)
async def only_first_key_of_meta_data(server: Server, request: Request) -> Response:
    if matches(request, *BUILD_LISTS):
        for name in [name for name in request.params if name.startswith("meta_data[")][1:]:
            del request.params[name]
    return await server.call(request)
