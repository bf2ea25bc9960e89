"""Notification services: settings of each provider, and masking of secrets."""

from __future__ import annotations

import pytest

from buildkite_rest.mock import GLOBEX_TOKEN

from .caller import API, PIPELINES

ACME = "/v2/organizations/acme"
SERVICES = f"{ACME}/services"
WEBHOOK = {"provider": "webhook", "settings": {"url": "https://x.example/hook"}}
NEEDED = {
    "webhook": {"url": "https://x.example"},
    "slack": {"url": "https://x.example"},
    "aws_event_bridge": {"aws_region": "us-east-1", "aws_account_id": "123456789012"},
    "datadog_pipeline_visibility": {"api_key": "0123456789abcdef"},
    "open_telemetry_tracing": {"endpoint": "https://x.example"},
    "event_log_api": {},
}


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


def test_every_provider_and_every_state_is_there(services):
    assert len({service["provider"]["id"] for service in services.values()}) == 8
    assert {service["enabled"] for service in services.values()} == {True, False}
    scopes = {service["scope"] for service in services.values()}
    assert scopes == {"all", "some_projects", "some_teams", "some_clusters"}
    assert None in [service["created_by"] for service in services.values()]
    graphql = {service["provider"]["id"] for service in services.values() if service["graphql_id"] is not None}
    assert graphql == {"webhook", "slack", "open_telemetry_tracing"}


@pytest.mark.parametrize("provider", NEEDED)
def test_providers_need_their_settings(api, provider):
    needed = NEEDED[provider]
    for missing in needed:
        settings = {name: value for name, value in needed.items() if name != missing}
        response = api.post(SERVICES, json={"provider": provider, "settings": settings})
        assert (response.status_code, response.json()["message"]) == (422, f"settings.{missing} is missing")
    assert api.post(SERVICES, json={"provider": provider, "settings": needed}).status_code == 201


@pytest.mark.parametrize("description", ["Old dashboard", "Event bus", "Acme workspace", "Tickets", "Traces"])
def test_a_service_is_disabled_and_enabled(api, services, description):
    url = services[description]["url"]
    for action, enabled in (("disable", False), ("disable", False), ("enable", True), ("enable", True)):
        assert api.put(f"{url}/{action}").json() == {**services[description], "enabled": enabled}
        assert api.get(url).json()["enabled"] is enabled


def test_a_broken_event_source_cannot_be_removed_until_it_is_mended(api, services):
    url = services["Event bus"]["url"]
    assert services["Event bus"]["enabled"] is False
    assert api.delete(url).status_code == 422
    assert api.get(url).status_code == 200
    assert api.put(f"{url}/enable").json()["enabled"] is True
    assert api.delete(url).status_code == 204


def test_secrets_are_masked_or_left_out(services):
    assert services["Event bus"]["settings"]["aws_account_id"] == "XXXXXXXXXXXX9012"
    assert services[""]["settings"]["api_key"].startswith("XXXXXXXXXXXX")
    assert services["Traces"]["settings"].keys() == {"endpoint", "service_name", "resource_attributes"}
    assert services["Team room"]["settings"] == {"theme": "emoji"}
    assert services["Release board"]["settings"]["token"]


def test_a_short_secret_is_masked_altogether(api):
    body = {"provider": "datadog_pipeline_visibility", "settings": {"api_key": "12345678"}}
    assert api.post(SERVICES, json=body).json()["settings"]["api_key"] == "XXXXXXXXXXXX"


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


def test_headers_are_stored_and_never_shown(api, backend, services):
    url = services["Traces"]["url"]
    changed = api.patch(url, json={"settings": {"headers": {"X-Key": "s3cret"}, "tracestate": {"a": "b"}}})
    assert "s3cret" not in changed.text
    assert changed.json()["settings"]["tracestate"] == {"a": "b"}
    stored = backend.organizations["acme"].notification_services[services["Traces"]["id"]]
    assert stored.values["headers"] == {"X-Key": "s3cret"}


@pytest.mark.parametrize(
    ("description", "body"),
    [
        ("Event bus", {"settings": {"aws_region": "us-east-1"}}),
        ("Event bus", {"settings": {"aws_account_id": "210987654321"}}),
        ("Alerts", {"settings": {"url": "https://new.example"}}),
        ("Release board", {"settings": {"version": 2}}),
        ("Release board", {"settings": {"url": "ftp://x.example"}}),
        ("Release board", {"settings": {"theme": "text"}}),
        ("Release board", {"settings": {"unknown": 1}}),
        ("Release board", {"provider": "slack"}),
        ("Release board", {"enabled": False}),
        ("Release board", {"unknown": 1}),
        ("Release board", {"build_states": {"unknown": True}}),
        ("Release board", {"scope": "some_teams"}),
        ("Release board", {"scope": "all", "scope_uuids": ["01920000-0000-7006-8000-000000000001"]}),
        ("Release board", {"scope_uuids": []}),
        ("Release board", {"scope_uuids": ["01920000-0000-7006-8000-0000000000ff"]}),
        ("", {"settings": {"api_key": " "}}),
        ("Acme workspace", {"settings": {"access_token": "x"}}),
    ],
)
def test_only_read_only_fields_are_rejected(api, services, description, body):
    url = services[description]["url"]
    response = api.patch(url, json={"description": "Changed", **body})
    assert response.status_code == 422
    assert api.get(url).json() == services[description]


def test_a_version_can_only_be_raised(api, services):
    url = services["Old dashboard"]["url"]
    assert api.patch(url, json={"settings": {"version": 1}}).status_code == 200
    assert api.patch(url, json={"settings": {"version": 2}}).status_code == 422
    assert api.patch(url, json={"settings": {"version": 3.0}}).json()["settings"]["version"] == 3
    assert api.patch(url, json={"settings": {"version": 1}}).status_code == 422


def test_the_url_of_a_slack_webhook_is_fixed_once_a_browser_set_it(api, backend, services):
    url, room = "https://hooks.slack.example/new", services["Team room"]
    assert api.patch(room["url"], json={"settings": {"url": url}}).json()["settings"] == {"theme": "emoji"}
    assert backend.organizations["acme"].notification_services[room["id"]].values["url"] == url
    same = {"settings": {"url": "https://hooks.slack.example/T1/B2/y"}}
    assert api.patch(services["Alerts"]["url"], json=same).status_code == 200


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


def test_a_deleted_pipeline_is_left_out_of_scopes(api, services):
    service = services["Release board"]
    assert len(service["scope_uuids"]) == 2
    assert api.delete(f"{PIPELINES}/api").status_code == 204
    assert api.get(service["url"]).json()["scope_uuids"] == service["scope_uuids"][:1]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"provider": "linear"},
        {"provider": "webhook"},
        {**WEBHOOK, "id": "x"},
        {"provider": "webhook", "settings": {"url": "x"}},
        {"provider": "webhook", "settings": {"url": "https://x.example", "version": 10**30}},
        {"provider": "aws_event_bridge", "settings": {"aws_region": "moon", "aws_account_id": "123456789012"}},
        {"provider": "aws_event_bridge", "settings": {"aws_region": "us-east-1", "aws_account_id": "12"}},
        {**WEBHOOK, "scope": "some_projects"},
    ],
)
def test_invalid_input_is_rejected_and_not_saved(api, body):
    with api.unchanged(SERVICES):
        assert api.post(SERVICES, json=body).status_code == 422


@pytest.mark.parametrize(
    "body",
    [
        {"provider": "event_log_api"},
        {
            "provider": "aws_event_bridge",
            "settings": {**NEEDED["aws_event_bridge"], "include_build_meta_data": "deploy:*"},
        },
        {"provider": "open_telemetry_tracing", "settings": {"endpoint": "https://x.example", "tracestate": {}}},
    ],
)
def test_some_settings_are_not_for_every_organization(api, body):
    globex = api.as_owner_of(GLOBEX_TOKEN)
    response = globex.post("/v2/organizations/globex/services", json=body)
    assert response.status_code == 422
    assert response.json()["message"].endswith("is not available")
    assert api.post(SERVICES, json=body).status_code == 201


def test_a_service_without_such_settings_shows_none_of_them(api):
    body = {"provider": "aws_event_bridge", "settings": NEEDED["aws_event_bridge"]}
    created = api.as_owner_of(GLOBEX_TOKEN).post("/v2/organizations/globex/services", json=body).json()
    assert created["settings"].keys() == {"aws_region", "aws_account_id", "event_source_name"}


def test_the_meta_data_in_events_are_a_pattern_that_null_removes(api):
    settings = {**NEEDED["aws_event_bridge"], "include_build_meta_data": "deploy:*"}
    created = api.post(SERVICES, json={"provider": "aws_event_bridge", "settings": settings}).json()
    assert created["settings"]["include_build_meta_data"] == "deploy:*"
    url = f"{SERVICES}/{created['id']}"
    assert api.patch(url, json={"settings": {"include_build_meta_data": True}}).status_code == 422
    changed = api.patch(url, json={"settings": {"include_build_meta_data": None}}).json()
    assert changed["settings"]["include_build_meta_data"] is None


def test_the_server_names_the_event_source(api):
    body = {"provider": "aws_event_bridge", "settings": NEEDED["aws_event_bridge"]}
    named = {**body, "settings": {**body["settings"], "event_source_name": "aws.partner/other"}}
    assert api.post(SERVICES, json=named).status_code == 422
    created = api.post(SERVICES, json=body).json()
    name = created["settings"]["event_source_name"]
    assert name.startswith("aws.partner/buildkite.com/acme/")
    url = f"{SERVICES}/{created['id']}"
    assert api.patch(url, json={"settings": {"event_source_name": name}}).status_code == 200
    assert api.patch(url, json={"settings": {"event_source_name": "aws.partner/other"}}).status_code == 422


def test_members_are_rejected(api, backend):
    acme = backend.organizations["acme"]
    acme.memberships[backend.tokens[api.get("/v2/access-token").json()["uuid"]].user.id].role = "member"
    assert api.get(SERVICES).status_code == 403
    assert api.post(SERVICES, json=WEBHOOK).status_code == 403
