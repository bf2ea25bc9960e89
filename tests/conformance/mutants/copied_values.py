"""Bugs in values that are copied from the wrong property or object."""

from collections.abc import Callable
from typing import Any

from tests.conformance.mutants.consistency import each
from tests.conformance.mutants.kinds import AGREEMENT, ORGANIZATION, SUITES, Mutant, body, on, put, server

DISAGREE = "responses_disagree"
PREFLIGHT = "/v2/analytics/organizations/*/builds/*/preflight/v1"
BUILD = f"{ORGANIZATION}/pipelines/*/builds/*"


def resolved_when_last_seen(test: dict[str, Any]) -> None:
    test["last_resolved_at"] = test["latest_occurrence_at"]


def name_is_id(service: dict[str, Any]) -> None:
    service["provider"] = {**service["provider"], "name": service["provider"]["id"]}


def slug_as_name(preflight: dict[str, Any]) -> None:
    for failure in preflight["tests"]["failures"]:
        failure["suite_name"] = failure["suite_slug"]


def first_suite(build: dict[str, Any]) -> None:
    runs = build.get("test_engine", {}).get("runs", [])
    for run in runs:
        run["suite"] = runs[0]["suite"]


def organization_changed(event: dict[str, Any]) -> None:
    event["subject"] = {**event["subject"], "type": "Organization"}


def limited_to_teams(service: dict[str, Any]) -> None:
    if service["scope"] == "some_projects":
        service["scope"] = "some_teams"


def next_image(emojis: list[dict[str, Any]]) -> None:
    urls = [emoji["url"] for emoji in emojis]
    for emoji, url in zip(emojis, [*urls[1:], urls[0]], strict=True):
        emoji["url"] = url


def of_items(edit: Callable[[dict[str, Any]], None]) -> Callable[[dict[str, Any]], None]:
    def wrong(page: dict[str, Any]) -> None:
        for item in page["items"]:
            edit(item)

    return wrong


COPIED_VALUES: dict[str, Mutant] = {
    "copied: resolved when it was last seen": server(
        "listFlakyTests",
        DISAGREE,
        AGREEMENT,
        on("GET", f"{SUITES}/*/flaky-tests", body(each(resolved_when_last_seen))),
        recent=True,
    ),
    "copied: id of a provider as its name": server(
        "listNotificationServices",
        DISAGREE,
        AGREEMENT,
        on("GET", f"{ORGANIZATION}/services", body(of_items(name_is_id))),
    ),
    "copied: slug of a suite as its name": server(
        "getBuildPreflight", DISAGREE, AGREEMENT, on("GET", PREFLIGHT, body(slug_as_name)), include=("listTestSuites",)
    ),
    "copied: suite of the first run": server(
        "getBuild",
        DISAGREE,
        AGREEMENT,
        on("GET", BUILD, body(first_suite)),
        include=("listTestSuites", "listTestRuns", "listOrganizationBuilds"),
    ),
    "copied: name of an emoji as an alias": server(
        "listEmojis",
        "body_consistency",
        AGREEMENT,
        on("GET", f"{ORGANIZATION}/emojis", body(each(lambda emoji: emoji.update(aliases=[emoji["name"]])))),
    ),
    "copied: kind of the subject of another event": server(
        "listAuditEvents",
        DISAGREE,
        AGREEMENT,
        on("GET", f"{ORGANIZATION}/audit_events", body(of_items(organization_changed))),
    ),
    "copied: changes of no event": server(
        "listAuditEvents",
        DISAGREE,
        AGREEMENT,
        on("GET", f"{ORGANIZATION}/audit_events", body(of_items(lambda event: event.update(data={})))),
    ),
    "copied: time of the token as that of the user": server(
        "getUser", DISAGREE, AGREEMENT, on("GET", "/v2/user", body(put("created_at", to="2025-12-02T09:00:00.000Z")))
    ),
    "copied: time of creation as that of the expiry": server(
        "getAccessToken",
        DISAGREE,
        AGREEMENT,
        on("GET", "/v2/access-token", body(lambda token: token.update(expires_at=token["created_at"]))),
    ),
    "copied: pipelines in place of teams": server(
        "listNotificationServices",
        DISAGREE,
        AGREEMENT,
        on("GET", f"{ORGANIZATION}/services", body(of_items(limited_to_teams))),
    ),
    "copied: image of the next emoji": server(
        "listEmojis", DISAGREE, AGREEMENT, on("GET", f"{ORGANIZATION}/emojis", body(next_image))
    ),
    "copied: avatar of another user": server(
        "listPortals",
        DISAGREE,
        AGREEMENT,
        on("GET", f"{ORGANIZATION}/portals", body(put("*", "created_by", "avatar_url", to="https://a.example/1"))),
    ),
    "copied: id of no cluster as the default one": server(
        "getOrganizationPipelineSettings",
        DISAGREE,
        AGREEMENT,
        on(
            "GET",
            f"{ORGANIZATION}/pipeline-settings",
            body(put("default_cluster_id", to="01920000-dead-7000-8000-000000000000")),
        ),
        include=("getCluster",),
    ),
}
