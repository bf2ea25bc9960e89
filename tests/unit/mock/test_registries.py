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


@pytest.mark.parametrize("policy", [None, "", " \n", []])
def test_no_policy(api, body, policy):
    assert api.post(REGISTRIES, json={**body, "oidc_policy": policy}).json()["oidc_policy"] is None
    assert api.post(GEMS, json={"oidc_policy": policy}).json()["oidc_policy"] is None


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


def test_unknown_parts_of_statements_do_no_harm(api):
    assert api.post(GEMS, json={"oidc_policy": [{**STATEMENT, "": DEEP}]}).status_code in {200, 400}


@pytest.mark.parametrize("change", [{"name": "Gems"}, {"name": " gems"}, {"name": "💥"}, {"ecosystem": ""}])
def test_a_registry_that_cannot_be(api, body, change):
    with api.unchanged(REGISTRIES):
        assert api.post(REGISTRIES, json={**body, **change}).status_code == 400


def test_a_name_is_free_or_ones_own(api):
    assert api.post(GEMS, json={"name": "Debs"}).status_code == 400
    assert api.post(GEMS, json={"name": "GEMS"}).json()["slug"] == "gems"


@pytest.mark.parametrize("team_ids", [[], ["01920000-0000-7000-8000-000000000061"], ["x"]])
def test_an_organization_with_teams_names_some(api, body, team_ids):
    assert api.post(REGISTRIES, json={**body, "team_ids": team_ids}).status_code == 400
    del body["team_ids"]
    assert api.post(REGISTRIES, json=body).status_code == 400
    globex = api.as_owner_of(GLOBEX_TOKEN)
    assert globex.post(REGISTRIES.replace("acme", "globex"), json=body).json()["team_ids"] == []


def test_a_deleted_team_is_not_named(api):
    team_id = api.get(GEMS).json()["team_ids"][-1]
    assert api.delete(f"/v2/organizations/acme/teams/{team_id}").status_code == 204
    assert team_id not in api.get(GEMS).json()["team_ids"]


def test_lifecycle_of_a_token(api):
    response = api.post(TOKENS, json={"description": "New"})
    created = response.json()
    assert response.status_code == 200
    assert created.pop("token")
    assert created["registry"]["slug"] == "gems"
    assert created["organization"]["slug"] == "acme"
    assert api.get(created["url"]).json() == created
    assert created in api.get(TOKENS).json()
    changed = api.post(created["url"], json={"description": "Newer"}).json()
    assert changed == {**created, "description": "Newer"}
    assert api.get(created["url"].replace("gems", "debs")).status_code == 404
    gone = api.delete(created["url"])
    assert (gone.status_code, gone.content) == (200, b"")
    assert api.get(created["url"]).status_code == 404
    assert changed not in api.get(TOKENS).json()


def test_each_token_has_a_value_of_its_own(api):
    values = {api.post(TOKENS, json={"description": ""}).json()["token"] for _ in range(3)}
    assert len(values) == 3


@pytest.mark.parametrize("body", [{}, {"description": None}, {"description": 1}])
def test_a_token_has_a_description(api, body):
    before = api.get(TOKENS).json()
    assert api.post(TOKENS, json=body).status_code == 400
    assert api.post(before[0]["url"], json=body).status_code == 400
    assert api.get(TOKENS).json() == before


def test_the_registry_of_a_token_moves_with_its_name(api):
    token = api.get(TOKENS).json()[0]
    url = api.post(GEMS, json={"name": "Jewels"}).json()["url"]
    assert api.get(f"{url}/tokens/{token['id']}").json()["registry"]["slug"] == "jewels"
