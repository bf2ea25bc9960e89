"""Bugs that show only when two objects, or two responses about one, are compared."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl

from attrs import evolve
from tests.conformance.mutants.effect_bugs import SECRET, SERVICE, TEST, sent, with_body
from tests.conformance.mutants.kinds import (
    ACCESS,
    AGREEMENT,
    CLUSTER,
    CLUSTERS,
    EFFECTS,
    FILTERS,
    LISTS,
    ORGANIZATION,
    STATUSES,
    SUITES,
    Mutant,
    body,
    on,
    put,
    remembering,
    server,
    with_state,
)
from tests.conformance.runner_support import Bug, Request, Response, change

from buildkite_rest.mock.resources.access_tokens import GLOBEX_TOKEN

Call = Callable[[Request], Awaitable[Response]]

FLAKY = f"{SUITES}/*/flaky-tests"
MAINTAINERS = f"{CLUSTER}/maintainers"
MEMBER = f"{ORGANIZATION}/members/*"
DISAGREE = "responses_disagree"


def empty_list_not_found(path: str) -> Bug:
    """An empty list gets 404."""

    def wrong(request: Request, response: Response) -> None:
        if request.matches("GET", path) and response.json == []:
            response.status, response.json = 404, {"message": "Not Found"}

    return change(wrong)


def first_maintainers(known: dict[str, Any], request: Request, response: Response) -> None:
    """A cluster has the maintainers that it had when it was first read."""
    if request.matches("GET", CLUSTER) and response.status == 200:
        cluster = response.json
        response.json = cluster | {"maintainers": known.setdefault(cluster["id"], cluster["maintainers"])}


def first_maintainers_in_list(known: dict[str, Any], request: Request, response: Response) -> None:
    """The list of clusters has the maintainers that they had when they were first read."""
    for path in (CLUSTERS, CLUSTER):
        if request.matches("GET", path) and response.status == 200:
            found = response.json
            clusters = found if isinstance(found, list) else [found]
            for cluster in clusters:
                first = known.setdefault(cluster["id"], cluster["maintainers"])
                cluster["maintainers"] = first if path == CLUSTERS else cluster["maintainers"]
            response.json = found


def old_author(known: dict[str, Any], request: Request, response: Response) -> None:
    """A new value of a secret leaves `updated_by` as it was."""
    if response.status != 200 or not request.path.startswith("/v2/organizations/") or "/secrets" not in request.path:
        return
    secrets = response.json if isinstance(response.json, list) else [response.json]
    by_value = request.matches("PUT", f"{SECRET}/value")
    for secret in secrets:
        if not by_value and (secret["id"] not in known or request.method == "PUT"):
            known[secret["id"]] = secret["updated_by"]
        secret["updated_by"] = known.get(secret["id"])
    response.json = secrets if isinstance(response.json, list) else secrets[0]


def without_cursor(value: dict[str, Any]) -> None:
    value["links"]["self"] = re.sub(r"[?&](after|before)=[^&]*", "", value["links"]["self"])


def kept_uuids(known: dict[str, Any], request: Request, response: Response) -> None:
    """A service that includes all pipelines still has the selected ones."""
    if response.status < 300 and any(request.matches(each, SERVICE) for each in ("GET", "PATCH")):
        service = response.json
        if service["scope_uuids"]:
            known[service["id"]] = service["scope_uuids"]
        response.json = service | {"scope_uuids": known.get(service["id"], [])}


def unchanged_key() -> Bug:
    """The present key is accepted in an update of a secret."""

    async def bug(request: Request, call: Call) -> Response:
        value = sent(request)
        if request.matches("PUT", SECRET) and isinstance(value, dict) and "key" in value:
            current = await call(evolve(request, method="GET", body=b""))
            if current.status == 200 and current.json["key"] == value["key"]:
                return current
        return await call(request)

    return bug  # type: ignore[return-value]


def own_sso_mode() -> Bug:
    """The token's user may change their own SSO mode."""

    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        if request.matches("PATCH", MEMBER) and response.status == 403 and [*(sent(request) or ())] == ["sso_mode"]:
            return await call(evolve(request, method="GET", body=b""))
        return response

    return bug  # type: ignore[return-value]


def build_by_number() -> Bug:
    """The tests of a build are found by its number."""

    async def bug(request: Request, call: Call) -> Response:
        parts = request.path.split("/")
        if request.matches("GET", "/v2/analytics/organizations/*/builds/*/tests") and parts[6].isdecimal():
            builds = await call(evolve(request, path=f"/v2/organizations/{parts[4]}/builds", query=b"per_page=100"))
            found = builds.json if builds.status == 200 else []
            parts[6] = next((each["id"] for each in found if str(each["number"]) == parts[6]), parts[6])
        return await call(evolve(request, path="/".join(parts)))

    return bug  # type: ignore[return-value]


def search_in_names() -> Bug:
    """The scope of a flaky test is not searched."""

    def wrong(request: Request, response: Response) -> None:
        search = dict(parse_qsl(request.query.decode())).get("search")
        if request.matches("GET", FLAKY) and response.status == 200 and search:
            response.json = [test for test in response.json if search.lower() in test["name"].lower()]

    return change(wrong)


def skipped_without_labels() -> Bug:
    """A test that is skipped loses its labels."""

    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        if request.matches("PUT", f"{TEST}/skip") and response.status == 200:
            path = request.path.removesuffix("/skip")
            labels = (await call(evolve(request, method="GET", path=path, body=b""))).json["labels"]
            removal = evolve(request, method="PATCH", path=f"{path}/labels")
            await call(with_body(removal, {"operator": "remove", "labels": labels}))
        return response

    return bug  # type: ignore[return-value]


def rule_below_any_organization() -> Bug:
    """A rule is found below another organization than its own."""

    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        if request.matches("GET", f"{ORGANIZATION}/rules/*") and response.status == 404:
            return await call(evolve(request, path=request.path.replace("/globex/", "/acme/")))
        return response

    return bug  # type: ignore[return-value]


def job_of_any_organization() -> Bug:
    """A job is found in all organizations, whoever asks."""

    async def bug(request: Request, call: Call) -> Response:
        response = await call(request)
        if request.matches("GET", f"{ORGANIZATION}/jobs/*") and response.status in {403, 404}:
            headers = {**request.headers, b"authorization": f"Bearer {GLOBEX_TOKEN}".encode()}
            parts = request.path.split("/")
            for slug in ("acme", "globex"):
                found = await call(evolve(request, path="/".join([*parts[:3], slug, *parts[4:]]), headers=headers))
                if found.status == 200 and b"authorization" in request.headers:
                    return found
        return response

    return bug  # type: ignore[return-value]


def same_for_each(**values: Any) -> Bug:
    return on("GET", "/v2/access-token", body(lambda token: token | values))


def each_item(edit: Callable[[dict[str, Any]], Any]) -> Callable[[Response], None]:
    return body(lambda items: [edit(item) for item in items])


RELATED_OBJECTS: dict[str, Mutant] = {
    "a job of another organization": server("getJob", "foreign_object_found", ACCESS, job_of_any_organization()),
    "a rule below another organization": server(
        "getRule", "foreign_object_found", ACCESS, rule_below_any_organization()
    ),
    "a skipped test has no labels": server("skipTest", "other_property_changed", EFFECTS, skipped_without_labels()),
    "an empty list is not found": server(
        "listClusterNetworkRanges", DISAGREE, AGREEMENT, empty_list_not_found(f"{CLUSTER}/network_ranges")
    ),
    "a cluster lacks a new maintainer": remembering(
        "getCluster",
        "list_outdated",
        EFFECTS,
        with_state(dict, first_maintainers),
        include=("createClusterMaintainer",),
    ),
    "the list of clusters lacks a new maintainer": remembering(
        "listClusters",
        "list_outdated",
        EFFECTS,
        with_state(dict, first_maintainers_in_list),
        include=("createClusterMaintainer",),
    ),
    "all tokens have the same user": server(
        "getAccessToken", DISAGREE, ACCESS, same_for_each(user={"name": "Ada Lovelace", "email": "ada@acme.example"})
    ),
    "all tokens have the same id": server(
        "getAccessToken", DISAGREE, ACCESS, same_for_each(uuid="01920000-0001-7003-8000-000000000001")
    ),
    "a new value has no author": remembering(
        "updateClusterSecretValue",
        "effect_missing",
        EFFECTS,
        with_state(dict, old_author),
        include=("getClusterSecret",),
    ),
    "an update has no author": server(
        "updateClusterSecret",
        "other_property_changed",
        EFFECTS,
        on("PUT", SECRET, body(put("updated_by", to=None))),
    ),
    "the link to the same page has no cursor": server(
        "listAuditEvents",
        "link_conformance",
        LISTS,
        on("GET", f"{ORGANIZATION}/audit_events", body(without_cursor)),
    ),
    "the response to an action is another state": server(
        "disableNotificationService",
        "effect_missing",
        EFFECTS,
        on(
            "PUT",
            f"{SERVICE}/disable",
            body(lambda each: each | {"build_states": dict.fromkeys(each["build_states"], False)}),
        ),
    ),
    "all pipelines and some pipelines": remembering(
        "updateNotificationService",
        "body_consistency",
        EFFECTS,
        with_state(dict, kept_uuids),
        include=("getNotificationService",),
    ),
    "the present key is accepted": server("updateClusterSecret", "documented_refusal", STATUSES, unchanged_key()),
    "an own SSO mode": server("updateOrganizationMember", "documented_refusal", STATUSES, own_sso_mode()),
    "a build is found by its number": server("listBuildTests", "documented_refusal", STATUSES, build_by_number()),
    "the scope is not searched": server("listFlakyTests", "filter_mismatch", FILTERS, search_in_names()),
    "a flaky test was never flaky": server(
        "listFlakyTests",
        "undescribed_property",
        AGREEMENT,
        on("GET", FLAKY, each_item(lambda test: test | {"instances": 0})),
    ),
    "no emoji has another name": server(
        "listEmojis",
        DISAGREE,
        AGREEMENT,
        on(
            "GET",
            f"{ORGANIZATION}/emojis",
            each_item(lambda emoji: {name: value for name, value in emoji.items() if name != "aliases"}),
        ),
    ),
    "a URL of a page to clone": server(
        "listConnectedRepositories",
        "undescribed_property",
        AGREEMENT,
        on(
            "GET",
            f"{ORGANIZATION}/repository_connections/*/repositories",
            each_item(lambda each: each | {"clone_url": each["html_url"]}),
        ),
    ),
}
