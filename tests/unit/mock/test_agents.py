"""Agents: lists, and stopping, pausing and resuming them."""

from __future__ import annotations

import pytest

from .caller import WEB

AGENTS = "/v2/organizations/acme/agents"


@pytest.fixture
def agents(api):
    """The agents that are listed."""
    return api.get(f"{AGENTS}?per_page=100").json()


@pytest.fixture
def free(agents):
    """An agent that is connected, not paused and without a job."""
    ready = [agent for agent in agents if agent["connection_state"] == "connected" and not agent["paused"]]
    return next(agent for agent in ready if agent["job"] is None)


def test_an_agent_stops(api, free, clock):
    assert api.put(f"{free['url']}/stop").status_code == 204
    assert api.get(free["url"]).json()["connection_state"] == "stopping"
    again = api.put(f"{free['url']}/stop")
    assert (again.status_code, again.json()["message"]) == (400, "Can only stop connected agents")
    clock.advance(1)
    stopped = api.get(free["url"]).json()
    assert (stopped["connection_state"], stopped["stopped_at"]) == ("stopped", "2026-03-02T10:00:01.000Z")


@pytest.mark.parametrize("body", [None, {}, {"force": True}])
def test_stopping_by_force_cancels_the_job_and_its_build(api, agents, clock, body):
    busy = next(agent for agent in agents if agent["job"] is not None and "/web/" in agent["job"]["web_url"])
    job = busy["job"]
    assert api.put(f"{busy['url']}/stop", json=body).status_code == 204
    clock.advance(10)
    found = api.get(f"/v2/organizations/acme/jobs/{job['id']}").json()
    assert (found["state"], found["signal_reason"]) == ("canceled", "agent_stop")
    assert api.get(job["build_url"]).json()["state"] == "canceled"
    clock.advance(10)
    assert api.get(busy["url"]).json()["connection_state"] == "stopped"


def test_an_agent_may_finish_before_it_stops(api, clock):
    build = api.post(f"{WEB}/builds", json={"commit": "HEAD", "branch": "main"}).json()
    clock.advance(0.2)
    agent = api.get(build["url"]).json()["jobs"][0]["agent"]
    assert api.put(f"{agent['url']}/stop", json={"force": False}).status_code == 204
    assert api.get(agent["url"]).json()["connection_state"] == "stopping"
    clock.advance(10)
    assert api.get(build["url"]).json()["state"] == "passed"
    assert api.get(agent["url"]).json()["connection_state"] == "stopped"


def test_an_agent_is_paused_and_resumed(api, free):
    assert api.put(f"{free['url']}/resume").json() == {"message": "Agent is not paused"}
    assert api.put(f"{free['url']}/pause", json={"note": "Disk", "timeout_in_minutes": 60}).status_code == 204
    paused = api.get(free["url"]).json()
    assert (paused["paused"], paused["paused_note"], paused["paused_timeout_in_minutes"]) == (True, "Disk", 60)
    assert (paused["paused_by"]["name"], paused["paused_at"]) == ("Ada Lovelace", "2026-03-02T10:00:00.000Z")
    again = api.put(f"{free['url']}/pause")
    assert (again.status_code, again.json()["message"]) == (422, "Agent is already paused")
    assert api.put(f"{free['url']}/resume", json={}).status_code == 204
    assert api.get(free["url"]).json() == free


@pytest.mark.parametrize("body", [{"timeout_in_minutes": 5}, {"note": "Disk"}], ids=["given", "by default"])
def test_a_pause_ends_after_its_minutes(api, free, clock, body):
    api.put(f"{free['url']}/pause", json=body)
    assert api.get(free["url"]).json()["paused_timeout_in_minutes"] == 5
    clock.advance(299)
    assert api.get(free["url"]).json()["paused"] is True
    clock.advance(1)
    assert api.get(free["url"]).json() == free
