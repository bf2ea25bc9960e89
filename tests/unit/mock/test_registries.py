"""Package registries and their tokens."""

from __future__ import annotations

import pytest

from buildkite_rest.mock.resources.access_tokens import GLOBEX_TOKEN

from .caller import API

REGISTRIES = "/v2/packages/organizations/acme/registries"
GEMS = f"{REGISTRIES}/gems"
TOKENS = f"{GEMS}/tokens"
STATEMENT = {"iss": "https://agent.buildkite.com", "claims": {"pipeline_slug": {"in": ["web", None, 1.5]}}}
POLICY = "- iss: https://agent.buildkite.com\n  claims: {build_branch: main}\n"


@pytest.fixture
def body(backend):
    return {"name": "My Gems!", "ecosystem": "ruby", "team_ids": [next(iter(backend.organizations["acme"].teams))]}


def test_lifecycle_of_a_registry(api, body):
    response = api.post(REGISTRIES, json={**body, "emoji": ":gem:", "description": "New"})
    created = response.json()
    assert response.status_code == 200
    assert (created["slug"], created["name"], created["url"]) == ("my-gems", "My Gems!", f"{API}{REGISTRIES}/my-gems")
    assert (created["public"], created["oidc_policy"], created["color"]) == (False, None, None)
    assert (created["team_ids"], created["emoji"], created["description"]) == (body["team_ids"], ":gem:", "New")
    assert api.get(created["url"]).json() == created
    assert created in api.get(REGISTRIES).json()
    changed = api.post(created["url"], json={"name": "Old gems", "color": "#fff", "description": None}).json()
    assert changed["id"] == created["id"]
    assert (changed["slug"], changed["color"], changed["description"]) == ("old-gems", "#fff", None)
    assert api.get(created["url"]).status_code == 404
    assert api.get(changed["url"]).json() == changed
    assert api.statuses("DELETE GET POST DELETE", changed["url"], json={}) == [200, 404, 404, 404]


def test_deleting_a_registry_deletes_its_packages(api):
    package, token = api.get(f"{GEMS}/packages").json()["items"][0], api.get(TOKENS).json()[0]
    assert api.delete(GEMS).status_code == 200
    for gone in (package["url"], token["url"], f"{GEMS}/packages", TOKENS):
        assert api.get(gone).status_code == 404


def test_a_policy_is_shown_as_text(api, body):
    shown = api.post(REGISTRIES, json={**body, "oidc_policy": [STATEMENT]}).json()["oidc_policy"]
    assert shown.startswith("- iss: https://agent.buildkite.com\n")
    assert "- null" in shown
    assert api.post(GEMS, json={"oidc_policy": POLICY}).json()["oidc_policy"] == POLICY


DEEP: object = 1
for _ in range(200):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    "policy",
    ["nope", "{}", "[1]", "- iss: x", "- {iss: [], claims: {}}", "- iss: &a x\n  claims: {}", "- *a", "[", "- !!str x",
     "[" * 5000, "x" * 200_000, [{"iss": "x"}], [{**STATEMENT, "scopes": ["admin"]}], 5],
)  # fmt: skip
def test_an_invalid_policy_is_rejected(api, body, policy):
    with api.unchanged(REGISTRIES):
        assert api.post(REGISTRIES, json={**body, "oidc_policy": policy}).status_code == 400
        assert api.post(GEMS, json={"name": "Other", "oidc_policy": policy}).status_code == 400


@pytest.mark.parametrize("team_ids", [[], ["01920000-0000-7000-8000-000000000061"], ["x"]])
def test_an_organization_with_teams_names_some(api, body, team_ids):
    assert api.post(REGISTRIES, json={**body, "team_ids": team_ids}).status_code == 400
    del body["team_ids"]
    assert api.post(REGISTRIES, json=body).status_code == 400
    globex = api.as_owner_of(GLOBEX_TOKEN)
    assert globex.post(REGISTRIES.replace("acme", "globex"), json=body).json()["team_ids"] == []
