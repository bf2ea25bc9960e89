"""Requests of real clients that differ from the documentation."""

from __future__ import annotations

import pytest
from tests.each import check_each

from .caller import CLUSTER, PIPELINES, WEB

ACME = "/v2/organizations/acme"
BUILDS = f"{WEB}/builds"
BUILD = f"{BUILDS}/42"
TEMPLATES = f"{ACME}/pipeline-templates"
NEW_BUILD = {"commit": "HEAD", "branch": "main"}
NEW_PIPELINE = {"name": "Empty", "repository": "git@github.com:acme/empty.git", "cluster_id": CLUSTER}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v2/user", 200),
        ("GET", "/v2/builds", 200),
        ("GET", f"{ACME}/members", 200),
        ("GET", BUILD, 200),
        ("HEAD", f"{ACME}/teams/nope/members", 404),
        ("POST", BUILDS, 201),
        ("PUT", f"{BUILD}/rebuild", 200),
        ("PATCH", WEB, 200),
        ("DELETE", WEB, 204),
        ("OPTIONS", BUILDS, 204),
        ("GET", "/v2/nope", 404),
        ("GET", "/v2", 404),
    ],
)
@pytest.mark.parametrize("end", ["/", "//", "/?per_page=5"])
def test_slashes_at_the_end_of_a_path_are_ignored(api, method, path, status, end):
    body = {"POST": NEW_BUILD, "PATCH": {"description": "x"}}.get(method)
    assert api.request(method, f"{path}{end}", json=body).status_code == status


SAME_LISTS = (
    ("page=0", ""),
    ("page=0&per_page=5", "per_page=5"),
    ("page=-1&per_page=", ""),
    ("page=abc&per_page=abc", ""),
    ("per_page=0", ""),
    ("per_page=-5", ""),
    ("per_page=1000", "per_page=100"),
    ("include_retried_jobs=True", "include_retried_jobs=true"),
    ("include_retried_jobs=TRUE", "include_retried_jobs=true"),
    ("include_retried_jobs=1", "include_retried_jobs=true"),
    ("include_retried_jobs=t", "include_retried_jobs=true"),
    ("include_retried_jobs=yes", "include_retried_jobs=true"),
    ("include_retried_jobs=on", "include_retried_jobs=true"),
    ("include_paused=False", "include_paused=false"),
    ("include_paused=0", "include_paused=false"),
    ("include_paused=f", "include_paused=false"),
    ("include_paused=no", "include_paused=false"),
    ("include_paused=off", "include_paused=false"),
    ("include_paused=", ""),
    ("exclude_jobs=", ""),
    ("state=", ""),
    ("state[]=&state[]=failed", "state[]=failed"),
    ("creator=&created_to=", ""),
    ("created_from=2026-02-28", "created_from=2026-02-28T00:00:00Z"),
    ("created_from=2026-02-28T10:00:00", "created_from=2026-02-28T10:00:00Z"),
    ("created_from=2026-02-28T10:00Z", "created_from=2026-02-28T10:00:00Z"),
    ("created_from=2026-02-28T10:00:00.000000", "created_from=2026-02-28T10:00:00Z"),
    ("created_to=2026-02-28T10:00:00.123Z", "created_to=2026-02-28T10:00:00.123Z"),
    ("created_to=2026-02-28%2010:00:00%20UTC", "created_to=2026-02-28T10:00:00Z"),
    ("finished_from=2026-02-28T12:00:00%2B02:00", "finished_from=2026-02-28T10:00:00Z"),
    ("finished_from=2026-02-28t10:00:00z", "finished_from=2026-02-28T10:00:00Z"),
)


def test_a_query_in_another_form_lists_the_same_builds(api):
    def check(query, same_as):
        response = api.get(f"{BUILDS}?{query}")
        assert (response.status_code, response.json()) == (200, api.get(f"{BUILDS}?{same_as}").json())

    check_each({query: (query, same_as) for query, same_as in SAME_LISTS}, check)


def test_links_keep_the_query_as_it_was_sent(api):
    url = api.get(f"{BUILDS}?created_from=2026-02-01&exclude_jobs=True&page=0").links["next"]["url"]
    assert url.endswith("/builds?created_from=2026-02-01&exclude_jobs=True&page=2")


@pytest.mark.parametrize(
    "value", ["2026-02-01T10:00:00+00:00", "2026-02-01T10:00:00.5+02:00", "yesterday", "2026-13-01"]
)
@pytest.mark.parametrize("name", ["created_from", "created_to", "finished_from"])
def test_a_time_with_an_unencoded_plus_and_what_is_not_a_time_are_422(api, name, value):
    def check(path):
        response = api.get(f"{path}?{name}={value}")
        assert response.status_code == 422
        assert name in response.json()["message"]
        assert "%2B" in response.json()["message"]

    check_each({path: (path,) for path in ("/v2/builds", f"{ACME}/builds", BUILDS)}, check)


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", BUILDS, {**NEW_BUILD, "ignore_pipeline_branch_filters": "true"}, 201),
        ("POST", BUILDS, {**NEW_BUILD, "clean_checkout": "False"}, 201),
        ("POST", BUILDS, {**NEW_BUILD, "pull_request_id": "42"}, 201),
        ("POST", BUILDS, {**NEW_BUILD, "pull_request_id": "forty-two"}, 422),
        ("POST", BUILDS, {**NEW_BUILD, "clean_checkout": "maybe"}, 422),
        ("POST", BUILDS, {**NEW_BUILD, "commit": 1}, 422),
        ("POST", PIPELINES, {**NEW_PIPELINE, "steps": []}, 201),
        ("POST", PIPELINES, {**NEW_PIPELINE, "configuration": "steps: []"}, 201),
        ("POST", PIPELINES, {**NEW_PIPELINE, "configuration": "steps: []", "default_timeout_in_minutes": "30"}, 201),
        ("POST", PIPELINES, NEW_PIPELINE, 422),
        ("POST", TEMPLATES, {"name": "Empty", "configuration": "steps: []", "available": "true"}, 201),
        (
            "POST",
            f"{ACME}/teams",
            {"name": "New", "privacy": "visible", "default_member_role": "member", "is_default_team": "0"},
            201,
        ),
    ],
)
def test_bodies_with_values_in_another_form(api, method, path, body, status):
    response = api.request(method, path, json=body)
    assert response.status_code == status, response.text


@pytest.mark.parametrize(
    ("media_type", "status"),
    [
        (None, 201),
        ("", 201),
        ("application/json", 201),
        ("application/json; charset=utf-8", 201),
        ("application/vnd.api+json", 201),
        ("application/problem+json;charset=utf-8", 201),
        ("text/json", 201),
        ("text/plain", 400),
        ("APPLICATION/JSON", 201),
        ("json", 400),
        ("multipart/form-data", 400),
        ("application/x-www-form-urlencoded", 400),
        ("application/xml", 400),
    ],
)
def test_media_types_of_json_bodies(api, media_type, status):
    headers = {} if media_type is None else {"Content-Type": media_type}
    response = api.post(BUILDS, content='{"commit": "HEAD", "branch": "main"}', headers=headers)
    assert response.status_code == status
    assert status == 201 or "application/json" in response.json()["message"]


@pytest.mark.parametrize("content", [b"", b"{}", b'""', b"null", b" null\n"])
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("PUT", f"{BUILD}/rebuild", 200),
        ("PUT", f"{BUILD}/retry_failed_jobs", 202),
        ("POST", f"{WEB}/archive", 200),
        ("DELETE", WEB, 204),
        ("POST", BUILDS, 422),
    ],
)
def test_an_empty_body_counts_as_missing(api, method, path, status, content):
    response = api.request(method, path, content=content, headers={"Content-Type": "application/json"})
    assert response.status_code == status
    if status == 422:
        assert {error["code"] for error in response.json()["errors"]} == {"missing"}
