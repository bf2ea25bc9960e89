"""Organizations with their settings, the user, the token, emojis, and public operations."""

from __future__ import annotations

import pytest

from buildkite_rest.mock import (
    GLOBEX_TOKEN,
    NO_SCOPES_TOKEN,
    create_app,
)
from buildkite_rest.mock.clock import AdvanceableClock

from .caller import ADA as ADA_ID
from .caller import API, EPOCH, Caller


def test_a_token_sees_its_organizations(api):
    def slugs(caller):
        return [organization["slug"] for organization in caller.get("/v2/organizations").json()]

    assert slugs(api) == ["acme"]
    assert slugs(api.as_owner_of(GLOBEX_TOKEN)) == ["acme", "globex"]


def test_the_token(api):
    body = api.get("/v2/access-token").json()
    assert "write_builds" in body["scopes"]
    assert body["user"] == {"name": "Ada Lovelace", "email": "ada@acme.example"}
    assert body["created_at"] == "2025-12-02 09:00:00 UTC"
    assert body["expires_at"] is None
    assert api.token not in str(body)
    assert api.as_owner_of(NO_SCOPES_TOKEN).get("/v2/access-token").json()["scopes"] == []


def test_the_root_returns_the_time(api, clock):
    body = api.get("/").json()
    assert body["timestamp"] == int(clock())
    assert api.get("/").headers["Date"] == "Mon, 02 Mar 2026 10:00:00 GMT"


def test_a_seed_gives_the_same_data(runner):
    def everything(seed):
        caller = Caller(runner, create_app(seed=seed, clock=lambda: 0))
        paths = ("/v2/builds?per_page=50", "/v2/organizations/acme/agents", "/v2/organizations/acme/pipelines")
        return [caller.get(path).json() for path in paths]

    assert everything(7) == everything(7)
    assert everything(7) != everything(8)


def test_history_does_not_depend_on_access_order(runner):
    web = "/v2/organizations/acme/pipelines/web"
    quiet = Caller(runner, create_app(clock=lambda: EPOCH))
    clock = AdvanceableClock(lambda: EPOCH)
    busy = Caller(runner, create_app(clock=clock))
    for agent in busy.get("/v2/organizations/acme/agents?per_page=100").json():
        busy.put(f"{agent['url']}/stop")
    assert busy.post(f"{web}/builds", json={"commit": "HEAD", "branch": "main"}).status_code == 201
    clock.advance(60)
    assert busy.get(f"{web}/builds/262").json()["jobs"][0]["agent"]["name"].startswith("hosted-")

    def course(caller, number):
        jobs = caller.get(f"{web}/builds/{number}").json()["jobs"]
        return [(job["id"], (job.get("agent") or {}).get("name"), job.get("triggered_build")) for job in jobs]

    for number in (42, 200, 249):
        assert course(quiet, number) == course(busy, number)


ACME, GLOBEX = "/v2/organizations/acme", "/v2/organizations/globex"
API_SETTINGS, SETTINGS = f"{ACME}/api-settings", f"{ACME}/pipeline-settings"
ADA = {"id": ADA_ID, "name": "Ada Lovelace"}
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
