"""Queues of clusters: keys, machines, pausing."""

from __future__ import annotations

import pytest

CLUSTERS = "/v2/organizations/acme/clusters"
SMALL = "LINUX_AMD64_2X4"


@pytest.fixture
def clusters(api):
    """The seeded clusters by name."""
    return {cluster["name"]: cluster for cluster in api.get(CLUSTERS).json()}


@pytest.fixture
def path(clusters):
    """The queues of a cluster that has none."""
    return f"{clusters['Experiments']['url']}/queues"


@pytest.fixture
def queues(api, clusters):
    """The seeded queues by key."""
    urls = [f"{clusters[name]['url']}/queues" for name in ("Default cluster", "Hosted")]
    return {queue["key"]: queue for url in urls for queue in api.get(url).json()}


def test_a_hosted_queue(api, path):
    body = {"key": "x", "hostedAgents": {"instanceShape": SMALL, "agentImageRef": "ignored"}}
    created = api.post(path, json=body).json()
    shape = {"machine_type": "linux", "architecture": "amd64", "cpu": 2, "memory": 4, "name": SMALL}
    assert created["hosted"] is True
    assert "retry_agent_affinity" not in created
    settings = {"linux": {"agent_image_ref": None}}
    assert created["hosted_agents"] == {"instance_shape": shape, "platform_settings": settings}
    body = {"hostedAgents": {"instanceShape": "LINUX_AMD64_4X16", "agentImageRef": "registry.example/x:1"}}
    changed = api.put(created["url"], json=body).json()
    assert changed["hosted_agents"]["instance_shape"]["memory"] == 16
    assert changed["hosted_agents"]["platform_settings"] == {"linux": {"agent_image_ref": "registry.example/x:1"}}
    again = api.put(created["url"], json={"hostedAgents": {"instanceShape": SMALL}}).json()
    assert again["hosted_agents"]["platform_settings"] == {"linux": {"agent_image_ref": "registry.example/x:1"}}
    back = api.put(created["url"], json={"hostedAgents": {"instanceShape": SMALL, "agentImageRef": None}}).json()
    assert back == created


def test_pausing_and_resuming(api, queues, clock):
    queue = queues["default"]
    body = {"dispatch_paused_note": "Fire", "note": "ignored"}
    paused = api.post(f"{queue['url']}/pause_dispatch", json=body)
    assert paused.status_code == 200
    assert paused.json() == {
        **queue,
        "dispatch_paused": True,
        "dispatch_paused_by": paused.json()["created_by"] or paused.json()["dispatch_paused_by"],
        "dispatch_paused_at": "2026-03-02T10:00:00.000Z",
        "dispatch_paused_note": "Fire",
    }
    assert paused.json()["dispatch_paused_by"]["name"] == "Ada Lovelace"
    again = api.post(f"{queue['url']}/pause_dispatch", json=body)
    assert (again.status_code, again.json()) == (422, {"message": "Cluster queue is already paused"})
    resumed = api.post(f"{queue['url']}/resume_dispatch")
    assert (resumed.status_code, resumed.json()) == (200, queue)
    again = api.post(f"{queue['url']}/resume_dispatch")
    assert (again.status_code, again.json()) == (422, {"message": "Cluster queue is not paused"})


def test_a_paused_queue_holds_its_jobs_until_it_is_resumed(api, queues, create, clock):
    url = queues["default"]["url"]
    api.post(f"{url}/pause_dispatch")
    build = create("deploy")
    clock.advance(600)
    assert api.get(build["url"]).json()["jobs"][0]["state"] == "scheduled"
    api.post(f"{url}/resume_dispatch")
    assert api.get(build["url"]).json()["jobs"][0]["state"] == "scheduled"
    clock.advance(60)
    job = api.get(build["url"]).json()["jobs"][0]
    assert job["state"] == "passed"
    assert job["started_at"] > "2026-03-02T10:10:00"


def test_jobs_of_a_deleted_queue_wait(api, backend, queues, create, clock):
    build = create("upkeep")
    assert api.delete(queues["maintenance"]["url"]).status_code == 204
    clock.advance(600)
    found = api.get(build["url"]).json()
    assert found["state"] == "scheduled"
    job = found["jobs"][0]
    assert (job["cluster_id"], job["cluster_queue_id"], job["cluster_queue_url"]) == (found["cluster_id"], None, None)
