"""Organizations, the user, the token, emojis, and public operations."""

from __future__ import annotations

from buildkite_rest.mock import (
    GLOBEX_TOKEN,
    NO_SCOPES_TOKEN,
    ManualClock,
    create_app,
)

from .caller import EPOCH, Caller


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
        caller = Caller(runner, create_app(seed=seed, clock=ManualClock(0)))
        paths = ("/v2/builds?per_page=50", "/v2/organizations/acme/agents", "/v2/organizations/acme/pipelines")
        return [caller.get(path).json() for path in paths]

    assert everything(7) == everything(7)
    assert everything(7) != everything(8)


def test_history_does_not_depend_on_access_order(runner):
    web = "/v2/organizations/acme/pipelines/web"
    quiet = Caller(runner, create_app(clock=ManualClock(EPOCH)))
    clock = ManualClock(EPOCH)
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
