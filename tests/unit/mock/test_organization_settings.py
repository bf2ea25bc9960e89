"""Settings of an organization for the API and for all pipelines."""

from __future__ import annotations

import pytest

from buildkite_rest.mock import GLOBEX_TOKEN

from .caller import API

ACME, GLOBEX = "/v2/organizations/acme", "/v2/organizations/globex"
API_SETTINGS, SETTINGS = f"{ACME}/api-settings", f"{ACME}/pipeline-settings"
ADA = {"id": "01920000-0000-7002-8000-000000000001", "name": "Ada Lovelace"}
OFF = {"enabled": False, "enabled_at": None, "enabled_by": None}


@pytest.fixture
def globex(api):
    return api.as_owner_of(GLOBEX_TOKEN)


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
