"""Settings of an organization for the API and for all pipelines."""

from __future__ import annotations

import pytest

from buildkite_rest.mock import GLOBEX_TOKEN

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
