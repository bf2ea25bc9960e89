"""Settings of an organization for the API and for all pipelines."""

from __future__ import annotations

import pytest

from buildkite_rest.mock import GLOBEX_TOKEN, READ_ONLY_TOKEN

from .caller import API

ACME, GLOBEX = "/v2/organizations/acme", "/v2/organizations/globex"
API_SETTINGS, SETTINGS = f"{ACME}/api-settings", f"{ACME}/pipeline-settings"
EXPORT = f"{SETTINGS}/build-export"
ADA = {"id": "01920000-0000-7002-8000-000000000001", "name": "Ada Lovelace"}
OFF = {"enabled": False, "enabled_at": None, "enabled_by": None}


@pytest.fixture
def globex(api):
    return api.as_owner_of(GLOBEX_TOKEN)


def test_api_settings_change_one_by_one(api):
    before = api.get(API_SETTINGS).json()
    assert before["url"] == f"{API}{API_SETTINGS}"
    assert before["features"] == {"api_ip_allow_list": True, "inactive_api_token_revocation": True}
    changed = api.patch(API_SETTINGS, json={"allowed_ip_addresses": " 203.0.113.0/24\n2001:db8::/32 "}).json()
    assert changed == {**before, "allowed_ip_addresses": "203.0.113.0/24 2001:db8::/32"}
    changed = api.patch(API_SETTINGS, json={"revoke_inactive_tokens_after_days": 30.0}).json()
    assert (changed["revoke_inactive_tokens_after_days"], before["revoke_inactive_tokens_after_days"]) == (30, 180)
    changed = api.patch(API_SETTINGS, json={"restrict_user_api_token_creation": False}).json()
    assert changed["restrict_user_api_token_creation"] is not before["restrict_user_api_token_creation"]
    body = {"allowed_ip_addresses": None, "revoke_inactive_tokens_after_days": None}
    cleared = api.patch(API_SETTINGS, json=body).json()
    assert cleared == {**changed, **body}
    assert api.get(API_SETTINGS).json() == cleared


@pytest.mark.parametrize(
    "body",
    [
        {"allowed_ip_addresses": "203.0.113.7"},
        {"allowed_ip_addresses": "203.0.113.0/33"},
        {"allowed_ip_addresses": "203.0.113.0/24,198.51.100.0/24"},
        {"revoke_inactive_tokens_after_days": 31},
        {"revoke_inactive_tokens_after_days": 10**30},
        {"restrict_user_api_token_creation": "maybe"},
        {"restrict_user_api_token_creation": False, "allowed_ip_addresses": "x/y"},
        {"allowed_ip_addresses": "203.0.113.0/24", "revoke_inactive_tokens_after_days": 7},
    ],
)
def test_invalid_api_settings_are_rejected_and_not_saved(api, body):
    with api.unchanged(API_SETTINGS):
        assert api.patch(API_SETTINGS, json=body).status_code == 422


@pytest.mark.parametrize(
    "body",
    [
        {"allowed_ip_addresses": "203.0.113.0/24"},
        {"allowed_ip_addresses": None},
        {"revoke_inactive_tokens_after_days": 30},
        {"revoke_inactive_tokens_after_days": None},
    ],
)
def test_a_smaller_plan_has_no_such_settings(globex, body):
    before = globex.get(f"{GLOBEX}/api-settings").json()
    assert set(before["features"].values()) == {False}
    assert globex.patch(f"{GLOBEX}/api-settings", json=body).status_code == 403
    assert globex.get(f"{GLOBEX}/api-settings").json() == before
    changed = globex.patch(f"{GLOBEX}/api-settings", json={"restrict_user_api_token_creation": True}).json()
    assert changed == {**before, "restrict_user_api_token_creation": True}


def test_pipeline_settings_change_one_by_one(api):
    before = api.get(SETTINGS).json()
    assert before["url"] == f"{API}{SETTINGS}"
    cluster = api.get(f"{ACME}/clusters").json()[-1]["id"]
    changes = {
        "default_branch": "trunk",
        "default_cluster_id": cluster,
        "default_timeout_in_minutes": 90,
        "maximum_timeout_in_minutes": 300,
        "scheduled_job_expiry_in_minutes": 1440,
    }
    for name, value in changes.items():
        assert before[name] != value
        changed = api.patch(SETTINGS, json={name: value}).json()
        assert changed == {**before, name: value}
        before = changed
    assert api.patch(SETTINGS, json=dict.fromkeys(changes)).json() == {**before, **dict.fromkeys(changes)}
    assert api.get(SETTINGS).json()["default_cluster_id"] is None


@pytest.mark.parametrize(("setting", "branch"), [("trunk", "trunk"), (None, "main")])
def test_new_pipelines_have_the_default_branch(api, setting, branch):
    assert api.patch(SETTINGS, json={"default_branch": setting}).json()["default_branch"] == setting
    cluster = api.get(f"{ACME}/clusters").json()[0]["id"]
    body = {"name": "New", "cluster_id": cluster, "repository": "https://example.com/new", "configuration": "steps: []"}
    created = api.post(f"{ACME}/pipelines", json=body).json()
    assert created["default_branch"] == branch
    body |= {"name": "Newer", "default_branch": "dev"}
    assert api.post(f"{ACME}/pipelines", json=body).json()["default_branch"] == "dev"
    assert api.get(f"{ACME}/pipelines/web").json()["default_branch"] == "main"


@pytest.mark.parametrize(
    "body",
    [
        {"default_branch": " "},
        {"default_cluster_id": "x"},
        {"default_cluster_id": "01920000-0000-7004-8000-0000000000ff"},
        {"default_timeout_in_minutes": 0},
        {"default_timeout_in_minutes": 241},
        {"maximum_timeout_in_minutes": 59},
        {"default_timeout_in_minutes": 10, "maximum_timeout_in_minutes": 9},
        {"scheduled_job_expiry_in_minutes": 10**30},
        {"default_branch": "trunk", "scheduled_job_expiry_in_minutes": -1},
    ],
)
def test_invalid_pipeline_settings_are_rejected_and_not_saved(api, body):
    with api.unchanged(SETTINGS):
        assert api.patch(SETTINGS, json=body).status_code == 422


def test_the_cluster_of_another_organization_is_none(api, globex):
    cluster = globex.get(f"{GLOBEX}/clusters").json()[0]["id"]
    assert api.patch(SETTINGS, json={"default_cluster_id": cluster}).status_code == 422
    response = globex.patch(f"{GLOBEX}/pipeline-settings", json={"default_cluster_id": cluster.upper()})
    assert response.json()["default_cluster_id"] == cluster


def test_the_default_cluster_stays(api):
    cluster = api.post(f"{ACME}/clusters", json={"name": "Short-lived"}).json()["id"]
    assert api.patch(SETTINGS, json={"default_cluster_id": cluster}).json()["default_cluster_id"] == cluster
    assert api.delete(f"{ACME}/clusters/{cluster}").status_code == 422
    assert api.patch(SETTINGS, json={"default_cluster_id": None}).json()["default_cluster_id"] is None
    assert api.delete(f"{ACME}/clusters/{cluster}").status_code == 204


@pytest.mark.parametrize(
    ("path", "name"),
    [("hosted-agents-ssh", "hosted_agents_terminal_access"), ("public-pipelines", "public_pipeline_creation")],
)
def test_switches_are_turned_on_and_off(api, clock, path, name):
    off = api.delete(f"{SETTINGS}/{path}").json()
    assert off[name] == OFF
    on = {"enabled": True, "enabled_at": "2026-03-02T10:00:00.000Z", "enabled_by": ADA}
    assert api.put(f"{SETTINGS}/{path}").json() == {**off, name: on}
    clock.advance(60)
    assert api.put(f"{SETTINGS}/{path}").json()[name] == on
    assert api.get(SETTINGS).json()[name] == on
    assert api.delete(f"{SETTINGS}/{path}").json() == off
    assert api.get(SETTINGS).json() == off


def test_advanced_queue_metrics_stay_on(api):
    path = f"{SETTINGS}/advanced-queue-metrics"
    assert api.get(SETTINGS).json()["advanced_queue_metrics"] == {**OFF, "disable_supported": False}
    on = api.put(path).json()["advanced_queue_metrics"]
    assert (on["enabled"], on["enabled_by"], on["disable_supported"]) == (True, ADA, False)
    assert api.delete(path).status_code == 405
    assert api.get(SETTINGS).json()["advanced_queue_metrics"] == on


@pytest.mark.parametrize(
    ("location", "strategy", "bucket"),
    [
        ("new-bucket", "s3", "new-bucket"),
        ("gs://new-bucket", "gcs", "new-bucket"),
        ("s3://new-bucket/x", "s3", "new-bucket/x"),
    ],
)
def test_builds_are_exported_to_a_bucket(api, location, strategy, bucket):
    before = api.get(SETTINGS).json()
    changed = api.put(EXPORT, json={"location": location, "strategy_id": strategy}).json()
    export = {"enabled": True, "location": bucket, "strategy_id": strategy}
    assert changed == {**before, "build_exports": {**before["build_exports"], **export}}
    assert api.get(SETTINGS).json() == changed
    none = {"enabled": False, "location": None, "strategy_id": None}
    assert api.delete(EXPORT).json()["build_exports"] == {**before["build_exports"], **none}
    assert api.get(SETTINGS).json()["build_exports"]["enabled"] is False


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"location": "new-bucket"},
        {"strategy_id": "s3"},
        {"location": " ", "strategy_id": "s3"},
        {"location": "s3://", "strategy_id": "s3"},
        {"location": "No bucket", "strategy_id": "s3"},
        {"location": "new-bucket", "strategy_id": "ftp"},
    ],
)
def test_an_invalid_bucket_is_rejected_and_not_saved(api, body):
    with api.unchanged(SETTINGS):
        assert api.put(EXPORT, json=body).status_code == 422


def test_a_smaller_plan_has_no_export(globex):
    path = f"{GLOBEX}/pipeline-settings"
    assert globex.get(path).json()["build_exports"]["available"] is False
    assert globex.put(f"{path}/build-export", json={"location": "bucket", "strategy_id": "s3"}).status_code == 403
    assert globex.delete(f"{path}/build-export").status_code == 403


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PATCH", API_SETTINGS),
        ("PATCH", SETTINGS),
        ("PUT", f"{SETTINGS}/hosted-agents-ssh"),
        ("DELETE", f"{SETTINGS}/hosted-agents-ssh"),
        ("PUT", f"{SETTINGS}/public-pipelines"),
        ("DELETE", f"{SETTINGS}/public-pipelines"),
        ("PUT", f"{SETTINGS}/advanced-queue-metrics"),
        ("PUT", EXPORT),
        ("DELETE", EXPORT),
    ],
)
def test_only_administrators_with_the_scope_change_settings(api, backend, method, path):
    body = {"location": "new-bucket", "strategy_id": "s3"}
    assert api.as_owner_of(READ_ONLY_TOKEN).request(method, path, json=body).status_code == 403
    backend.organizations["acme"].memberships[ADA["id"]].role = "member"
    assert api.request(method, path, json=body).status_code == 403
