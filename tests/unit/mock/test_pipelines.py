"""Pipelines: lists, lifecycle, slugs, webhooks."""

from __future__ import annotations

from functools import partial

import pytest

from buildkite_rest.mock.resources.teams import TeamMember

from .caller import API, CLUSTER, PIPELINES, WEB

BODY = {"name": "My  Pipeline X", "repository": "git@github.com:acme/x.git", "cluster_id": CLUSTER}
YAML = 'env:\n  FOO: bar\nsteps:\n  - {command: script/release.sh, label: "Build :package:"}\n'


def create(api, **body):
    return api.post(PIPELINES, json={**BODY, "configuration": YAML, **body})


def test_a_yaml_pipeline(api):
    response = create(api, description="X", tags=["a", ":b:"], default_branch="trunk", visibility="public")
    assert response.status_code == 201
    body = response.json()
    assert (body["name"], body["slug"]) == ("My  Pipeline X", "my-pipeline-x")
    assert body["url"] == f"{API}{PIPELINES}/my-pipeline-x"
    assert (body["description"], body["tags"], body["default_branch"]) == ("X", ["a", ":b:"], "trunk")
    assert (body["configuration"], body["env"]) == (YAML, {"FOO": "bar"})
    assert body["steps"] == [
        {
            "type": "script",
            "name": "Build :package:",
            "command": "script/release.sh",
            "artifact_paths": None,
            "branch_configuration": None,
            "env": {},
            "timeout_in_minutes": None,
            "agent_query_rules": [],
            "concurrency": None,
            "parallelism": None,
        }
    ]
    assert body["provider"]["id"] == "github"
    assert body["provider"]["settings"]["repository"] == "acme/x"
    assert api.get(body["url"]).json() == body


@pytest.mark.parametrize(
    ("repository", "provider", "secret"),
    [
        ("git@github.com:acme/x.git", "github", True),
        ("https://gitlab.com/acme/x.git", "gitlab", True),
        ("https://user@bitbucket.org/acme/x", "bitbucket", True),
        ("ssh://git@git.acme.example/x.git", "private", False),
        ("/srv/git/x", "private", False),
    ],
)
def test_the_provider_follows_from_the_repository(api, repository, provider, secret):
    found = create(api, repository=repository).json()["provider"]
    assert found["id"] == provider
    assert bool(found["settings"]) == secret
    assert bool(found.get("webhook_url")) == secret


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"name": "Web"}, "slug", "already_exists"),
        ({"name": "Web", "slug": "other"}, "name", "already_exists"),
        ({"slug": "web"}, "slug", "already_exists"),
        ({"slug": "-x"}, "slug", "invalid"),
        ({"name": "日本"}, "slug", "invalid"),
        ({"name": " "}, "name", "missing"),
        ({"configuration": " "}, "configuration", 'Step configuration is missing, expected `steps: { yaml: "..." }`'),
        ({"configuration": "env: {}"}, "configuration", "has no steps"),
        ({"configuration": "x: ["}, "configuration", "is not valid YAML (ParserError)"),
        ({"configuration": "steps:\n  - 7\n"}, "configuration", "has a step of an unknown type"),
        ({"configuration": "steps: [{command: x, parallelism: 501}]"}, "configuration", "has more than 500 jobs"),
        ({"configuration": "#" * 200_001}, "configuration", "is too long"),
    ],
)
def test_invalid_fields_are_named(api, change, field, code):
    response = create(api, **change)
    assert response.status_code == 422
    assert response.json()["message"] == "Validation Failed"
    assert {"field": field, "code": code} in response.json()["errors"]


def test_the_slug_follows_the_name(api):
    renamed = api.patch(WEB, json={"name": "Other Name"}).json()
    assert renamed["slug"] == "other-name"
    assert api.get(WEB).status_code == 404
    moved = f"{PIPELINES}/other-name"
    assert api.get(f"{moved}/builds/42").json()["url"].endswith("/other-name/builds/42")
    assert api.patch(moved, json={"name": "Third", "slug": "web"}).json()["slug"] == "web"
    assert api.patch(WEB, json={"name": "API"}).status_code == 422


def test_yaml_and_visual_steps_do_not_mix(api):
    steps = [{"type": "script", "command": "make"}]
    assert api.patch(WEB, json={"steps": steps}).status_code == 422
    both = api.patch(WEB, json={"steps": steps, "configuration": YAML}).json()
    assert both["steps"][0]["command"] == "script/release.sh"
    assert api.patch(WEB, json={"env": {"IGNORED": "1"}}).json()["env"] == {"FOO": "bar"}
    docs = api.patch(f"{PIPELINES}/docs", json={"steps": steps, "env": {"A": "1"}}).json()
    assert (docs["steps"][0]["command"], docs["env"]) == ("make", {"A": "1"})


def test_a_deleted_pipeline_is_gone_with_its_builds(api, backend):
    build = api.get(f"{WEB}/builds/42").json()
    assert api.delete(WEB).status_code == 204
    for gone in (WEB, f"{WEB}/builds", f"/v2/organizations/acme/jobs/{build['jobs'][0]['id']}"):
        assert api.get(gone).status_code == 404
    assert api.delete(WEB).status_code == 404
    everywhere = api.get("/v2/organizations/acme/builds?per_page=100").json()
    assert all("/pipelines/web/" not in other["url"] for other in everywhere)
    for agent in api.get("/v2/organizations/acme/agents?per_page=100").json():
        assert agent["job"] is None or "/pipelines/web/" not in agent["job"]["build_url"]


MANAGING = [
    ("PATCH", "", 200), ("POST", "/archive", 200), ("POST", "/unarchive", 422), ("POST", "/webhook", 201),
    ("GET", "/github-webhooks", 200), ("PUT", "/github-webhooks", 200), ("DELETE", "/github-webhooks", 200),
    ("DELETE", "", 204),
]  # fmt: skip


@pytest.mark.parametrize("change", MANAGING, ids=lambda change: "".join(change[:2]))
def test_full_access_is_needed_to_change_a_pipeline(api, backend, member, change):
    method, rest, status = change
    acme = backend.organizations["acme"]
    call = partial(api.request, method, f"{WEB}{rest}", json={"description": "x"})
    refused = call()
    assert (refused.status_code, "full access" in refused.json()["message"]) == (403, True)
    team = next(iter(acme.teams.values()))
    team.members[member.id] = TeamMember(user=member, role="member", created_at=0)
    access = team.pipelines[acme.pipelines["web"].id]
    access.access_level = "build_and_read"
    assert (call().status_code, api.get(WEB).status_code) == (403, 200)
    access.access_level = "manage_build_and_read"
    assert call().status_code == status


def test_without_teams_everybody_has_full_access(api, backend, member):
    backend.organizations["acme"].teams_enabled = False
    assert api.patch(WEB, json={"description": "x"}).status_code == 200
