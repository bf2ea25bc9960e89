"""Portals."""

from __future__ import annotations

import pytest

from buildkite_rest.mock import READ_ONLY_TOKEN
from buildkite_rest.mock.resources.access_tokens import ALL_SCOPES

PORTALS = "/v2/organizations/acme/portals"
BODY = {"name": "Trigger: main build", "query": "{ viewer { id"}


def test_lifecycle_of_a_portal(api):
    response = api.post(PORTALS, json=BODY)
    created = response.json()
    assert response.status_code == 201
    assert created.pop("token")
    assert created["slug"] == "trigger-main-build"
    assert (created["description"], created["allowed_ip_addresses"], created["user_invokable"]) == (None, None, False)
    url = f"{PORTALS}/{created['slug']}"
    assert api.get(url).json() == created
    assert created in api.get(PORTALS).json()
    changes = {"name": "Other", "user_invokable": True, "allowed_ip_addresses": "192.0.2.1/32 2001:db8::/64"}
    changed = api.put(url, json=changes).json()
    assert changed == {**created, **changes}
    moved = api.put(url, json={"slug": "moved", "description": "Moved"}).json()
    assert moved == {**changed, "slug": "moved", "description": "Moved"}
    assert api.get(url).status_code == 404
    assert api.get(f"{PORTALS}/moved").json() == moved
    assert api.statuses("DELETE GET PUT DELETE", f"{PORTALS}/moved", json={}) == [204, 404, 404, 404]


def test_each_portal_has_a_token_of_its_own(api):
    tokens = {api.post(PORTALS, json={**BODY, "slug": f"p{number}"}).json()["token"] for number in range(3)}
    assert len(tokens) == 3


@pytest.mark.parametrize("change", [
    {"name": " "}, {"query": "\n"}, {"slug": "A b"}, {"slug": "-"}, {"slug": "x" * 101}, {"slug": "who-am-i"},
    {"allowed_ip_addresses": "nowhere"}, {"allowed_ip_addresses": "192.0.2.1/33"}, {"user_invokable": None},
])  # fmt: skip
def test_a_portal_that_cannot_be(api, change):
    with api.unchanged(PORTALS):
        assert api.post(PORTALS, json={**BODY, **change}).status_code == 422
        assert api.put(f"{PORTALS}/status-board", json={"description": "x", **change}).status_code == 422


@pytest.mark.parametrize("name", ["Who am I", "who am i?", "💥"])
def test_a_name_gives_a_free_slug(api, name):
    response = api.post(PORTALS, json={**BODY, "name": name})
    assert response.status_code == 422
    assert response.json()["message"].startswith("Validation failed: Slug ")


def test_its_own_slug_is_free_for_a_portal(api):
    assert api.put(f"{PORTALS}/who-am-i", json={"slug": "who-am-i"}).status_code == 200


def test_administrators_manage_portals(api, backend):
    organization, token = backend.organizations["acme"], backend.token_with_secret(READ_ONLY_TOKEN)
    organization.memberships[token.user.id].role = "member"
    token.scopes = ALL_SCOPES
    member, url = api.as_owner_of(READ_ONLY_TOKEN), f"{PORTALS}/who-am-i"
    responses = [member.post(PORTALS, json=BODY), member.put(url, json={"name": "x"}), member.delete(url)]
    assert [response.status_code for response in responses] == [403] * 3
    assert member.get(url).json()["name"] == "Who am I"
