"""Portals."""

from __future__ import annotations

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


def test_administrators_manage_portals(api, backend):
    organization, token = backend.organizations["acme"], backend.token_with_secret(READ_ONLY_TOKEN)
    organization.memberships[token.user.id].role = "member"
    token.scopes = ALL_SCOPES
    member, url = api.as_owner_of(READ_ONLY_TOKEN), f"{PORTALS}/who-am-i"
    responses = [member.post(PORTALS, json=BODY), member.put(url, json={"name": "x"}), member.delete(url)]
    assert [response.status_code for response in responses] == [403] * 3
    assert member.get(url).json()["name"] == "Who am I"
