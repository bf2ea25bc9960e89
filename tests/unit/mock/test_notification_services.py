"""Notification services: settings of each provider, and masking of secrets."""

from __future__ import annotations

import pytest

from .caller import API, PIPELINES

ACME = "/v2/organizations/acme"
SERVICES = f"{ACME}/services"
WEBHOOK = {"provider": "webhook", "settings": {"url": "https://x.example/hook"}}


@pytest.fixture
def services(api):
    """Return the services of the seed by their descriptions."""
    return {service["description"]: service for service in api.get(f"{SERVICES}?per_page=100").json()["items"]}


def test_lifecycle_of_a_service(api):
    response = api.post(SERVICES, json={**WEBHOOK, "description": "New", "build_states": {"build_failed": True}})
    created = response.json()
    assert response.status_code == 201
    assert created["url"] == f"{API}{SERVICES}/{created['id']}"
    assert (created["enabled"], created["scope"], created["scope_uuids"]) == (True, "all", [])
    assert (created["branch_configuration"], created["created_by"]["name"]) == ("", "Ada Lovelace")
    assert {state for state, wanted in created["build_states"].items() if wanted} == {"build_failed"}
    assert created["settings"] == {
        "url": "https://x.example/hook",
        "token": created["settings"]["token"],
        "token_mode": "token",
        "version": 3,
        "events": [],
        "tls_verify": True,
    }
    assert len(created["settings"]["token"]) == 20
    assert api.get(created["url"]).json() == created
    assert api.get(SERVICES).json()["items"][-1] == created
    body = {"description": None, "settings": {"events": ["ping"]}, "build_states": {"build_fixed": True}}
    changed = api.patch(created["url"], json=body).json()
    assert changed["description"] is None
    assert changed["settings"] == {**created["settings"], "events": ["ping"]}
    assert changed["build_states"] == {**created["build_states"], "build_fixed": True}
    assert api.statuses("DELETE GET PATCH DELETE", created["url"], json={}) == [204, 404, 404, 404]


def test_secrets_are_masked_or_left_out(services):
    assert services["Event bus"]["settings"]["aws_account_id"] == "XXXXXXXXXXXX9012"
    assert services[""]["settings"]["api_key"].startswith("XXXXXXXXXXXX")
    assert services["Traces"]["settings"].keys() == {"endpoint", "service_name", "resource_attributes"}
    assert services["Team room"]["settings"] == {"theme": "emoji"}
    assert services["Release board"]["settings"]["token"]


def test_sending_a_response_back_changes_nothing(api, backend, services):
    stored = backend.organizations["acme"].notification_services
    before = {key: dict(service.values) for key, service in stored.items()}
    for service in services.values():
        body = {**service, "provider": service["provider"]["id"]}
        assert api.patch(service["url"], json=body).json() == service
    assert {key: dict(service.values) for key, service in stored.items()} == before


def test_a_new_secret_replaces_the_old_one(api, backend, services):
    service = services[""]
    key = "fedcba9876543210"
    changed = api.patch(service["url"], json={"settings": {"api_key": key}}).json()
    assert changed["settings"] == {**service["settings"], "api_key": "XXXXXXXXXXXX3210"}
    stored = backend.organizations["acme"].notification_services[service["id"]]
    assert stored.values["api_key"] == key
    assert api.patch(service["url"], json={"settings": changed["settings"]}).status_code == 200
    assert stored.values["api_key"] == key


@pytest.mark.parametrize("scope", ["some_projects", "some_teams", "some_clusters"])
def test_a_scope_names_existing_objects(api, services, scope):
    paths = {"some_projects": PIPELINES, "some_teams": f"{ACME}/teams", "some_clusters": f"{ACME}/clusters"}
    things = api.get(paths[scope]).json()[:2]
    ids = [thing["id"] for thing in things]
    body = {**WEBHOOK, "scope": scope, "scope_uuids": [ids[0].upper(), ids[1], ids[0]]}
    created = api.post(SERVICES, json=body).json()
    assert (created["scope"], created["scope_uuids"]) == (scope, ids)
    assert api.patch(created["url"], json={"scope_uuids": ids[:1]}).json()["scope_uuids"] == ids[:1]
    everything = api.patch(created["url"], json={"scope": "all"}).json()
    assert (everything["scope"], everything["scope_uuids"]) == ("all", [])
