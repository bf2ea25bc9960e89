"""Agent tokens, which are shown once, and secrets, which are never shown."""

from __future__ import annotations

import pytest

CLUSTERS = "/v2/organizations/acme/clusters"


@pytest.fixture
def cluster(api):
    """The URL of a cluster with tokens and secrets."""
    return api.get(CLUSTERS).json()[0]["url"]


@pytest.fixture
def empty(api):
    """The URL of a cluster without any."""
    return api.post(CLUSTERS, json={"name": "Empty"}).json()["url"]


def test_lifecycle_of_an_agent_token(api, empty):
    path = f"{empty}/tokens"
    body = {"description": "x", "allowed_ip_addresses": "192.0.2.0/24 198.51.100.1"}
    response = api.post(path, json={**body, "expires_at": "2026-03-02T12:10:00.5+02:00"})
    created = response.json()
    assert response.status_code == 201
    assert created["expires_at"] == "2026-03-02T10:10:00Z"
    assert created.items() >= body.items()
    shown = {key: value for key, value in created.items() if key != "token"}
    assert len(created["token"]) == 24
    assert api.get(created["url"]).json() == shown
    assert api.get(path).json() == [shown]
    change = {"description": "y", "expires_at": "2030-01-01T00:00:00Z"}
    changed = api.put(created["url"], json=change)
    assert (changed.status_code, changed.json()) == (200, {**shown, "description": "y"})
    assert api.put(created["url"], json={"allowed_ip_addresses": None}).json()["allowed_ip_addresses"] is None
    assert api.statuses("DELETE GET PUT DELETE", created["url"], json={}) == [204, 404, 404, 404]


def test_lifecycle_of_a_secret(api, empty, clock):
    path = f"{empty}/secrets"
    body = {"key": "MY_KEY", "value": "classified", "description": "x", "policy": "- pipeline_slug: web\n"}
    response = api.post(path, json=body)
    created = response.json()
    assert response.status_code == 201
    assert [created[key] for key in ("key", "description", "policy")] == ["MY_KEY", "x", "- pipeline_slug: web\n"]
    assert (created["updated_by"], created["last_read_at"]) == (None, None)
    assert created["organization"]["slug"] == "acme"
    clock.advance(5)
    changed = api.put(created["url"], json={"policy": None})
    assert changed.json()["updated_at"] == "2026-03-02T10:00:05.000Z"
    assert changed.json()["updated_by"]["name"] == "Ada Lovelace"
    assert (changed.json()["policy"], changed.json()["description"]) == (None, "x")
    clock.advance(5)
    replaced = api.put(f"{created['url']}/value", json={"value": "confidential"})
    assert replaced.json() == {**changed.json(), "updated_at": "2026-03-02T10:00:10.000Z"}
    responses = [response, changed, replaced, api.get(created["url"]), api.get(path)]
    assert not [each for each in responses if "classified" in each.text or "confidential" in each.text]
    assert api.get(path).json() == [replaced.json()]
    assert api.delete(created["url"]).status_code == 204
    calls = [("GET", ""), ("PUT", ""), ("PUT", "/value"), ("DELETE", "")]
    assert [api.request(method, f"{created['url']}{rest}", json={"value": "x"}).status_code for method, rest in calls] \
        == [404] * 4  # fmt: skip


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"key": "X"}, "The key parameter cannot be updated."),
        ({"value": "x"}, "The value parameter cannot be updated on this endpoint."),
    ],
)
def test_read_only_fields_of_a_secret(api, cluster, body, message):
    secret = api.get(f"{cluster}/secrets").json()[0]
    refused = api.put(secret["url"], json={"description": "no", **body})
    assert (refused.status_code, refused.json()) == (422, {"message": message})
    assert api.get(secret["url"]).json() == secret
